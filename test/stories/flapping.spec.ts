// A device that announces itself without end (R18, threat 8), beside others: it is named, and then leads to two tasks at most,
// of which at most one begins; nothing that anybody said is lost. What others wait for beside it: npm run bench:flapping.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentQueued, assessmentStarted } from '#events/assessment';
import { deviceAnnounced } from '#events/announcement';
import { deviceFlapping } from '#events/device';
import type { Event } from '#events/event';
import { Crowd } from '../faults/crowd.js';
import { judge } from '../faults/verdict.js';
import { openFeed, type Feed } from '../support/feed.js';
import { startMuster, type Muster } from '../support/muster.js';
import { ownFolder } from '../support/servers.js';
import { until } from '../support/until.js';

const perSecond = 100;
const flaps = 300;
/** Twelve announcements a minute of each, however long it takes: fewer than are too many. */
const honest = { devices: 40, perSecond: 8, announcements: 40 };
const limitMs = 180_000;

describe('a device that announces itself without end', () => {
  let muster: Muster;
  let feed: Feed;
  let flapper: Crowd;
  let others: Crowd;

  beforeAll(async () => {
    muster = await startMuster({ size: 'embedded', environment: { MUSTER_LOG_LEVEL: 'warn' } });
    await muster.operator.switchOn();
    await muster.operator.changeSettings({ deviceNetworks: ['127.8.0.0/15'] });
    feed = openFeed(muster.operator);
    const common = {
      stateDir: await ownFolder('crowd'),
      gateways: muster.announcePorts,
      apiPort: muster.devicePort,
    };
    flapper = await Crowd.open({ ...common, count: 1, first: 1_000, atOnce: 12, networkPrefix: '127.8' });
    others = await Crowd.open({ ...common, count: honest.devices, networkPrefix: '127.9' });
  }, 400_000);

  afterAll(async () => {
    feed?.close();
    await Promise.all([flapper?.close(), others?.close()]);
    await muster?.stop();
  }, 240_000);

  const saidBy = (crowd: Crowd) => [...crowd.accepted.values()];

  it('leads to two tasks at most once it is named; nothing is lost, of its own or of others', async () => {
    flapper.start(perSecond);
    const named = await until('it is named', () => feed.of(deviceFlapping)[0], limitMs);
    expect(named.data.serial).toBe(flapper.serials[0]);
    const before = flapper.accepted.size;
    others.start(honest.perSecond);
    await until(
      'both have said enough',
      () => flapper.accepted.size >= before + flaps && others.accepted.size >= honest.announcements,
      limitMs,
    );
    await Promise.all([flapper.settle(), others.settle()]);
    expect([flapper.counts.refused, others.counts.refused]).toEqual([0, 0]);

    const ofOthers = () => judge(saidBy(others), feed.events);
    await until('all of the others are assessed', () => ofOthers().lost.length === 0, limitMs);
    expect(ofOthers().twice).toEqual([]);
    const own = <D extends { readonly deviceId: string }>(events: readonly Event<D>[]) =>
      events.flatMap(({ data }) => (data.deviceId === named.data.deviceId ? [data] : []));
    const queued = () => own(feed.of(assessmentQueued));
    const allLed = () => {
      const led = new Set(queued().flatMap(({ covers }) => covers));
      return saidBy(flapper).every(({ id }) => led.has(id));
    };
    await until('all of its own have led to a task', allLed, limitMs);
    expect(judge(saidBy(flapper), feed.events, 'autogroup')).toEqual({ lost: [], twice: [] });

    const since = new Set(
      feed.of(deviceAnnounced).flatMap(({ id, data }) => (data.acceptedAt > named.occurredAt ? [id] : [])),
    );
    const isSince = ({ covers }: { readonly covers: readonly string[] }) =>
      covers.some((id) => since.has(id));
    const tasks = queued().filter(isSince);
    expect(tasks.length).toBeGreaterThan(flaps / 2);
    expect(new Set(tasks.map(({ taskId }) => taskId)).size).toBeLessThanOrEqual(2);
    const begun = own(feed.of(assessmentStarted)).filter(isSince);
    expect(new Set(begun.map(({ taskId }) => taskId)).size).toBeLessThanOrEqual(1);
  }, 400_000);
});
