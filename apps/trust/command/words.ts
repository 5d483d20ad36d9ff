// Options as people type them, and what all commands take.
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { messageOf } from '#events/message-of';
import { type KeyKind, keyKinds } from '#pki/authority/key';
import { type Profile, profiles } from '#pki/authority/profile';
import { Books } from '../books.js';
import { TrustFault } from '../fault.js';
import { hasAuthority, readPassphrase } from '../keys.js';
import { TrustAuthority } from '../authority.js';

/** One command, typed as `muster ca NAME …`. */
export interface Command {
  /** Its lines of `--help`: how it is typed, then each of its options. */
  readonly help: string;
  /** Rejects with TrustFault or AuthorityFault, or with what went wrong here. */
  run(words: readonly string[]): Promise<void> | void;
}

export const commonOptions = {
  dir: { type: 'string' },
  'passphrase-file': { type: 'string' },
  help: { type: 'boolean' },
} as const;

export const commonHelp = `Of all commands:
  --dir FOLDER             the authority's folder (MUSTER_TRUST_DIR, else .data/trust)
  --passphrase-file FILE   its first line opens the private keys (MUSTER_TRUST_PASSPHRASE_FILE)`;

/** Throws TrustFault. */
export function read<Options extends ParseArgsOptionsConfig>(words: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...words], options: { ...options, ...commonOptions }, allowPositionals: true });
  } catch (error) {
    throw misused(messageOf(error));
  }
}

export const misused = (what: string): TrustFault => new TrustFault('usage', `${what}; see --help`);

export interface Place {
  readonly dir?: string | undefined;
  readonly 'passphrase-file'?: string | undefined;
}

export const dirOf = ({ dir }: Place): string => dir ?? process.env['MUSTER_TRUST_DIR'] ?? '.data/trust';

/** Throws TrustFault. */
export const passphraseOf = (place: Place): string =>
  readPassphrase(place['passphrase-file'] ?? process.env['MUSTER_TRUST_PASSPHRASE_FILE']);

/** With the books of an authority that is there. Throws TrustFault. */
export function withBooks<T>(place: Place, work: (books: Books, dir: string) => T): T {
  const dir = dirOf(place);
  if (!hasAuthority(dir))
    throw new TrustFault(
      'noAuthority',
      `${dir} holds no authority: make one with muster ca init, or say where it is with --dir`,
    );
  const books = new Books(dir);
  try {
    return work(books, dir);
  } finally {
    books.close();
  }
}

export interface Office {
  readonly books: Books;
  readonly authority: TrustAuthority;
  readonly dir: string;
  readonly passphrase: string;
}

/** With the authority's keys. Throws TrustFault. */
export function withAuthority<T>(place: Place, work: (office: Office) => T): T {
  const passphrase = passphraseOf(place);
  return withBooks(place, (books, dir) =>
    work({ books, dir, passphrase, authority: new TrustAuthority(dir, books, passphrase) }),
  );
}

export function profileOf(text: string | undefined): Profile {
  const found = profiles.find((profile) => profile === text);
  if (found) return found;
  throw misused(`--profile is one of ${profiles.join(', ')}${text === undefined ? '' : `, not "${text}"`}`);
}

export function keyKindOf(text: string | undefined): KeyKind {
  const found = keyKinds.find((kind) => kind === (text ?? 'p256'));
  if (found) return found;
  throw misused(`--key is one of ${keyKinds.join(', ')}, not "${text ?? ''}"`);
}

export function daysOf(text: string | undefined, otherwise: number): number {
  return wholeOf('--days', text ?? String(otherwise), 36_500);
}

export function wholeOf(option: string, text: string, max: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number >= 1 && number <= max) return number;
  throw misused(`${option} is a whole number from 1 to ${max}, not "${text}"`);
}

/** The one that is typed without a dash. Throws TrustFault. */
export function only(positionals: readonly string[], what: string): string {
  const [one, ...more] = positionals;
  if (one !== undefined && more.length === 0) return one;
  throw misused(`${what} is needed, and nothing else`);
}

export function none(positionals: readonly string[]): void {
  if (positionals.length > 0) throw misused(`"${positionals.join(' ')}" is not understood`);
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
