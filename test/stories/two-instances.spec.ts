// Two of each service: what one does, the other must neither repeat nor miss.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished } from '#events/assessment';
import { deviceApprovalDecided, deviceQuarantined } from '#events/approval';
import { deviceConflictDecided, deviceConflicted } from '#events/conflict';
import { deviceAnnounced } from '#events/announcement';
import { deviceDiscovered, deviceLicensed, deviceReconciled } from '#events/device';
import type { Fleet } from '../../apps/agent/fleet.js';
import { openFeed, type Feed } from '../support/feed.js';
import { plugIn, unplug } from '../support/fleet.js';
import { line, say } from '../support/gateway.js';
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

  /** Announced at each gateway in turn, from an address that the fleets have not. */
  const announce = async (at: number, ip: string, says: object): Promise<void> => {
    const answer = await say(muster.announcePorts[at] ?? 0, line({ ip, ...says }), { localAddress: ip });
    expect(answer).toMatchObject([{ result: 'accepted' }]);
  };

  it.each([
    { decision: 'keep', outcome: 'kept', at: 0 },
    { decision: 'move', outcome: 'moved', at: 1 },
  ] as const)(
    'a conflict is raised once, and $outcome once, as an operator decides',
    async ({ decision, outcome, at }) => {
      const known = fleets[at]?.printers[0]?.identity;
      if (!known) throw new Error('there is a printer');
      const row = (await muster.operator.devices()).find(({ serial }) => serial === known.serial);
      const path = `/api/devices/${row?.id}`;
      const of = (ip: string) => ({ deviceId: row?.id, claimed: { ip } });
      const claimed = `127.8.250.${at + 20}`;
      await announce(at, claimed, { ...known, ip: claimed });
      const { claim } = await until('both sides are shown', async () => {
        const { conflicts } = await muster.operator.get<{ conflicts: { claim: string }[] }>(path);
        return conflicts[0];
      });
      expect(await muster.operator.get(path)).toMatchObject({
        ip: known.ip,
        mac: known.mac,
        status: 'conflicted',
      });
      await muster.operator.ask('POST', `${path}/conflict`, { claim, decision });
      const told = <D extends { readonly deviceId: string }>(all: readonly { readonly data: D }[]) =>
        all.map(({ data }) => data).filter(({ deviceId }) => deviceId === row?.id);
      await until('it is decided', () => told(feed.of(deviceConflictDecided)).length > 0);
      await until('it is shown', async () => {
        const now = await muster.operator.get<{ conflicts: unknown[]; ip: string }>(path);
        return now.conflicts.length === 0 && now.ip === (decision === 'move' ? claimed : known.ip);
      });
      expect(told(feed.of(deviceConflicted))).toMatchObject([of(claimed)]);
      expect(told(feed.of(deviceConflictDecided))).toMatchObject([
        { ...of(claimed), outcome, decidedBy: 'admin' },
      ]);
      const moved = () => told(feed.of(deviceReconciled)).filter(({ proof }) => proof === 'operator');
      if (decision === 'move') await until('the move is told', () => moved().length > 0);
      expect(moved()).toMatchObject(decision === 'move' ? [{ fresh: true, identity: { ip: claimed } }] : []);
    },
    120_000,
  );

  it('unknown devices wait; a rule admits those that it holds for, an operator one of the others', async () => {
    await muster.operator.changeSettings({ approval: true });
    const [ruled, named] = ['WAITS-RULED', 'WAITS-NAMED'];
    const held = (serial: string) => feed.of(deviceQuarantined).filter(({ data }) => data.serial === serial);
    const found = (serial: string) =>
      feed.of(deviceDiscovered).filter(({ data }) => data.identity.serial === serial);
    // Both instances of discovery hear of the change when they do: until then new devices are let in.
    let probe = 0;
    await until('unknown devices are held', async () => {
      const serial = `PROBE-${(probe += 1)}`;
      await announce(probe % 2, '127.8.250.30', { serial });
      await until('its fate is told', () => held(serial).length + found(serial).length > 0);
      return held(serial).length > 0;
    });
    await announce(0, '127.8.250.31', { serial: ruled, model: 'Plotter 9' });
    await announce(1, '127.8.250.32', { serial: named });
    await until('both wait', () => held(ruled).length > 0 && held(named).length > 0);
    expect((await muster.operator.devices()).filter(({ serial }) => serial.startsWith('WAITS'))).toEqual([]);

    const filter = { field: 'model', operator: 'startsWith', value: 'Plotter' };
    await muster.operator.changeSettings({ approvalRules: [{ name: 'Plotters', filter }] });
    await until('the rule has admitted it', () => found(ruled).length > 0);
    const admit = { action: 'admit', serials: [named] };
    await until('it is listed, and can be asked for', async () => {
      const { done } = await muster.operator.ask<{ done: number }>('POST', '/api/quarantine', admit);
      return done > 0;
    });
    await until('the operator has admitted it', () => found(named).length > 0);
    const decided = (serial: string) =>
      feed.of(deviceApprovalDecided).flatMap(({ data }) => (data.serial === serial ? [data] : []));
    await until('both are told', () => decided(ruled).length > 0 && decided(named).length > 0);
    expect(decided(ruled)).toMatchObject([{ outcome: 'admitted', by: 'rule', name: 'Plotters' }]);
    expect(decided(named)).toMatchObject([{ outcome: 'admitted', by: 'operator', name: 'admin' }]);
    expect([found(ruled).length, found(named).length]).toEqual([1, 1]);
  }, 120_000);
});
