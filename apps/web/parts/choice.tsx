// The two controls that settings are made of, each with its explanation, and as text for who may only read.
import { NativeSelect, Switch } from '@mantine/core';
import { OnOffPill, Shown } from './shown.js';

interface OnOffProps {
  readonly label: string;
  readonly text?: string;
  readonly on: boolean;
  /** Who reads this may not change it. */
  readonly readOnly: boolean;
  /** It could be changed, but not now; the text says why. */
  readonly disabled?: boolean;
  readonly onChange: (on: boolean) => void;
  readonly fault?: string | undefined;
}

export function OnOff({ label, text, on, readOnly, disabled = false, onChange, fault }: OnOffProps) {
  if (readOnly) {
    return (
      <Shown label={label} text={text}>
        <OnOffPill on={on} />
      </Shown>
    );
  }
  return (
    <Switch
      label={label}
      // Mantine's label holds the description too, which would then be read twice.
      aria-label={label}
      description={text}
      checked={on}
      disabled={disabled}
      error={fault}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
}

interface OneOfProps<K extends string> {
  readonly label: string;
  readonly text: string;
  readonly value: K;
  readonly words: Readonly<Record<K, string>>;
  readonly readOnly: boolean;
  readonly onChange: (key: K) => void;
  readonly fault?: string | undefined;
}

export function OneOf<K extends string>({
  label,
  text,
  value,
  words,
  readOnly,
  onChange,
  fault,
}: OneOfProps<K>) {
  const keys = Object.keys(words).filter((key): key is K => Object.hasOwn(words, key));
  if (readOnly) {
    return (
      <Shown label={label} text={text}>
        {words[value]}
      </Shown>
    );
  }
  return (
    <NativeSelect
      label={label}
      description={text}
      value={value}
      error={fault}
      data={keys.map((key) => ({ value: key, label: words[key] }))}
      onChange={(event) => {
        const chosen = keys.find((key) => key === event.currentTarget.value);
        if (chosen !== undefined) onChange(chosen);
      }}
    />
  );
}
