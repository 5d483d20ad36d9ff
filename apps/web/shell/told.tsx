// Short words after an action ("Saved"), said to screen readers too.
import { Notification } from '@mantine/core';
import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from 'react';

interface Word {
  readonly id: number;
  readonly text: string;
}

type Tell = (text: string) => void;
const TellContext = createContext<Tell>(() => undefined);

/** Says that something was done. What went wrong is shown where it went wrong, and stays. */
export const useTell = (): Tell => use(TellContext);

/** Long enough to be read: the more letters, the longer. */
const shownMs = (text: string): number => Math.max(6000, 100 * text.length);
const wordsMax = 3;

export function Told({ children }: { readonly children: ReactNode }) {
  const [words, setWords] = useState<readonly Word[]>([]);
  const next = useRef(1);
  const drop = useCallback((id: number) => setWords((all) => all.filter((word) => word.id !== id)), []);
  const tell = useCallback(
    (text: string) => {
      const id = next.current;
      next.current += 1;
      setWords((all) => [...all, { id, text }].slice(-wordsMax));
      setTimeout(() => drop(id), shownMs(text));
    },
    [drop],
  );
  const list = useMemo(
    () => words.map((word) => <Line key={word.id} word={word} drop={drop} />),
    [words, drop],
  );
  return (
    <TellContext value={tell}>
      {children}
      <div className="told" role="status" aria-live="polite">
        {list}
      </div>
    </TellContext>
  );
}

function Line({ word, drop }: { readonly word: Word; readonly drop: (id: number) => void }) {
  return (
    <Notification withBorder closeButtonProps={{ 'aria-label': 'Dismiss' }} onClose={() => drop(word.id)}>
      {word.text}
    </Notification>
  );
}
