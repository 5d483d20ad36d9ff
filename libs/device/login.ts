// HTTP Digest (RFC 7616), the client's half: SHA-256 and qop=auth, nothing weaker. The password itself is never sent. An
// answer is good for one device, by its realm, and under one certificate, which the client's nonce names: whoever passes it
// on has it refused (apps/agent/DEVICE-API.md).
import { hash, randomBytes } from 'node:crypto';

const challengeLengthMax = 2_048;
const usesMax = 1_000;

/** What is asked for; a secret of it stays here. */
export interface LoginOptions {
  readonly user: string;
  readonly password: string;
  /** Serial number of the device that is meant: a challenge of another one is not answered. */
  readonly serial: string;
}

/** What a request is, and where it goes. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  /** SHA-256 of the certificate that this very connection shows, lower-case hex. */
  readonly fingerprint: string;
}

interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | null;
}

/** One user at one device. */
export class Login {
  #challenge: Challenge | null = null;
  #uses = 0;

  constructor(private readonly options: LoginOptions) {}

  /** Whether the device has said what it wants, so that the next request answers it. */
  get ready(): boolean {
    return this.#challenge !== null && this.#uses < usesMax;
  }

  /** Value of the Authorization header of a request; null while it is not ready. */
  answer({ method, path, fingerprint }: Sent): string | null {
    const challenge = this.#challenge;
    if (!challenge || !this.ready) return null;
    this.#uses += 1;
    const { user, password } = this.options;
    const { realm, nonce, opaque } = challenge;
    const nc = this.#uses.toString(16).padStart(8, '0');
    const cnonce = `${randomBytes(16).toString('hex')}.${fingerprint}`;
    const key = sha256(`${user}:${realm}:${password}`);
    const response = sha256([key, nonce, nc, cnonce, 'auth', sha256(`${method}:${path}`)].join(':'));
    const fields = [
      `username="${quoted(user)}"`,
      `realm="${quoted(realm)}"`,
      `nonce="${quoted(nonce)}"`,
      `uri="${path}"`,
      ...(opaque === null ? [] : [`opaque="${quoted(opaque)}"`]),
      `response="${response}"`,
      'algorithm=SHA-256',
      'qop=auth',
      `nc=${nc}`,
      `cnonce="${cnonce}"`,
    ];
    return `Digest ${fields.join(', ')}`;
  }

  /**
   * Takes the WWW-Authenticate header of a refusal.
   * @param answered the refused request had an Authorization header
   * @returns whether the request is worth sending again: there is no answer yet, or it was one to an old nonce
   */
  challenged(header: string | undefined, answered: boolean): boolean {
    const fields = digestIn(header ?? '');
    if (!fields || fields.get('realm') !== realmOf(this.options.serial)) return false;
    const [realm = '', nonce = '', opaque = null] = ['realm', 'nonce', 'opaque'].map((name) =>
      fields.get(name),
    );
    this.#challenge = { realm, nonce, opaque };
    this.#uses = 0;
    return !answered || fields.get('stale')?.toLowerCase() === 'true';
  }
}

const realmOf = (serial: string): string => `muster ${serial}`;

/** By name, in lower case. */
type Fields = ReadonlyMap<string, string>;

/** The challenge that can be answered; null: none of them can. Each begins with its scheme. */
function digestIn(header: string): Fields | null {
  if (header.length > challengeLengthMax) return null;
  for (const part of header.split(/(?:^|,)\s*(?=digest\s)/i)) {
    if (!/^digest\s/i.test(part)) continue;
    const pairs = part
      .slice(7)
      .matchAll(/([a-z]{1,16})\s*=\s*(?:"((?:[^"\\]|\\.){0,1024})"|([^\s",]{1,512}))/gi);
    const fields = new Map<string, string>();
    for (const [, name = '', text, bare = ''] of pairs) {
      // The first: what comes later may be another challenge's.
      const key = name.toLowerCase();
      if (!fields.has(key)) fields.set(key, text === undefined ? bare : text.replaceAll(/\\(.)/g, '$1'));
    }
    const qop = (fields.get('qop') ?? '').split(',').map((one) => one.trim());
    const speaks = fields.get('algorithm')?.toUpperCase() === 'SHA-256' && qop.includes('auth');
    if (speaks && fields.has('nonce')) return fields;
  }
  return null;
}

const sha256 = (text: string): string => hash('sha256', text);

const quoted = (text: string): string => text.replaceAll(/["\\]/g, String.raw`\$&`);
