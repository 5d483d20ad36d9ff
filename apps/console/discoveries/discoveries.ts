// What operators have looked for (R35): a list is checked whole, kept, and told to discovery part by part.
//
//   discoveries.ts  asked for, listed, called off    reading.ts  lists as they are sent, and what is wrong in them
//   telling.ts      the task that tells discovery    parts.ts    in which parts, each address once
//   results.ts      what discovery tells of it
import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { runStates } from '#answers/discoveries';
import type { DeviceList, ListEntry } from '#documents/device-list';
import { discoveryCancelRequested, discoveryOutcome, wantedMax } from '#events/discovery';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { enqueue } from '#store/tasks';
import { record } from '../documents/written.js';
import { pageOf, type Page } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';
import { partsOf } from './parts.js';
import { telling } from './telling.js';

/** importing: discovery is not told of all of it yet. cancelling: what is under way ends. */
type RunState = (typeof runStates)[number];

/** As operators see it; counts are of addresses, a host name being one, and multicast as many as it named. */
export interface Run {
  readonly id: string;
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly format: string;
  readonly state: RunState;
  readonly cancelledBy: string | null;
  readonly endedAt: Date | null;
  readonly entries: number;
  /** The first entry, as the list has it; null of a list that is not kept any more. */
  readonly first: string | null;
  /** Entries of which discovery was told. */
  readonly imported: number;
  /** Entries that were addresses of devices there were already when it was asked for. */
  readonly knownBefore: number;
  readonly total: number;
  /** Named by more than one entry, as often as they were named again: each was asked once. */
  readonly overlapping: number;
  /** Of a run that has ended: never asked. */
  readonly waiting: number;
  readonly found: number;
  readonly known: number;
  readonly held: number;
  readonly claimed: number;
  readonly refused: number;
  readonly notReached: number;
  /** Of ranges: no device answers there. */
  readonly nobody: number;
  /** Answers of devices that are counted already, as a name and an address may lead to one. */
  readonly again: number;
}

/** failed: refused or not reached. */
export const shownResults = ['failed', 'found', 'all'] as const;
type ShownResults = (typeof shownResults)[number];
const failed = ['refused', 'notReached'];
const outcomesOf: Readonly<Record<ShownResults, readonly string[]>> = {
  failed,
  found: discoveryOutcome.options.filter((outcome) => !failed.includes(outcome)),
  all: discoveryOutcome.options,
};

export interface AskedResults {
  readonly show: ShownResults;
  readonly limit: number;
  readonly after: number;
}

const sums = 'found + known + held + claimed + refused + not_reached + nobody + again';
const columns = `id, asked_by as "askedBy", asked_at as "askedAt", format, cancelled_by as "cancelledBy",
  ended_at as "endedAt", entries,
  case when told < parts then least(entries, told * ${wantedMax}) else entries end as imported, known_before as "knownBefore",
  addresses + named as total, greatest(0, addresses + named - (${sums})) as waiting, found, known, held, claimed, refused,
  not_reached as "notReached", nobody, again, overlapping, number,
  (select p.entries->0->>'at' from console.discovery_part p where p.discovery = discovery.id and p.part = 1) as first,
  case when ended is not null then ended when cancelled_by is not null then 'cancelling'
    when told < parts then 'importing' else 'running' end as state`;

type Row = Run & { readonly number: number } & Record<string, unknown>;
const runOf = ({ number: _, ...run }: Row): Run => run;

@Injectable()
export class Discoveries {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** Newest first. */
  async list(limit: number, after: number | null): Promise<Page<Run>> {
    const { store } = this.parts;
    const rows = await store.query<Row>(
      `select ${columns} from console.discovery where $1::bigint is null or number < $1 order by number desc limit $2`,
      [after, limit + 1],
    );
    const [counted] = await store.query<{ total: number }>(
      'select count(*)::int as total from console.discovery',
    );
    const next = ({ number }: Row): string => String(number);
    return pageOf(rows, { limit, total: counted?.total ?? 0, item: runOf, next });
  }

  async one(id: string): Promise<Run> {
    return runOf(await find(this.parts.store, id));
  }

