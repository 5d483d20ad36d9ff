// How many deliveries wait in the embedded bus. Counting holds the only connection, so it is done seldom.
import type { QueueLoad } from '../../events/service.js';
import type { Database } from '../../store/store.js';

/** An answer serves all who ask within this time, or longer when counting took long: it is to cost a fiftieth at most. */
const freshMs = 2_000;
const restFactor = 50;
/** Counted at most. More are as many as these. */
const depthMax = 100_000;

interface Row {
  readonly queue: string;
  readonly depth: number;
  readonly oldestAgeMs: number | null;
}

export class Loads {
  #known: ReadonlyMap<string, Row> = new Map();
  #freshUntil = 0;
  #counting: Promise<void> | null = null;

  constructor(private readonly database: Database) {}

  async of(queues: readonly string[]): Promise<readonly QueueLoad[]> {
    // Twice, when the count under way was begun for other queues.
    for (let tries = 0; tries < 2 && this.#lacks(queues); tries += 1) {
      const all = new Set([...this.#known.keys(), ...queues]);
      this.#counting ??= this.#count([...all]).finally(() => (this.#counting = null));
      await this.#counting;
    }
    return queues.map((queue) => {
      const { depth = null, oldestAgeMs = null } = this.#known.get(queue) ?? {};
      return { queue, depth, held: 0, oldestAgeMs };
    });
  }

  #lacks(queues: readonly string[]): boolean {
    return performance.now() > this.#freshUntil || queues.some((queue) => !this.#known.has(queue));
  }

  async #count(queues: readonly string[]): Promise<void> {
    const began = performance.now();
    const rows = await this.database
      .query<Row>(
        `select q.queue, d.depth, extract(epoch from clock_timestamp() - e.recorded_at)::float8 * 1000 as "oldestAgeMs"
         from unnest($1::text[]) as q(queue)
         cross join lateral (select count(*) as depth from (
           select 1 from bus.delivery where queue = q.queue limit ${depthMax}) as counted) as d
         left join bus.event e on e.seq = (
           select seq from bus.delivery where queue = q.queue order by seq limit 1)`,
        [queues],
        'page',
      )
      .catch(() => []);
    this.#known = new Map(
      rows.map((row) => [
        row.queue,
        { ...row, oldestAgeMs: row.oldestAgeMs === null ? null : Math.max(0, Math.round(row.oldestAgeMs)) },
      ]),
    );
    const now = performance.now();
    this.#freshUntil = now + Math.max(freshMs, restFactor * (now - began));
  }
}
