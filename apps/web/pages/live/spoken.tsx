// What a screen reader hears of the feed: the newest announcement and how many more, every few seconds. Each line of a
// storm read aloud would bury the page.
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { counted } from '../../words.js';
import type { Thread } from './threads.js';

const everyMs = 4000;

export function Spoken({
  threads,
  silent,
}: {
  readonly threads: readonly Thread[];
  readonly silent: boolean;
}) {
  const [text, setText] = useState('');
  const heard = useRef<ReadonlySet<string> | null>(null);
  const speak = useEffectEvent(() => {
    const before = heard.current;
    heard.current = new Set(threads.map((thread) => thread.id));
    const [newest, ...others] = before ? threads.filter((thread) => !before.has(thread.id)) : [];
    if (!newest || silent) return;
    const more = others.length > 0 ? `, and ${counted(others.length, 'more announcement')}` : '';
    setText(`${newest.model}, ${newest.serial}, announced itself${more}.`);
  });
  useEffect(() => {
    const timer = setInterval(() => speak(), everyMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="hidden-text" role="log" aria-live="polite">
      {text}
    </p>
  );
}
