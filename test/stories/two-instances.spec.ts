// Two of each service: what one does, the other must neither repeat nor miss.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished } from '#events/assessment';
import { deviceAnnounced, deviceDiscovered, deviceLicensed } from '#events/device';
import type { Fleet } from '../../apps/agent/fleet.js';
import { openFeed, type Feed } from '../support/feed.js';
import { plugIn, unplug } from '../support/fleet.js';
import { startMuster, type Muster } from '../support/muster.js';
import { until } from '../support/until.js';

const half = 250;

describe('two instances of each service', () => {
  let muster: Muster;
  let feed: Feed;
  let fleets: readonly Fleet[] = [];

  beforeAll(async () => {
    muster = await startMuster({
      size: 'distributed',
      instances: 2,
      environment: { MUSTER_LOG_LEVEL: 'warn' },
    });
    feed = openFeed(muster.operator);
    await muster.operator.switchOn();
    await muster.operator.changeSettings({ deviceNetworks: ['127.8.0.0/15'], maxNumberTasks: 40 });
  }, 400_000);

  afterAll(async () => {
    feed?.close();
    await Promise.all(fleets.map(unplug));
    await muster?.stop();
  }, 240_000);

  it('store, license and assess each of 500 devices once, though each announces twice', async () => {
    fleets = await Promise.all([
      plugIn(muster, { count: half, serialPrefix: 'ONE', networkPrefix: '127.8' }, 0),
      plugIn(muster, { count: half, serialPrefix: 'TWO', networkPrefix: '127.9' }, 1),
    ]);
    const settled = async () => {
      for (const fleet of fleets) expect(await fleet.settled()).toMatchObject({ accepted: half });
    };
    await settled();
    await Promise.all(
      fleets.flatMap(({ printers }) => printers.map((printer) => printer.announce('linkUp'))),
    );
    await settled();

    const announced = await until(
      '1000 announcements are told',
      () => {
        const all = feed.of(deviceAnnounced);
        return all.length >= 4 * half && all;
      },
      60_000,
    );
    const covering = (id: string) => feed.of(assessmentFinished).find(({ data }) => data.covers.includes(id));
    await until('each is covered by an assessment', () => announced.every(({ id }) => covering(id)), 300_000);

    for (const { id, data } of announced) {
      expect(covering(id)?.data.startedAt.localeCompare(data.acceptedAt)).toBeGreaterThanOrEqual(0);
    }
    const rows = await muster.operator.settled(2 * half, 60_000);
    expect(rows).toHaveLength(2 * half);
    expect(new Set(rows.map(({ serial }) => serial)).size).toBe(2 * half);
    expect(rows.every(({ licensed, status }) => licensed && status === 'compliant')).toBe(true);
    expect(feed.of(deviceDiscovered)).toHaveLength(2 * half);
    expect(new Set(feed.of(deviceLicensed).map(({ data }) => data.deviceId)).size).toBe(2 * half);
    const { seats } = await muster.operator.get<{ seats: object }>('/api/overview');
    expect(seats).toMatchObject({ seats: 500, taken: 500, waiting: 0 });
  }, 480_000);
});
