// Admission and the task that asks the old address, on real databases and with real devices on loopback.
import { createHash, randomInt, randomUUID, X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { createServer as netServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metrics } from '@opentelemetry/api';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { deviceApiPort, openDeviceApi } from '#device/api';
import type { Driver, Target } from '#device/device';
import { deviceApprovalDecided, deviceApprovalRequested, deviceQuarantined } from '#events/approval';
import { deviceConflictDecided, deviceConflictDecisionRequested, deviceConflicted } from '#events/conflict';
import { announcementFiltered, deviceAnnounced, type DeviceAnnounced } from '#events/announcement';
import { deviceDiscovered, deviceReconciled, deviceRetired, deviceRetireRequested } from '#events/device';
import type { Event } from '#events/event';
import type { Identity } from '#events/identity';
import { serialListChanged } from '#events/serial-list';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import { selfSigned } from '#pki/self-signed';
import type { Store } from '#store/store';
import { activeTasks } from '#store/tasks';
import { databases, openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { until } from '../../test/support/until.js';
import { applyRulesWorker } from './apply-rules.js';
import { claimOf } from './conflict.js';
import { discovery } from './discovery.js';
import { proveMoveWorker } from './prove-move.js';
import type { Way } from './who-is.js';

const serial = 'VNB3K12345';
const quiet = (): void => undefined;
const address = (): string => `127.8.${randomInt(200, 255)}.${randomInt(1, 255)}`;

interface Said {
  readonly serial?: string;
  readonly ip: string;
  readonly fingerprint?: string | null;
  readonly at?: Date;
}

function says({
  serial: named = serial,
  ip,
  fingerprint = null,
  at = new Date(),
}: Said): Event<DeviceAnnounced> {
  const { example } = deviceAnnounced;
  return published(
    deviceAnnounced.draft({
      ...example,
      identity: { ...example.identity, serial: named, ip },
      acceptedAt: at.toISOString(),
      transport: { ...example.transport, peerAddress: ip, fingerprint },
    }),
  );
}

/** Passed on by a server that proved nothing. */
function forwarded(identity: Partial<Identity>): Event {
  const { example } = deviceAnnounced;
  return published(
    deviceAnnounced.draft({
      ...example,
      identity: { ...example.identity, serial, ...identity },
      acceptedAt: new Date().toISOString(),
      transport: { ...example.transport, peerAddress: '10.0.0.9', fingerprint: null },
      origin: { server: randomUUID(), hops: 1, verified: false },
    }),
  );
}

/** Decided about what that announcement says. */
const approves = (decision: 'admit' | 'refuse', { data }: Event<DeviceAnnounced>): Event => {
  const { serial: named } = data.identity;
  const seen = [{ serial: named, claim: claimOf(data) }];
  return published(deviceApprovalRequested.draft({ serials: [named], decision, requestedBy: 'ann', seen }));
};

const settings = (version: number, body: Partial<Settings>): Event =>
  published(
    settingsChanged.draft({
      id: 'settings',
      version,
      changedBy: 'admin',
      body: { ...defaultSettings, ...body },
    }),
  );

describe.each(Object.keys(databases))('discovery on %s', (name) => {
  let store: Store;
  let instances: readonly [Fed, Fed];
  let workers: RunningWorkers | null = null;
  let device: { close(): unknown } | null = null;

  beforeEach(async () => {
    store = await openFor(name, 'discovery');
    instances = [await startFed(store, discovery.consumers), await startFed(store, discovery.consumers)];
    await instances[0].feed(settings(1, { deviceNetworks: ['127.8.0.0/16'] }));
  });
  afterEach(async () => {
    await workers?.stop();
    workers = null;
    device?.close();
    device = null;
    await Promise.all(instances.map((instance) => instance.stop()));
  });

  const count = async (table: string) =>
    Number((await store.query<{ count: number }>(`select count(*) from discovery.${table}`))[0]?.count);

  it('creates a device once, however many announce it at once', async () => {
    const [one, two] = instances;
    const ip = address();
    await Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        (n % 2 === 0 ? one : two).feed(says({ ip }), says({ ip, serial: `OTHER-${n % 3}` })),
      ),
    );
    expect(await count('device')).toBe(4);
    expect(await one.told(deviceDiscovered)).toHaveLength(4);
    expect(await one.told(deviceReconciled)).toHaveLength(44);
    expect(await one.parked()).toEqual([]);
  });

  it('keeps a serial-number list', async () => {
    const [one] = instances;
    await one.feed(settings(2, { serialFilter: true }));
    await one.feed(
      published(
        serialListChanged.draft({ version: 1, added: [serial, 'OTHER-1'], removed: [], changedBy: 'admin' }),
      ),
    );
    await one.feed(says({ ip: address() }), says({ ip: address(), serial: 'OTHER-2' }));
    expect(await one.told(deviceDiscovered)).toMatchObject([{ identity: { serial } }]);
  });

  it('deletes a device, and knows when it is really back', async () => {
    const [one] = instances;
    const early = says({ ip: address(), at: new Date(Date.now() - 60_000) });
    await one.feed(early);
    await one.feed(published(deviceRetireRequested.draft({ deviceId: early.id, requestedBy: 'admin' })));
    await one.feed(says({ ip: address(), at: new Date(Date.now() - 30_000) }));
    expect(await count('device')).toBe(0);
    await one.feed(says({ ip: address(), at: new Date(Date.now() + 1_000) }));
    expect(await one.told(deviceRetired)).toHaveLength(1);
    expect(await one.told(deviceDiscovered)).toHaveLength(2);
    expect(await one.told(announcementFiltered)).toMatchObject([{ reason: 'deviceDeleted' }]);
  });

  it('holds unknown devices until an operator decides, whichever instance hears it', async () => {
    const [one, two] = instances;
    await one.feed(settings(2, { approval: true }));
    const [first, second] = [says({ ip: address() }), says({ ip: address(), serial: 'OTHER-1' })];
    await one.feed(first, second);
    expect(await one.told(deviceQuarantined)).toHaveLength(2);
    expect(await count('device')).toBe(0);
    await Promise.all([
      one.feed(approves('admit', first)),
      two.feed(approves('admit', first)),
      two.feed(approves('refuse', second)),
    ]);
    expect(await one.told(deviceDiscovered)).toMatchObject([
      { deviceId: first.id, announcements: [first.id], identity: { serial } },
    ]);
    await one.feed(says({ ip: second.data.identity.ip, serial: 'OTHER-1' }));
    expect(await one.told(announcementFiltered)).toMatchObject([{ reason: 'deviceRefused' }]);
    const kept = () =>
      store.query(`select serial, state, jsonb_array_length(refused) as refused from discovery.quarantine`);
    expect(await kept()).toEqual([{ serial: 'OTHER-1', state: 'refused', refused: 0 }]);
    const real = says({ ip: '127.9.0.1', serial: 'OTHER-1', fingerprint: 'a'.repeat(64) });
    await one.feed(real);
    expect(await kept()).toEqual([{ serial: 'OTHER-1', state: 'held', refused: 1 }]);
    await one.feed(approves('refuse', real));
    expect(await kept()).toEqual([{ serial: 'OTHER-1', state: 'refused', refused: 1 }]);
    await two.feed(approves('admit', second));
    expect(await one.told(deviceDiscovered)).toHaveLength(2);
    expect(await one.parked()).toEqual([]);
  });

  it('admits whom an operator was shown, not who announced the serial number after that', async () => {
    const [one, two] = instances;
    await one.feed(settings(2, { approval: true }));
    const real = says({ ip: address(), fingerprint: 'a'.repeat(64) });
    const impostor = says({ ip: address(), fingerprint: 'b'.repeat(64), at: new Date(Date.now() + 1_000) });
    const unseen = says({ ip: '127.9.0.1' });
    await one.feed(real);
    await two.feed(impostor);
    expect(await one.parked()).toEqual([]);
    expect((await one.told(deviceQuarantined)).at(-1)).toMatchObject({
      announcement: real.id,
      others: [{ announcement: impostor.id, identity: { ip: impostor.data.identity.ip } }],
    });
    await two.feed(approves('admit', unseen));
    expect(await one.told(deviceDiscovered)).toEqual([]);
    await two.feed(approves('admit', real));
    expect(await one.told(deviceDiscovered)).toMatchObject([
      { announcements: [real.id], fingerprint: 'a'.repeat(64), identity: { ip: real.data.identity.ip } },
    ]);
    expect((await one.told(deviceApprovalDecided)).map(({ outcome }) => outcome)).toEqual([
      'another',
      'admitted',
    ]);
    expect(await count('quarantine')).toBe(0);
  });

  const applyingRules = (): RunningWorkers => {
    const log = { info: quiet, warn: quiet, error: quiet };
    const on = { store, bus: outboxBus, log, meter: metrics.getMeter('test') };
    return runWorkers({ ...on, service: 'discovery', instance: 'test', workers: [applyRulesWorker(store)] });
  };

  it('tries changed rules on who waits, though it announces itself from its next address before that', async () => {
    const [one] = instances;
    await one.feed(settings(2, { approval: true }));
    await one.feed(says({ ip: '127.8.1.1' }));
    await one.feed(settings(3, { approval: false }));
    await one.feed(says({ ip: '127.8.1.2', at: new Date(Date.now() + 1_000) }));
    expect(await one.told(announcementFiltered)).toMatchObject([{ reason: 'claimBeside' }]);
    workers = applyingRules();
    await until('it is let in', async () => (await one.told(deviceDiscovered)).length === 1);
    expect(await count('quarantine')).toBe(0);
  });

  it('tries changed rules on those that wait, and lets all in once approval is off', async () => {
    const [one] = instances;
    await one.feed(settings(2, { approval: true }));
    const ips = Array.from({ length: 250 }, (_, at) => `127.8.1.${at + 1}`);
    await one.feed(...ips.map((ip, at) => says({ ip, serial: `MANY-${at}` })));
    expect(await count('task')).toBe(0);
    const value = '127.8.1.128/25';
    const approvalRules = [
      { name: 'upper half', filter: { field: 'ip', operator: 'inNetwork', value } } as const,
    ];
    workers = applyingRules();
    await one.feed(settings(3, { approval: true, approvalRules }));
    await until('the rules were tried', async () => (await count('task')) === 0);
    expect(await count('device')).toBe(123);
    await one.feed(settings(4, { approval: false }));
    await until('all are let in', async () => (await count('quarantine')) === 0);
    expect(await count('device')).toBe(250);
    const decided = await one.told(deviceApprovalDecided);
    expect(decided.filter(({ by }) => by === 'rule')).toHaveLength(123);
    expect(decided.filter(({ by }) => by === 'off')).toHaveLength(127);
  });

  it('forgets long after that a device was deleted', async () => {
    const [one] = instances;
    const [first, second] = [says({ ip: address() }), says({ ip: address(), serial: 'OTHER-1' })];
    await one.feed(first, second);
    await one.feed(published(deviceRetireRequested.draft({ deviceId: first.id, requestedBy: 'admin' })));
    await store.query(`update discovery.tombstone set retired_at = now() - interval '100 days'`);
    await one.feed(published(deviceRetireRequested.draft({ deviceId: second.id, requestedBy: 'admin' })));
    expect(await store.query(`select serial from discovery.tombstone`)).toEqual([{ serial: 'OTHER-1' }]);
  });

  const work = (open: (target: Target) => Driver = openDeviceApi): void => {
    asks = [];
    const bus = outboxBus;
    const log = { info: quiet, warn: quiet, error: quiet };
    const meter = metrics.getMeter('test');
    const on = { store, bus, log, meter, service: 'discovery', instance: 'test' };
    workers = runWorkers({
      ...on,
      workers: [proveMoveWorker({ store, ways: [apiBy(open)], doors: [], silentAgainMs: [1, 1] })],
    });
  };

  /** Loopback refuses all others, which is an answer: silent-device.spec.ts has them. */
  const apiBy = (open: (target: Target) => Driver): Way => ({
    way: 'deviceApi',
    name: 'open device API',
    missing: () => null,
    ask: (address, { deviceNetworks: networks }, signal) =>
      open({ address, port: deviceApiPort, networks, fingerprint: null, mutual: null }).identify(signal),
  });
  const silence = { kind: 'unreachable', reason: 'no answer', host: 'silent' } as const;
  const here = { kind: 'unreachable', reason: 'EMFILE', host: 'unknown' } as const;
  let asks: string[] = [];
  /** What loopback cannot be: silent, or out of this machine's reach. Once all is said, the driver asks really. */
  const saying =
    (...said: readonly (typeof silence | typeof here)[]) =>
    (target: Target): Driver => {
      const driver = openDeviceApi(target);
      const next = said[asks.push(target.address) - 1];
      return next ? { ...driver, identify: () => Promise.resolve(next) } : driver;
    };

  /** A device that answers at an address; resolves to the fingerprint of its certificate. */
  async function answerAt(host: string, identity: Partial<Identity>): Promise<string> {
    const { key, certificate } = await selfSigned({ commonName: 'device' });
    const server = createServer({ key, cert: certificate }, (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...deviceAnnounced.example.identity, ip: host, ...identity }));
    });
    device = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(deviceApiPort, host, resolve);
    });
    return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
  }

  it('leaves a device alone that still answers, and names who claims to be it', async () => {
    const [one] = instances;
    const [known, claimed] = [address(), address()];
    const fingerprint = await answerAt(known, { serial });
    await one.feed(says({ ip: known, fingerprint }));
    await one.feed(says({ ip: claimed, fingerprint: 'b'.repeat(64) }));
    work();
    const conflict = await until('a conflict is told', async () => (await one.told(deviceConflicted))[0]);
    expect(conflict).toMatchObject({ known: { ip: known, fingerprint }, claimed: { ip: claimed } });
    expect(await store.query(`select identity->>'ip' as ip, fingerprint from discovery.device`)).toEqual([
      { ip: known, fingerprint },
    ]);
    expect(await one.told(deviceReconciled)).toEqual([]);
    await until('the task has ended', async () => (await count('claim')) + (await count('task')) === 0);
  });

  it('does with a conflict what an operator decides, and remembers a claim that was dismissed', async () => {
    const [one, two] = instances;
    const [known, claimed] = [address(), address()];
    const first = says({ ip: known });
    const again = says({ ip: claimed, fingerprint: 'b'.repeat(64) });
    await one.feed(first, says({ ip: claimed, fingerprint: 'b'.repeat(64) }));
    work();
    const raised = await until('a conflict is told', async () => (await one.told(deviceConflicted))[0]);
    const { claim } = raised;
    if (claim === null) throw new Error('the claim has no name');
    const ask = { deviceId: first.id, claim, claimed: raised.claimed, requestedBy: 'ann' };
    const decide = (decision: 'keep' | 'move') =>
      published(deviceConflictDecisionRequested.draft({ ...ask, decision }));
    await two.feed(decide('keep'), decide('keep'));
    await one.feed(again);
    expect(await one.told(announcementFiltered)).toMatchObject([
      { announcement: again.id, reason: 'claimDismissed' },
    ]);
    await Promise.all([one.feed(decide('move')), two.feed(decide('move'))]);
    expect(await one.told(deviceReconciled)).toMatchObject([
      { proof: 'operator', fresh: true, identity: { ip: claimed }, fingerprint: 'b'.repeat(64) },
    ]);
    expect(await one.told(deviceConflictDecided)).toMatchObject([{ outcome: 'kept' }, { outcome: 'moved' }]);
    expect(await count('conflict')).toBe(0);
    await one.feed(says({ ip: claimed, fingerprint: 'b'.repeat(64) }));
    expect(await one.told(deviceReconciled)).toHaveLength(2);
  });

  it('keeps the claim that came first, and what was dismissed, whoever claims how often after that', async () => {
    const [one] = instances;
    const [known, claimed, other] = [address(), '127.8.1.1', '127.8.1.2'];
    const first = says({ ip: known });
    const real = says({ ip: claimed, fingerprint: 'b'.repeat(64) });
    const dismissed = says({ ip: other, fingerprint: 'c'.repeat(64) });
    await one.feed(first, real, dismissed);
    work();
    await until('both are told', async () => (await one.told(deviceConflicted)).length === 2);
    const decide = (decision: 'keep' | 'move', { data }: typeof real) =>
      published(
        deviceConflictDecisionRequested.draft({
          deviceId: first.id,
          claim: claimOf(data),
          claimed: { ip: data.identity.ip, fingerprint: data.transport.fingerprint },
          decision,
          requestedBy: 'ann',
        }),
      );
    await one.feed(decide('keep', dismissed));
    await store.query('update discovery.device set conflicted_at = null');
    const flood = Array.from({ length: 120 }, (_, at) =>
      says({ ip: `127.8.2.${1 + (at % 60)}`, fingerprint: at.toString(16).padStart(64, '0') }),
    );
    await one.feed(...flood);
    const leftOut = await until('some are left out', async () =>
      (await one.told(deviceConflicted)).find((data) => data.leftOut > 0),
    );
    expect(leftOut).toMatchObject({ leftOut: 120 - 19 });
    expect(await count('conflict')).toBe(21);
    await one.feed(says({ ip: other, fingerprint: 'c'.repeat(64) }));
    expect(await one.told(announcementFiltered)).toMatchObject([{ reason: 'claimDismissed' }]);
    await one.feed(decide('move', real));
    expect((await one.told(deviceConflictDecided)).at(-1)).toMatchObject({ outcome: 'moved' });
    expect(await store.query(`select identity->>'ip' as ip from discovery.device`)).toEqual([
      { ip: claimed },
    ]);
  });

  it('keeps what one source claims, though all of an IPv6 /64 had claimed the device before', async () => {
    const [one] = instances;
    const first = says({ ip: address() });
    await one.feed(first);
    await store.query(
      `insert into discovery.claim (announcement, device_id, data, source)
       select gen_random_uuid(), $1::uuid, jsonb_set($2::jsonb, '{transport,peerAddress}', to_jsonb('fd00::' || to_hex(n))),
         'fd00:0:0:0::/64' from generate_series(1, 1000) as n`,
      [first.id, JSON.stringify(first.data)],
    );
    await one.feed(says({ ip: 'fd00::ffff' }), says({ ip: '127.9.0.1' }));
    const sources = await store.query(
      `select source, count(*)::int as claims from discovery.claim group by source order by source`,
    );
    expect(sources).toEqual([
      { source: '127.9.0.1', claims: 1 },
      { source: 'fd00:0:0:0::/64', claims: 999 },
    ]);
  });

  it('lets a device move whose old address is silent, with all announcements that waited', async () => {
    const [one, two] = instances;
    const [known, claimed] = [address(), address()];
    await one.feed(says({ ip: known }));
    const claims = [says({ ip: claimed }), says({ ip: claimed })];
    await Promise.all([one.feed(...claims.slice(0, 1)), two.feed(...claims.slice(1))]);
    work(saying(silence, silence, silence));
    const moved = await until('it has moved', async () => (await one.told(deviceReconciled))[0]);
    expect(moved).toMatchObject({ proof: 'oldAddressSilent', fresh: true, identity: { ip: claimed } });
    expect(moved.announcements.toSorted()).toEqual(claims.map(({ id }) => id).toSorted());
    expect(asks).toEqual([known, known, known]);
  });

  it.each([
    ['refuses', null],
    ['cuts connections', (socket: Socket) => void socket.resetAndDestroy()],
    ['takes connections and says nothing', () => undefined],
    ['was only silent at first', null],
  ] as const)('takes no device from an address that %s: an operator decides', async (which, on) => {
    const [one] = instances;
    const [known, claimed] = [address(), address()];
    if (on) {
      const server = netServer(on);
      await new Promise<void>((resolve) => server.listen(deviceApiPort, known, resolve));
      device = server;
    }
    await one.feed(says({ ip: known }), says({ ip: claimed }));
    work(which === 'was only silent at first' ? saying(silence, silence) : undefined);
    const conflict = await until('a conflict is told', async () => (await one.told(deviceConflicted))[0]);
    expect(conflict).toMatchObject({ known: { ip: known }, claimed: { ip: claimed } });
    expect(await one.told(deviceReconciled)).toEqual([]);
  });

  it('judges nothing by what this machine could not ask, not even with a silence before it', async () => {
    const [one] = instances;
    await one.feed(says({ ip: address() }), says({ ip: address() }));
    work(saying(silence, here));
    const waiting = () => store.query(`select attempt from discovery.task where state = 'waiting'`);
    await until('it waits for another try', async () => (await waiting()).length === 1);
    expect(asks).toHaveLength(2);
    expect(await count('claim')).toBe(1);
    expect(await one.told(deviceConflicted)).toEqual([]);
    expect(await one.told(deviceReconciled)).toEqual([]);
  });

  it('does not move a device for a claim that is older than what it said itself since', async () => {
    const [one] = instances;
    const [known, claimed] = [address(), address()];
    const at = (agoMs: number): Date => new Date(Date.now() - agoMs);
    await one.feed(says({ ip: known, at: at(9_000) }), says({ ip: claimed, at: at(6_000) }));
    await one.feed(says({ ip: known, at: at(3_000) }));
    work(saying(silence, silence, silence));
    const conflict = await until('a conflict is told', async () => (await one.told(deviceConflicted))[0]);
    expect(conflict).toMatchObject({ known: { ip: known }, claimed: { ip: claimed } });
    expect(await one.told(deviceReconciled)).toHaveLength(1);
  });

  it('is not bound by what a clock that was ahead has stored', async () => {
    const [one] = instances;
    const [known, claimed] = [address(), address()];
    await one.feed(says({ ip: known, fingerprint: 'a'.repeat(64), at: new Date('2099-01-01') }));
    const [stored] = await store.query<{ ahead: boolean }>(
      `select accepted_at > now() or minute > now() as ahead from discovery.device`,
    );
    expect(stored).toEqual({ ahead: false });
    await store.query(`update discovery.device set accepted_at = '2099-01-01', minute = '2099-01-01'`);
    await one.feed(says({ ip: claimed, fingerprint: 'a'.repeat(64) }));
    expect(await one.told(deviceReconciled)).toMatchObject([{ identity: { ip: claimed } }]);
    const [healed] = await store.query<{ ahead: boolean }>(
      `select accepted_at > now() or minute > now() as ahead from discovery.device`,
    );
    expect(healed).toEqual({ ahead: false });
  });

  it('lets a deleted device come back, whatever clocks were ahead', async () => {
    const [one] = instances;
    const early = says({ ip: address() });
    await one.feed(early);
    const ask = deviceRetireRequested.draft({ deviceId: early.id, requestedBy: 'admin' });
    await one.feed(published(ask, { occurredAt: '2099-01-01T00:00:00.000Z' }));
    const next = says({ ip: address(), at: new Date(Date.now() + 1_000) });
    await one.feed(next);
    expect(await one.told(deviceDiscovered)).toHaveLength(2);
    const again = deviceRetireRequested.draft({ deviceId: next.id, requestedBy: 'admin' });
    await store.query(`update discovery.tombstone set retired_at = '2099-01-01'`);
    await one.feed(published(again));
    await store.query(`update discovery.tombstone set retired_at = '2099-01-01' where retired_at > now()`);
    await one.feed(says({ ip: address(), at: new Date(Date.now() + 1_000) }));
    expect(await one.told(deviceDiscovered)).toHaveLength(3);
  });

  it('lets a device move whose old address is another device by now', async () => {
    const [one] = instances;
    const [known, claimed] = [address(), address()];
    await answerAt(known, { serial: 'OTHER-1' });
    await one.feed(
      says({ ip: known, fingerprint: 'a'.repeat(64) }),
      says({ ip: claimed, fingerprint: 'b'.repeat(64) }),
    );
    work();
    const moved = await until('it has moved', async () => (await one.told(deviceReconciled))[0]);
    expect(moved).toMatchObject({ proof: 'oldAddressSilent', fingerprint: 'b'.repeat(64) });
  });

  it('believes no certificate that a second serial number has shown, at the old address neither', async () => {
    const [one] = instances;
    const [known, claimed] = [address(), address()];
    const fingerprint = await answerAt(known, { serial: 'OTHER-1' });
    await one.feed(says({ ip: known, fingerprint }), says({ ip: address(), serial: 'OTHER-1', fingerprint }));
    await one.feed(says({ ip: claimed, fingerprint: 'b'.repeat(64) }));
    work();
    const moved = await until('it has moved', async () => (await one.told(deviceReconciled))[0]);
    expect(moved).toMatchObject({ proof: 'oldAddressSilent', identity: { ip: claimed } });
  });

  it('takes over what a server says that proved nothing, when the device itself says the same', async () => {
    const [one] = instances;
    const ip = address();
    const fingerprint = await answerAt(ip, { serial, firmware: 'new' });
    await one.feed(says({ ip, fingerprint }));
    await one.feed(forwarded({ ip, firmware: 'new' }));
    work();
    const told = await until('it is told', async () => (await one.told(deviceReconciled))[0]);
    expect(told).toMatchObject({
      proof: 'sameAddress',
      fresh: false,
      fingerprint,
      identity: { firmware: 'new' },
    });
    await one.feed(forwarded({ ip, firmware: 'made up' }));
    const conflict = await until('a conflict is told', async () => (await one.told(deviceConflicted))[0]);
    expect(conflict).toMatchObject({ claimed: { ip, fingerprint: null } });
  });

  it('saves and tells nothing of a run whose lease was lost', async () => {
    const [one] = instances;
    await one.feed(says({ ip: '127.9.0.1' }), says({ ip: address() }));
    const worker = proveMoveWorker({ store, ways: [apiBy(openDeviceApi)], doors: [] });
    const [task] = await activeTasks(store, 'discovery', { budget: 'proofs', limit: 1 });
    if (!task) throw new Error('one was queued');
    const grip = { signal: new AbortController().signal, check: () => Promise.resolve() };
    const finish = await worker.run(task, grip);
    expect(await one.told(deviceConflicted)).toEqual([]);
    expect(await count('claim')).toBe(1);
    const ending = await store.transaction((tx) => Promise.resolve(finish.settle?.(tx)));
    expect(ending?.events).toMatchObject([{ definition: { type: deviceConflicted.type } }]);
  });

  it('asks no address outside the device networks: the claim is a conflict', async () => {
    const [one] = instances;
    await one.feed(says({ ip: '127.9.0.1' }), says({ ip: address() }));
    work();
    const conflict = await until('a conflict is told', async () => (await one.told(deviceConflicted))[0]);
    expect(conflict).toMatchObject({ known: { ip: '127.9.0.1' }, because: 'outsideNetworks' });
  });

  it('names a certificate that several devices show on both sides, as none that proves it', async () => {
    const [one] = instances;
    const factory = 'f'.repeat(64);
    const [known, claimed] = [address(), address()];
    await answerAt(known, { serial });
    await one.feed(says({ ip: address(), serial: 'OTHER-1', fingerprint: factory }));
    await one.feed(says({ ip: known, fingerprint: factory }));
    await one.feed(says({ ip: claimed, fingerprint: factory }));
    work();
    const conflict = await until('a conflict is told', async () => (await one.told(deviceConflicted))[0]);
    expect(conflict).toMatchObject({
      known: { ip: known, fingerprint: null },
      claimed: { ip: claimed, fingerprint: factory },
      because: 'answers',
      shared: { known: factory, claimed: factory },
    });
  });

  it('forgets claims to a device that was deleted meanwhile', async () => {
    const [one] = instances;
    const first = says({ ip: address() });
    await one.feed(first, says({ ip: address() }));
    await one.feed(published(deviceRetireRequested.draft({ deviceId: first.id, requestedBy: randomUUID() })));
    work();
    await until('the task has ended', async () => (await count('task')) === 0);
    expect(await count('claim')).toBe(0);
    expect(await one.told(deviceReconciled)).toEqual([]);
    expect(await one.told(announcementFiltered)).toMatchObject([{ reason: 'deviceDeleted' }]);
  });
});
