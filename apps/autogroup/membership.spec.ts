import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceGrouped, deviceLicensed, deviceRetired } from '#events/device';
import type { Event } from '#events/event';
import { groupBody, groupChanged } from '#events/group';
import type { Identity } from '#events/identity';
import { policyChanged, policyItem, type Policy } from '#events/policy';
import { defaultSettings, settingsChanged } from '#events/settings';
import type { Store } from '#store/store';
import { databases, openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { until } from '../../test/support/until.js';
import { autogroup } from './autogroup.js';
import { regroupPage } from './regroup.js';

const device = randomUUID();
const licensed = (part: Partial<Identity> = {}, deviceId = device): Event => {
  const { example } = deviceLicensed;
  return published(
    deviceLicensed.draft({
      ...example,
      deviceId,
      identity: { ...example.identity, ...part },
      announcements: [randomUUID()],
    }),
  );
};
const retired = (): Event => published(deviceRetired.draft({ ...deviceRetired.example, deviceId: device }));
const group = (id: string, version: number, body: object | null): Event =>
  published(
    groupChanged.draft({
      id,
      version,
      changedBy: 'admin',
      body: body && groupBody.parse({ name: id, kind: 'all', ...body }),
    }),
  );
const startsWith = (value: string) => ({ field: 'hostname', operator: 'startsWith', value });
const settings = (version: number, autoGroupEditAutoRemediationEnable: boolean): Event =>
  published(
    settingsChanged.draft({
      id: 'settings',
      version,
      changedBy: 'admin',
      body: { ...defaultSettings, autoGroupEditAutoRemediationEnable },
    }),
  );

describe.each(Object.keys(databases))('membership on %s', (name) => {
  let store: Store;
  let fed: Fed;
  beforeEach(async () => {
    store = await openFor(name, 'autogroup');
    fed = await startFed(store, autogroup.consumers);
  });
  afterEach(async () => {
    await fed.stop();
  });

  const last = async () => (await fed.told(deviceGrouped)).at(-1);
  const regroupAll = async (): Promise<void> => {
    while ((await regroupPage(store, outboxBus)) > 0);
  };

  it('is told for every device that is licensed, though it is in no group', async () => {
    const event = licensed();
    await fed.feed(event);
    expect(await last()).toMatchObject({ deviceId: device, trigger: 'announced', groups: [], left: [] });
    expect(await last()).toMatchObject({ licensedSequence: event.sequence, fresh: true, proof: 'first' });
  });

  it('of a deleted device is forgotten altogether long after', async () => {
    const other = randomUUID();
    await fed.feed(licensed(), licensed({}, other), retired());
    await store.query(`update autogroup.device set retired_at = retired_at - interval '100 days'`);
    await fed.feed(published(deviceRetired.draft({ ...deviceRetired.example, deviceId: other })));
    expect(await store.query(`select id from autogroup.device`)).toEqual([{ id: other }]);
  });

  it('orders groups of every kind by priority, and says which are new', async () => {
    await fed.feed(
      group('every', 1, { priority: 1000 }),
      group('lobby', 1, { kind: 'automatic', priority: 10, filter: startsWith('lobby-'), policyId: 'base' }),
      group('chosen', 1, { kind: 'manual', priority: 20, members: [device] }),
      group('others', 1, { kind: 'manual', priority: 1, members: [randomUUID()] }),
    );
    await fed.feed(licensed({ hostname: 'Lobby-1' }));
    expect((await last())?.groups.map(({ groupId, added, policyId }) => [groupId, added, policyId])).toEqual([
      ['lobby', true, 'base'],
      ['chosen', true, null],
      ['every', true, null],
    ]);
    await fed.feed(licensed({ hostname: 'cellar-1' }));
    expect(await last()).toMatchObject({
      groups: [
        { groupId: 'chosen', added: false },
        { groupId: 'every', added: false },
      ],
      left: ['lobby'],
    });
  });

  it('sees a group written before it in the same batch, and no older version after a newer one', async () => {
    await fed.feed(group('every', 2, { name: 'New' }), licensed());
    await fed.feed(group('every', 1, null), licensed());
    expect((await last())?.groups).toMatchObject([{ name: 'New', added: false }]);
  });

  it('stays with the newest identity when an older event comes late, and the chain goes on', async () => {
    await fed.feed(group('lobby', 1, { kind: 'automatic', filter: startsWith('lobby-') }));
    const old = licensed({ hostname: 'lobby-1' });
    await fed.feed(licensed({ hostname: 'cellar-1' }));
    await fed.feed(old);
    expect(await last()).toMatchObject({ groups: [], identity: { hostname: 'cellar-1' } });
    expect(await fed.told(deviceGrouped)).toHaveLength(2);
  });

  it('is over for a retired device, whatever comes late', async () => {
    await fed.feed(retired());
    await fed.feed(licensed());
    expect(await fed.told(deviceGrouped)).toEqual([]);
  });

  it('is computed again for all devices after an edit, and told of those whose groups are others now', async () => {
    const others = Array.from({ length: 450 }, () => randomUUID());
    await fed.feed(...others.map((id) => licensed({ hostname: 'lobby-1' }, id)));
    await fed.feed(group('lobby', 1, { kind: 'automatic', filter: startsWith('lobby-') }));
    await regroupAll();
    const [row] = await store.query<{ members: number }>(
      `select count(*) as members from autogroup.device where groups = '{lobby}'`,
    );
    expect(Number(row?.members)).toBe(450);
    // The switch is off: assessment hears of it, and does nothing.
    const joined = { trigger: 'filterEdited', groups: [{ groupId: 'lobby', added: true }] };
    expect((await fed.told(deviceGrouped)).slice(450)).toMatchObject(others.map(() => joined));
    await fed.feed(group('lobby', 2, { kind: 'automatic', filter: startsWith('lobby-'), policyId: 'base' }));
    await regroupAll();
    expect(await fed.told(deviceGrouped)).toHaveLength(900);
    await fed.feed(group('lobby', 3, null));
    await regroupAll();
    expect((await fed.told(deviceGrouped)).slice(900)).toMatchObject(
      others.map(() => ({ trigger: 'refresh', groups: [], left: ['lobby'] })),
    );
  });

  it('is computed again by many instances at once, each with pages of its own: every device is told once (R54)', async () => {
    const others = Array.from({ length: 450 }, () => randomUUID());
    await fed.feed(settings(1, true), ...others.map((id) => licensed({ hostname: 'lobby-1' }, id)));
    await fed.feed(group('lobby', 1, { kind: 'automatic', filter: startsWith('lobby-') }));
    // The embedded database has one connection.
    const turns = name === 'PGlite';
    const busy = new Set<number>();
    const instance = async (number: number): Promise<void> => {
      const record: typeof outboxBus.record = async (tx, schema, events) => {
        await outboxBus.record(tx, schema, events);
        busy.add(number);
        // With its page in hand the first waits for a second; for less than a lock may take, as one locked out never comes.
        if (!turns) await until('another has a page', () => busy.size > 1, 1_000).catch(() => undefined);
      };
      while ((await regroupPage(store, { record })) > 0);
    };
    await Promise.all([1, 2, 3, 4, 5, 6].map(instance));
    const edited = (await fed.told(deviceGrouped)).filter(({ trigger }) => trigger === 'filterEdited');
    expect(edited.map(({ deviceId }) => deviceId).toSorted()).toEqual(others.toSorted());
    expect(busy.size).toBeGreaterThan(turns ? 0 : 1);
  });

  it('tells the devices of an edited group when the switch is on, with what was edited', async () => {
    const outside = randomUUID();
    await fed.feed(
      settings(1, true),
      group('every', 1, {}),
      licensed({ hostname: 'lobby-1' }),
      licensed({ hostname: 'x' }, outside),
    );
    await regroupAll();
    await fed.feed(group('lobby', 1, { kind: 'automatic', filter: startsWith('lobby-') }));
    await regroupAll();
    expect(await fed.told(deviceGrouped)).toHaveLength(3);
    expect(await last()).toMatchObject({ deviceId: device, trigger: 'filterEdited', announcements: [] });
    await fed.feed(group('lobby', 2, { kind: 'automatic', filter: startsWith('lobby-'), policyId: 'base' }));
    await regroupAll();
    expect(await last()).toMatchObject({ deviceId: device, trigger: 'policyEdited' });
    await fed.feed(
      group('lobby', 3, {
        name: 'Renamed',
        kind: 'automatic',
        filter: startsWith('lobby-'),
        policyId: 'base',
      }),
    );
    await regroupAll();
    expect(await fed.told(deviceGrouped)).toHaveLength(4);
  });

  describe('a policy whose content changed', () => {
    const item = (required: boolean) =>
      policyItem.parse({ setting: 'svc.telnet', required, severity: 'high' });
    const policy = (version: number, required: boolean | null, more: Partial<Policy> = {}): Event => {
      const strict = { name: 'Strict', description: '', items: [item(required === true)], ...more };
      const body = required === null ? null : strict;
      return published(policyChanged.draft({ id: 'strict', version, changedBy: 'admin', body }));
    };
    const carrying = { filter: startsWith('lobby-'), policyId: 'strict' };
    const told = async () => {
      await regroupAll();
      return (await fed.told(deviceGrouped)).slice(2).map(({ deviceId, trigger }) => [deviceId, trigger]);
    };
    const outside = randomUUID();
    const begin = async (on: boolean): Promise<void> => {
      await fed.feed(
        settings(1, on),
        policy(1, true),
        group('lobby', 1, { kind: 'automatic', ...carrying }),
        // Neither carries a policy by which a device is remediated.
        group('every', 1, { kind: 'all', policyId: 'strict' }),
        group('chosen', 1, { kind: 'manual', members: [outside], policyId: 'strict' }),
        licensed({ hostname: 'lobby-1' }),
        licensed({ hostname: 'x' }, outside),
      );
      expect(await told()).toEqual([]);
    };

    it('is an edit of the autogroups that carry it (R54)', async () => {
      await begin(true);
      await fed.feed(policy(2, false));
      expect(await told()).toEqual([[device, 'policyEdited']]);
      const lobby = (await last())?.groups.find(({ groupId }) => groupId === 'lobby');
      expect(lobby).toMatchObject({ policyId: 'strict', policyVersion: 2, added: false });
    });

    it('is an edit as well where its rules of IPsec changed', async () => {
      await begin(true);
      const ipsec = { severity: 'high', remediate: true, unsupported: 'ignore', rules: [] } as const;
      await fed.feed(policy(2, true, { ipsec: { ...ipsec, rules: [] } }));
      expect(await told()).toEqual([[device, 'policyEdited']]);
    });

    it('is told to nobody while the switch is off', async () => {
      await begin(false);
      await fed.feed(policy(2, false));
      expect(await told()).toEqual([]);
    });

    it('is none where its items stand in another order', async () => {
      const items = [item(true), policyItem.parse({ setting: 'svc.ftp', required: false, severity: 'high' })];
      const ordered = (version: number, all: typeof items): Event =>
        published(
          policyChanged.draft({
            id: 'strict',
            version,
            changedBy: 'admin',
            body: { name: 'Strict', description: '', items: all },
          }),
        );
      await begin(true);
      await fed.feed(ordered(2, items));
      expect(await told()).toHaveLength(1);
      await fed.feed(ordered(3, items.toReversed()));
      expect(await told()).toHaveLength(1);
    });

    it('is none where only its words changed, it comes twice or late, or it was deleted', async () => {
      await begin(true);
      await fed.feed(policy(3, true, { description: 'other words' }), policy(2, false), policy(3, false));
      await fed.feed(policy(4, null));
      expect(await told()).toEqual([]);
    });

    it('counts in the batch of its group, and of a policy from before policies were heard of', async () => {
      await begin(true);
      await store.query('delete from autogroup.policy');
      await fed.feed(policy(7, true));
      expect(await told()).toEqual([[device, 'policyEdited']]);
      const [row] = await store.query<{ members: number }>(
        `select count(*) as members from autogroup.member where group_id = 'chosen'`,
      );
      expect(Number(row?.members)).toBe(1);
      await fed.feed(group('lobby', 2, { kind: 'automatic', ...carrying, name: 'New' }), policy(8, false));
      expect(await told()).toHaveLength(2);
    });
  });
});
