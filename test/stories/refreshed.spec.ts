// What follows for a device from a search, an edit and the regular refresh (R52-R54), and what is told of it: autogroup and
// assessment, each on its own schema of one database, what one tells given to the other.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assessmentQueued, assessmentSkipped } from '#events/assessment';
import { deviceGrouped, deviceLicensed, type DeviceLicensed } from '#events/device';
import type { Event } from '#events/event';
import { groupBody, groupChanged } from '#events/group';
import { policyChanged } from '#events/policy';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import { policyTemplates } from '#documents/templates';
import type { Store } from '#store/store';
import { assessment } from '../../apps/assessment/assessment.js';
import { autogroup } from '../../apps/autogroup/autogroup.js';
import { refreshPage } from '../../apps/autogroup/refresh.js';
import { openFor, published, startFed, type Fed } from '../support/fed-delivery.js';
import { outboxBus } from '../support/outbox-bus.js';

let store: Store;
let groups: Fed;
let assessments: Fed;
beforeAll(async () => {
  store = await openFor('PostgreSQL', 'autogroup');
  groups = await startFed(store, autogroup.consumers);
  assessments = await startFed(await openFor('PostgreSQL', 'assessment'), assessment.consumers);
});
afterAll(async () => {
  await groups.stop();
  await assessments.stop();
});

const settings = (version: number, of: Partial<Settings>): Event => {
  const open = { allowRemediation: true, initialPolicy: 'base', deviceNetworks: ['10.0.0.0/8'] };
  const body = { ...defaultSettings, ...open, autoGroupDailyRefreshAutoRemediationEnable: true, ...of };
  return published(settingsChanged.draft({ id: 'settings', version, changedBy: 'ada', body }));
};
const both = async (...events: readonly Event[]): Promise<void> => {
  await groups.feed(...events);
  await assessments.feed(...events);
};
let passed = 0;
/** What autogroup has told since, as the bus would bring it. */
const passOn = async (): Promise<void> => {
  const told = (await groups.told(deviceGrouped)).slice(passed);
  passed += told.length;
  await assessments.feed(...told.map((data) => published(deviceGrouped.draft(data))));
};
const lookedFor = async (of: Partial<DeviceLicensed> = {}): Promise<void> => {
  const { example } = deviceLicensed;
  const data = { ...example, announcements: [], trigger: 'discovered' as const, ...of };
  await groups.feed(published(deviceLicensed.draft(data)));
  await passOn();
};
const refreshIn = async (days: number): Promise<void> => {
  const clock = () => Promise.resolve(new Date(Date.now() + days * 86_400_000));
  while ((await refreshPage({ store, bus: outboxBus, clock })) > 0);
  await passOn();
};

it('nothing is told of a device that no group has a policy for, whatever the switches are', async () => {
  for (const [version, of] of [{}, { allowRemediation: false }, { initialPolicy: null }].entries()) {
    await both(settings(version + 1, of));
    await lookedFor();
    await lookedFor();
    await refreshIn(0);
  }
  expect(await groups.told(deviceGrouped)).toHaveLength(6);
  expect(await assessments.told(assessmentSkipped)).toEqual([]);
  expect(await assessments.told(assessmentQueued)).toEqual([]);
});

it('a device that joined a group by a search is told as held back; it gets the policy by the refresh, once', async () => {
  const base = policyTemplates.find(({ id }) => id === 'base')?.body;
  if (!base) throw new Error('there is a template base');
  const filter = { field: 'hostname', operator: 'startsWith', value: 'lobby-' };
  const lobby = groupBody.parse({ name: 'Lobby', kind: 'automatic', filter, policyId: 'open' });
  await both(settings(4, {}));
  await both(published(policyChanged.draft({ id: 'open', version: 1, changedBy: 'ada', body: base })));
  await both(published(groupChanged.draft({ id: 'lobby', version: 1, changedBy: 'ada', body: lobby })));
  const { example } = deviceLicensed;
  const identity = { ...example.identity, hostname: 'lobby-1' };
  await lookedFor({ identity });
  expect(await assessments.told(assessmentSkipped)).toMatchObject([{ reason: 'switchOff' }]);
  // Known now, and new in no group: the search of the next night has no more to tell.
  await lookedFor({ identity });
  expect(await assessments.told(assessmentSkipped)).toHaveLength(1);
  await refreshIn(0.9);
  expect(await assessments.told(assessmentQueued)).toEqual([]);
  await refreshIn(1.1);
  const queued = [{ deviceId: example.deviceId, trigger: 'refresh', policies: [{ policyId: 'open' }] }];
  expect(await assessments.told(assessmentQueued)).toMatchObject(queued);
  await refreshIn(9);
  expect(await assessments.told(assessmentQueued)).toHaveLength(1);
});
