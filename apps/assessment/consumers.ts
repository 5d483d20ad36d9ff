// What assessment hears. Facts and control have a queue each, so that an operator waits behind no announcements.
import { consumer } from '#bus/consumer';
import { keepDocuments } from '#bus/keep-documents';
import { assessmentCancelRequested, assessmentRequested } from '#events/assessment';
import { assessmentUndoRequested } from '#events/undo';
import { deviceFlapping, deviceGrouped, deviceRetired, deviceUnlicensed } from '#events/device';
import type { Event } from '#events/event';
import { groupChanged } from '#events/group';
import { policyChanged } from '#events/policy';
import { settingsChanged } from '#events/settings';
import { trustSetChanged } from '#events/trust-set';
import type { Tx } from '#store/store';
import { cancel, enqueue } from '#store/tasks';
import { decide } from './decide.js';
import { load, saveDevices, type State } from './devices.js';
import { evolve, type Change } from './evolve.js';
import { cancelInRuns, wakeChunks } from './runs/run-devices.js';
import { kinds, mergeAny, schema } from './task.js';

async function save(tx: Tx, changes: readonly Change[]): Promise<void> {
  await saveDevices(
    tx,
    changes.flatMap((change) => (change.type === 'device' ? [change.device] : [])),
  );
  const chunks = new Set<string>();
  // In the order in which they were decided: a device that left and came back ends with its task.
  for (const same of stretches(changes.filter((change) => change.type !== 'device'))) {
    const requests = same.flatMap((change) => (change.type === 'queue' ? [change.request] : []));
    if (requests.length > 0) await enqueue(tx, schema, requests, mergeAny);
    for (const change of same) {
      if (change.type === 'cancel') {
        for (const key of await cancelInRuns(tx, change.deviceId, change.because)) chunks.add(key);
        await cancel(tx, schema, { kind: kinds, keys: [change.deviceId], because: change.because });
      }
    }
  }
  // After all rows of devices, as whoever ends a child task locks them.
  await wakeChunks(tx, [...chunks]);
}

/** Cut where a cancel and a request follow each other. */
function stretches(changes: readonly Change[]): readonly (readonly Change[])[] {
  const cut: Change[][] = [];
  for (const change of changes) {
    const last = cut.at(-1);
    if (last?.[0]?.type === change.type) last.push(change);
    else cut.push([change]);
  }
  return cut;
}

interface AboutDevice {
  readonly deviceId: string;
}
const common = {
  load: (tx: Tx, events: readonly Event<AboutDevice>[]) =>
    load(
      tx,
      events.map(({ data }) => data.deviceId),
    ),
  decide,
  evolve,
  save,
};

export const devices = consumer<State, Change, AboutDevice>({
  name: 'assessment.devices',
  on: [deviceGrouped, deviceFlapping, deviceUnlicensed, deviceRetired],
  ...common,
});

export const requests = consumer<State, Change, AboutDevice>({
  name: 'assessment.requests',
  on: [assessmentRequested, assessmentUndoRequested, assessmentCancelRequested],
  ...common,
});

export const documents = keepDocuments({
  name: 'assessment.documents',
  schema,
  on: [settingsChanged, policyChanged, groupChanged, trustSetChanged],
});
