import { Alert } from '@mantine/core';
import { IconArrowsSplit } from '@tabler/icons-react';
import type { Claim } from '../../api/types.js';

interface ConflictNoteProps {
  readonly conflict: { readonly known: Claim; readonly claimed: Claim };
  readonly serial: string;
}

export function ConflictNote({ conflict, serial }: ConflictNoteProps) {
  return (
    <Alert color="yellow" icon={<IconArrowsSplit aria-hidden />} title="Two parties claim this serial number">
      <div className="stack">
        <p>
          Something announced itself as <span className="mono">{serial}</span> from another address, and the
          known device still answers at its old one. Nothing was changed. Find out which of the two is yours;
          if the known one is gone for good, switch it off: the next announcement is then believed. If the
          other one is an impostor, look for it at its address.
        </p>
        <div className="columns">
          <Side title="Known" claim={conflict.known} />
          <Side title="Claimed" claim={conflict.claimed} />
        </div>
      </div>
    </Alert>
  );
}

function Side({ title, claim }: { readonly title: string; readonly claim: Claim }) {
  return (
    <section className="card" aria-label={title}>
      <h3>{title}</h3>
      <dl className="facts after">
        <dt>IP address</dt>
        <dd className="mono">{claim.ip}</dd>
        <dt>Certificate</dt>
        <dd className="mono small">{claim.fingerprint ?? 'none shown'}</dd>
      </dl>
    </section>
  );
}
