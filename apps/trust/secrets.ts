// Secrets with which a device enrols for the first time: of one device or of any, for once or until a day comes.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Books, type Row, textOf } from './books.js';
import { TrustFault } from './fault.js';

export interface EnrolmentSecret {
  /** The user name of Basic authentication. */
  readonly name: string;
  /** The one device that may enrol with it; null: any. */
  readonly device: string | null;
  /** Names that its certificate gets, in text; a device's own wishes are not heard. */
  readonly names: string;
  readonly reusable: boolean;
  readonly until: Date;
  readonly used: Date | null;
}

/** As it was when its password was found to be right: made anew meanwhile, under the same name, it is another. */
export interface FoundSecret extends EnrolmentSecret {
  readonly hash: string;
}

/** Of 160 random bits nothing slower is needed. */
const hashOf = (secret: string): Buffer => hash('sha256', secret, 'buffer');

/** The secret itself, told once and kept nowhere. */
export function makeSecret(books: Books, secret: Omit<EnrolmentSecret, 'used'>): string {
  const value = randomBytes(20).toString('base64url');
  keepSecret(books, secret, hashOf(value).toString('hex'));
  return value;
}

/** One that was there under the name is replaced. @param hashed SHA-256 of the secret, which who asked for it has */
export function keepSecret(books: Books, secret: Omit<EnrolmentSecret, 'used'>, hashed: string): void {
  books.run(
    `insert into secret values (?, ?, ?, ?, ?, ?, null) on conflict (name) do update set hash = excluded.hash,
       device = excluded.device, names = excluded.names, reusable = excluded.reusable, until_ms = excluded.until_ms,
       used_ms = null`,
    secret.name,
    hashed,
    secret.device,
    secret.names,
    Number(secret.reusable),
    secret.until.getTime(),
  );
}

/** Null unless name and secret fit, and it is not over. It may be used up. */
export function findSecret(books: Books, name: string, value: string, now: Date): FoundSecret | null {
  const row = books.one('select * from secret where name = ?', name);
  const kept = Buffer.from(row ? String(row['hash']) : '00'.repeat(32), 'hex');
  const fits = timingSafeEqual(kept, hashOf(value));
  if (!row || !fits) return null;
  const secret = { ...secretOf(row), hash: String(row['hash']) };
  return secret.until <= now ? null : secret;
}

/** False when another was faster with a secret for once, or it was made anew. To be called in the transaction of what it is used for. */
export function useSecret(books: Books, { name, hash: found }: FoundSecret, now: Date): boolean {
  const used = `update secret set used_ms = ? where name = ? and hash = ? and until_ms > ?
    and (reusable = 1 or used_ms is null)`;
  return books.run(used, now.getTime(), name, found, now.getTime()) === 1;
}

/** Throws TrustFault. */
export function removeSecret(books: Books, name: string): void {
  if (books.run('delete from secret where name = ?', name) === 1) return;
  throw new TrustFault('usage', `there is no enrolment secret "${name}"`);
}

const good = 'until_ms > ? and (reusable = 1 or used_ms is null)';

/** Ends those of one device that are good still, and names them. To be called in the transaction of what ends them. */
export const endSecrets = (books: Books, device: string, now: Date): readonly string[] =>
  books
    .all(`delete from secret where device = ? and ${good} returning name`, device, now.getTime())
    .map((row) => String(row['name']));

/** Names of those with which any device may enrol still, each of them once. */
export const secretsForAny = (books: Books, now: Date): readonly string[] =>
  books
    .all(`select name from secret where device is null and ${good} order by name`, now.getTime())
    .map((row) => String(row['name']));

export const secrets = (books: Books): readonly EnrolmentSecret[] =>
  books.all('select * from secret order by name').map(secretOf);

const secretOf = (row: Row): EnrolmentSecret => ({
  name: String(row['name']),
  device: textOf(row, 'device'),
  names: String(row['names']),
  reusable: row['reusable'] === 1,
  until: new Date(Number(row['until_ms'])),
  used: row['used_ms'] === null ? null : new Date(Number(row['used_ms'])),
});
