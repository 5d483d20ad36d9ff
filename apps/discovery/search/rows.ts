// What is looked for, in SQL (R35).
import { randomUUID } from 'node:crypto';
import { hopsOf } from '#device/find/hops';
import type { DiscoveryResult, Wanted } from '#events/discovery';
import type { Store, Tx } from '#store/store';
import { enqueue, type TaskRequest } from '#store/tasks';
import type { Cause } from '../known.js';
import type { Place, Target } from './targets.js';
import { saveAnswers } from './told.js';

/** The task that goes through one search: see steer.ts. */
export const steer = { kind: 'search', budget: 'searches' } as const;
/** The task that asks one address or name: see find.ts. */
export const find = { kind: 'find', budget: 'finds' } as const;
/** The task that asks everybody by multicast: see call.ts. */
export const call = { kind: 'call', budget: 'calls' } as const;

/** An ended search is remembered so long. */
const rememberedFor = '1 day';

export interface Part {
  readonly search: string;
  readonly part: number;
  readonly parts: number;
  readonly wanted: readonly Wanted[];
  readonly cause: Cause;
}

/** Who wants to know what is at an address. */
export interface Want extends Omit<Target, 'at'> {
  readonly search: string;
}

export interface Find {
  readonly at: string;
  readonly wants: readonly Want[];
}

/** Everybody to be asked, of one line of a search. */
export interface Call {
  readonly search: string;
  readonly line: number;
  readonly hops: number;
}

export interface Search {
  readonly parts: number;
  readonly heard: number;
  readonly nobody: number;
  /** Addresses that were named by multicast. */
  readonly named: number;
  readonly cancelled: boolean;
}

type Query = Pick<Tx, 'query'>;

export async function saveParts(tx: Tx, parts: readonly Part[]): Promise<void> {
  if (parts.length === 0) return;
  const rows = JSON.stringify(parts.map(({ cause: _, ...part }) => part));
  await tx.query(
    `insert into discovery.search as s (id, parts, heard)
     select search, max(parts), count(*) from jsonb_to_recordset($1::jsonb) as r(search uuid, parts int)
     group by search order by search
     on conflict (id) do update set parts = excluded.parts, heard = s.heard + excluded.heard`,
    [rows],
  );
  await tx.query(
    `insert into discovery.search_part (search, part, wanted)
     select search, part, wanted from jsonb_to_recordset($1::jsonb) as r(search uuid, part int, wanted jsonb)
     where exists (select from discovery.search where id = search and ended_at is null)
     on conflict do nothing`,
    [rows],
  );
  await goOn(tx, new Map(parts.map(({ search, cause }) => [search, cause])));
}

/** Also before the first part came. */
export async function saveCancelled(tx: Tx, cancelled: ReadonlyMap<string, Cause>): Promise<void> {
  if (cancelled.size === 0) return;
  await tx.query(
    `insert into discovery.search (id, parts, heard, cancelled)
     select id, 0, 0, true from unnest($1::uuid[]) as id order by id
     on conflict (id) do update set cancelled = true`,
    [[...cancelled.keys()]],
  );
  await goOn(tx, cancelled);
}

async function goOn(tx: Tx, searches: ReadonlyMap<string, Cause>): Promise<void> {
  const requests = [...searches].map(([id, { id: causedBy, traceparent }]): TaskRequest => {
    return { ...steer, id: randomUUID(), key: id, payload: {}, notBefore: null, causedBy, traceparent };
  });
  await enqueue(tx, 'discovery', requests, (queued) => queued);
}

/** Locked; null when it is over. */
export async function holdSearch(tx: Tx, id: string): Promise<Search | null> {
  const [row] = await tx.query<Search & Record<string, unknown>>(
    `select parts, heard, nobody, named, cancelled from discovery.search where id = $1 and ended_at is null for update`,
    [id],
  );
  return row ?? null;
}

export async function endSearch(tx: Tx, id: string): Promise<void> {
  await tx.query('update discovery.search set ended_at = now() where id = $1', [id]);
  await tx.query(`delete from discovery.search where ended_at < now() - interval '${rememberedFor}'`);
}

export async function dropParts(tx: Tx, id: string): Promise<void> {
  await tx.query('delete from discovery.search_part where search = $1', [id]);
}

