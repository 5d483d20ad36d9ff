import { Button, FileInput, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { TrustSet } from '../../api/types.js';
import { OneOf } from '../../parts/choice.js';
import type { Form } from '../../parts/document-editor.js';
import { kinds } from './words.js';

const charactersMax = 1_000_000;

interface AuthorityFieldsProps {
  readonly form: Form<TrustSet>;
  /** PEM of Muster's own authority, offered; null: nothing is. */
  readonly chain: string | null;
}

/** What was there is replaced: a public bundle is updated by its newer file. */
export function AuthorityFields({ form, chain }: AuthorityFieldsProps) {
  const { body, set, fault, readOnly } = form;
  const [tooLarge, setTooLarge] = useState(false);
  const take = async (file: File | null) => {
    setTooLarge(file !== null && file.size > charactersMax);
    if (file && file.size <= charactersMax) set({ authorities: await file.text() });
  };
  return (
    <>
      <OneOf
        label="Kind"
        text="A chain is checked link by link. A bundle may hold any number of roots; those that have expired, or are not for servers or clients of TLS, are left out."
        value={body.kind}
        words={kinds}
        readOnly={readOnly}
        fault={fault('kind')}
        onChange={(kind) => set({ kind })}
      />
      {!readOnly && chain !== null && (
        <div>
          <Button variant="default" onClick={() => set({ authorities: chain })}>
            Take Muster's own authority
          </Button>
        </div>
      )}
      {!readOnly && (
        <FileInput
          label="PEM file"
          description="Takes the place of the certificates below."
          placeholder="Choose a file"
          accept=".pem,.crt,.cer,application/x-pem-file"
          fileInputProps={{ hidden: true }}
          error={tooLarge && 'The file is larger than 1 MB.'}
          onChange={(file) => void take(file)}
        />
      )}
      <Textarea
        label="Certificates"
        description="PEM. Checked when you save; what is wrong is said here."
        rows={8}
        spellCheck={false}
        classNames={{ input: 'mono' }}
        value={body.authorities}
        error={fault('authorities')}
        readOnly={readOnly}
        onChange={(event) => set({ authorities: event.currentTarget.value })}
      />
    </>
  );
}