  /** In the order in which they came. */
  async results(id: string, { show, limit, after }: AskedResults): Promise<Page<object>> {
    const { store } = this.parts;
    await find(store, id);
    const rows = await store.query<{ number: number; line: number } & Record<string, unknown>>(
      `select number, line, address, outcome, serial, device_id as "deviceId", reason from console.discovery_result
       where discovery = $1 and outcome = any($2::text[]) and number > $3 order by number limit $4`,
      [id, outcomesOf[show], after, limit + 1],
    );
    const [counted] = await store.query<{ total: number }>(
      `select count(*)::int as total from console.discovery_result where discovery = $1 and outcome = any($2::text[])`,
      [id, outcomesOf[show]],
    );
    const said = await this.#saidOf(
      id,
      rows.map(({ line }) => line),
    );
    return pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: ({ number: _, ...row }) => ({ ...row, ...said(row.line) }),
      next: ({ number }) => String(number),
    });
  }

  /** What the list says beside. */
  async #saidOf(id: string, lines: readonly number[]) {
    const parts = await this.parts.store.query<{ entries: readonly ListEntry[] }>(
      `select entries from console.discovery_part where discovery = $1
       and exists (select from unnest($2::int[]) as line where line between first_line and last_line)`,
      [id, lines],
    );
    const byLine = new Map(parts.flatMap(({ entries }) => entries).map((entry) => [entry.line, entry]));
    return (line: number) => {
      const { at = null, name = null, location = null } = byLine.get(line) ?? {};
      return { entry: at, name, location };
    };
  }

  /** All of it, or nothing: the list was checked. */
  async ask(list: DeviceList, format: string, { name: who, from }: Caller): Promise<Run> {
    const id = randomUUID();
    const { entries } = list;
    return this.parts.store.transaction(async (tx) => {
      const { parts, addresses, overlapping } = partsOf(entries);
      const known = await countKnown(tx, entries);
      await tx.query(
        `insert into console.discovery (id, asked_by, format, entries, addresses, overlapping, known_before, parts)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [id, who, format, entries.length, addresses, overlapping, known, parts.length],
      );
      for (const [index, part] of parts.entries()) {
        await tx.query(
          `insert into console.discovery_part (discovery, part, first_line, last_line, entries)
           values ($1, $2, $3, $4, $5::jsonb)`,
          [id, index + 1, part[0]?.line ?? 0, part.at(-1)?.line ?? 0, JSON.stringify(part)],
        );
      }
      await enqueue(
        tx,
        'console',
        [{ ...telling, id: randomUUID(), key: id, payload: {}, notBefore: null }],
        (queued) => queued,
      );
      const detail = { format, entries: entries.length, addresses };
      await audit(tx, { who, from, action: 'discovery.requested', target: `discovery:${id}`, detail });
      return runOf(await find(tx, id));
    });
  }

  /** What is under way ends; what waits is asked no more. */
  async cancel(id: string, { name: who, from }: Caller): Promise<Run> {
    return this.parts.store.transaction(async (tx) => {
      await tx.query('select 1 from console.discovery where id = $1 for update', [id]);
      const run = await find(tx, id);
      if (run.endedAt !== null) throw new Refusal('tooLate', 'This discovery is over.');
      if (run.cancelledBy !== null) return runOf(run);
      await tx.query('update console.discovery set cancelled_by = $2 where id = $1', [id, who]);
      await audit(tx, { who, from, action: 'discovery.cancelRequested', target: `discovery:${id}` });
      await record(tx, this.parts.bus, [
        discoveryCancelRequested.draft({ discoveryId: id, requestedBy: who }),
      ]);
      return runOf(await find(tx, id));
    });
  }
}

async function find(on: Pick<Tx, 'query'>, id: string): Promise<Row> {
  const [row] = await on.query<Row>(`select ${columns} from console.discovery where id = $1`, [id]);
  if (!row) throw new Refusal('notFound', 'There is no such discovery.');
  return row;
}

async function countKnown(tx: Tx, entries: readonly ListEntry[]): Promise<number> {
  const [row] = await tx.query<{ known: number }>(
    `select count(*)::int as known from unnest($1::text[]) as at
     where at in (select state->'identity'->>'ip' from console.device where listed)`,
    [entries.map(({ at }) => at)],
  );
  return row?.known ?? 0;
}
