// PGlite runs neither autovacuum nor checkpoints by time: both are done here, by the work that was done.
import type { Database } from '../../store/store.js';
import type { Priority } from '../../store/turns.js';
import type { Journal } from './journal.js';

export interface HousekeepingOptions {
  readonly database: Database;
  readonly journal: Journal;
  readonly log: { warn(fields: object, message: string): void };
  /** Events kept at most, and for how long, once every queue has settled them. */
  readonly keepMax?: number;
  readonly keepDays?: number;
}

/** Of events, and of each inbox. Some 60 MB: half a day of 10,000 devices that announce once a day. */
export const keptByDefault = 15_000;
const trimMax = 1_000;
/**
 * Rows written or deleted, after which each is due. What is written between two checkpoints lies in the log as well: some 5 KB
 * a row with all that it leads to. A checkpoint writes all that changed at once, and nobody else has the connection meanwhile:
 * rather many short ones.
 */
const every = { trim: 5_000, vacuum: 20_000, checkpoint: 2_500 } as const;
type Chore = keyof typeof every;
/** A table with fewer dead rows than these is not vacuumed, with fewer changed ones not analyzed. */
const rowsMin = 2_000;
/** So often due and still waiting behind a load that does not end: then in line with the services, not with the page. */
const overdue = 4;

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #done = { trim: 0, vacuum: 0, checkpoint: 0 };
  readonly #running: Record<'checkpoint' | 'tidy', Promise<void> | null> = { checkpoint: null, tidy: null };
  #stopped = false;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** Rows were written or deleted. */
  worked(rows: number): void {
    this.#done.trim += rows;
    this.#done.vacuum += rows;
    this.#done.checkpoint += rows;
    this.#start('checkpoint', () => this.#checkpoint());
    this.#start('tidy', () => this.#tidy());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([this.#running.checkpoint, this.#running.tidy]);
  }

  #start(job: 'checkpoint' | 'tidy', work: () => Promise<void>): void {
    if (this.#stopped || this.#running[job]) return;
    this.#running[job] = work()
      .catch((error: unknown) =>
        this.#options.log.warn({ error }, 'The database could not be tidied; trying again later'),
      )
      .finally(() => (this.#running[job] = null));
  }

  /** Begins one that is due: with which priority; null when it is not. */
  #begin(chore: Chore): Priority | null {
    const done = this.#done[chore];
    if (done < every[chore] || this.#stopped) return null;
    this.#done[chore] = 0;
    return done < overdue * every[chore] ? 'page' : 'service';
  }

  /** Beside the others, and never behind the page: the longer it is put off, the more it has to do, and the larger the log. */
  async #checkpoint(): Promise<void> {
    if (this.#begin('checkpoint')) await this.#options.database.query('checkpoint', [], 'service');
  }

  async #tidy(): Promise<void> {
    const trim = this.#begin('trim');
    if (trim) await this.#trim(trim);
    const vacuum = this.#begin('vacuum');
    if (vacuum) await this.#vacuum(vacuum);
  }

  async #vacuum(priority: Priority): Promise<void> {
    const { database } = this.#options;
    await this.#forget(priority);
    // A turn each: every one of them holds the connection for tens of milliseconds.
    for (const table of await this.#churned()) await database.query(`vacuum ${table}`, [], priority);
    for (const table of await this.#changed()) await database.query(`analyze ${table}`, [], priority);
  }

  /** In steps, so that nobody waits long for the only connection. */
  async #trim(priority: Priority): Promise<void> {
    const { database, journal, keepMax = keptByDefault, keepDays = 14 } = this.#options;
    // Fewer than that go where kept ones lie between them.
    let gone = trimMax;
    while (gone > 0 && !this.#stopped) {
      gone = await database.transaction(
        (tx) => journal.trim(tx, { keepMax, keepDays, limit: trimMax }),
        priority,
      );
    }
  }

  /** Of the services' inboxes what belongs to no kept event any more: an hour's storm would fill them for a fortnight. */
  async #forget(priority: Priority): Promise<void> {
    const { database, keepMax = keptByDefault } = this.#options;
    const inboxes = await database.query<{ name: string }>(
      `select quote_ident(schemaname) || '.inbox' as name from pg_tables where tablename = 'inbox'`,
      [],
      'page',
    );
    for (const { name } of inboxes) {
      let gone = trimMax;
      while (gone === trimMax && !this.#stopped) {
        const rows = await database.query(
          `delete from ${name} where ctid = any(array(
             select ctid from ${name} where taken_at < (
               select taken_at from ${name} order by taken_at desc offset $1 limit 1) limit $2)) returning 1 as gone`,
          [keepMax, trimMax],
          priority,
        );
        gone = rows.length;
      }
    }
  }

  /** The bus's own tables, and those of the services that the statistics name. */
  async #churned(): Promise<readonly string[]> {
    return [...new Set(['bus.delivery', 'bus.event', ...(await this.#tables('n_dead_tup > $1'))])];
  }

  /** Those that the planner knows little of: what it believes of the others is still near enough. */
  #changed(): Promise<readonly string[]> {
    return this.#tables('n_mod_since_analyze > $1 + n_live_tup / 10');
  }

  async #tables(where: string): Promise<readonly string[]> {
    const rows = await this.#options.database.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(relname) as name from pg_stat_user_tables where ${where}`,
      [rowsMin],
      'page',
    );
    return rows.map(({ name }) => name);
  }
}
