// Asks each address of some ranges whether somebody is there.
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import { ownAddresses } from '../../addresses/own.js';
import { addressesOf } from '../../addresses/span.js';
import { mayConnect } from '../address.js';
import { Arriving } from './arriving.js';
import type { Candidate } from './found.js';
import type { AddressRange } from './range.js';
import { portsOfDevices, thereMs, whatAnswers, type PortsOfDevices } from './there.js';

export interface Sweep {
  readonly ranges: readonly AddressRange[];
  readonly networks: readonly string[];
  /** Sent in clear to every address; null: none. */
  readonly community: string | null;
  readonly limits?: Partial<SweepLimits>;
  readonly ports?: PortsOfDevices;
  onProgress?(progress: SweepProgress): void;
}

export interface SweepLimits {
  /** Addresses asked at a time. */
  readonly atOnce: number;
  /** Addresses begun in a second. */
  readonly perSecond: number;
  /** Until an address counts as empty. */
  readonly waitMs: number;
}

export interface SweepProgress {
  readonly total: number;
  readonly asked: number;
  readonly found: number;
  /** Of those asked: not in the device networks, so that nothing was sent there. */
  readonly outside: number;
}

const standardLimits: SweepLimits = { atOnce: 64, perSecond: 100, waitMs: thereMs };

/** Rejects only when `signal` is aborted, with its reason. Whoever stops asking for more ends it. */
export async function* sweep(asked: Sweep, signal: AbortSignal): AsyncGenerator<Candidate, void> {
  const left = new AbortController();
  const arriving = new Arriving<Candidate>();
  const work = run(asked, arriving, AbortSignal.any([signal, left.signal])).finally(() => arriving.end());
  // Heard below, once all that was found is handed on.
  work.catch(() => undefined);
  try {
    yield* arriving.all();
    await work;
    signal.throwIfAborted();
  } finally {
    left.abort();
    await work.catch(() => undefined);
  }
}

async function run(asked: Sweep, arriving: Arriving<Candidate>, signal: AbortSignal): Promise<void> {
  const { ranges, networks, community, ports = portsOfDevices, limits } = asked;
  const { atOnce, perSecond, waitMs } = { ...standardLimits, ...limits };
  const own = ownAddresses();
  const pace = new Pace(perSecond, signal);
  const progress = {
    total: ranges.reduce((sum, { count }) => sum + count, 0),
    asked: 0,
    found: 0,
    outside: 0,
  };
  const addresses = allOf(ranges);
  const one = async (): Promise<void> => {
    for (const address of addresses) {
      if (signal.aborted) return;
      if (mayConnect(address, networks, own)) {
        await pace.next();
        const hint = await whatAnswers({ address, ports, community, waitMs }, signal);
        if (signal.aborted) return;
        if (hint !== null) {
          progress.found += 1;
          arriving.push({ address, by: 'range', hint });
        }
      } else if ((progress.outside += 1) % 500 === 0) await breathe();
      progress.asked += 1;
      asked.onProgress?.({ ...progress });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

function* allOf(ranges: readonly AddressRange[]): Generator<string, void> {
  for (const range of ranges) yield* addressesOf(range);
}

/** Lets its callers go on one after another, evenly. */
class Pace {
  #nextAt = 0;

  constructor(
    private readonly perSecond: number,
    private readonly signal: AbortSignal,
  ) {}

  async next(): Promise<void> {
    const now = performance.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + 1_000 / this.perSecond;
    if (at > now) await delay(at - now, null, { signal: this.signal }).catch(() => undefined);
  }
}
