// What runs or waits is stopped, of a device or of those of a group. Console hears of tasks a moment after they were asked for: hence it
// tells assessment in any case, and only then says of which devices there was something, or that there was nothing.
import { setTimeout as delay } from 'node:timers/promises';
import { assessmentCancelRequested } from '#events/assessment';
import type { StoredParts } from '#runtime/service';
import type { Store } from '#store/store';
import { record } from '../documents/written.js';
import { Refusal } from '../refusal.js';
import { audit, settle } from '../who/audit.js';
import type { Caller } from '../who/caller.js';
import { keepAsked } from './asked.js';

interface Stopping {
  readonly whose: { readonly deviceId: string } | { readonly groupId: string };
  readonly caller: Caller;
  /** Why it is refused where there is nothing. */
  readonly nothing: string;
}

/** Devices that are told in one transaction, and of which one entry of the audit log is. */
const stepMax = 1_000;
/** Far longer than the way of a request to assessment and back, where nothing else waits. */
const lookMaxMs = 4_000;
const lookEveryMs = 250;

/** Resolves to how many devices had something to stop: those are on record. Throws Refusal when none had. */
export async function stop({ store, bus }: StoredParts, stopping: Stopping): Promise<number> {
  const { whose, caller, nothing } = stopping;
  const target = 'deviceId' in whose ? `device:${whose.deviceId}` : `group:${whose.groupId}`;
  const deed = { who: caller.name, from: caller.from, action: assessmentCancelRequested.type, target };
  const before = await look(store, whose);
  const requests = new Map(
    [...before.keys()].map((deviceId) => [
      deviceId,
      assessmentCancelRequested.draft({ deviceId, requestedBy: caller.name }),
    ]),
  );
  const [first = [], ...rest] = inSteps([...requests.values()]);
  const entry = await store.transaction(async (tx) => {
    const id = await audit(tx, { ...deed, outcome: 'asked' });
    await record(tx, bus, first);
    return id;
  });
  for (const step of rest) await store.transaction((tx) => record(tx, bus, step));
  const devices = await busy(store, whose, before);
  const [some, ...more] = inSteps(devices.flatMap((deviceId) => requests.get(deviceId) ?? []));
  await store.transaction(async (tx) => {
    if (some) await keepAsked(tx, entry, some);
    await settle(tx, entry, some ? { outcome: 'done' } : { outcome: 'refused', detail: { reason: nothing } });
    for (const step of more) await keepAsked(tx, await audit(tx, deed), step);
  });
  if (!some) throw new Refusal('nothingToStop', nothing);
  return devices.length;
}

const inSteps = <T>(all: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / stepMax) }, (_, nth) =>
    all.slice(nth * stepMax, (nth + 1) * stepMax),
  );

interface Seen {
  /** Something of it is known to run or to wait. */
  readonly busy: boolean;
  /** Another as soon as a task of it ends. */
  readonly ended: string | null;
}

/** Those of which something runs or waits, before assessment was told of it or since. */
async function busy(
  store: Store,
  whose: Stopping['whose'],
  before: ReadonlyMap<string, Seen>,
): Promise<readonly string[]> {
  for (const began = performance.now(); ;) {
    const now = await look(store, whose);
    const devices = [...before].flatMap(([id, then]) => {
      const seen = now.get(id) ?? then;
      // What was stopped before it was seen to wait has ended since.
      return then.busy || seen.busy || seen.ended !== then.ended ? [id] : [];
    });
    if (devices.length > 0 || performance.now() - began > lookMaxMs) return devices;
    await delay(lookEveryMs);
  }
}

/** Of a run that goes on, console knows how many of its devices wait, and not which: who has no result since it began may be one. */
async function look(store: Store, whose: Stopping['whose']): Promise<ReadonlyMap<string, Seen>> {
  const { deviceId = null, groupId = null } = { deviceId: null, groupId: null, ...whose };
  const rows = await store.query<Seen & { id: string }>(
    `select d.id, d.state->'ended'->>-1 as ended, d.queued + d.running > 0 or exists (
       select from console.run r where r.ended_at is null and d.group_ids @> array[r.body->>'groupId']
         and coalesce(d.state->'last'->>'finishedAt', '') < r.body->>'beganAt') as busy
     from console.device d where d.listed and (d.id = $1::uuid or d.group_ids @> array[$2::text]) order by d.id`,
    [deviceId, groupId],
  );
  return new Map(rows.map(({ id, ...seen }) => [id, seen]));
}
