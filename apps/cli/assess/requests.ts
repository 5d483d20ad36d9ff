// What became of requests to assessment, of the events that tell of it. On the bus they have no order: the end of a task may come
// before the word that a request made it. Pure.
import * as z from 'zod';
import type { StreamedEvent } from '../events/stream.js';
import { secretsOf, type Secret } from './device.js';

export const asked = z.looseObject({
  devices: z.int(),
  asked: z.array(
    z.looseObject({
      requestId: z.string(),
      deviceId: z.string(),
      serial: z.string(),
      undoes: z.string().nullable(),
    }),
  ),
});
export type Request = z.infer<typeof asked>['asked'][number];

export interface End {
  readonly outcome: string;
  /** Why, where that is to be said; of what was skipped the word for it. */
  readonly detail: string | null;
  /** Of what was to be put back: they stay as they are. */
  readonly secrets?: readonly Secret[];
}

/** Of one device; null: nothing was heard in time. */
export interface DeviceEnd {
  readonly deviceId: string;
  readonly serial: string;
  readonly end: End | null;
}

const text = z.string().nullable().default(null);
const told = z.looseObject({
  taskId: text,
  outcome: z.string().default(''),
  detail: text,
  reason: z.string().default(''),
  undoes: text,
  /** Of what was put back. */
  items: z.array(z.object({ setting: z.string(), title: z.string(), outcome: z.string() })).default([]),
});

/** Of several ends of a device the first of these is its own. */
const worstFirst = ['failed', 'unreachable', 'cancelled', 'skipped', 'partly', 'nonCompliant'];
function badness({ outcome }: End): number {
  const place = worstFirst.indexOf(outcome);
  return place === -1 ? 0 : worstFirst.length - place;
}

export class Requests {
  readonly #requests: Request[] = [];
  readonly #taskOf = new Map<string, string>();
  /** By task, by task and what it puts back, or by the request that made none. */
  readonly #ends = new Map<string, End>();
  /** Devices of which an end is too long for the event stream: their pages have it. */
  readonly #untold = new Set<string>();

  ask(requests: readonly Request[]): void {
    this.#requests.push(...requests);
  }

  hear({ type, subject, causedBy, data }: StreamedEvent): void {
    if (!type.startsWith('assessment.')) return;
    const read = told.safeParse(data);
    if (!read.success) {
      this.#untold.add(subject);
      return;
    }
    const { taskId, outcome, detail, reason, undoes, items } = read.data;
    if (type === 'assessment.queued' && causedBy !== null && taskId !== null)
      this.#taskOf.set(causedBy, taskId);
    if (type === 'assessment.skipped') {
      // Somebody else has put it back meanwhile.
      const outcome = reason === 'nothingToUndo' ? 'undone' : 'skipped';
      this.end(taskId ?? causedBy ?? '', { outcome, detail: reason });
    }
    if (type === 'assessment.finished') this.end(taskId ?? '', { outcome, detail });
    if (type === 'assessment.undone') {
      const secrets = items.filter((item) => item.outcome === 'leftOut');
      this.end(`${taskId} ${undoes}`, { outcome, detail, secrets: secretsOf(secrets) });
    }
  }

  /** @param of a task, a task and what it puts back, or a request */
  end(of: string, end: End): void {
    this.#ends.set(of, end);
  }

  /** Those that wait for their end, of devices of which one was not told. */
  untold(): readonly { readonly request: Request; readonly taskId: string }[] {
    const some = this.#requests.flatMap((request) => {
      const taskId = this.#taskOf.get(request.requestId);
      const waits = this.#untold.has(request.deviceId) && this.#endOf(request) === null;
      return waits && taskId !== undefined ? [{ request, taskId }] : [];
    });
    for (const { request } of some) this.#untold.delete(request.deviceId);
    return some;
  }

  /** It could not be looked up now: it is one of those that were not told again. */
  lookAgain({ deviceId }: Pick<Request, 'deviceId'>): void {
    this.#untold.add(deviceId);
  }

  devices(): readonly DeviceEnd[] {
    const byDevice = new Map<string, { serial: string; ends: (End | null)[] }>();
    for (const request of this.#requests) {
      const { deviceId, serial } = request;
      const device = byDevice.get(deviceId) ?? { serial, ends: [] };
      device.ends.push(this.#endOf(request));
      byDevice.set(deviceId, device);
    }
    return [...byDevice].map(([deviceId, { serial, ends }]) => {
      const known = ends.flatMap((end) => end ?? []).toSorted((a, b) => badness(b) - badness(a));
      const [worst] = known;
      if (!worst || ends.includes(null)) return { deviceId, serial, end: null };
      // Of all that was put back on it.
      const secrets = new Map(known.flatMap((end) => end.secrets ?? []).map((one) => [one.setting, one]));
      const end = secrets.size === 0 ? worst : { ...worst, secrets: [...secrets.values()] };
      return { deviceId, serial, end };
    });
  }

  /** A task that was made counts more than that something else was skipped because of the same request. */
  #endOf({ requestId, undoes }: Request): End | null {
    const task = this.#taskOf.get(requestId);
    if (task === undefined) return this.#ends.get(requestId) ?? null;
    return this.#ends.get(`${task} ${undoes}`) ?? this.#ends.get(task) ?? null;
  }
}
