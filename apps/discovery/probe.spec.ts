// Clients of the edge that say nothing it understands are asked who they are (R19): a real gateway turns them away, a real
// SNMP agent and a real HTTPS server say who they are.
import { createHash, randomInt, X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import { metrics } from '@opentelemetry/api';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { deviceApprovalDecided, deviceApprovalRequested, deviceQuarantined } from '#events/approval';
import { announcementFiltered, deviceAnnounced } from '#events/announcement';
import { deviceConflicted } from '#events/conflict';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import type { Event } from '#events/event';
import { exampleIdentity, type Identity } from '#events/identity';
import { announcementProbed, announcementsRefused, type Refusal } from '#events/refusal';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import { ownAddresses } from '#addresses/own';
import { selfSigned } from '#pki/self-signed';
import type { Store } from '#store/store';
import { activeTasks } from '#store/tasks';
import { freePort } from '../../scripts/free-port.mjs';
import { openCanary, type Canary } from '../../test/support/canary.js';
import { databases, openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { dial, gatewayBench, heard, say, type Answer } from '../../test/support/gateway.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { listeningLog } from '../../test/support/silent.js';
import { community, startSnmpd, withoutSnmpd } from '../../test/support/snmpd.js';
import { until } from '../../test/support/until.js';
import { discovery } from './discovery.js';
import { probeWorker } from './probe.js';

const printer = { serial: 'VNB3K12345', model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001' };
const someAddress = (): string => `127.8.${randomInt(1, 255)}.${randomInt(1, 255)}`;

/** Clients of a real gateway: what each heard from it, and what it then tells of each. */
const clients = { silent: someAddress(), web: someAddress() } as const;
const answers: Record<keyof typeof clients, readonly Answer[]> = { silent: [], web: [] };
let refusals: readonly Refusal[] = [];
beforeAll(async () => {
  const gateway = await gatewayBench({ MUSTER_GATEWAY_FIRST_BYTE_SECONDS: '1' });
  try {
    await gateway.configure({});
    [answers.silent, answers.web] = await Promise.all([
      dial(gateway.port, { localAddress: clients.silent }).then(heard),
      say(gateway.port, 'GET / HTTP/1.1\r\n\r\n', { localAddress: clients.web }),
    ]);
    refusals = await until('the gateway tells of both', async () => {
      const told = (await gateway.told(announcementsRefused)).flatMap((event) => event.refusals);
      return told.length >= 2 && told;
    });
  } finally {
    await gateway.stop();
  }
});

const asking: Partial<Settings> = {
  acceptAnnouncements: true,
  probeUnknownClients: true,
  probeCommunity: community,
  deviceNetworks: ['127.8.0.0/16'],
};

let version = 0;
const settings = (change: Partial<Settings>): Event => {
  version += 1;
  const body = { ...defaultSettings, ...change };
  return published(settingsChanged.draft({ id: 'settings', version, changedBy: 'admin', body }));
};

const turnedAway = (peers: readonly string[], reason = 'silence', lastAt = new Date()): Event => {
  const each = peers.map((peer) => {
    return { peer, reason, message: 'm', serial: null, count: 1, lastAt: lastAt.toISOString() };
  });
  return published(announcementsRefused.draft({ gateway: 'gateway-1', refusals: each, unnamed: 0 }));
};

/** A device that announces itself. */
const announces = (ip: string, fingerprint: string | null, says: Partial<Identity> = {}): Event => {
  const { example } = deviceAnnounced;
  const identity = { ...exampleIdentity, ip, ...says };
  const transport = { ...example.transport, peerAddress: ip, fingerprint };
  const acceptedAt = new Date().toISOString();
  return published(deviceAnnounced.draft({ ...example, identity, transport, acceptedAt }));
};

/** What the real gateway tells of a client. */
const toldOf = (client: string): Event => {
  const own = refusals.filter(({ peer }) => peer === client);
  return published(announcementsRefused.draft({ gateway: 'gateway-1', refusals: own, unnamed: 0 }));
};

describe.each(Object.keys(databases))('an unknown client on %s', (name) => {
  let store: Store;
  let fed: Fed;
  let workers: RunningWorkers | null = null;
  let address = '';
  let [devicePort, snmpPort] = [0, 0];
  const log = listeningLog();
  const open: { close(): unknown }[] = [];

  beforeEach(async () => {
    address = someAddress();
    [devicePort, snmpPort] = [await freePort(), await freePort()];
    store = await openFor(name, 'discovery');
    fed = await startFed(store, discovery.consumers);
    await fed.feed(settings(asking));
  });
  afterEach(async () => {
    await workers?.stop();
    workers = null;
    log.lines.length = 0;
    for (const each of open.splice(0)) await each.close();
    await fed.stop();
  });

  const canaryAt = async (host: string): Promise<Canary> => {
    const canary = await openCanary(host, devicePort);
    open.push(canary);
    return canary;
  };
  const waiting = () => activeTasks(store, 'discovery', { budget: 'probes', limit: 2_000 });
  const work = (retryDelaysMs: readonly number[] = []): void => {
    const worker = probeWorker({ store, log, devicePort, snmpPort, retryDelaysMs });
    const meter = metrics.getMeter('test');
    const on = { store, bus: outboxBus, log, meter, service: 'discovery', instance: 'test' };
    workers = runWorkers({ ...on, workers: [worker] });
  };
  const allAsked = () => until('all are asked', async () => (await waiting()).length === 0);
  /** As if an hour had passed. */
  const later = () => store.query(`update discovery.probe set asked_at = asked_at - interval '1 hour'`);

  /** A printer with the open device API; resolves to the fingerprint of its certificate. */
  async function printerAt(host: string, says: Partial<Identity> = {}): Promise<string> {
    const { key, certificate } = await selfSigned({ commonName: 'device' });
    const server = createServer({ key, cert: certificate }, (_, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...exampleIdentity, ip: host, ...says }));
    });
    open.push({ close: () => new Promise((closed) => server.close(closed)) });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(devicePort, host, resolve);
    });
    return createHash('sha256').update(new X509Certificate(certificate).raw).digest('hex');
  }

  /** Somebody who passes on to a printer what comes, and back what it says. */
  async function relayAt(host: string, printerHost: string): Promise<void> {
    const relay = createTcpServer((client) => {
      const printer = connect(devicePort, printerHost);
      client.pipe(printer).pipe(client);
      client.on('error', () => undefined).on('close', () => printer.destroy());
      printer.on('error', () => undefined).on('close', () => client.destroy());
    });
    open.push({ close: () => new Promise((closed) => relay.close(closed)) });
    await new Promise<void>((resolve, reject) => {
      relay.once('error', reject).listen(devicePort, host, resolve);
    });
  }

  /** All that is kept of devices, and of who claims to be one. */
  const kept = async () => ({
    devices: await store.query('select * from discovery.device order by serial'),
    certificates: await store.query('select * from discovery.certificate order by fingerprint'),
    claims: await store.query('select * from discovery.claim'),
    conflicts: await store.query('select * from discovery.conflict'),
  });

  it.skipIf(withoutSnmpd)(
    'that is silent and has an SNMP agent gets in, and hears what everybody hears',
    async () => {
      const agent = await startSnmpd(clients.silent, snmpPort, printer);
      open.push({ close: () => agent.stop() });
      expect(answers.silent).toMatchObject([{ result: 'refused', reason: 'silence', event: null }]);
      await fed.feed(toldOf(clients.silent));
      work();
      const found = await until('it is found', async () => (await fed.told(deviceDiscovered))[0]);
      expect(found).toMatchObject({
        identity: {
          serial: 'VNB3K12345',
          model: 'LaserJet M612',
          mac: '3c:52:82:aa:00:01',
          ip: clients.silent,
          hostname: 'second-floor',
        },
        trigger: 'announced',
        proof: 'first',
        fresh: true,
        fingerprint: null,
        probedBy: 'snmp',
      });
      const serial = 'VNB3K12345';
      const told = { peer: clients.silent, reason: 'silence', probedBy: 'snmp', serial, problem: null };
      expect(await fed.told(announcementProbed)).toEqual([told]);
    },
  );

  it('that speaks something else and has the open device API gets in, its certificate pinned', async () => {
    const fingerprint = await printerAt(clients.web);
    expect(answers.web).toMatchObject([{ result: 'refused', reason: 'notJson', event: null }]);
    await fed.feed(toldOf(clients.web));
    work();
    const found = await until('it is found', async () => (await fed.told(deviceDiscovered))[0]);
    expect(found).toMatchObject({ identity: { ip: clients.web }, fingerprint, probedBy: 'deviceApi' });
    await later();
    await fed.feed(turnedAway([clients.web]));
    const again = await until('it is found again', async () => (await fed.told(deviceReconciled))[0]);
    expect(again).toMatchObject({ proof: 'first', fresh: false, changed: [], probedBy: 'deviceApi' });
  });

  it('that names a known device elsewhere, or passes on its words, moves nothing and claims nothing', async () => {
    const [relay, impostor] = [`127.8.${randomInt(1, 100)}.1`, `127.8.${randomInt(101, 200)}.1`];
    address = `127.8.${randomInt(201, 255)}.1`;
    await fed.feed(announces(address, await printerAt(address)));
    await printerAt(impostor);
    await relayAt(relay, address);
    const before = await kept();
    await fed.feed(turnedAway([relay, impostor]));
    work();
    await allAsked();
    const told = new Map((await fed.told(announcementProbed)).map((event) => [event.peer, event]));
    expect(told.get(relay)).toMatchObject({
      problem: `open device API: what answers says that it is at ${address}`,
    });
    const { serial } = exampleIdentity;
    expect(told.get(impostor)).toMatchObject({ probedBy: 'deviceApi', serial });
    expect(told.get(impostor)?.problem).toContain(address);
    expect(await kept()).toEqual(before);
    expect(before.devices).toMatchObject([{ serial, identity: { ip: address } }]);
    expect(await fed.told(deviceReconciled)).toEqual([]);
    expect(await fed.told(deviceConflicted)).toEqual([]);
  });

  it('that is a known device at its own address is seen again, and nothing of it changes', async () => {
    await fed.feed(announces(address, 'a'.repeat(64)));
    const before = await kept();
    await printerAt(address, { model: 'another', mac: '3c:52:82:aa:00:99', hostname: null, firmware: '6' });
    await fed.feed(turnedAway([address]));
    work();
    const again = await until('it is seen again', async () => (await fed.told(deviceReconciled))[0]);
    const identity = { ...exampleIdentity, ip: address };
    expect(again).toMatchObject({
      identity,
      fingerprint: 'a'.repeat(64),
      changed: [],
      probedBy: 'deviceApi',
    });
    expect(await kept()).toEqual(before);
  });

  it('that says it is at another address than the one asked is not believed', async () => {
    await printerAt(address, { ip: '10.9.9.9' });
    await fed.feed(turnedAway([address]));
    // It has said so, and is not asked again at once.
    work([3_600_000]);
    await allAsked();
    const problem = 'open device API: what answers says that it is at 10.9.9.9';
    expect(await fed.told(announcementProbed)).toMatchObject([{ peer: address, serial: null, problem }]);
    expect(await fed.told(deviceDiscovered)).toEqual([]);
  });

  it('is judged as one that announced: listed serial numbers only, and held for approval', async () => {
    await printerAt(address);
    await fed.feed(settings({ ...asking, serialFilter: true }), turnedAway([address]));
    work();
    await until('it is not let in', async () => (await fed.told(announcementFiltered)).length === 1);
    await later();
    await fed.feed(settings({ ...asking, approval: true }), turnedAway([address]));
    const held = await until('it is held', async () => (await fed.told(deviceQuarantined))[0]);
    expect(held).toMatchObject({ peerAddress: address, authentication: { outcome: 'anonymous' } });
    expect(await fed.told(deviceDiscovered)).toEqual([]);
  });

  it.skipIf(withoutSnmpd)(
    'that waits for approval stays as it announced itself, and no rule admits what was said by SNMP',
    async () => {
      const [beside, stranger] = [`127.8.${randomInt(1, 100)}.1`, `127.8.${randomInt(101, 200)}.1`];
      address = `127.8.${randomInt(201, 255)}.1`;
      const filter = { field: 'model', operator: 'contains', value: 'LaserJet' } as const;
      const approvalRules = [{ name: 'Known to be good', filter }];
      await fed.feed(settings({ ...asking, approval: true, approvalRules }));
      await fed.feed(announces(address, null, { model: 'Plotter 9' }));
      const [waits] = await fed.told(deviceQuarantined);
      const { serial } = exampleIdentity;
      for (const [host, says] of [
        [address, printer],
        [beside, printer],
        [stranger, { ...printer, serial: 'VNB3K99999' }],
      ] as const) {
        const agent = await startSnmpd(host, snmpPort, says);
        open.push({ close: () => agent.stop() });
      }
      await fed.feed(turnedAway([address]));
      work();
      await allAsked();
      const problem = 'it waits for approval as it announced itself, of which nothing changes';
      expect(await fed.told(announcementProbed)).toMatchObject([{ probedBy: 'snmp', serial, problem }]);
      expect(await fed.told(deviceQuarantined)).toEqual([waits]);
      await fed.feed(turnedAway([beside, stranger]));
      await allAsked();
      const held = new Map((await fed.told(deviceQuarantined)).map((each) => [each.serial, each]));
      expect(held.get('VNB3K99999')).toMatchObject({ peerAddress: stranger });
      expect(held.get(serial)).toMatchObject({
        claim: waits?.claim,
        identity: { model: 'Plotter 9', ip: address },
        others: [{ identity: { ip: beside } }],
      });
      expect(await fed.told(deviceDiscovered)).toEqual([]);
      const seen = [{ serial, claim: waits?.claim ?? '' }];
      const asked = {
        ...deviceApprovalRequested.example,
        serials: [serial],
        decision: 'admit' as const,
        seen,
      };
      await fed.feed(published(deviceApprovalRequested.draft(asked)));
      expect(await fed.told(deviceApprovalDecided)).toMatchObject([{ serial, outcome: 'admitted' }]);
      const identity = { model: 'Plotter 9', ip: address };
      expect(await fed.told(deviceDiscovered)).toMatchObject([{ identity, probedBy: null }]);
    },
  );

  it.each<[string, Partial<Settings>, string?, Date?]>([
    ['when that is not switched on', { probeUnknownClients: defaultSettings.probeUnknownClients }],
    ['in mutual mode', { authentication: 'mutual' }],
    ['while announcements are not accepted', { acceptAnnouncements: false }],
    ['outside the device networks', { deviceNetworks: ['10.0.0.0/8'] }],
    ['when it speaks the protocol and has a field wrong', {}, 'badField'],
    ['when it does not speak TLS', {}, 'notTls'],
    ['when that was long ago', {}, 'silence', new Date(Date.now() - 3_600_000)],
  ])('is not asked %s', async (_, change, reason, lastAt) => {
    const canary = await canaryAt(address);
    await fed.feed(settings({ ...asking, ...change }));
    await fed.feed(turnedAway([address], reason, lastAt));
    expect(await waiting()).toEqual([]);
    expect(canary.heard).toEqual([]);
  });

  it('is not asked any more once mutual mode is on', async () => {
    const canary = await canaryAt(address);
    await fed.feed(turnedAway([address]));
    expect(await waiting()).toHaveLength(1);
    await fed.feed(settings({ ...asking, authentication: 'mutual' }));
    work();
    await allAsked();
    expect(canary.heard).toEqual([]);
    expect(await fed.told(announcementProbed)).toEqual([]);
  });

  it('is never this server, nor at an address that no network names on purpose', async () => {
    await fed.feed(settings({ ...asking, deviceNetworks: ['0.0.0.0/0', '::/0'] }));
    const forbidden = [
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
      '::7f00:1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
    ];
    const special = ['169.254.169.254', 'fe80::1', '224.0.0.1', 'ff02::1', '0.0.0.0', '255.255.255.255'];
    const own = ownAddresses().slice(0, 10);
    await fed.feed(turnedAway([...forbidden, ...special, ...own]));
    expect(await waiting()).toEqual([]);
  });

  it('is asked once an hour, whichever instance hears of it, and of very many only some', async () => {
    const other = await startFed(store, discovery.consumers);
    open.push({ close: () => other.stop() });
    const words = ['silence', 'notJson', 'silence', 'tooSlow'];
    await Promise.all(words.map((reason, n) => (n % 2 ? fed : other).feed(turnedAway([address], reason))));
    expect(await waiting()).toMatchObject([{ key: address, payload: { peer: address } }]);
    work();
    await allAsked();
    await fed.feed(turnedAway([address]));
    expect(await waiting()).toEqual([]);
    await workers?.stop();
    await later();
    const crowd = Array.from({ length: 21 }, (_, n) =>
      turnedAway(Array.from({ length: 50 }, (__, m) => `127.8.${n}.${m + 1}`)),
    );
    await fed.feed(turnedAway([address]), ...crowd);
    expect(await waiting()).toHaveLength(1_000);
    expect(fed.noted().some(({ message }) => message.startsWith('So many clients wait'))).toBe(true);
  });

  it('that does not say who it is, is told once', async () => {
    await canaryAt(address);
    await fed.feed(turnedAway([address]));
    work();
    await allAsked();
    const told = await fed.told(announcementProbed);
    expect(told).toMatchObject([{ peer: address, reason: 'silence', probedBy: null, serial: null }]);
    expect(told[0]?.problem).toMatch(/^open device API: .*; SNMP: /);
    const lines = () => log.lines.filter(({ fields }) => 'peer' in fields && fields.peer === address);
    expect(lines()).toHaveLength(1);
    await later();
    await fed.feed(turnedAway([address]));
    await allAsked();
    expect(await fed.told(announcementProbed)).toHaveLength(1);
    expect(lines()).toHaveLength(1);
  });

  it('that answers what nobody understands is asked once more, and then left', async () => {
    const { key, certificate } = await selfSigned({ commonName: 'device' });
    let asked = 0;
    const server = createServer({ key, cert: certificate }, (_, response) => {
      asked += 1;
      response.end('nonsense');
    });
    open.push({ close: () => new Promise((closed) => server.close(closed)) });
    await new Promise<void>((resolve) => server.listen(devicePort, address, resolve));
    await fed.feed(settings({ ...asking, probeCommunity: null }), turnedAway([address]));
    work([10, 10]);
    await allAsked();
    expect(asked).toBe(2);
    const [told] = await fed.told(announcementProbed);
    expect(told?.problem).toMatch(/^open device API: its answer is not JSON/);
  });
});
