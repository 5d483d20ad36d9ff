// The regular refresh (R53) on both databases: once for any number of instances, whatever becomes of the clock.
import { randomUUID } from 'node:crypto';
import { metrics } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceGrouped, deviceLicensed, type Trigger } from '#events/device';
import type { Event } from '#events/event';
import { groupBody, groupChanged } from '#events/group';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import type { Log } from '#runtime/log';
import type { Store } from '#store/store';
import { databases, openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { silentLog } from '../../test/support/silent.js';
import { until } from '../../test/support/until.js';
import { autogroup } from './autogroup.js';
import { nextFrom, refreshPage } from './refresh.js';
import { regroupPage } from './regroup.js';

const at = (time: string): Date => new Date(`2026-05-${time}Z`);
const day = 86_400_000;

describe('the next refresh', () => {
  const from = at('01T08:00:00');
  it.each<[string, Date, boolean, Date]>([
    ['not before its time', at('02T07:59:59'), false, from],
    ['at its time', at('02T08:00:00'), true, at('02T08:00:00')],
    ['late, and keeps its time of day', at('02T19:00:00'), true, at('02T08:00:00')],
    ['once for many that were missed', at('09T07:00:00'), true, at('08T08:00:00')],
    ['counted anew by a clock put back', at('01T07:00:00'), false, at('01T07:00:00')],
  ])('is %s', (_, now, isDue, countedFrom) => {
    expect(nextFrom(from, day, now)).toEqual({ isDue, countedFrom });
  });
});

describe.each(Object.keys(databases))('the refresh on %s', (name) => {
  let store: Store;
  let fed: Fed;
  beforeEach(async () => {
    store = await openFor(name, 'autogroup');
    fed = await startFed(store, autogroup.consumers);
    await store.query(`update autogroup.refresh set counted_from = $1`, [at('01T08:00:00')]);
  });
  afterEach(() => fed.stop());

  let version = 0;
  const settings = (of: Partial<Settings>): Event => {
    version += 1;
    const on = { autoGroupDailyRefreshAutoRemediationEnable: true, allowRemediation: true };
    const body = { ...defaultSettings, ...on, initialPolicy: 'base', ...of };
    return published(settingsChanged.draft({ id: 'settings', version, changedBy: 'ada', body }));
  };
  const lobby = (hostname = 'lobby-', policyId: string | null = 'open'): Event => {
    version += 1;
    const filter = { field: 'hostname', operator: 'startsWith', value: hostname };
    const body = groupBody.parse({ name: 'Lobby', kind: 'automatic', filter, policyId });
    return published(groupChanged.draft({ id: 'lobby', version, changedBy: 'ada', body }));
  };
  const licensed = (of: { hostname?: string; trigger?: Trigger; deviceId?: string } = {}): Event => {
    const { example } = deviceLicensed;
    const { hostname = 'lobby-1', trigger = 'discovered', deviceId = example.deviceId } = of;
    const identity = { ...example.identity, hostname };
    return published(deviceLicensed.draft({ ...example, deviceId, identity, trigger }));
  };
  const page = (now: Date) => refreshPage({ store, bus: outboxBus, clock: () => Promise.resolve(now) });
  const refreshAll = async (now: Date): Promise<void> => {
    while ((await page(now)) > 0);
  };
  const regroupAll = async (): Promise<void> => {
    while ((await regroupPage(store, outboxBus)) > 0);
  };
  const told = async () => (await fed.told(deviceGrouped)).filter(({ trigger }) => trigger === 'refresh');
  const many = Array.from({ length: 450 }, () => randomUUID());

  it('tells a device that a discovery added while its switch was off: in time, and once', async () => {
    await fed.feed(settings({}), lobby());
    await fed.feed(licensed());
    await refreshAll(at('02T07:59:59'));
    expect(await told()).toEqual([]);
    await refreshAll(at('02T08:00:01'));
    expect(await told()).toMatchObject([
      { announcements: [], fresh: false, groups: [{ groupId: 'lobby', policyId: 'open', added: true }] },
    ]);
    await fed.feed(licensed());
    await refreshAll(at('03T08:00:01'));
    expect(await told()).toHaveLength(1);
  });

  it.each<[string, Partial<Settings>, Trigger, boolean]>([
    ['announced', {}, 'announced', false],
    [
      'announced while nothing is remediated',
      { allowRemediation: false, initialPolicy: null },
      'announced',
      true,
    ],
    ['announced without an initial policy', { initialPolicy: null }, 'announced', true],
    ['licensed late', {}, 'seatFreed', false],
    ['discovered', {}, 'discovered', true],
    ['discovered with the switch on', { autoGroupDiscoveryAutoRemediationEnable: true }, 'discovered', false],
  ])('is for what nothing was done for: %s', async (_, of, trigger, expected) => {
    await fed.feed(settings(of), lobby());
    await fed.feed(licensed({ trigger }));
    await fed.feed(settings({}));
    await refreshAll(at('02T08:00:01'));
    expect(await told()).toHaveLength(expected ? 1 : 0);
  });

  it.each([true, false])('is for what an edit added, unless edits are remediated: %s', async (on) => {
    await fed.feed(settings({ autoGroupEditAutoRemediationEnable: on }), lobby('cellar-'));
    await fed.feed(licensed());
    await fed.feed(lobby());
    await regroupAll();
    await refreshAll(at('02T08:00:01'));
    expect(await told()).toHaveLength(on ? 0 : 1);
  });

  it('is for what was added while the switch of discoveries was off, though it is on now', async () => {
    await fed.feed(settings({}), lobby());
    await fed.feed(licensed());
    await fed.feed(settings({ autoGroupDiscoveryAutoRemediationEnable: true }));
    await fed.feed(licensed());
    await refreshAll(at('02T08:00:01'));
    expect(await told()).toHaveLength(1);
  });

  it('finds by itself what matches now and did not when it was computed', async () => {
    await fed.feed(settings({}), lobby());
    await fed.feed(licensed({ hostname: 'cellar-1', trigger: 'announced' }));
    await store.query(
      `update autogroup.device set identity = jsonb_set(identity, '{hostname}', '"lobby-1"')`,
    );
    await refreshAll(at('02T08:00:01'));
    expect(await told()).toMatchObject([{ groups: [{ groupId: 'lobby', added: true }] }]);
  });

  it('is not for a group that was left again, nor for one without a policy', async () => {
    await fed.feed(settings({}), lobby());
    await fed.feed(licensed());
    await fed.feed(licensed({ hostname: 'cellar-1' }));
    await refreshAll(at('02T08:00:01'));
    await fed.feed(lobby('cellar-', null));
    await regroupAll();
    await refreshAll(at('03T08:00:01'));
    expect(await told()).toEqual([]);
  });

  it('is quiet while its switch is off, and is not made up for later', async () => {
    await fed.feed(settings({ autoGroupDailyRefreshAutoRemediationEnable: false }), lobby());
    await fed.feed(licensed());
    await refreshAll(at('02T08:00:01'));
    await fed.feed(settings({}));
    await refreshAll(at('03T08:00:01'));
    expect(await told()).toEqual([]);
    expect(await store.query(`select number from autogroup.refresh`)).toEqual([{ number: 2 }]);
  });

  it('leaves what was edited, and is not worked off yet, to regrouping (R54)', async () => {
    await fed.feed(settings({ autoGroupEditAutoRemediationEnable: true }), lobby('cellar-'));
    await fed.feed(licensed());
    await fed.feed(lobby());
    await refreshAll(at('02T08:00:01'));
    await regroupAll();
    await refreshAll(at('02T08:00:01'));
    const triggers = (await fed.told(deviceGrouped)).map(({ trigger }) => trigger);
    expect(triggers).toEqual(['discovered', 'filterEdited']);
  });

  it('goes by an interval that was made shorter at once', async () => {
    await fed.feed(settings({}), lobby());
    await fed.feed(licensed());
    await refreshAll(at('01T09:00:00'));
    expect(await told()).toEqual([]);
    await fed.feed(settings({ autoGroupFilterExecutionFrequency: '0:0:1:0' }));
    await refreshAll(at('01T09:00:00'));
    expect(await told()).toHaveLength(1);
  });

  it('tells each device once, though many look, one dies half-way, and the clock steps', async () => {
    await fed.feed(settings({}), lobby());
    await fed.feed(...many.map((deviceId) => licensed({ deviceId })));
    expect(await page(at('02T08:00:01'))).toBe(201);
    // Whoever goes on finds what is left, by whatever clock: a year ahead, and back.
    await Promise.all(Array.from({ length: 6 }, () => refreshAll(new Date('2027-05-02T08:00:01Z'))));
    await refreshAll(at('02T08:00:02'));
    const ids = (await told()).map(({ deviceId }) => deviceId);
    expect(ids.toSorted()).toEqual(many.toSorted());
    // And the clock that was put back holds up nothing for longer than an interval.
    const other = randomUUID();
    await fed.feed(licensed({ deviceId: other }));
    await refreshAll(at('03T08:00:03'));
    expect((await told()).slice(450)).toMatchObject([{ deviceId: other }]);
  });

  it('is done once by two instances, by the clock of the database', async () => {
    await fed.feed(settings({ autoGroupFilterExecutionFrequency: '365:0:0:0' }), lobby());
    await fed.feed(...many.map((deviceId) => licensed({ deviceId })));
    await store.query(`update autogroup.refresh set counted_from = now() - interval '366 days'`);
    const log: Log = { ...silentLog, child: () => log };
    const parts = { store, bus: outboxBus, log, config: null, meter: metrics.getMeter('test') };
    const start = async (instance: string) => autogroup.start?.({ ...parts, instance });
    const instances = await Promise.all([start('one'), start('two')]);
    const isOver = async () => (await told()).length >= many.length;
    await until('all were told', isOver, 60_000);
    await Promise.all(instances.map(async (instance) => instance?.stop()));
    expect(await told()).toHaveLength(many.length);
    expect(await store.query(`select number from autogroup.refresh`)).toEqual([{ number: 1 }]);
  });
});
