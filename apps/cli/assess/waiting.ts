// Waits until what was asked of devices has ended: by the event stream, open before it is asked, so that nothing is missed.
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '../client.js';
import { follow } from '../events/stream.js';
import { countOf } from '../said.js';
import { LookUps } from './look-ups.js';
import { Requests, type DeviceEnd, type Request } from './requests.js';

/** Console may have to ask many devices. */
export const askMs = 120_000;
const lookEveryMs = 250;
const showEveryMs = 1_000;

export interface Waiting {
  readonly ask: () => Promise<{ readonly asked: readonly Request[] }>;
  readonly waitMs: number;
}

/** What was typed, or as long as one device takes that does not answer; of a group, as long as the run of a schedule may. */
export const waitMsOf = ({
  wait,
  group,
}: {
  readonly wait?: string | undefined;
  readonly group?: string | undefined;
}): number => countOf('--wait', wait ?? (group === undefined ? '120' : '3600'), 604_800) * 1_000;

/** What became of each device, as far as it is known when all have ended or the time is over. Rejects with ClientError. */
export async function waitFor(client: Client, { ask, waitMs }: Waiting): Promise<readonly DeviceEnd[]> {
  const requests = new Requests();
  const stopping = new AbortController();
  const opened = Promise.withResolvers<void>();
  let missed = false;
  let lookUps: LookUps | null = null;
  const following = follow(client, stopping.signal, {
    each: (event) => requests.hear(event),
    told: (text) => void process.stderr.write(`${text}\n`),
    opened: opened.resolve,
    missed: () => void (missed = true),
  });
  try {
    await Promise.race([opened.promise, following]);
    requests.ask((await ask()).asked);
    const show = progress();
    const limit = AbortSignal.timeout(waitMs);
    lookUps = new LookUps(client, requests, AbortSignal.any([limit, stopping.signal]));
    for (;;) {
      lookUps.begin();
      // What console answers at once is shown at once.
      await Promise.race([lookUps.underWay(), delay(lookEveryMs)]);
      const devices = requests.devices();
      const left = devices.filter(({ end }) => end === null).length;
      if (left === 0 || missed || limit.aborted)
        return devices.toSorted((a, b) => (a.serial < b.serial ? -1 : 1));
      show(devices.length - left, devices.length);
      await Promise.race([delay(lookEveryMs), following]);
    }
  } finally {
    stopping.abort();
    await lookUps?.underWay().catch(() => undefined);
    await following.catch(() => undefined);
  }
}

/** A line now and then, of more than one device. */
function progress(): (ended: number, all: number) => void {
  let told = '';
  let next = performance.now() + showEveryMs;
  return (ended, all) => {
    const text = `${ended} of ${all} devices`;
    if (all === 1 || text === told || performance.now() < next) return;
    process.stderr.write(`${text}\n`);
    [told, next] = [text, performance.now() + showEveryMs];
  };
}
