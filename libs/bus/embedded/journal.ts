// Rows of the embedded bus: an event once, and one delivery for each queue that hears it, in one statement.
import type { Event, EventDefinition } from '../../events/event.js';
import type { Database, Tx } from '../../store/store.js';
import { batchMax, type JournalRange } from '../bus.js';
import type { Returned } from '../../events/delivery.js';
import { deadLetters, type Topology } from '../topology.js';

/** Events that `newer` gives at once. */
export const newerMax = 100;

/** Which queues hear a type, and which types are kept for ever. */
export class Journal {
  readonly #queuesOf = new Map<string, string[]>();
  readonly #kept: readonly string[];
  readonly #pairs: { readonly queues: readonly string[]; readonly types: readonly string[] };

  constructor(topology: Topology) {
    const pairs = topology.queues.flatMap(({ queue, types }) => types.map((type) => ({ queue, type })));
    for (const { queue, type } of pairs) this.#queuesOf.set(type, [...this.queuesOf(type), queue]);
    this.#pairs = { queues: pairs.map(({ queue }) => queue), types: pairs.map(({ type }) => type) };
    this.#kept = topology.streams.flatMap(({ types }) => types ?? []);
  }

  queuesOf(type: string): readonly string[] {
    return this.#queuesOf.get(type) ?? [];
  }

  /** True when a queue or a kept stream takes it. */
  wants(type: string): boolean {
    return this.queuesOf(type).length > 0 || this.#kept.includes(type);
  }

  /** In the caller's transaction. An event that is there already is left as it is. */
  async insert(tx: Tx, events: readonly Event[]): Promise<void> {
    await tx.query(
      `with fresh as (
         insert into bus.event (id, type, body)
         select (event->>'id')::uuid, event->>'type', event from jsonb_array_elements($1::jsonb) as event
         on conflict (id) do nothing returning seq, type)
       insert into bus.delivery (queue, seq)
       select bound.queue, fresh.seq from fresh
       join unnest($2::text[], $3::text[]) as bound (queue, type) on bound.type = fresh.type`,
      [JSON.stringify(events), this.#pairs.queues, this.#pairs.types],
    );
  }

  /** Up to `newerMax` events of a kept type after `seq`, oldest first; only the newest when `seq` is null. */
  async newer(
    database: Database,
    definition: EventDefinition,
    seq: number | null,
  ): Promise<readonly KeptEvent[]> {
    const rows = await database.query<KeptEvent>(
      seq === null
        ? `select seq, body from bus.event where type = $1 order by seq desc limit 1`
        : `select seq, body from bus.event where type = $1 and seq > $2 order by seq limit ${newerMax}`,
      seq === null ? [definition.type] : [definition.type, seq],
    );
    return rows;
  }

  /** The number of the newest event; 0 without any. */
  async end(database: Database): Promise<number> {
    const [row] = await database.query<{ seq: number | null }>('select max(seq) as seq from bus.event');
    return row?.seq ?? 0;
  }

  /** Of the next `batchMax` events after `after`, not beyond `end`, those of the range; and how far that was. */
  async range(database: Database, { since, to, after, end }: JournalPart): Promise<JournalRows> {
    const rows = await database.query<{ seq: number; body: unknown; wanted: boolean }>(
      `select seq, body, recorded_at >= coalesce($3::timestamptz, '-infinity')
         and recorded_at < coalesce($4::timestamptz, 'infinity') and type <> '${deadLetters}' as wanted
       from bus.event where seq > $1 and seq <= $2 order by seq limit ${batchMax}`,
      [after, end, since, to],
      'page',
    );
    const wanted = rows.filter((row) => row.wanted).map(({ body }) => body);
    return { rows: wanted, upTo: rows.at(-1)?.seq ?? end };
  }

  /**
   * Of the oldest `limit` events that every queue has settled, deletes those that are older than the newest `keepMax` or than
   * `keepDays`. It looks no further: where nothing is to go, the whole journal would be read. The newest of each kept type
   * stays. Resolves to how many went.
   */
  async trim(tx: Tx, { keepMax, keepDays, limit }: Retention): Promise<number> {
    const gone = await tx.query(
      `delete from bus.event where seq = any(array(
         select e.seq from (
           select seq, type, recorded_at from bus.event
           where seq < least(
             (select coalesce(min(d.seq), 9223372036854775807) from bus.delivery d),
             (select coalesce(max(newest.seq), 0) + 1 from bus.event newest))
           order by seq limit $4::int) as e
         where (e.seq <= (select max(newest.seq) - $1::bigint from bus.event newest)
             or e.recorded_at < now() - make_interval(days => $2::int))
           and not (e.type = any($3::text[])
             and e.seq = (select max(other.seq) from bus.event other where other.type = e.type)))) returning 1 as gone`,
      [keepMax, keepDays, this.#kept, limit],
    );
    return gone.length;
  }
}

/** A row that is no event: it waits in the queue of dead letters, and no reader of the journal sees it. */
export async function addDeadLetter(tx: Tx, letter: Returned): Promise<void> {
  await tx.query(
    `with added as (
       insert into bus.event (id, type, body) values (gen_random_uuid(), $1, $2::jsonb) returning seq)
     insert into bus.delivery (queue, seq) select $1, seq from added`,
    [deadLetters, JSON.stringify(letter)],
  );
}

export interface KeptEvent {
  readonly seq: number;
  readonly body: unknown;
}

export interface JournalPart extends Pick<JournalRange, 'since' | 'to'> {
  readonly after: number;
  readonly end: number;
}

export interface JournalRows {
  readonly rows: readonly unknown[];
  /** Number of the last event looked at. */
  readonly upTo: number;
}

export interface Retention {
  readonly keepMax: number;
  readonly keepDays: number;
  readonly limit: number;
}
