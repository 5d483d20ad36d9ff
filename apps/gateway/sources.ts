// Who connects from where: how often, and how many at a time, before anything is spent on a handshake. Limits are those of
// this process.
import { sourceOf } from '#addresses/source';

/** Sources that are remembered: what this process keeps of strangers is bounded. */
const rememberedMax = 65_536;

export interface SourceLimits {
  /** Open connections of one address. */
  readonly perAddressMax: number;
  /** Open connections of one IPv6 /64, in which a whole site may live. */
  readonly perNetworkMax: number;
  /** New connections of a source: so many at once, and so many a second for ever. */
  readonly burst: number;
  readonly perSecond: number;
}

export type SourceRefusal = keyof typeof sourceRefusals;

export const sourceRefusals = {
  tooManyFromSource: 'The peer has as many connections as one address may have; more are closed at once',
  tooManyFromNetwork:
    'The peers of one IPv6 network (/64) have as many connections as it may have; more are closed at once',
  tooOftenFromSource: 'The peer connects more often than one source may; it is closed before the handshake',
} as const;

export class Sources {
  readonly #open = new Map<string, number>();
  /**
   * When a source's bucket is full again: all there is to know of it. Those used since the last turn, and those used in the
   * turn before: to forget the oldest one by one would cost more the more of them there are.
   */
  #recent = new Map<string, number>();
  #earlier = new Map<string, number>();
  #turnedAtMs: number;

  constructor(
    private readonly limits: SourceLimits,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#turnedAtMs = now();
  }

  /** Sources that are remembered, at most. */
  get size(): number {
    return this.#recent.size + this.#earlier.size;
  }

  /** Null: counted until it leaves. @param address canonical */
  enter(address: string): SourceRefusal | null {
    const network = sourceOf(address);
    const open = this.#openOf(address);
    const near = network === address ? 0 : this.#openOf(network);
    if (open >= this.limits.perAddressMax) return 'tooManyFromSource';
    if (near >= this.limits.perNetworkMax) return 'tooManyFromNetwork';
    if (!this.#take(network)) return 'tooOftenFromSource';
    this.#open.set(address, open + 1);
    if (network !== address) this.#open.set(network, near + 1);
    return null;
  }

  /** Whoever entered. */
  leave(address: string): void {
    const network = sourceOf(address);
    this.#release(address);
    if (network !== address) this.#release(network);
  }

  #openOf(source: string): number {
    return this.#open.get(source) ?? 0;
  }

  #release(source: string): void {
    const open = this.#openOf(source);
    if (open > 1) this.#open.set(source, open - 1);
    else this.#open.delete(source);
  }

  /** A token of the source's bucket, if one is left. */
  #take(source: string): boolean {
    const { burst, perSecond } = this.limits;
    const now = this.now();
    const knownAtMs = this.#recent.get(source) ?? this.#earlier.get(source) ?? 0;
    const fullAtMs = Math.max(knownAtMs, now);
    const taken = ((fullAtMs - now) * perSecond) / 1000;
    // A thousandth, as sums of fractions are not exact.
    if (taken + 1 > burst + 0.001) return false;
    this.#turn(now);
    this.#recent.set(source, fullAtMs + 1000 / perSecond);
    return true;
  }

  /**
   * Forgets who was not seen for a whole turn. Its bucket is full by then, and a full one is as good as none; only where
   * there are too many sources does a turn end before that, and whoever is forgotten gains what a newcomer has.
   */
  #turn(now: number): void {
    const { burst, perSecond } = this.limits;
    const turnMs = (1000 * burst) / perSecond;
    if (this.#recent.size < rememberedMax / 2 && now - this.#turnedAtMs < turnMs) return;
    this.#earlier = this.#recent;
    this.#recent = new Map();
    this.#turnedAtMs = now;
  }
}
