// Work that a service does again and again beside its events, such as a sweep.
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from './log.js';
import type { Figures, Running } from './service.js';

export interface Repeated {
  /** For the log. */
  readonly name: string;
  readonly everyMs: number;
  /** Before the first time; 0 by default. */
  readonly firstMs?: number;
  /** Resolves to how much it did: it is called again at once until that is 0. A rejection is logged, and tried again in time. */
  readonly work: () => Promise<number>;
  readonly log: Pick<Log, 'warn'>;
}

/** Never two at a time in this process; other instances may be at it too. */
export function repeat({ name, everyMs, firstMs = 0, work, log }: Repeated): Running {
  const stopping = new AbortController();
  const pause = (ms: number) => delay(ms, null, { signal: stopping.signal }).catch(() => undefined);
  const loop = async (): Promise<void> => {
    if (firstMs > 0) await pause(firstMs);
    while (!stopping.signal.aborted) {
      const done = await work().catch((error: unknown) => {
        log.warn({ error, work: name }, 'Recurring work failed; it is tried again');
        return 0;
      });
      if (done === 0) await pause(everyMs);
    }
  };
  const ended = loop();
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

/** Several things that run, as one. */
export function together(all: readonly Running[]): Running {
  return {
    stop: async () => void (await Promise.all(all.map((each) => each.stop()))),
    problems: () => all.flatMap((each) => each.problems?.() ?? []),
    figures: () => Object.assign({}, ...all.map((each) => each.figures?.() ?? {})) as Partial<Figures>,
  };
}
