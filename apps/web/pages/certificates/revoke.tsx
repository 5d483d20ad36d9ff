import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { pathOf, useWrite } from '../../api/writes.js';
import type { IssuedRow } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { useTell } from '../../shell/told.js';
import { words } from '../../words.js';

export function Revoke({ row: { serial, subject } }: { readonly row: IssuedRow }) {
  const [reason, setReason] = useState('unspecified');
  const revoke = useWrite(['certificates']);
  const tell = useTell();
  const done = (close: () => void) => () => {
    tell('The authority is asked to revoke it.');
    close();
  };
  return (
    <Confirm
      label="Revoke"
      name={`Revoke ${subject}`}
      size="xs"
      question={`Revoke the certificate of ${subject}?`}
      act="Revoke"
      pending={revoke.isPending}
      problem={revoke.error}
      onConfirm={(close) =>
        revoke.mutate({
          method: 'POST',
          path: pathOf('certificates', serial, 'revoke'),
          body: { reason },
          done: done(close),
        })
      }
    >
      <div className="stack">
        <p>It cannot be taken back. Gateways that ask about revocation refuse it within a minute.</p>
        <NativeSelect
          label="Reason"
          value={reason}
          data={Object.entries(words.revocationReason).map(([value, label]) => ({ value, label }))}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </div>
    </Confirm>
  );
}
