import { Alert, Button, FileInput, Modal, Textarea } from '@mantine/core';
import { IconFileImport } from '@tabler/icons-react';
import { useState } from 'react';
import { useWrite } from '../../api/writes.js';
import type { SerialsAdded } from '../../api/types.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';
import { count, counted } from '../../words.js';
import { faultyLines, serialTextMax } from '../../../../libs/documents/serial-line.js';
import { readLines, type BadLine } from './serial-lines.js';

const badShownMax = 500;

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

function ImportForm({ onDone }: { readonly onDone: () => void }) {
  const [text, setText] = useState('');
  const [tooLarge, setTooLarge] = useState(false);
  const send = useWrite<SerialsAdded>(['serials']);
  const tell = useTell();
  const { good, bad } = readLines(text);

  const take = async (file: File | null) => {
    setTooLarge(file !== null && file.size > serialTextMax);
    if (file && file.size <= serialTextMax) setText(await file.text());
  };
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
        description="One serial number a line."
        placeholder="Choose a file"
        accept=".txt,.csv,text/plain"
        error={tooLarge && 'The file is larger than 5 MB. Cut it in parts.'}
        onChange={(file) => void take(file)}
      />
      <Textarea
        label="Or type or paste them"
        rows={8}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <p role="status">{text.trim() === '' ? 'Nothing to import yet.' : counted(good, 'serial number')}</p>
      {bad.length > 0 && <BadLines bad={bad} />}
      {send.error && <ProblemNote problem={send.error} />}
      <div className="row row-end">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button disabled={good === 0 || bad.length > 0} loading={send.isPending} onClick={submit}>
          Import
        </Button>
      </div>
    </div>
  );
}

function BadLines({ bad }: { readonly bad: readonly BadLine[] }) {
  return (
    <Alert
      role="alert"
      color="red"
      title={`${counted(faultyLines(bad), 'line is', 'lines are')} no serial number`}
    >
      <p>
        A serial number has 4 to 32 letters, digits or hyphens. Mend or remove these lines; nothing is
        imported before.
      </p>
      <ul className="bad-lines" aria-label="Bad lines" tabIndex={0}>
        {bad.slice(0, badShownMax).map(({ line, to, text, message }) => (
          <li key={line}>
            {line === to ? `Line ${line}` : `Lines ${line} to ${to}`}:{' '}
            <span className="mono">{text.slice(0, 40)}</span> {message}
          </li>
        ))}
        {bad.length > badShownMax && <li>and {count(bad.length - badShownMax)} more</li>}
      </ul>
    </Alert>
  );
}
