// What the tables say: whether all is done, and whether something was done twice.
import { Client } from 'pg';
import { topology } from '../../apps/standalone/services.js';
import { untaken, type Kept } from './inboxes.js';

const schemas = ['console', 'discovery', 'licensing', 'autogroup', 'assessment', 'forwarding'];

export class Tables {
  /** @param url of a role that may read all */
  constructor(private readonly url: string) {}

  /** Deliveries that a service gave up, with the reason. */
  async dead(): Promise<readonly string[]> {
    const rows = await this.#query<{ said: string }>(
      schemas
        .map(
          (schema) => `select consumer || ' ' || event_id || ': ' || reason as said
                       from ${schema}.parked where due_at is null`,
        )
        .join(' union all '),
    );
    return rows.map(({ said }) => said);
  }

  /** What cannot be if everything was done once, for devices of these serial numbers. */
  async contradictions(serials: readonly string[]): Promise<readonly string[]> {
    const checks: readonly (readonly [what: string, sql: string, expected: number])[] = [
      ['devices known to discovery', 'select count(*) from discovery.device', serials.length],
      [
        'of these serial numbers',
        'select count(*) from discovery.device where serial = any($1)',
        serials.length,
      ],
      ['devices with a seat', 'select count(*) from licensing.device where pool is not null', serials.length],
      ['seats taken', 'select sum(taken) from licensing.pool', serials.length],
      [
        'devices in groups',
        'select count(*) from autogroup.device where identity is not null',
        serials.length,
      ],
      ['devices on the page', 'select count(*) from console.device where listed', serials.length],
      [
        'serial numbers on the page',
        'select count(distinct serial) from console.device where listed',
        serials.length,
      ],
      ['repeats in the feed', `select count(*) - count(distinct event->>'id') from console.feed`, 0],
    ];
    const found: string[] = [];
    for (const [what, sql, expected] of checks) {
      const [row] = await this.#query<Record<string, unknown>>(sql, sql.includes('$1') ? [serials] : []);
      const [value] = Object.values(row ?? {});
      if (Number(value) !== expected) found.push(`${what}: ${String(value)} instead of ${expected}`);
    }
    return found;
  }

  /** What a service that hears it has not taken once, of events of the journal. */
  untaken(journal: Iterable<Kept>): Promise<readonly string[]> {
    return untaken({ topology, query: (sql, parameters) => this.#query(sql, parameters) }, journal);
  }

  /** Outboxes, tasks and parked deliveries that a service has yet to do. */
  async waiting(): Promise<readonly string[]> {
    const rows = await this.#query<{ what: string; count: string }>(
      schemas
        .flatMap((schema) => [
          `select '${schema} outbox' as what, count(*) from ${schema}.outbox`,
          `select '${schema} tasks', count(*) from ${schema}.task`,
          `select '${schema} parked', count(*) from ${schema}.parked where due_at is not null`,
        ])
        .join(' union all '),
    );
    return rows.filter(({ count }) => Number(count) > 0).map(({ what, count }) => `${what} ${count}`);
  }

  /** On a connection of its own: the server may have been killed since the last one. */
  async #query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const client = new Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql, [...parameters])).rows;
    } finally {
      await client.end();
    }
  }
}
