import { Button, FileInput, Modal } from '@mantine/core';
import { IconFileCertificate } from '@tabler/icons-react';
import { useState } from 'react';
import { Problem } from '../../api/client.js';
import { pathOf, useWrite } from '../../api/writes.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';

/** What `muster ca export --seal-to` wrote. */
export function Install() {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button leftSection={<IconFileCertificate size={16} aria-hidden />} onClick={() => setOpen(true)}>
        Install identity
      </Button>
      <Modal
        opened={open}
        onClose={close}
        title="Install a sealed identity"
        lockScroll={false}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <InstallForm onDone={close} />
      </Modal>
    </>
  );
}

function InstallForm({ onDone }: { readonly onDone: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [unreadable, setUnreadable] = useState<Problem | null>(null);
  const install = useWrite(['identities']);
  const tell = useTell();
  const submit = async () => {
    const identity = readSealed((await file?.text()) ?? '');
    setUnreadable(identity === null ? notSealed : null);
    if (identity === null) return;
    const done = () => {
      tell(`${identity.name} installed.`);
      onDone();
    };
    install.mutate({ method: 'PUT', path: pathOf('identities', identity.name), body: identity, done });
  };
  const problem = unreadable ?? install.error;
  return (
    <div className="stack">
      <FileInput
        label="Sealed identity"
        description="The file that muster ca export --seal-to wrote. The key in it opens for the gateways it was sealed to, and for nobody else."
        placeholder="Choose a file"
        accept=".json,application/json"
        onChange={setFile}
      />
      {problem && <ProblemNote problem={problem} />}
      <div className="row row-end">
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
        <Button disabled={!file} loading={install.isPending} onClick={() => void submit()}>
          Install
        </Button>
      </div>
    </div>
  );
}

const notSealed = new Problem(
  400,
  'This is no sealed identity',
  'Choose a file that muster ca export NAME --seal-to KEY --out FILE wrote.',
);

function readSealed(text: string): { readonly name: string } | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('name' in value) || typeof value.name !== 'string')
      return null;
    return { ...value, name: value.name };
  } catch {
    return null;
  }
}
