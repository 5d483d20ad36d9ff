// Ends that are too long for the event stream, or were not told by it: looked up one by one, some at a time.
import * as z from 'zod';
import { answerMs, ClientError, type Client } from '../client.js';
import { changedOn, secretsOf } from './device.js';
import { leftOf } from './newest.js';
import type { Requests } from './requests.js';

const atATime = 8;

type Untold = ReturnType<Requests['untold']>[number];

/** Those that console does not answer hold up no others until they are as many as are asked for at a time. */
export class LookUps {
  readonly #waiting: Untold[] = [];
  /** Those that failed stay. */
  readonly #underWay = new Set<Promise<void>>();
  readonly #failed = Promise.withResolvers<never>();

  /** @param limit what is not known by then is not waited for */
  constructor(
    private readonly client: Client,
    private readonly requests: Requests,
    private readonly limit: AbortSignal,
  ) {
    // It may fail while nobody waits; who waits next is told.
    this.#failed.promise.catch(() => undefined);
  }

  /** Of all that were left untold since. */
  begin(): void {
    this.#waiting.push(...this.requests.untold());
    for (let free = atATime - this.#underWay.size; free > 0; free -= 1) this.#next();
  }

  /** Resolves when none is left; rejects with ClientError as soon as one cannot be looked up, now or later. */
  async underWay(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.race([this.#failed.promise, Promise.all(this.#underWay)]);
  }

  #next(): void {
    const one = this.limit.aborted ? undefined : this.#waiting.shift();
    if (!one) return;
    const lookUp = lookUpOrLater(this.client, this.requests, {
      ...one,
      signal: AbortSignal.any([this.limit, AbortSignal.timeout(answerMs)]),
    }).then(() => {
      this.#underWay.delete(lookUp);
      this.#next();
    }, this.#failed.reject);
    this.#underWay.add(lookUp);
  }
}

const ended = z
  .looseObject({ taskId: z.string(), outcome: z.string(), detail: z.string().nullable() })
  .nullable();
const detail = z.looseObject({ lastAssessment: ended, lastDryRun: ended });

interface LookUp extends Untold {
  readonly signal: AbortSignal;
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
