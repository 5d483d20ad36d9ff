// Groups are computed anew at a fixed interval (R53), and devices that joined one since the last time are told, if the settings
// let nothing follow when they did. One row says when and how far: an instance that works at it holds the row, and the others
// leave it to that one. A page in each transaction: a process that dies leaves only its page to do.
import type { Bus } from '#bus/bus';
import { nothing, type Decision } from '#bus/consumer';
import { deviceGrouped } from '#events/device';
import { intervalMs } from '#events/interval';
import { defaultSettings, settingsChanged } from '#events/settings';
import { databaseClock, type Clock } from '#store/clock';
import { readDocument } from '#store/documents';
import type { Store, Tx } from '#store/store';
import type { Change, Device, Groups } from './groups.js';
import { place } from './membership.js';
import { pageMax, saveAndTell } from './regroup.js';
import { loadUnrefreshed } from './rows.js';

export interface Refreshing {
  readonly store: Store;
  readonly bus: Pick<Bus, 'record'>;
  /** The database's own, unless told otherwise. */
  readonly clock?: Clock;
}

/** Resolves to how many devices were looked at, and refreshes begun; 0: there is nothing to do now. */
export async function refreshPage({ store, bus, clock = databaseClock }: Refreshing): Promise<number> {
  const seen = await progress(store, '');
  if (!seen || !(seen.underWay || (await isTimeToWrite(store, seen, clock)))) return 0;
  return store.transaction(async (tx) => {
    const held = await progress(tx, 'for update of refresh skip locked');
    if (!held) return 0;
    const begun = held.underWay ? 0 : await begin(tx, held, clock);
    const number = held.number + begun;
    const groups = await loadUnrefreshed(tx, number, pageMax);
    const decisions = [...groups.devices.values()].map((device) => refresh(device, groups, number));
    await saveAndTell(tx, bus, decisions);
    return begun + decisions.length;
  });
}

interface Progress {
  readonly number: number;
  readonly countedFrom: Date;
  /** The last one has not looked at all devices yet. Times that pass meanwhile are left out. */
  readonly underWay: boolean;
}

async function progress(on: Pick<Tx, 'query'>, lock: string): Promise<Progress | null> {
  const [row] = await on.query<Progress>(
    `select number, counted_from as "countedFrom", exists (
       select from autogroup.device where refreshed < refresh.number and identity is not null and not retired
     ) as "underWay" from autogroup.refresh ${lock}`,
  );
  return row ?? null;
}

async function isTimeToWrite(
  on: Pick<Tx, 'query'>,
  { countedFrom }: Progress,
  clock: Clock,
): Promise<boolean> {
  const next = nextFrom(countedFrom, await everyMs(on), await clock(on));
  return next.countedFrom.getTime() !== countedFrom.getTime();
}

/** Resolves to how many were begun: 1 or 0. */
async function begin(tx: Tx, { countedFrom }: Progress, clock: Clock): Promise<number> {
  const next = nextFrom(countedFrom, await everyMs(tx), await clock(tx));
  const begun = next.isDue ? 1 : 0;
  await tx.query(`update autogroup.refresh set number = number + $1, counted_from = $2`, [
    begun,
    next.countedFrom,
  ]);
  return begun;
}

const everyMs = async (on: Pick<Tx, 'query'>): Promise<number> => {
  const settings = await readDocument(on, 'autogroup', settingsChanged);
  return intervalMs((settings?.body ?? defaultSettings).autoGroupFilterExecutionFrequency);
};

/**
 * Whole intervals are counted, so that a refresh keeps its time of day, however late it is; those that were missed are made up by
 * one. Of a clock that was put back to before it, counting begins anew: none waits for longer than an interval.
 */
export function nextFrom(
  countedFrom: Date,
  every: number,
  now: Date,
): { readonly isDue: boolean; readonly countedFrom: Date } {
  const passed = now.getTime() - countedFrom.getTime();
  if (passed < 0) return { isDue: false, countedFrom: now };
  const intervals = Math.floor(passed / every);
  return { isDue: intervals > 0, countedFrom: new Date(countedFrom.getTime() + intervals * every) };
}

/** What it has joined since the refresh before is new, whoever found it first. Told only while the switch is on, as edits are. */
function refresh(device: Device, groups: Groups, number: number): Decision<Change> {
  if (!device.identity) return nothing;
  const placed = place(device, device.identity, groups);
  const change: Change = { kind: 'device', device: { ...placed.device, owed: [], refreshed: number } };
  const members = placed.fact.groups.map((member) =>
    device.owed.includes(member.groupId) ? { ...member, added: true } : member,
  );
  const isNews = members.some(
    ({ kind, added, policyId }) => kind === 'automatic' && added && policyId !== null,
  );
  if (!isNews || !groups.settings.autoGroupDailyRefreshAutoRemediationEnable)
    return { changes: [change], events: [] };
  const event = deviceGrouped.draft({
    ...placed.fact,
    groups: members,
    trigger: 'refresh',
    announcements: [],
    fresh: false,
  });
  return { changes: [change], events: [event] };
}
