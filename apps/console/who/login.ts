// Logging in and out. Guessing is slowed by name with address, by address, and by name; a login that
// succeeds counts for none of them. The counts are in the database: more consoles give nobody more tries.
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Store } from '#store/store';
import { Refusal } from '../refusal.js';
import { audit } from './audit.js';
import { hashOf, secret, sessionHours } from './caller.js';
import type { Role } from '../../../libs/answers/access.js';
import { passwordFits } from './password.js';

const windowSeconds = 15 * 60;

export interface Login {
  readonly name: string;
  readonly password: string;
  readonly from: string | null;
}

export interface LoggedIn {
  readonly name: string;
  readonly role: Role;
  /** For the cookie; kept nowhere else. */
  readonly session: string;
}

export class Logins {
  /** Of one address for one name: a person who forgot. */
  readonly #pair: RateLimiterPostgres;
  /** Of one address for any name: somebody who tries them all. */
  readonly #address: RateLimiterPostgres;
  /** For one name from anywhere: many machines at once. */
  readonly #name: RateLimiterPostgres;

  constructor(private readonly store: Store) {
    this.#pair = limiter(store, 'pair', 5);
    this.#address = limiter(store, 'address', 30);
    this.#name = limiter(store, 'name', 60);
  }

  async login({ name, password, from }: Login): Promise<LoggedIn> {
    const pair = `${name}\n${from ?? ''}`;
    await this.#slow(name, from, pair);
    const [operator] = await this.store.query<{ role: Role; password_hash: string }>(
      'select role, password_hash from console.operator where name = $1',
      [name],
    );
    if (!(await passwordFits(operator?.password_hash ?? null, password)) || !operator) {
      await audit(this.store, { who: name, from, action: 'login', outcome: 'refused' });
      throw new Refusal('unauthenticated', 'Name or password is wrong.');
    }
    await this.#pair.delete(keyOf(pair));
    await this.#address.reward(keyOf(from ?? ''));
    await this.#name.reward(keyOf(name));
    return { name, role: operator.role, session: await this.#open(name, from) };
  }

  async #open(name: string, from: string | null): Promise<string> {
    const session = secret();
    await this.store.transaction(async (tx) => {
      await tx.query(
        `insert into console.session (id_hash, operator, expires_at)
         values ($1, $2, now() + interval '${sessionHours} hours')`,
        [hashOf(session), name],
      );
      await audit(tx, { who: name, from, action: 'login' });
    });
    return session;
  }

  async #slow(name: string, from: string | null, pair: string): Promise<void> {
    // An address that is over its limit writes nothing more, whatever names it tries.
    const spent = await this.#address.get(keyOf(from ?? ''));
    if (spent && spent.consumedPoints > this.#address.points) throw tooMany();
    const keys = [
      [this.#pair, pair],
      [this.#address, from ?? ''],
      [this.#name, name],
    ] as const;
    for (const [limit, key] of keys) {
      const { consumedPoints } = await limit.penalty(keyOf(key));
      if (consumedPoints <= limit.points) continue;
      // On record once, not at every try: whoever floods must not fill the database.
      const detail = { limited: true };
      if (consumedPoints === limit.points + 1) {
        await audit(this.store, { who: name, from, action: 'login', outcome: 'refused', detail });
      }
      throw tooMany();
    }
  }
}

const tooMany = (): Refusal =>
  new Refusal('tooMany', 'Too many tries to log in. Wait a quarter of an hour, then try again.');

/** Of one length, whatever was typed. */
const keyOf = (text: string): string => hashOf(text).toString('base64url');

/** What expired is swept with the rest of the house. */
function limiter(store: Store, keyPrefix: string, points: number): RateLimiterPostgres {
  const query = async ({ text, values }: { readonly text: string; readonly values: readonly unknown[] }) => {
    const rows = await store.query(text, values);
    return { rows, rowCount: rows.length };
  };
  return new RateLimiterPostgres({
    storeClient: { query },
    storeType: 'client',
    schemaName: 'console',
    tableName: 'login_tries',
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix,
    points,
    duration: windowSeconds,
  });
}
