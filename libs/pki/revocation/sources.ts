// Where lists come from: files and addresses that the operator named, looked at again and again; what came from an address
// is kept for the next start.
import { hash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../../events/message-of.js';
import { crlFile } from '../../events/trust-set.js';
import { RefusedCrl } from './crl.js';
import type { Crls, HeldCrl } from './crls.js';
import { fetchBytes, readListFile } from './fetch.js';
import type { KeptLists } from './kept-lists.js';

/** A list is in force within a minute of its publication: once around takes this, and the limit of one fetch. */
const everyMs = 10_000;
const limitMs = 10_000;
/** At the start, where a kept list stands in for each, nobody waits longer for newer ones. */
const patienceMs = 2_000;
/** Some 250,000 entries. */
export const crlBytesMax = 10_000_000;

/** How one source fares. */
export interface SourceReport {
  readonly source: string;
  /** Null: none was taken from here yet. */
  readonly list: HeldCrl | null;
  /** Why the newest try brought nothing; null when it did. */
  readonly problem: string | null;
}

interface Source {
  readonly name: string;
  etag: string | null;
  /** Of the newest bytes, taken or not: what is unchanged is not read again. */
  digest: string | null;
  list: HeldCrl | null;
  unreachable: string | null;
  refusal: string | null;
}

export interface SourcesOptions {
  readonly names: readonly string[];
  readonly crls: Crls;
  /** For `file:` names. */
  readonly folder: string | null;
  /** What was fetched before a restart. */
  readonly kept: Pick<KeptLists, 'read' | 'write' | 'forgetAllBut'>;
  /** Told when a source begins to fail, fails otherwise, brings a new list, or is well again. */
  readonly heard: (report: SourceReport) => void;
}

export class CrlSources {
  readonly #sources: readonly Source[];
  readonly #ended = new AbortController();
  readonly #rounds: Promise<void>;
  readonly #first: Promise<void>;
  #opening: Promise<void> = Promise.resolve();
  #looked = false;

  constructor(private readonly options: SourcesOptions) {
    this.#sources = options.names.map(unseen);
    this.#first = this.#begin();
    this.#rounds = this.#goRound();
  }

  /** When each source was tried once, or for long enough where there is a kept list of each. */
  get tried(): Promise<void> {
    return this.#first;
  }

  /** They were: before that, nobody can say what is missing. */
  get looked(): boolean {
    return this.#looked;
  }

  reports(): readonly SourceReport[] {
    return this.#sources.map(reported);
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#rounds;
  }

  async #begin(): Promise<void> {
    const { kept, names } = this.options;
    await kept.forgetAllBut(names);
    await Promise.all(this.#sources.map((source) => this.#recall(source)));
    this.#opening = this.#lookAtAll();
    const recalled = this.#sources.every(({ list }) => list !== null);
    await (recalled ? Promise.race([this.#opening, waited(patienceMs, this.#ended.signal)]) : this.#opening);
    this.#looked = true;
  }

  /** One that is not good any more, or never was, is as good as none. */
  async #recall(source: Source): Promise<void> {
    if (isFile(source)) return;
    const bytes = await this.options.kept.read(source.name);
    if (!bytes) return;
    this.#take(source, bytes);
    this.options.heard(reported(source));
    if (source.refusal !== null) Object.assign(source, unseen(source.name));
  }

  async #goRound(): Promise<void> {
    await this.#first;
    await this.#opening;
    while (this.#sources.length > 0 && (await waited(everyMs, this.#ended.signal))) await this.#lookAtAll();
  }

  async #lookAtAll(): Promise<void> {
    await Promise.all(this.#sources.map((source) => this.#lookAt(source)));
  }

  async #lookAt(source: Source): Promise<void> {
    const before = reported(source);
    try {
      const bytes = await this.#bytesOf(source);
      source.unreachable = null;
      if (bytes && this.#take(source, bytes) && !isFile(source)) {
        await this.options.kept.write(source.name, bytes);
      }
    } catch (error) {
      if (this.#ended.signal.aborted) return;
      // Whatever it is: one source must not end the looking at the others, nor the process.
      source.unreachable = messageOf(error);
    }
    const after = reported(source);
    const news = after.problem !== before.problem || after.list?.number !== before.list?.number;
    if (news) this.options.heard(after);
  }

  /** Null: unchanged. */
  async #bytesOf(source: Source): Promise<Uint8Array | null> {
    if (isFile(source)) return readListFile(source.name, this.options.folder, crlBytesMax);
    const { signal } = this.#ended;
    const fetched = await fetchBytes(source.name, {
      limitMs,
      bytesMax: crlBytesMax,
      etag: source.etag,
      signal,
    });
    source.etag = fetched.etag;
    return fetched.bytes;
  }

  /** False: it is no new one, or none. */
  #take(source: Source, bytes: Uint8Array): boolean {
    const digest = hash('sha256', bytes);
    if (digest === source.digest) return false;
    try {
      source.list = this.options.crls.take(bytes, new Date());
      source.refusal = null;
      source.digest = digest;
      return true;
    } catch (error) {
      if (!(error instanceof RefusedCrl)) throw error;
      source.refusal = error.message;
      // One of the future is looked at until its time has come.
      source.digest = error.code === 'notYetValid' ? null : digest;
      source.etag = null;
      return false;
    }
  }
}

const isFile = ({ name }: Source): boolean => crlFile.test(name);

const unseen = (name: string): Source => ({
  name,
  etag: null,
  digest: null,
  list: null,
  unreachable: null,
  refusal: null,
});

const reported = ({ name, list, unreachable, refusal }: Source): SourceReport => ({
  source: name,
  list,
  problem: unreachable ?? refusal,
});

/** False when it was ended meanwhile. */
const waited = (forMs: number, signal: AbortSignal): Promise<boolean> =>
  setTimeout(forMs, true, { signal, ref: false }).catch(() => false);
