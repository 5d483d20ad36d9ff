import { Alert, Button, FileInput, Modal, Textarea } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useWrite } from '../../api/writes.js';
import type { SerialsAdded } from '../../api/types.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';
import { count, counted } from '../../words.js';
import { faultyLines, serialTextMax } from '../../../../libs/documents/serial-line.js';
import { BadLines } from '../../parts/bad-lines.js';
import { readLines } from './serial-lines.js';

export function Import() {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconFileImport size={16} aria-hidden />}
        onClick={() => setOpen(true)}
      >
        Import
      </Button>
      <Modal
        opened={open}
        onClose={close}
        title="Import serial numbers"
        size="lg"
        lockScroll={false}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <ImportForm onDone={close} />
      </Modal>
    </>
  );
}

interface Chosen {
  readonly name: string;
  /** Null: larger than is taken, so that it was not read. */
  readonly text: string | null;
}

function ImportForm({ onDone }: { readonly onDone: () => void }) {
  const [typed, setTyped] = useState('');
  // Not shown in the field: a hundred thousand lines would hold up the page with each key.
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const text = chosen ? (chosen.text ?? '') : typed;
  const { good, bad, tooMany } = useMemo(() => readLines(text), [text]);
  const send = useWrite<SerialsAdded>(['serials']);
  const tell = useTell();

  const take = async (file: File | null) =>
    setChosen(file && { name: file.name, text: file.size > serialTextMax ? null : await file.text() });
  const submit = () =>
    send.mutate({
      method: 'POST',
      path: 'serials/import',
      body: text,
      done: ({ added, known }) => {
        tell(`${counted(added, 'serial number')} added${known > 0 ? `, ${count(known)} known before` : ''}.`);
        onDone();
      },
    });
  return (
    <div className="stack">
      <FileInput
        label="Text file"
        description="One serial number a line, or a list that was exported here: 100,000 lines and 5 MB at most. All of them are imported, or none."
        placeholder="Choose a file"
        accept=".txt,.csv,text/plain,text/csv"
        clearable
        clearButtonProps={{ 'aria-label': 'Without a file' }}
        error={chosen?.text === null && 'The file is larger than 5 MB. Cut it in parts.'}
        onChange={(file) => void take(file)}
      />
      {!chosen && (
        <Textarea
          label="Or type or paste them"
          rows={8}
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      )}
      <p role="status">
        {text.trim() === ''
          ? 'Nothing to import yet.'
          : `${counted(good, 'serial number')}${chosen ? ` in ${chosen.name}` : ''}`}
      </p>
      {tooMany !== null && (
        <Alert role="alert" color="red" title={`${count(tooMany)} lines`}>
          At most 100,000 are taken at a time. Cut the list in parts.
        </Alert>
      )}
      {bad.length > 0 && (
        <BadLines title={`${counted(faultyLines(bad), 'line is', 'lines are')} no serial number`} bad={bad}>
          A serial number has 4 to 32 letters, digits or hyphens. Mend or remove these lines; nothing is
          imported before.
        </BadLines>
      )}
      {send.error && <ProblemNote problem={send.error} />}
      <div className="row row-end">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button
          disabled={good === 0 || bad.length > 0 || tooMany !== null}
          loading={send.isPending}
          onClick={submit}
        >
          Import
        </Button>
      </div>
    </div>
  );
}
