import { TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useEffectEvent, useRef, useState } from 'react';

const typingPauseMs = 250;

interface SearchBoxProps {
  /** What is searched for now. */
  readonly text: string;
  readonly placeholder: string;
  readonly label?: string;
  readonly onSearch: (text: string) => void;
}

/** Searches when typing pauses; follows `text` when something else changes it (Back, Clear). */
export function SearchBox({ text, placeholder, label = 'Search', onSearch }: SearchBoxProps) {
  const [typed, setTyped] = useState(text);
  const asked = useRef(text);
  const ask = useEffectEvent((wanted: string) => {
    asked.current = wanted;
    onSearch(wanted);
  });
  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === asked.current) return undefined;
    const timer = setTimeout(() => ask(wanted), typingPauseMs);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    if (text === asked.current) return;
    asked.current = text;
    setTyped(text);
  }, [text]);
  return (
    <TextInput
      className="grow"
      type="search"
      label={label}
      placeholder={placeholder}
      maxLength={256}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  );
}
