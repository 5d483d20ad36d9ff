import { Alert, NativeSelect } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { pathOf, useWrite } from '../../api/writes.js';
import type { IssuedRow } from '../../api/types.js';
import { Confirm } from '../../parts/confirm.js';
import { useTell } from '../../shell/told.js';
import { counted, words } from '../../words.js';

interface RevokeProps {
  readonly row: IssuedRow;
  /** How many gateways show it to devices now. */
  readonly presentedBy: number;
}

export function Revoke({ row, presentedBy }: RevokeProps) {
  const { serial, subject, name, device } = row;
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
      question={name === null ? `Revoke the certificate of ${subject}?` : `Revoke the identity ${name}?`}
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
        {presentedBy > 0 && <Presented by={presentedBy} />}
        <Which row={row} />
        <p>It cannot be taken back. Gateways that ask about revocation refuse it within a minute.</p>
        {device !== null && <Secrets of={device} />}
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

/** Who has a secret gets the next certificate by itself. */
function Secrets({ of: device }: { readonly of: string }) {
  return (
    <p>
      If it is the last one that {device} has in force, secrets to enrol that were made for {device} end with
      it. One for any device stays good until it is used or its time is over; on the authority’s machine{' '}
      <code>muster ca list --secrets</code> lists them, and <code>muster ca enrol --remove</code> ends one.
    </p>
  );
}

/** Several can have one subject. */
function Which({ row: { serial, subject, name } }: { readonly row: IssuedRow }) {
  return (
    <dl className="facts">
      {name !== null && (
        <>
          <dt>Identity</dt>
          <dd>{name}</dd>
        </>
      )}
      <dt>Certificate</dt>
      <dd>{subject}</dd>
      <dt>Serial number</dt>
      <dd className="mono">{serial}</dd>
    </dl>
  );
}

function Presented({ by }: { readonly by: number }) {
  return (
    <Alert
      role="alert"
      color="red"
      title={`${counted(by, 'gateway')} ${by === 1 ? 'presents' : 'present'} this now: choose another first`}
    >
      Revoked, it stays in use, and every device that checks the server turns away. Present another one on the
      page <Link to="/identities">Identities</Link>, or replace the files of a gateway that has its own.
    </Alert>
  );
}
