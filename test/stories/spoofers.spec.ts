// Who only says that it is a known printer is believed nothing, while the printer lives; and an operator decides (R36).
// That a printer which is silent has moved, as from the box: apps/discovery/silent-device.spec.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished } from '#events/assessment';
import { deviceAnnounced } from '#events/announcement';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import type { Fleet } from '../../apps/agent/fleet.js';
import { openCanary, type Canary } from '../support/canary.js';
import { openFeed, type Feed } from '../support/feed.js';
import { plugIn, unplug } from '../support/fleet.js';
import { line, say, type Client } from '../support/gateway.js';
import { startMuster, type Muster } from '../support/muster.js';
import type { DeviceRow } from '../support/operator.js';
import { until } from '../support/until.js';

interface Conflicted {
  readonly ip: string;
  readonly mac: string;
  readonly model: string;
  readonly status: string;
  readonly conflicts: readonly { readonly claim: string }[];
  readonly dismissed: readonly { readonly claim: string }[];
  readonly refusals: readonly { readonly peer: string }[];
}

interface Announcements {
  readonly items: readonly { readonly id: string; readonly outcome: string | null }[];
}

/** Where every spoofer wants to be believed to be, and would be sent what is meant for the printer. */
const elsewhere = '127.8.250.9';

/** Where an announcement is said again that somebody recorded. */
const replayed = '127.8.250.10';

const there = { localAddress: elsewhere };
const spoofers: readonly { readonly name: string; readonly says: object; readonly client: Client }[] = [
  { name: 'from another address, with another certificate', says: { ip: elsewhere }, client: there },
  { name: 'with another MAC address', says: { ip: elsewhere, mac: '02:00:00:00:00:99' }, client: there },
  {
    name: 'without a certificate',
    says: { ip: elsewhere },
    client: { ...there, key: undefined, cert: undefined },
  },
];

/** One for each, and one whose own address a spoofer names. */
const printers = spoofers.length + 1;

