// Two Musters that are each other's secondary listener: each has every device once, and nothing goes round.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceAnnounced } from '#events/announcement';
import { deviceDiscovered } from '#events/device';
import type { Fleet } from '../../apps/agent/fleet.js';
import { openFeed, type Feed } from '../support/feed.js';
import { plugIn, unplug } from '../support/fleet.js';
import { startMuster, type Muster } from '../support/muster.js';
import { until } from '../support/until.js';

const printers = 10;

/** A listener as the console shows it. */
interface Shown {
  readonly report: { readonly failure: string | null } | null;
}

describe('a ring of two Musters', () => {
  let musters: readonly Muster[] = [];
  let feeds: readonly Feed[] = [];
  let fleet: Fleet | undefined;

  beforeAll(async () => {
    musters = await Promise.all([startMuster({ size: 'embedded' }), startMuster({ size: 'embedded' })]);
    feeds = musters.map(({ operator }) => openFeed(operator));
  }, 400_000);

  afterAll(async () => {
    for (const feed of feeds) feed.close();
    await unplug(fleet);
    await Promise.all(musters.map((muster) => muster.stop()));
  }, 240_000);

  const listen = (from: Muster, to: Muster) =>
    from.operator.ask('PUT', '/api/listeners/other', {
      version: 0,
      body: {
        name: 'Other',
        host: '127.0.0.1',
        port: to.announcePorts[0],
        enabled: true,
        validateCertificate: false,
        trustedAuthorities: '',
      },
    });

  it('is not taken by a secondary that does not accept from primary listeners', async () => {
    const [primary, secondary] = musters;
    if (!primary || !secondary) throw new Error('two were started');
    await primary.operator.switchOn();
    await secondary.operator.changeSettings({ acceptAnnouncements: true });
    await listen(primary, secondary);
    await listen(secondary, primary);
    fleet = await plugIn(primary, { count: 1, serialPrefix: 'LONE' });
    await until('the primary has it', async () => (await primary.operator.devices()).length === 1);
    const failing = async () => {
      const { items } = await primary.operator.get<{ items: readonly Shown[] }>('/api/listeners');
      return items[0]?.report?.failure?.includes('primariesOff');
    };
    await until('the primary says why', failing, 120_000);
    expect(await secondary.operator.devices()).toEqual([]);
    await unplug(fleet);
  }, 240_000);

  it('holds each device once, discovered by one announcement on either side', async () => {
    const [primary, secondary] = musters;
    const [atPrimary, atSecondary] = feeds;
    if (!primary || !secondary || !atPrimary || !atSecondary) throw new Error('two were started');
    for (const { operator } of musters) await operator.changeSettings({ fromPrimaries: 'encrypted' });
    fleet = await plugIn(primary, { count: printers, serialPrefix: 'RING' });
    const ring = async () =>
      (await secondary.operator.devices()).filter(({ serial }) => serial.startsWith('RING'));
    const rows = await until(
      'the secondary has them',
      async () => (await ring()).length === printers && (await ring()),
      60_000,
    );
    expect(new Set(rows.map(({ serial }) => serial)).size).toBe(printers);
    expect(rows.map(({ ip }) => ip).toSorted()).toEqual(
      fleet.printers.map(({ identity }) => identity.ip).toSorted(),
    );

    const announcedTo = (feed: Feed) =>
      feed.of(deviceAnnounced).filter(({ data }) => data.identity.serial.startsWith('RING'));
    await until('the stream has told all', () => announcedTo(atSecondary).length >= printers);
    expect(announcedTo(atSecondary).map(({ data }) => data.origin?.hops)).toEqual(Array(printers).fill(1));
    await until('the loop is cut', () => announcedTo(atPrimary).length === printers);
    expect(announcedTo(atPrimary).every(({ data }) => data.origin === null)).toBe(true);
    const discovered = () =>
      atSecondary.of(deviceDiscovered).filter(({ data }) => data.identity.serial.startsWith('RING'));
    await until('each is discovered', () => discovered().length >= printers);
    expect(discovered()).toHaveLength(printers);
  }, 400_000);
});
