import { NativeSelect } from '@mantine/core';
import type { Document } from '../api/types.js';
import { Shown } from './shown.js';

interface DocumentChoiceProps {
  readonly label: string;
  readonly text: string;
  /** The word for choosing none. */
  readonly none: string;
  readonly documents: readonly Pick<Document<{ readonly name: string }>, 'id' | 'body'>[];
  readonly chosen: string | null;
  readonly readOnly: boolean;
  readonly fault: string | undefined;
  readonly onChoose: (id: string | null) => void;
}

/** One document by its name, or none. */
export function DocumentChoice(props: DocumentChoiceProps) {
  const { label, text, none, documents, chosen, readOnly, fault, onChoose } = props;
  if (readOnly) {
    const name = documents.find(({ id }) => id === chosen)?.body.name ?? chosen;
    return (
      <Shown label={label} text={text}>
        {name ?? none}
      </Shown>
    );
  }
  return (
    <NativeSelect
      label={label}
      description={text}
      value={chosen ?? ''}
      error={fault}
      data={[
        { value: '', label: none },
        ...documents.map(({ id, body }) => ({ value: id, label: body.name })),
      ]}
      onChange={(event) => onChoose(event.currentTarget.value || null)}
    />
  );
}
