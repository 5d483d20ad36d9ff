import { NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { valueWord } from '../../../../libs/device/catalogue/words.js';
import type { CatalogueEntry, SettingValue } from '../../api/types.js';

interface RequiredValueProps {
  readonly value: SettingValue;
  readonly entry: CatalogueEntry | null;
  readonly onChange: (value: SettingValue) => void;
}

/** The control that fits the setting's type. */
export function RequiredValue({ value, entry, onChange }: RequiredValueProps) {
  const choices = choicesOf(entry, value);
  if (choices) return <OneOf {...{ value, entry, choices, onChange }} />;
  if (entry?.type === 'number') {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER, unit = '' } = entry;
    return (
      <NumberInput
        label="Required value"
        suffix={` ${unit}`}
        value={typeof value === 'number' ? value : ''}
        min={minimum}
        max={maximum}
        clampBehavior="none"
        onChange={(typed) => onChange(typed)}
      />
    );
  }
  if (entry?.type === 'text')
    return (
      <TextInput
        label="Required value"
        description={entry.rule === undefined ? undefined : `${capital(entry.rule)}.`}
        maxLength={253}
        value={String(value)}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  // Not in this build's catalogue: shown as it is, to be removed.
  return <TextInput label="Required value" value={valueWord(value)} readOnly />;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Null when it is no choice from a list. */
function choicesOf(entry: CatalogueEntry | null, value: SettingValue): readonly SettingValue[] | null {
  if (entry?.type === 'choice') return entry.choices ?? [];
  return entry?.type === 'boolean' || (!entry && typeof value === 'boolean') ? [true, false] : null;
}

interface OneOfProps extends RequiredValueProps {
  readonly choices: readonly SettingValue[];
}

function OneOf({ value, entry, choices, onChange }: OneOfProps) {
  // A value that is no choice any more stays visible, so that its fault can be understood.
  const shown = choices.includes(value) ? choices : [...choices, value];
  return (
    <NativeSelect
      label="Required value"
      value={String(shown.indexOf(value))}
      data={shown.map((choice, index) => ({ value: String(index), label: valueWord(choice, entry) }))}
      onChange={(event) => {
        const chosen = shown[Number(event.currentTarget.value)];
        if (chosen !== undefined) onChange(chosen);
      }}
    />
  );
}
