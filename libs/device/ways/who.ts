// Who it is that answers: which protocols say so, and how surely.
import type { DriverName, Identified, Outcome, Setback, Target } from '../device.js';
import type { Proof } from './entrance.js';
import { isOther, worstOf } from './setbacks.js';
import { inTurn } from './turns.js';
import type { Asking, Call, Way } from './way.js';

export interface WhoOptions {
  /** Serial number of the device that is meant. */
  readonly serial: string;
  readonly target: Pick<Target, 'fingerprint' | 'mutual'>;
  /** Those that it may speak. */
  readonly likely: () => readonly Way[];
  /** Whether it is known to speak this one. */
  readonly hasServed: (name: DriverName) => boolean;
  /** Told each thing that a protocol says, as its identity is asked for. */
  readonly heard: (name: DriverName, said: Outcome<unknown>) => void;
}

export class Who {
  #proof: Proof = 'nothing';
  /** What was left alone, as another device may be behind it. */
  readonly #strangers = new Map<DriverName, Setback>();
  readonly #saidBy = new WeakMap<Setback, DriverName>();
  /** By what it has said, in this task, that it is the device that is meant. */
  readonly #namedBy = new Set<DriverName>();

  constructor(private readonly options: WhoOptions) {}

  /** Whether its certificate was seen, in this task. */
  get isProved(): boolean {
    return this.#proof === 'proved';
  }

  /** Whether it has said, in this task, that it is the device that is meant, by whatever it speaks. */
  get isNamed(): boolean {
    return this.#namedBy.size > 0;
  }

  isNamedBy(name: DriverName): boolean {
    return this.#namedBy.has(name);
  }

  /** What was asked nothing, as another device may be behind it, and why; null: nothing was. */
  get leftAlone(): string | null {
    const all = [...this.#strangers].map(([name, { reason }]) => `${name}: ${reason}`);
    return all.length > 0 ? all.join('; ') : null;
  }

  isStranger(said: Outcome<unknown>): boolean {
    return [...this.#strangers.values()].some((stranger) => stranger === said);
  }

  /**
   * What a stranger says counts last: the device itself may be booting. Of equals, what it is known to speak has the word: that it refuses
   * a port where it never listened says nothing.
   */
  worst(setbacks: readonly Setback[]): Setback | null {
    const own = setbacks.filter((said) => !this.isStranger(said));
    const [served = [], others = []] = [true, false].map((has) =>
      own.filter((said) => this.#isOfServing(said) === has),
    );
    const said = worstOf([...served, ...others]) ?? worstOf(setbacks);
    if (said?.kind !== 'unreachable' || said.host !== 'unknown') return said;
    // By UDP nobody sees whether there is a host: who went by TCP knows.
    const seen = own.find((one) => one.kind === 'unreachable' && one.host !== 'unknown');
    return seen?.kind === 'unreachable' ? { ...said, host: seen.host } : said;
  }

  #isOfServing(said: Setback): boolean {
    const name = this.#saidBy.get(said);
    return name !== undefined && this.options.hasServed(name);
  }

  /**
   * As `Way.ask`. The certificate that is pinned is that of its API: of another protocol that shows another one, only that protocol
   * is left alone, and asked nothing.
   */
  async ask<T>(way: Way, call: Call<T>, signal: AbortSignal, asking?: Asking<T>): Promise<Outcome<T>> {
    const said = await way.ask(call, signal, asking);
    if (said.kind !== 'answered') this.#saidBy.set(said, way.name);
    if (way.name === 'api' || said.kind !== 'failed' || said.other !== true) return said;
    const { reason, mayPass } = said;
    const setback: Setback = { kind: 'failed', reason, mayPass };
    this.#strangers.set(way.name, setback);
    return setback;
  }

  heard(name: DriverName, said: Outcome<unknown>): void {
    // Whatever it says, it says over a connection that was judged before a byte was sent: see exchange.ts.
    const { fingerprint, mutual } = this.options.target;
    const spoke = said.kind === 'answered' || said.kind === 'denied';
    if (name === 'api' && spoke && (fingerprint ?? mutual) !== null) this.#proof = 'proved';
  }

  /**
   * By all that may say it, the first of them that does. Null: there is none. Who is slow is waited for beside others, so that
   * whoever proves who the device is has the word before who only says so.
   */
  async identifyBy(ways: readonly Way[], signal: AbortSignal): Promise<Outcome<Identified> | null> {
    const ends = (said: Outcome<Identified>): boolean => said.kind === 'answered' || isOther(said);
    const said = await inTurn<Way, Outcome<Identified>>(
      {
        whom: ways,
        ask: (way, _, turn) => this.#identify(way, turn),
        isNeeded: (_, before) => !before.some(ends),
      },
      signal,
    );
    const words = [...said.values()];
    return words.find(ends) ?? this.worst(words.filter((word) => word.kind !== 'answered'));
  }

  /** The same by one, whatever credential it lets in, and however long that takes to be found out. */
  async identifyAnew(way: Way, signal: AbortSignal): Promise<Outcome<Identified>> {
    const asked = this.ask(way, (driver, limited) => driver.identify(limited), signal, {
      whateverEnds: true,
    });
    return this.#named(way, await asked);
  }

  /** Asks the other ways who the device is, until it is proved enough; of one that is being asked already, its word is waited for. */
  async prove(proof: Proof, not: DriverName, signal: AbortSignal): Promise<boolean> {
    for (const way of this.options.likely()) {
      if (suffices(this.#proof, proof)) return true;
      if (way.name === not || way.proving) continue;
      if (way.asking) await way.asking;
      else await this.#identify(way, signal);
    }
    return suffices(this.#proof, proof);
  }

  async #identify(way: Way, signal: AbortSignal): Promise<Outcome<Identified>> {
    const heard = (said: Outcome<Identified>): void => {
      // One that cannot say who the device is may serve settings all the same.
      if (said.kind !== 'unsupported') this.options.heard(way.name, said);
    };
    return this.#named(
      way,
      await this.ask(way, (driver, limited) => driver.identify(limited), signal, { heard }),
    );
  }

  #named({ name }: Way, said: Outcome<Identified>): Outcome<Identified> {
    if (said.kind !== 'answered') return said;
    const { identity, fingerprint } = said.value;
    if (identity.serial !== this.options.serial) return otherDevice(identity.serial);
    this.#namedBy.add(name);
    const { target } = this.options;
    const pinned = target.fingerprint !== null && fingerprint === target.fingerprint;
    const vouched = target.mutual !== null && fingerprint !== null;
    if (pinned || vouched) this.#proof = 'proved';
    else if (this.#proof === 'nothing') this.#proof = 'named';
    return said;
  }
}

const otherDevice = (serial: string): Setback => ({
  kind: 'failed',
  reason: `another device answers there: ${serial}`,
  mayPass: false,
  other: true,
});

const proofs: readonly Proof[] = ['nothing', 'named', 'proved'];
const suffices = (has: Proof, needs: Proof): boolean => proofs.indexOf(has) >= proofs.indexOf(needs);