/** The first part that is not all asked yet. */
export async function nextPart(
  tx: Tx,
  id: string,
): Promise<{ readonly part: number; readonly wanted: readonly Wanted[]; readonly place: Place } | null> {
  const [row] = await tx.query<{ part: number; wanted: readonly Wanted[] } & Place & Record<string, unknown>>(
    'select part, wanted, entry, address from discovery.search_part where search = $1 order by part limit 1',
    [id],
  );
  return row
    ? { part: row.part, wanted: row.wanted, place: { entry: row.entry, address: row.address } }
    : null;
}

interface Moved {
  readonly search: string;
  readonly part: number;
  readonly next: Place | null;
}

export async function movePart(tx: Tx, { search, part, next }: Moved): Promise<void> {
  const which = 'where search = $1 and part = $2';
  if (next === null) await tx.query(`delete from discovery.search_part ${which}`, [search, part]);
  else {
    const { entry, address } = next;
    await tx.query(`update discovery.search_part set entry = $3, address = $4 ${which}`, [
      search,
      part,
      entry,
      address,
    ]);
  }
}

interface Targets {
  readonly search: string;
  readonly targets: readonly Target[];
  readonly cause: Cause | null;
}

export async function saveTargets(tx: Tx, { search, targets, cause }: Targets): Promise<void> {
  const by = { notBefore: null, causedBy: cause?.id ?? null, traceparent: cause?.traceparent ?? null };
  const calls = targets.flatMap(({ at, line }): readonly TaskRequest<Call>[] => {
    const hops = hopsOf(at);
    const key = `${search} ${line}`;
    return hops === null ? [] : [{ ...call, id: randomUUID(), key, payload: { search, line, hops }, ...by }];
  });
  await enqueue(tx, 'discovery', calls, (queued) => queued);
  const finds = targets.flatMap(({ at, ...want }): readonly TaskRequest<Find>[] =>
    hopsOf(at) === null
      ? [{ ...find, id: randomUUID(), key: at, payload: { at, wants: [{ search, ...want }] }, ...by }]
      : [],
  );
  await enqueue(tx, 'discovery', finds, (queued, joining) => ({
    at: queued.at,
    wants: [...queued.wants, ...joining.wants],
  }));
}

interface Named {
  readonly addresses: readonly string[];
  /** What is to be said of the line itself. */
  readonly told: DiscoveryResult | null;
}

/** They are gone through as a part of their own, which no other has the number of. */
export async function saveNamed(tx: Tx, { search, line }: Call, { addresses, told }: Named): Promise<void> {
  const going = await tx.query(
    `update discovery.search set named = named + $2 where id = $1 and ended_at is null returning id`,
    [search, addresses.length + (told ? 1 : 0)],
  );
  if (going.length === 0) return;
  const wanted = addresses.map((at): Wanted => ({ line, at, serial: null }));
  if (wanted.length > 0) {
    await tx.query('insert into discovery.search_part (search, part, wanted) values ($1, $2, $3::jsonb)', [
      search,
      -line,
      JSON.stringify(wanted),
    ]);
  }
  if (told) await saveAnswers(tx, [{ search, told }]);
}

export async function countFinds(tx: Query): Promise<number> {
  const [row] = await tx.query<{ finds: number }>(
    'select count(*)::int as finds from discovery.task where kind = $1',
    [find.kind],
  );
  return row?.finds ?? 0;
}

/** Whether an address of this search, or everybody, is asked now, or waits for that. */
export async function isAsking(tx: Query, id: string): Promise<boolean> {
  const rows = await tx.query(
    `select 1 as asking from discovery.task where kind = $1 and payload->'wants' @> $2::jsonb
       or kind = $3 and payload->>'search' = $4 limit 1`,
    [find.kind, JSON.stringify([{ search: id }]), call.kind, id],
  );
  return rows.length > 0;
}

/** Those of searches that go on. */
export async function stillWanted<Each extends Pick<Want, 'search'>>(
  on: Pick<Store, 'query'>,
  wants: readonly Each[],
): Promise<readonly Each[]> {
  const rows = await on.query<{ id: string }>(
    'select id from discovery.search where id = any($1::uuid[]) and ended_at is null and not cancelled',
    [wants.map(({ search }) => search)],
  );
  const going = new Set(rows.map(({ id }) => id));
  return wants.filter(({ search }) => going.has(search));
}
