// Which clients were asked who they are, and when, in SQL.
import { randomUUID } from 'node:crypto';
import type { Tx } from '#store/store';
import { enqueue, type TaskRequest } from '#store/tasks';
import type { Cause } from './known.js';

/** The task that asks a client who it is; see probe.ts. */
export const probe = { kind: 'probe', budget: 'probes' } as const;

/** An address is asked again at the earliest after. */
const againAfter = '1 hour';
/** Clients that wait to be asked, or are asked. */
const waitingMax = 1_000;
/** Addresses that are remembered: the newest. */
const rememberedMax = 20_000;

export interface Probe {
  readonly peer: string;
  /** Why the gateway turned it away. */
  readonly reason: string;
}

export interface Asking {
  readonly now: Date;
  /** Asked a while ago. */
  readonly asked: Set<string>;
  /** For so many more there is time. */
  room: number;
}

export async function loadAsking(tx: Tx, peers: readonly string[]): Promise<Asking> {
  const [row] = await tx.query<{ now: Date; waiting: number }>(
    `select now() as now, (select count(*)::int from discovery.task where budget = $1) as waiting`,
    [probe.budget],
  );
  const asked = await tx.query<{ address: string }>(
    `select address from discovery.probe
     where address = any($1::text[]) and asked_at > now() - interval '${againAfter}'`,
    [peers],
  );
  return {
    now: row?.now ?? new Date(),
    asked: new Set(asked.map(({ address }) => address)),
    room: waitingMax - (row?.waiting ?? waitingMax),
  };
}

/** One task for each that no other instance has asked for meanwhile. */
export async function saveProbes(
  tx: Tx,
  probes: readonly (Probe & { readonly cause: Cause })[],
): Promise<void> {
  if (probes.length === 0) return;
  const taken = await tx.query<{ address: string }>(
    `insert into discovery.probe as p (address, asked_at)
     select address, now() from unnest($1::text[]) as address order by address
     on conflict (address) do update set asked_at = excluded.asked_at
       where p.asked_at <= now() - interval '${againAfter}' returning address`,
    [probes.map(({ peer }) => peer)],
  );
  const mine = new Set(taken.map(({ address }) => address));
  const requests = probes
    .filter(({ peer }) => mine.has(peer))
    .map(({ peer, reason, cause }): TaskRequest<Probe> => ({
      ...probe,
      id: randomUUID(),
      key: peer,
      payload: { peer, reason },
      notBefore: null,
      causedBy: cause.id,
      traceparent: cause.traceparent,
    }));
  await enqueue(tx, 'discovery', requests, (queued) => queued);
  await tx.query(
    `delete from discovery.probe where address in (
       select address from discovery.probe order by asked_at desc, address offset ${rememberedMax})`,
  );
}

/** Remembers whether it says who it is. @returns true when it does not and that is news */
export async function rememberAnswer(tx: Tx, peer: string, known: boolean): Promise<boolean> {
  const changed = await tx.query(
    `update discovery.probe set told_unknown = $2 where address = $1 and told_unknown <> $2 returning address`,
    [peer, !known],
  );
  return !known && changed.length > 0;
}
