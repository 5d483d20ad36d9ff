// What discovery tells of devices that wait for approval, kept for the page; either event may come first.
import { deviceApprovalDecided, deviceQuarantined, type DeviceQuarantined } from '#events/approval';
import type { Event } from '#events/event';
import type { Identity } from '#events/identity';
import type { Tx } from '#store/store';

interface Waiting extends Identity {
  readonly announcement: string;
  readonly peerAddress: string;
  readonly fingerprint: string | null;
  readonly verified: boolean;
  readonly forwarded: boolean;
}

/** What is shown of a device that waits; rows of before claims had names, or were refused one by one, do not have all. */
export interface QuarantineBody extends Waiting {
  readonly claim?: string | null;
  readonly others?: readonly Party[];
  readonly refused?: readonly Party[];
}

/** Another one with the same serial number. */
type Party = Waiting & { readonly claim: string; readonly heardAt: string };

export interface QuarantineChange {
  readonly kind: 'quarantine';
  readonly serial: string;
  readonly sequence: number;
  readonly state: 'held' | 'refused' | 'gone';
  readonly at: string;
  readonly body: QuarantineBody | null;
  readonly decidedBy: string | null;
}

/** An operator decided about what is not there any more. */
export interface MissedChange {
  readonly kind: 'quarantineMissed';
  readonly serial: string;
  readonly at: string;
}

export function quarantineChanges(event: Event): readonly (QuarantineChange | MissedChange)[] {
  const { sequence, occurredAt } = event;
  if (deviceQuarantined.is(event)) {
    const { serial, claim, others, refused, acceptedAt: at } = event.data;
    const body = { ...waiting(event.data), claim, others: others.map(party), refused: refused.map(party) };
    return [{ kind: 'quarantine', serial, sequence, state: 'held', at, body, decidedBy: null }];
  }
  if (deviceApprovalDecided.is(event)) {
    const { serial, outcome, name: decidedBy } = event.data;
    if (outcome === 'another') return [{ kind: 'quarantineMissed', serial, at: occurredAt }];
    const state = outcome === 'refused' ? 'refused' : 'gone';
    return [{ kind: 'quarantine', serial, sequence, state, at: occurredAt, body: null, decidedBy }];
  }
  return [];
}

type Other = DeviceQuarantined['others'][number];
type Said = Omit<Other, 'claim'>;

const party = (other: Other): Party => ({
  ...waiting(other),
  claim: other.claim,
  heardAt: other.acceptedAt,
});

function waiting({
  identity,
  announcement,
  peerAddress,
  fingerprint,
  authentication,
  origin,
}: Said): Waiting {
  const verified = authentication.outcome === 'verified';
  return { ...identity, announcement, peerAddress, fingerprint, verified, forwarded: origin !== null };
}

/** The newest word about each counts. One that comes to wait anew is the newest of the list, and so is one that is another now. */
export async function saveQuarantine(tx: Tx, changes: readonly QuarantineChange[]): Promise<void> {
  if (changes.length === 0) return;
  const last = new Map<string, QuarantineChange>();
  for (const change of changes) {
    const before = last.get(change.serial) ?? change;
    const newer = before.sequence > change.sequence ? before : change;
    last.set(change.serial, { ...newer, body: newer.body ?? before.body ?? change.body });
  }
  const rows = [...last.values()].map((row) => ({ ...row, ...(row.body ? wordsOf(row.body) : noWords) }));
  await tx.query(
    `insert into console.quarantine as q
       (serial, state, sequence, body, search, shown, since, heard_at, decided_by)
     select serial, state, sequence, nullif(body, 'null'::jsonb), search, shown, at, at, "decidedBy"
     from jsonb_to_recordset($1::jsonb) as r (serial text, state text, sequence bigint, body jsonb, search text,
       shown text, at timestamptz, "decidedBy" text) order by serial
     on conflict (serial) do update set state = excluded.state, sequence = excluded.sequence,
       number = case when excluded.state = q.state and (excluded.body is null or excluded.shown = q.shown)
         then q.number else excluded.number end,
       body = coalesce(excluded.body, q.body), search = case when excluded.body is null then q.search else excluded.search end,
       shown = case when excluded.body is null then q.shown else excluded.shown end,
       missed_at = case when excluded.state = q.state then q.missed_at end,
       since = case when q.state = excluded.state then q.since else excluded.since end,
       heard_at = case when excluded.state = 'held' then excluded.heard_at else q.heard_at end,
       decided_by = excluded.decided_by, asked_at = null, changed_at = now()
       where q.sequence < excluded.sequence`,
    [JSON.stringify(rows)],
  );
  // Word of what it is came after word of what became of it.
  await tx.query(
    `update console.quarantine q set body = r.body, search = r.search, shown = r.shown
     from jsonb_to_recordset($1::jsonb) as r (serial text, body jsonb, search text, shown text)
     where q.serial = r.serial and q.body is null and jsonb_typeof(r.body) = 'object'`,
    [JSON.stringify(rows)],
  );
}

/** It waits still, and is shown again, with the word that a decision came too late. */
export async function saveMissed(tx: Tx, changes: readonly MissedChange[]): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `update console.quarantine q set asked_at = null, missed_at = r.at
     from (select serial, max(at) as at from jsonb_to_recordset($1::jsonb) as n (serial text, at timestamptz)
       group by serial) as r
     where q.serial = r.serial and q.state <> 'gone'`,
    [JSON.stringify(changes)],
  );
}

const noWords = { search: '', shown: '' } as const;

/** What a search looks in, lower case, and the names of all claims that are shown. */
const wordsOf = (body: QuarantineBody): Record<keyof typeof noWords, string> => {
  const all = [body, ...(body.others ?? []), ...(body.refused ?? [])];
  return {
    search: all.map(searchText).join('\n'),
    shown: all.map(({ claim }) => claim ?? '').join(' '),
  };
};

export const searchText = ({ serial, model, mac, ip, hostname, firmware, peerAddress }: Waiting): string =>
  [serial, model, mac, ip, hostname, firmware, peerAddress].join('\n').toLowerCase();
