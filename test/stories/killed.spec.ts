// The embedded Muster killed with -9 while announcements come in: what it accepted is there, and is assessed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished } from '#events/assessment';
import { deviceAnnounced } from '#events/announcement';
import type { Fleet } from '../../apps/agent/fleet.js';
import { openFeed, type Feed } from '../support/feed.js';
import { plugIn, unplug } from '../support/fleet.js';
import { signedLicence } from '../support/licences.js';
import { startMuster, type Muster } from '../support/muster.js';
import { until } from '../support/until.js';

const printers = 1_200;
/** At any moment; where a place is named, then also there: see kill-point.ts. */
const kills = ['published:40', null, 'committed:40', null, 'acked:40'];
const acceptedBeforeKill = 120;

describe('a Muster killed five times', () => {
  let muster: Muster;
  let fleet: Fleet | undefined;
  let feed: Feed | undefined;

  beforeAll(async () => {
    const { environment, licence } = await signedLicence(printers);
    muster = await startMuster({ size: 'embedded', environment });
    await muster.operator.switchOn();
    await muster.operator.changeSettings({ maxNumberTasks: 40 });
    await muster.operator.ask('POST', '/api/licences', licence);
  }, 400_000);

  afterAll(async () => {
    feed?.close();
    await unplug(fleet);
    await muster?.stop();
  }, 240_000);

  it('has every device it accepted, and assessed it after accepting it', async () => {
    // From the beginning: the stream keeps fewer events than come in here.
    const told = (feed = openFeed(muster.operator));
    fleet = await plugIn(muster, {
      count: printers,
      announcingMax: 20,
      pace: { firstMs: 200, longestMs: 2_000, attemptsMax: 1_000 },
    });
    const accepted = () => fleet?.counts().accepted ?? 0;
    for (const point of kills) {
      const before = accepted();
      const more = acceptedBeforeKill + Math.floor(Math.random() * 100);
      await until(
        `${more} more are accepted`,
        () => accepted() >= Math.min(printers, before + more),
        120_000,
      );
      await (point === null ? muster.killAndRestart() : muster.dieAt(point));
    }
    expect(await fleet.settled()).toMatchObject({ accepted: printers });
    const serials = new Set(fleet.printers.map(({ identity }) => identity.serial));
    const rows = await muster.operator.settled(printers, 400_000);
    expect(new Set(rows.map(({ serial }) => serial))).toEqual(serials);
    expect(rows).toHaveLength(printers);
    expect(rows.filter(({ status }) => status !== 'compliant')).toEqual([]);

    await until(
      'the whole feed is read',
      () => {
        const announced = told.of(deviceAnnounced);
        const finished = new Set(told.of(assessmentFinished).flatMap(({ data }) => data.covers));
        return announced.length >= printers && announced.every(({ id }) => finished.has(id));
      },
      120_000,
    );
  }, 900_000);
});