describe('spoofers', () => {
  let muster: Muster;
  let fleet: Fleet;
  let feed: Feed;
  let canary: Canary;
  let victims: readonly DeviceRow[] = [];

  beforeAll(async () => {
    muster = await startMuster({ size: 'embedded' });
    feed = openFeed(muster.operator);
    // With a policy to be applied there is something to be sent.
    await muster.operator.switchOn();
    canary = await openCanary(elsewhere, muster.devicePort);
    fleet = await plugIn(muster, { count: printers, serialPrefix: 'REAL' });
    victims = await muster.operator.settled(printers, 300_000);
  }, 400_000);

  afterAll(async () => {
    feed?.close();
    await canary?.close();
    await unplug(fleet);
    await muster?.stop();
  }, 240_000);

  const device = (id: string) => muster.operator.get<Conflicted>(`/api/devices/${id}`);
  const victimOf = (at: number): DeviceRow => {
    const victim = victims[at];
    if (!victim) throw new Error('there is a printer for each');
    return victim;
  };

  /** Resolves with the id of the announcement: it is accepted, as anybody's. */
  const spoof = async (at: number): Promise<string> => {
    const { serial, model, mac, ip } = victimOf(at);
    const { says, client } = spoofers[at] ?? {};
    const [answer] = await say(
      muster.announcePorts[0] ?? 0,
      line({ serial, model, mac, ip, ...says }),
      client,
    );
    expect(answer).toMatchObject({ result: 'accepted' });
    return String(answer?.['event']);
  };

  /** Asked for, after whatever a spoofer has brought about for this printer: it ends where the printer is believed to be. */
  const assessed = async (id: string) => {
    await muster.operator.ask('POST', `/api/devices/${id}/assess`, {});
    const told = await until('the printer is assessed', () =>
      feed.of(assessmentFinished).find(({ data }) => data.deviceId === id && data.trigger === 'requested'),
    );
    return told.data;
  };

  it.each(spoofers.map(({ name }, at) => ({ name, at })))(
    '$name: nothing changes, both sides are shown, nothing is sent',
    async ({ at }) => {
      const { id, ip, mac, model } = victimOf(at);
      await spoof(at);
      const shown = await until('the conflict is shown', async () => {
        const now = await device(id);
        return now.conflicts.length > 0 && now;
      });
      expect(shown).toMatchObject({ ip, mac, model, status: 'conflicted' });
      expect(await assessed(id)).toMatchObject({ outcome: 'compliant', identity: { ip } });
      expect(feed.of(deviceReconciled).filter(({ data }) => data.deviceId === id)).toEqual([]);
      expect(canary.heard).toEqual([]);
    },
    120_000,
  );

  it('with an address that it does not come from: refused at the door, and shown', async () => {
    const { id, serial, model, mac, ip } = victimOf(spoofers.length);
    const [answer] = await say(muster.announcePorts[0] ?? 0, line({ serial, model, mac, ip }), there);
    expect(answer).toMatchObject({ result: 'refused' });
    const shown = await until('it is shown', async () => {
      const now = await device(id);
      return now.refusals.length > 0 && now;
    });
    expect(shown).toMatchObject({ ip, conflicts: [], refusals: [{ peer: elsewhere }] });
  }, 120_000);

  it('one that is dismissed is not raised again', async () => {
    const { id } = victimOf(0);
    const [claim] = (await device(id)).conflicts;
    const path = `/api/devices/${id}/conflict`;
    await muster.operator.ask('POST', path, { claim: claim?.claim, decision: 'keep' });
    await until('it is dismissed', async () => {
      const { status, dismissed } = await device(id);
      return status !== 'conflicted' && dismissed.length === 1;
    });
    const again = await spoof(0);
    const outcome = async () =>
      (await muster.operator.get<Announcements>('/api/announcements')).items.find((item) => item.id === again)
        ?.outcome;
    await until('it is not let in', async () => (await outcome()) === 'filtered');
    expect((await device(id)).conflicts).toEqual([]);
  }, 120_000);

  it('one that an operator takes for the printer is moved to, as fresh from the box, and the canary hears it', async () => {
    expect(canary.heard).toEqual([]);
    const { id } = victimOf(1);
    const [claim] = (await device(id)).conflicts;
    const path = `/api/devices/${id}/conflict`;
    await muster.operator.ask('POST', path, { claim: claim?.claim, decision: 'move' });
    const moved = await until('it is moved', () =>
      feed.of(deviceReconciled).find(({ data }) => data.deviceId === id),
    );
    expect(moved.data).toMatchObject({ proof: 'operator', fresh: true, identity: { ip: elsewhere } });
    await until('it is shown there', async () => {
      const { ip, conflicts } = await device(id);
      return ip === elsewhere && conflicts.length === 0;
    });
    await expect(
      muster.operator.ask('POST', path, { claim: claim?.claim, decision: 'keep' }),
    ).rejects.toThrow(/409 .*no such conflict any more/);
    await until('the canary hears what is sent there', () => canary.heard.some(({ length }) => length > 0));
  }, 120_000);

  it('an announcement that is said a thousand times has taken effect once', async () => {
    const captured = line({ serial: 'CAPTURED-1', ip: replayed });
    // A new connection each time, ten lines on each; ten connections at a time, as one address may have twenty.
    const repeat = async (): Promise<readonly unknown[]> => {
      const events: unknown[] = [];
      for (let connections = 0; connections < 10; connections += 1) {
        const answers = await say(muster.announcePorts[0] ?? 0, captured.repeat(10), {
          localAddress: replayed,
        });
        expect(answers.map(({ result }) => result)).toEqual(Array.from({ length: 10 }, () => 'accepted'));
        events.push(...answers.map(({ event }) => event));
      }
      return events;
    };
    const said = (await Promise.all(Array.from({ length: 10 }, repeat))).flat();
    expect(said).toHaveLength(1_000);
    const ids = new Set(said);
    expect(ids.size).toBe(1);
    const [last] = await say(muster.announcePorts[0] ?? 0, line({ serial: 'CAPTURED-2', ip: replayed }), {
      localAddress: replayed,
    });
    const heard = (id: unknown) => feed.of(deviceAnnounced).filter((event) => event.id === id);
    const found = (serial: string) =>
      feed.of(deviceDiscovered).filter(({ data }) => data.identity.serial === serial);
    await until('one that came after it is told', () => heard(last?.['event']).length > 0);
    await until('both are discovered', () =>
      ['CAPTURED-1', 'CAPTURED-2'].every((one) => found(one).length > 0),
    );
    expect([...ids].map((id) => heard(id).length)).toEqual([1]);
    expect(found('CAPTURED-1')).toHaveLength(1);
    expect(feed.of(deviceReconciled).filter(({ data }) => data.identity.serial === 'CAPTURED-1')).toEqual([]);
  }, 240_000);
});
