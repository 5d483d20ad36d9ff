// Waits until what was asked of devices has ended: by the event stream, open before it is asked, so that nothing is missed.
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { answerMs, ClientError, type Client } from '../client.js';
import { follow } from '../events/stream.js';
import { countOf } from '../said.js';
import { changedOn, secretsOf } from './device.js';
import { leftOf } from './newest.js';
import { Requests, type DeviceEnd, type Request } from './requests.js';

/** Console may have to ask many devices. */
export const askMs = 120_000;
const lookEveryMs = 250;
const showEveryMs = 1_000;
/** At a time: one that console does not answer holds up no other. */
const lookUpsMax = 8;

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
    for (;;) {
      await lookUpAll(client, requests, limit);
      const devices = requests.devices();
      const left = devices.filter(({ end }) => end === null).length;
      if (left === 0 || missed || limit.aborted)
        return devices.toSorted((a, b) => (a.serial < b.serial ? -1 : 1));
      show(devices.length - left, devices.length);
      await Promise.race([delay(lookEveryMs), following]);
    }
  } finally {
    stopping.abort();
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

const ended = z
  .looseObject({ taskId: z.string(), outcome: z.string(), detail: z.string().nullable() })
  .nullable();
const detail = z.looseObject({ lastAssessment: ended, lastDryRun: ended });

type Untold = ReturnType<Requests['untold']>[number];

/** @param limit what is not known by then is not waited for */
async function lookUpAll(client: Client, requests: Requests, limit: AbortSignal): Promise<void> {
  const all = untoldOf(requests, limit);
  // Each takes of the same ones; one that throws closes them for the others.
  const inTurn = async (): Promise<void> => {
    for (const one of all) await lookUpOrLater(client, requests, one);
  };
  await Promise.all(Array.from({ length: lookUpsMax }, inTurn));
}

interface LookUp extends Untold {
  readonly signal: AbortSignal;
}

function* untoldOf(requests: Requests, limit: AbortSignal): Generator<LookUp, void> {
  for (const untold of requests.untold())
    yield { ...untold, signal: AbortSignal.any([limit, AbortSignal.timeout(answerMs)]) };
}

/** A device that was deleted meanwhile, or a console that is away for a moment, ends no waiting for others. */
async function lookUpOrLater(client: Client, requests: Requests, one: LookUp): Promise<void> {
  try {
    await lookUp(client, requests, one);
  } catch (error) {
    const { code = null, status = null } = error instanceof ClientError ? error : {};
    if (status === 404) requests.end(one.taskId, { outcome: 'skipped', detail: 'deviceDeleted' });
    else if (code === 'unreachable') requests.lookAgain(one.request);
    else throw error;
  }
}

/** How a task ended of which the event stream has not told all. */
async function lookUp(
  client: Client,
  requests: Requests,
  { request: { deviceId, undoes }, taskId, signal }: LookUp,
): Promise<void> {
  const path = `/api/devices/${deviceId}`;
  if (undoes !== null) {
    const { value: changed } = await changedOn(client, deviceId, { task: undoes, signal }).next();
    if (!changed?.changes.some(({ undoneBy }) => undoneBy === taskId)) return;
    const { settings, secrets } = leftOf(changed);
    const outcome = settings.length > 0 ? 'partly' : 'undone';
    requests.end(`${taskId} ${undoes}`, { outcome, detail: null, secrets: secretsOf(secrets) });
    return;
  }
  const { lastAssessment, lastDryRun } = await client.ask(path, detail, { signal });
  const found = [lastAssessment, lastDryRun].find((each) => each?.taskId === taskId);
  if (found) requests.end(taskId, found);
}
