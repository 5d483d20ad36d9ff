// What discovery tells of devices that wait for approval, kept for the page; either event may come first.
import { deviceApprovalDecided, deviceQuarantined } from '#events/approval';
import type { Event } from '#events/event';
import type { Identity } from '#events/identity';
import type { Tx } from '#store/store';

/** What is shown of a device that waits. */
export interface QuarantineBody extends Identity {
  readonly announcement: string;
  readonly peerAddress: string;
  readonly fingerprint: string | null;
  readonly verified: boolean;
  readonly forwarded: boolean;
}

export interface QuarantineChange {
  readonly kind: 'quarantine';
  readonly serial: string;
  readonly sequence: number;
  readonly state: 'held' | 'refused' | 'gone';
  readonly at: string;
  readonly body: QuarantineBody | null;
  readonly decidedBy: string | null;
}

export function quarantineChanges(event: Event): readonly QuarantineChange[] {
  const { sequence, occurredAt } = event;
  if (deviceQuarantined.is(event)) {
    const { identity, announcement, peerAddress, fingerprint, authentication, origin, acceptedAt } =
      event.data;
    const verified = authentication.outcome === 'verified';
    const body = {
      ...identity,
      announcement,
      peerAddress,
      fingerprint,
      verified,
      forwarded: origin !== null,
    };
    const { serial } = identity;
    return [{ kind: 'quarantine', serial, sequence, state: 'held', at: acceptedAt, body, decidedBy: null }];
  }
  if (deviceApprovalDecided.is(event)) {
    const { serial, outcome, name: decidedBy } = event.data;
    const state = outcome === 'refused' ? 'refused' : 'gone';
    return [{ kind: 'quarantine', serial, sequence, state, at: occurredAt, body: null, decidedBy }];
  }
  return [];
}

/** The newest word about each counts. One that comes to wait anew is the newest of the list. */
export async function saveQuarantine(tx: Tx, changes: readonly QuarantineChange[]): Promise<void> {
  if (changes.length === 0) return;
  const last = new Map<string, QuarantineChange>();
  for (const change of changes) {
    const before = last.get(change.serial) ?? change;
    const newer = before.sequence > change.sequence ? before : change;
    last.set(change.serial, { ...newer, body: newer.body ?? before.body ?? change.body });
  }
  const rows = [...last.values()].map((row) => ({ ...row, search: row.body ? searchText(row.body) : '' }));
  await tx.query(
    `insert into console.quarantine as q
       (serial, state, sequence, body, search, since, heard_at, decided_by)
     select serial, state, sequence, nullif(body, 'null'::jsonb), search, at, at, "decidedBy"
     from jsonb_to_recordset($1::jsonb) as r (serial text, state text, sequence bigint, body jsonb, search text,
       at timestamptz, "decidedBy" text) order by serial
     on conflict (serial) do update set state = excluded.state, sequence = excluded.sequence,
       number = case when excluded.state = q.state then q.number else excluded.number end,
       body = coalesce(excluded.body, q.body), search = case when excluded.body is null then q.search else excluded.search end,
       since = case when q.state = excluded.state then q.since else excluded.since end,
       heard_at = case when excluded.state = 'held' then excluded.heard_at else q.heard_at end,
       decided_by = excluded.decided_by, asked_at = null, changed_at = now()
       where q.sequence < excluded.sequence`,
    [JSON.stringify(rows)],
  );
  // Word of what it is came after word of what became of it.
  await tx.query(
    `update console.quarantine q set body = r.body, search = r.search
     from jsonb_to_recordset($1::jsonb) as r (serial text, body jsonb, search text)
     where q.serial = r.serial and q.body is null and jsonb_typeof(r.body) = 'object'`,
    [JSON.stringify(rows)],
  );
}

const searchText = ({ serial, model, mac, ip, hostname, firmware, peerAddress }: QuarantineBody): string =>
  [serial, model, mac, ip, hostname, firmware, peerAddress].join('\n').toLowerCase();
