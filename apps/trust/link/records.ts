// Records of a report, an identity or a certificate each, and what becomes of them when console refuses the report: which one it
// is for is found by telling fewer at a time. That one is set aside, and the rest goes on.
import { issuedMax } from '#pki/authority/exchange';

/** Refused one after the other, with none taken in between: then it is not for what is in them. */
const inARowMax = 10;
/** Until it is tried again what console thinks of them: it may be another version, and be mended. */
const quietMs = 600_000;
const rememberedMax = 1_000;

export type Refused =
  /** Fewer are told the next time. */
  | 'among'
  /** The only one there was is set aside. */
  | 'aside'
  /** None is told for a while; none is set aside. */
  | 'all';

export class Records {
  /** Until the next start. */
  readonly #aside = new Set<string>();
  #atOnce = issuedMax;
  #inARow = 0;
  #quietUntilMs = -Infinity;

  /** How many the next report may have. */
  atOnce(nowMs: number): number {
    return nowMs < this.#quietUntilMs ? 0 : this.#atOnce;
  }

  get aside(): ReadonlySet<string> {
    return this.#aside;
  }

  taken(count: number): void {
    if (count === 0) return;
    this.#inARow = 0;
    this.#atOnce = Math.min(issuedMax, this.#atOnce * 2);
  }

  /** @param records one at least */
  refused(records: readonly string[], nowMs: number): Refused {
    const [only, ...more] = records;
    if (only === undefined || more.length > 0) {
      this.#atOnce = Math.max(1, Math.floor(records.length / 2));
      return 'among';
    }
    this.#inARow += 1;
    if (this.#inARow > inARowMax) {
      this.#aside.clear();
      this.#inARow = 0;
      this.#quietUntilMs = nowMs + quietMs;
      return 'all';
    }
    this.setAside(only);
    return 'aside';
  }

  setAside(record: string): void {
    this.#aside.add(record);
    const [oldest] = this.#aside;
    if (this.#aside.size > rememberedMax && oldest !== undefined) this.#aside.delete(oldest);
  }
}
