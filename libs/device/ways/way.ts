// One driver of a device, opened with one credential after another until the device lets it in.
import type { Driver, DriverName, Outcome, Setback } from '../device.js';
import type { Entrance, Entrances, Proof } from './entrance.js';
import type { Patience } from './patience.js';

export interface WayOptions {
  readonly name: DriverName;
  readonly entrances: Entrances;
  /** Of all ways of the device together. */
  readonly patience: Patience;
  /** Whether the device is proved so far, by other ways than this one. */
  readonly prove: (proof: Proof, not: DriverName, signal: AbortSignal) => Promise<boolean>;
}

/** The signal of a call ends sooner than that of whoever asks: see patience.ts. */
export type Call<T> = (driver: Driver, signal: AbortSignal) => Promise<Outcome<T>>;

export interface Asking<T> {
  /** The next credential is tried after any setback: a wrong community looks as a dead device does. */
  readonly whateverEnds?: boolean;
  /** Told each thing that the device says. */
  readonly heard?: (said: Outcome<T>) => void;
}

interface Opened {
  readonly entrance: Entrance;
  readonly driver: Driver;
  judged: boolean;
}

const mayHideWrongSecret = (said: Outcome<unknown>): boolean =>
  said.kind === 'unreachable' || (said.kind === 'failed' && said.other !== true);

/** Credentials that one protocol is tried with in a task, however many there are. */
const entrancesMax = 8;

export class Way {
  readonly name: DriverName;
  /** It waits for others to say who the device is: none of them waits for it. */
  proving = false;
  /** Ends with the call that is under way: there is one at a time. */
  #call: Promise<void> | null = null;
  #opened: Opened | null = null;
  #tried = 0;
  /** Those who got no answer: they are wrong if another gets one. */
  #silent: Opened[] = [];
  /** One was used whose secret nobody could have learned: from then on none goes in clear. */
  #secret = false;
  /** The newest word of why it is not let in; null, too, once it was. */
  #refusal: Setback | null = null;

  constructor(private readonly options: WayOptions) {
    this.name = options.name;
  }

  /** Ends with the call that is under way; null: there is none. */
  get asking(): Promise<void> | null {
    return this.#call;
  }

  /** What the device says to the first credential that it lets in. */
  async ask<T>(call: Call<T>, signal: AbortSignal, asking: Asking<T> = {}): Promise<Outcome<T>> {
    while (this.#call) await this.#call;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#call = promise;
    try {
      return await this.#ask(call, signal, asking);
    } finally {
      this.#call = null;
      resolve();
    }
  }

  async #ask<T>(
    call: Call<T>,
    signal: AbortSignal,
    { whateverEnds = false, heard }: Asking<T>,
  ): Promise<Outcome<T>> {
    const { patience } = this.options;
    for (;;) {
      signal.throwIfAborted();
      const opened = this.#opened ?? (await this.#open(signal));
      if (!opened) return this.#refusal ?? this.#none;
      const { driver } = opened;
      const ask = (turn: AbortSignal): Promise<Outcome<T>> => call(driver, turn);
      // Seen from outside, most of what is waited for is silence, and there is a limit for all of it.
      const said = await (this.name === 'probe' ? ask(signal) : patience.with(ask, signal));
      heard?.(said);
      if (said.kind === 'answered') await this.#judgeRight(opened);
      const { ifSilent } = opened.entrance;
      const silent = said.kind === 'unreachable' && ifSilent !== undefined && !opened.judged;
      const again = said.kind === 'denied' || silent || (whateverEnds && mayHideWrongSecret(said));
      if (!again) return said;
      if (said.kind === 'denied') await this.#judge(opened, false);
      if (silent && ifSilent === 'wrong') this.#silent.push(opened);
      // Who was silent to one may be busy, whatever it says to the next.
      if (said.kind !== 'answered' && this.#refusal?.kind !== 'unreachable') this.#refusal = said;
      this.close();
    }
  }

  /** By what it was let in last; null: by nothing so far. */
  get entrance(): Entrance | null {
    return this.#opened?.judged ? this.#opened.entrance : null;
  }

  /** The next call is made with the next credential: the device has another one now. */
  reopen(): void {
    this.close();
    this.#tried = 0;
    this.#silent = [];
    this.#refusal = null;
  }

  close(): void {
    this.#opened?.driver.close();
    this.#opened = null;
  }

  /** Nothing was tried. */
  get #none(): Setback {
    const reason = this.options.entrances.whyNone?.(this.name) ?? null;
    return reason === null ? noSuchDriver : { kind: 'denied', reason };
  }

  /** Null: none is left that may be used. */
  async #open(signal: AbortSignal): Promise<Opened | null> {
    const { entrances, name } = this.options;
    while (this.#tried < entrancesMax) {
      const entrance = await entrances.next(name);
      if (!entrance) return null;
      this.#tried += 1;
      const hindrance = await this.#hindrance(entrance, signal);
      if (hindrance === null) {
        this.#secret ||= entrance.needs !== 'nothing' && !entrance.inClear;
        this.#opened = { entrance, driver: entrance.open(), judged: false };
        return this.#opened;
      }
      const said = this.#refusal ? `${this.#refusal.reason}; ` : '';
      this.#refusal = { kind: 'denied', reason: `${said}${hindrance}` };
    }
    return null;
  }

  /** Why it must not be used; null: it may. */
  async #hindrance(entrance: Entrance, signal: AbortSignal): Promise<string | null> {
    const { needs, inClear } = entrance;
    if (needs === 'nothing') return null;
    if (inClear && this.#secret) return 'what is left would send a secret in clear, after one that was not';
    this.proving = true;
    const proved = await this.options.prove(needs, this.name, signal).finally(() => (this.proving = false));
    if (proved) return null;
    this.options.entrances.keptBack?.(entrance);
    return 'its identity is not proved, so that no secret is sent to it';
  }

  async #judgeRight(opened: Opened): Promise<void> {
    await this.#judge(opened, true);
    this.#refusal = null;
    for (const other of this.#silent.splice(0)) await this.#judge(other, false);
  }

  async #judge(opened: Opened, right: boolean): Promise<void> {
    if (opened.judged && right) return;
    opened.judged = true;
    await this.options.entrances.judged(opened.entrance, right);
  }
}

const noSuchDriver: Setback = { kind: 'unsupported', reason: 'there is no way to ask it by this protocol' };
