// Whether there is anything to be stopped, of a device or of those of a group. Console hears of tasks a moment after they were asked
// for: hence it tells assessment in any case, and only then says that there was nothing.
import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '#store/store';

export type Whose = { readonly deviceId: string } | { readonly groupId: string };

/** Far longer than the way of a request to assessment and back, where nothing else waits. */
const lookMaxMs = 4_000;
const lookEveryMs = 250;

/** @returns devices of which something is known to run or to wait, before or after `tell` */
export async function stops(store: Store, whose: Whose, tell: () => Promise<void>): Promise<number> {
  const before = await busyNow(store, whose);
  await tell();
  for (const began = performance.now(); ;) {
    const now = await busyNow(store, whose);
    // What was stopped before it was seen to wait has ended since.
    const ended = now.ended === before.ended ? 0 : 1;
    const devices = Math.max(before.devices, now.devices, ended);
    if (devices > 0 || performance.now() - began > lookMaxMs) return devices;
    await delay(lookEveryMs);
  }
}

interface Busy {
  readonly devices: number;
  /** Another as soon as a task of one of them ends. */
  readonly ended: string;
}

/** Of a run that goes on, console knows how many of its devices wait, and not which: who has no result since it began may be one. */
async function busyNow(store: Store, whose: Whose): Promise<Busy> {
  const { deviceId = null, groupId = null } = { deviceId: null, groupId: null, ...whose };
  const [row] = await store.query<Busy>(
    `select count(*) filter (where d.queued + d.running > 0 or exists (
         select from console.run r where r.ended_at is null and d.group_ids @> array[r.body->>'groupId']
           and coalesce(d.state->'last'->>'finishedAt', '') < r.body->>'beganAt'))::int as devices,
       coalesce(md5(string_agg(coalesce(d.state->'ended'->>-1, ''), ',' order by d.id)), '') as ended
     from console.device d where d.listed and (d.id = $1::uuid or d.group_ids @> array[$2::text])`,
    [deviceId, groupId],
  );
  return row ?? { devices: 0, ended: '' };
}
