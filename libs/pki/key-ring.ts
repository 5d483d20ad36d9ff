// Keys that seal secrets where they rest (R67): AES-256-GCM, of several keys the newest. What is sealed is bound to what it
// is for: a box that was moved to another place does not open there.
import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import { NotOpened } from './seal.js';

const version = 1;
const keyBytes = 32;
const idBytes = 8;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + idBytes + nonceBytes + tagBytes;
const keysMax = 50;

interface Key {
  /** What a box says of the key that opens it: nothing that helps to guess it. */
  readonly id: string;
  readonly secret: Buffer;
}

/** Thrown when a key file cannot be used; never says what is in it. */
export class UnreadableKeys extends Error {
  override readonly name = 'UnreadableKeys';
}

/** A line of a key file, as `openssl rand -base64 32` makes it. */
export const newKeyLine = (): string => `${randomBytes(keyBytes).toString('base64')}\n`;

export class KeyRing {
  readonly #keys: ReadonlyMap<string, Key>;
  readonly #newest: Key;

  /** @param text a key a line, 32 bytes in base64, the newest last; empty lines and those that begin with # count for nothing */
  constructor(text: string) {
    const lines = text.split('\n').map((line) => line.trim());
    const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).map(keyIn);
    const newest = keys.at(-1);
    if (!newest) throw new UnreadableKeys('it holds no key: make one by openssl rand -base64 32');
    if (keys.length > keysMax) throw new UnreadableKeys(`it holds more than ${keysMax} keys`);
    this.#newest = newest;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** @param bound what the secret is for; the same is asked for when it is opened */
  seal(secret: string, bound: string): string {
    const { id, secret: key } = this.#newest;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(boundBytes(id, bound));
    const closed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    const head = [Buffer.from([version]), Buffer.from(id, 'hex'), nonce, cipher.getAuthTag()];
    return Buffer.concat([...head, closed]).toString('base64');
  }

  /** Throws NotOpened. */
  open(box: string, bound: string): string {
    const bytes = Buffer.from(box, 'base64');
    const key = this.#keyOf(bytes);
    if (!key) throw new NotOpened('it was sealed with a key that is not in the key file');
    const nonce = bytes.subarray(1 + idBytes, 1 + idBytes + nonceBytes);
    const tag = bytes.subarray(headBytes - tagBytes, headBytes);
    try {
      const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: tagBytes });
      decipher.setAAD(boundBytes(key.id, bound)).setAuthTag(tag);
      return Buffer.concat([decipher.update(bytes.subarray(headBytes)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new NotOpened('it was sealed for something else, or changed since', { cause });
    }
  }

  /** Whether the newest key has sealed it. */
  isNewest(box: string): boolean {
    return this.#keyOf(Buffer.from(box, 'base64')) === this.#newest;
  }

  #keyOf(bytes: Buffer): Key | undefined {
    if (bytes.length <= headBytes || bytes[0] !== version) return undefined;
    const id = bytes.toString('hex', 1, 1 + idBytes);
    return id === this.#newest.id ? this.#newest : this.#keys.get(id);
  }
}

function keyIn(line: string, index: number): Key {
  const secret = Buffer.from(line, 'base64');
  const wrong = secret.length !== keyBytes || secret.toString('base64') !== line;
  if (wrong) throw new UnreadableKeys(`key ${index + 1} in it is not 32 bytes in base64`);
  const id = hash('sha256', Buffer.concat([Buffer.from('muster key '), secret]), 'hex');
  return { id: id.slice(0, idBytes * 2), secret };
}

/** JSON keeps its parts apart. */
const boundBytes = (id: string, bound: string): Buffer =>
  Buffer.from(JSON.stringify(['muster credential', id, bound]));
