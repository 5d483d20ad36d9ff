// PostgreSQL, or PGlite in the embedded size, behind one door.
//
//   store.ts      connections, transactions (failure.ts: what their errors mean), and the schema a service owns
//   open.ts       PostgreSQL by address, or PGlite in a folder: one process (lock-folder.ts), one connection (turns.ts),
//                 and a disk that must not be full (disk-room.ts)
//   lock-file.ts  a lock that the system takes from a killed process
//   migrate.ts    deploy/migrations/<service>/*.sql, one step under an advisory lock
//   roles.ts      a role per service, which owns nothing and defines nothing
//   inbox.ts      which events a consumer has taken: the same one twice does nothing
//   outbox.ts     events that a transaction made, until the broker has confirmed them
//   parking.ts    deliveries that failed: tried again when due (parked-tries.ts), dead without a due time;
//                 parked-owners.ts: whose they are today
//   tasks.ts      work that talks to the outside, one queued and one running per device
//   task-claims.ts  who may run it: budgets and leases
//   task-calls.ts   whoever queues one calls whoever waits for one, in one process
//   gathered.ts   statements of tasks that run side by side, as one
//   retired.ts    what is left of deleted devices, until it is forgotten
//   credentials.ts  sealed credentials of devices, the one table that two services write
//   documents.ts  the newest version of each operator document that a service follows
//   clock.ts      the database's clock
import type { Client } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { DiskRoom } from './disk-room.js';
import { retryable, unanswered } from './failure.js';
import { Turns, type Priority } from './turns.js';

/** One open transaction. All statements of a transaction go through it, and nothing else does. */
export interface Tx {
  /** Rows of a statement; for INSERT, UPDATE and DELETE those of its RETURNING clause. Parameters are $1, $2 … */
  query<Row extends object = Record<string, unknown>>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<Row[]>;
  /** Work to be done once the transaction has committed; never run when it is rolled back. Must not throw. */
  afterCommit(work: () => void): void;
}

/** A repeat of a transaction that lost against another one: deadlock or serialization failure. */
const attemptsMax = 5;

/** The database of one process: shared by all services of an embedded Muster, else by one. */
export class Database {
  readonly #turns: Turns | null;

  /** `single` for PGlite: its only connection is handed out in turns, the urgent first. */
  constructor(
    private readonly source: DataSource,
    readonly single: boolean,
    private readonly closed: () => Promise<void> = () => Promise.resolve(),
    private readonly room: DiskRoom | null = null,
  ) {
    this.#turns = single ? new Turns() : null;
  }

  /** Why nothing can be written now, as far as that is known beforehand. */
  get problem(): string | null {
    return this.room?.problem ?? null;
  }

  /** Rejects when the server cannot be reached; may be called again. */
  async connect(): Promise<void> {
    if (!this.source.isInitialized) await this.source.initialize();
  }

  /**
   * Runs `work` in a transaction and commits it. Repeats it, with a new transaction, when it lost a deadlock: `work` must
   * have no effect but through `tx`.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>, priority: Priority = 'service'): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      await this.room?.check();
      const done = await this.#turns?.take(priority);
      try {
        return await this.#once(work);
      } catch (error) {
        if (attempt >= attemptsMax || !retryable(error)) throw error;
      } finally {
        done?.();
      }
    }
  }

  /** One statement by itself. */
  async query<Row extends object = Record<string, unknown>>(
    sql: string,
    parameters: readonly unknown[] = [],
    priority: Priority = 'service',
  ): Promise<Row[]> {
    // Those who only look keep what is known of the disk new.
    const room = this.room?.check();
    if (onlyLooks(sql)) room?.catch(() => undefined);
    else await room;
    const done = await this.#turns?.take(priority);
    const runner = this.source.createQueryRunner();
    try {
      return await rows<Row>(runner, sql, parameters);
    } catch (error) {
      if (unanswered(error)) await discard(runner);
      throw error;
    } finally {
      await runner.release();
      done?.();
    }
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
    await this.closed();
  }

  async #once<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    const afterwards: (() => void)[] = [];
    try {
      await runner.startTransaction();
      const result = await work({
        query: (sql, parameters = []) => rows(runner, sql, parameters),
        afterCommit: (then) => afterwards.push(then),
      });
      await runner.commitTransaction();
      for (const then of afterwards) then();
      return result;
    } catch (error) {
      if (unanswered(error)) await discard(runner);
      else if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }
}

/** A service's own part of the database. Its tables are named `${schema}.table` in its SQL. */
export class Store {
  /** @param priority of all its work, where services share one connection */
  constructor(
    readonly database: Database,
    readonly schema: string,
    private readonly priority: Priority = 'service',
  ) {}

  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.transaction(work, this.priority);
  }

  query<Row extends object = Record<string, unknown>>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<Row[]> {
    return this.database.query<Row>(sql, parameters, this.priority);
  }
}

/** On the connection itself: TypeORM's own query cannot name a statement. */
async function rows<Row extends object>(
  runner: QueryRunner,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const connection = await connectionOf(runner);
  const name = parameters.length > 0 ? nameOf(sql) : undefined;
  const result = await connection.query<Row>({ text: sql, values: [...parameters], ...(name && { name }) });
  return result.rows;
}

/** Which TypeORM has no type for. */
async function connectionOf(runner: QueryRunner): Promise<Client> {
  return (await runner.connect()) as Client;
}

/** A page is shown on a full disk too. What is not surely a look counts as writing. */
const onlyLooks = (sql: string): boolean =>
  /^\s*(?:select|with|show)\b/i.test(sql) &&
  !/\b(?:insert|update|delete|merge|share|nextval|setval)\b/i.test(sql);

/** The answer may come yet, to whoever asks next: nobody may have this connection again. */
async function discard(runner: QueryRunner): Promise<void> {
  const connection = await connectionOf(runner);
  void connection.end().catch(() => undefined);
}

/** Statements that a session keeps parsed and planned: half the cost of a short one. Far more than Muster has. */
const namedMax = 1_000;
const names = new Map<string, string>();

function nameOf(sql: string): string | undefined {
  const known = names.get(sql);
  if (known !== undefined || names.size >= namedMax) return known;
  const name = `muster_${names.size}`;
  names.set(sql, name);
  return name;
}
