// HTTP Digest with SHA-256 (RFC 7616), the device's half: nonces that need no memory, and a lock after wrong answers.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const nonceLifetimeMs = 5 * 60_000;
const wrongInARowMax = 5;
const lockMs = 60_000;
const headerLengthMax = 2048;

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** What a device stores instead of a password. */
export const passwordHash = (realm: string, password: string): string => sha256(`admin:${realm}:${password}`);

export interface Attempt {
  /** The Authorization header, if there was one. */
  readonly header: string | undefined;
  readonly method: string;
  /** The request target as sent. */
  readonly target: string;
  /** SHA-256 of the certificate that its connection was shown, lower-case hex; null: none is known. */
  readonly shown: string | null;
}

export type Judgement = 'good' | 'missing' | 'stale' | 'wrong' | 'locked';

export class Digest {
  readonly #key = randomBytes(32);
  readonly #now: () => number;
  #wrongInARow = 0;
  #lockedUntil = 0;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The WWW-Authenticate header. */
  challenge(realm: string, stale: boolean): string {
    const nonce = this.#nonce(this.#now().toString(36));
    const parts = [
      `realm="${realm}"`,
      'qop="auth"',
      'algorithm=SHA-256',
      `nonce="${nonce}"`,
      'charset=UTF-8',
    ];
    return `Digest ${[...parts, ...(stale ? ['stale=true'] : [])].join(', ')}`;
  }

  judge(attempt: Attempt, realm: string, hash: string): Judgement {
    if (this.#now() < this.#lockedUntil) return 'locked';
    const fields = parseAuthorization(attempt.header ?? '');
    if (!fields) return 'missing';
    const judgement = this.#check(fields, attempt, { realm, hash });
    if (judgement === 'good') this.#wrongInARow = 0;
    if (judgement === 'wrong' && ++this.#wrongInARow >= wrongInARowMax) {
      this.#wrongInARow = 0;
      this.#lockedUntil = this.#now() + lockMs;
    }
    return judgement;
  }

  get lockedForSeconds(): number {
    return Math.max(1, Math.ceil((this.#lockedUntil - this.#now()) / 1000));
  }

  #check(fields: Fields, attempt: Attempt, expected: { realm: string; hash: string }): Judgement {
    const { nonce = '', nc = '', cnonce = '', qop, response = '' } = fields;
    const right =
      fields.username === 'admin' &&
      fields.realm === expected.realm &&
      fields.uri === attempt.target &&
      fields.algorithm?.toUpperCase() === 'SHA-256' &&
      qop === 'auth' &&
      /^[0-9a-f]{8}$/i.test(nc) &&
      cnonce !== '' &&
      isMeantFor(cnonce, attempt.shown);
    if (!right) return 'wrong';
    const answer = sha256(
      [expected.hash, nonce, nc, cnonce, qop, sha256(`${attempt.method}:${attempt.target}`)].join(':'),
    );
    if (!same(answer, response.toLowerCase())) return 'wrong';
    return this.#isFresh(nonce) ? 'good' : 'stale';
  }

  #nonce(issuedAt: string): string {
    return `${issuedAt}.${createHmac('sha256', this.#key).update(issuedAt).digest('base64url')}`;
  }

  #isFresh(nonce: string): boolean {
    const issuedAt = nonce.split('.', 1)[0] ?? '';
    const ageMs = this.#now() - Number.parseInt(issuedAt, 36);
    return same(this.#nonce(issuedAt), nonce) && ageMs >= 0 && ageMs <= nonceLifetimeMs;
  }
}

/** A nonce that ends in a certificate is of a client that has seen it: an answer from another connection was passed on. */
function isMeantFor(cnonce: string, shown: string | null): boolean {
  const [, seen] = /\.([0-9a-f]{64})$/.exec(cnonce) ?? [];
  return seen === undefined || seen === shown;
}

type Fields = Readonly<Partial<Record<string, string>>>;

function parseAuthorization(header: string): Fields | null {
  if (header.length > headerLengthMax || !/^digest /i.test(header)) return null;
  const pairs = header.slice(7).matchAll(/([a-z]{1,16})=(?:"((?:[^"\\]|\\.){0,512})"|([^\s",]{1,512}))/gi);
  return Object.fromEntries(
    [...pairs].map(([, name = '', quoted, bare]) => [
      name.toLowerCase(),
      quoted === undefined ? (bare ?? '') : quoted.replaceAll(/\\(.)/g, '$1'),
    ]),
  );
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
