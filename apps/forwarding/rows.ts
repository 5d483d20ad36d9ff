// Listeners and copies in SQL. Lock order: listeners by id, then copies.
import type { Listener } from '#events/listener';
import type { Tx } from '#store/store';
import { cancel, enqueue, type TaskRequest } from '#store/tasks';
import { randomUUID } from 'node:crypto';
import type { Change, Copies, Copy, ListenerRow } from './copy.js';

/** The task that sends what waits for one listener; its key is the listener's id. See deliver.ts. */
export const deliver = { kind: 'deliver', budget: 'deliveries' } as const;

/** Locks all listeners: a copy is counted where it is made. */
export async function loadCopies(tx: Tx): Promise<Copies> {
  const listeners = await tx.query<ListenerRow>(
    `select id, version, body, waiting from forwarding.listener order by id for update`,
  );
  const [server] = await tx.query<{ id: string; version: number }>(
    `select id, version from forwarding.server`,
  );
  return {
    server: server ?? null,
    listeners: new Map(listeners.map((row) => [row.id, row])),
  };
}

export async function saveCopies(tx: Tx, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    if (change.kind === 'listener') await saveListener(tx, change.listener);
    if (change.kind === 'server') await saveServer(tx, change);
  }
  const ends = new Map(
    changes.flatMap((change) => (change.kind === 'listener' ? [[change.listener.id, change.listener]] : [])),
  );
  const copies = changes.flatMap((change) =>
    change.kind === 'copy' && ends.get(change.copy.listenerId)?.body !== null ? [change.copy] : [],
  );
  const dropped = changes.flatMap((change) => (change.kind === 'drop' ? [change.listenerId] : []));
  await saveNew(tx, copies);
  if (dropped.length > 0) {
    await tx.query(
      `update forwarding.listener set dropped = dropped + full.times
       from (select id, count(*) as times from unnest($1::text[]) as id group by id) as full where listener.id = full.id`,
      [dropped],
    );
  }
}

async function saveServer(
  tx: Tx,
  { id, version }: { readonly id: string; readonly version: number },
): Promise<void> {
  await tx.query(
    `insert into forwarding.server (id, version) values ($1, $2)
     on conflict (one) do update set id = excluded.id, version = excluded.version`,
    [id, version],
  );
}

/** What was wrong with the old version says nothing of the new one: it is tried at once. */
async function saveListener(tx: Tx, { id, version, body }: ListenerRow): Promise<void> {
  await tx.query(
    `insert into forwarding.listener (id, version, body) values ($1, $2, $3::jsonb)
     on conflict (id) do update set version = excluded.version, body = excluded.body, failure = null, failures = 0`,
    [id, version, body && JSON.stringify(body)],
  );
  await cancel(tx, 'forwarding', { kind: deliver.kind, keys: [id], because: 'the listener was changed' });
  if (!body) {
    await tx.query(`delete from forwarding.copy where listener_id = $1`, [id]);
    await tx.query(`update forwarding.listener set waiting = 0 where id = $1`, [id]);
  }
  if (body?.enabled) await enqueue(tx, 'forwarding', [delivery(id)], (queued) => queued);
}

async function saveNew(tx: Tx, copies: readonly Copy[]): Promise<void> {
  if (copies.length === 0) return;
  const made = await tx.query<{ id: string }>(
    `insert into forwarding.copy (listener_id, device_id, announcement, message)
     select "listenerId", "deviceId", announcement, message
     from jsonb_to_recordset($1::jsonb)
       as row (place int, "listenerId" text, "deviceId" uuid, announcement uuid, message jsonb)
     order by place on conflict do nothing returning listener_id as id`,
    [JSON.stringify(copies.map((copy, place) => ({ ...copy, place })))],
  );
  await tx.query(
    `update forwarding.listener set waiting = waiting + made.times
     from (select id, count(*) as times from unnest($1::text[]) as id group by id) as made where listener.id = made.id`,
    [made.map(({ id }) => id)],
  );
  const listeners = new Set(copies.map(({ listenerId }) => listenerId));
  await enqueue(tx, 'forwarding', [...listeners].map(delivery), (queued) => queued);
}

const delivery = (listenerId: string): TaskRequest => ({
  ...deliver,
  id: randomUUID(),
  key: listenerId,
  payload: { listenerId },
  notBefore: null,
});

/** Null when it is disabled or deleted: nothing is to be sent. */
export async function loadListener(
  on: Pick<Tx, 'query'>,
  id: string,
): Promise<{ readonly body: Listener; readonly failures: number } | null> {
  const [row] = await on.query<{ body: Listener | null; failures: number }>(
    `select body, failures from forwarding.listener where id = $1`,
    [id],
  );
  return row?.body?.enabled ? { body: row.body, failures: row.failures } : null;
}

export interface WaitingCopy extends Copy {
  readonly id: number;
}

/** Those that wait longest, in their order. */
export async function nextCopies(
  on: Pick<Tx, 'query'>,
  listenerId: string,
  limit: number,
): Promise<readonly WaitingCopy[]> {
  return on.query<WaitingCopy & Record<string, unknown>>(
    `select id, listener_id as "listenerId", device_id as "deviceId", announcement, message
     from forwarding.copy where listener_id = $1 order by id limit $2`,
    [listenerId, limit],
  );
}

/** What came of some copies. */
export interface Settled {
  readonly delivered: readonly number[];
  /** Refused for what they are: sending them again would change nothing. */
  readonly dropped: readonly number[];
  readonly failure: string | null;
}

/** Counts what is deleted here: a copy that another run sent too, after this one lost its lease, counts once. */
export async function saveSettled(tx: Tx, listenerId: string, settled: Settled): Promise<void> {
  const { delivered, dropped, failure } = settled;
  await tx.query(`select 1 from forwarding.listener where id = $1 for update`, [listenerId]);
  const gone = await tx.query<{ dropped: boolean }>(
    `delete from forwarding.copy where id = any($1::bigint[]) returning id = any($2::bigint[]) as dropped`,
    [[...delivered, ...dropped], dropped],
  );
  const droppedNow = gone.filter((copy) => copy.dropped).length;
  const failures = failure === null ? '0' : delivered.length > 0 ? '1' : 'failures + 1';
  await tx.query(
    `update forwarding.listener set waiting = waiting - $2, delivered = delivered + $3, dropped = dropped + $4,
       failure = $5, failures = ${failures} where id = $1`,
    [listenerId, gone.length, gone.length - droppedNow, droppedNow, failure],
  );
}

export async function countEnabled(on: Pick<Tx, 'query'>): Promise<number> {
  const [row] = await on.query<{ enabled: number }>(
    `select count(*) as enabled from forwarding.listener where (body->>'enabled')::boolean`,
  );
  return Number(row?.enabled ?? 0);
}
