import { Button, FileInput, Modal } from '@mantine/core';
import { IconFileCertificate } from '@tabler/icons-react';
import { useState } from 'react';
import { useWrite } from '../../api/writes.js';
import type { LicenceRow } from '../../api/types.js';
import { ProblemNote } from '../../parts/problem-note.js';
import { useTell } from '../../shell/told.js';
import { counted } from '../../words.js';

export function Install() {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button leftSection={<IconFileCertificate size={16} aria-hidden />} onClick={() => setOpen(true)}>
        Install licence file
      </Button>
      <Modal
        opened={open}
        onClose={close}
        title="Install a licence file"
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
  const install = useWrite<LicenceRow>(['licences', 'overview']);
  const tell = useTell();
  const submit = async () =>
    install.mutate({
      method: 'POST',
      path: 'licences',
      body: (await file?.text()) ?? '',
      done: ({ body }) => {
        tell(`Licence of ${body.customer} installed: ${counted(body.seats, 'seat')}.`);
        onDone();
      },
    });
  return (
    <div className="stack">
      <FileInput
        label="Licence file"
        description="As you received it. Its signature is checked before anything changes."
        placeholder="Choose a file"
        onChange={setFile}
      />
      {install.error && <ProblemNote problem={install.error} />}
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
