// Devices that do not announce themselves, looked for where an operator says (R35): discovery's consumers and workers, with real
// printers, snmpd and DNS.
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomInt, randomUUID, X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import { metrics } from '@opentelemetry/api';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { deviceQuarantined } from '#events/approval';
import { announcementFiltered, deviceAnnounced } from '#events/announcement';
import { deviceConflicted } from '#events/conflict';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import {
  discoveryCancelRequested,
  discoveryProgressed,
  discoveryRequested,
  type DiscoveryResult,
  type Wanted,
} from '#events/discovery';
import { exampleIdentity, type Identity } from '#events/identity';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import { selfSigned } from '#pki/self-signed';
import type { Store } from '#store/store';
import { freePort } from '../../../scripts/free-port.mjs';
import { printerAnswer, slpAnswer } from '../../../test/support/multicast-answers.js';
import { startResponder, type Asked } from '../../../test/support/multicast-responder.js';
import { openCanary } from '../../../test/support/canary.js';
import { databases, openFor, published, startFed, type Fed } from '../../../test/support/fed-delivery.js';
import { openIppPeer, saying, text, uri } from '../../../test/support/ipp-peer.js';
import { openSilentHost } from '../../../test/support/silent-host.js';
import { outboxBus } from '../../../test/support/outbox-bus.js';
import { silentLog } from '../../../test/support/silent.js';
import { community, startSnmpd, withoutSnmpd } from '../../../test/support/snmpd.js';
import { until } from '../../../test/support/until.js';
import { discovery } from '../discovery.js';
import { proveMoveWorker } from '../prove-move.js';
import { waysOfAsking } from '../who-is.js';
import { callWorker } from './call.js';
import { findWorker } from './find.js';
import { steerWorker } from './steer.js';

const withoutDnsmasq = spawnSync('dnsmasq', ['--version']).status === 0 ? null : 'without dnsmasq';
const networks: Partial<Settings> = { deviceNetworks: ['127.8.0.0/16'], probeCommunity: community };
let version = 0;
const settings = (change: Partial<Settings> = {}) => {
  version += 1;
  const body = { ...defaultSettings, ...networks, ...change };
  return published(settingsChanged.draft({ id: 'settings', version, changedBy: 'admin', body }));
};
let nextAddress = 0;
const block = randomInt(1, 200);
/** Nobody else's in this file. */
const someAddress = (): string =>
  `127.8.${block + (nextAddress >> 8)}.${nextAddress++ & 255 || nextAddress++ & 255}`;

const startsWith = (text: string): unknown => expect.stringMatching(RegExp(`^${text}`));

describe.each(Object.keys(databases))('a device that is looked for, on %s', (name) => {
  /** What asks nothing of the database that others do not. */
  const isOne = name === 'PGlite';
  let store: Store;
  let fed: Fed;
  let workers: RunningWorkers | null = null;
  let address = '';
  let [devicePort, snmpPort, ippPort, pagePort] = [0, 0, 0, 0];
  const open: { close(): unknown }[] = [];

  beforeEach(async () => {
    address = someAddress();
    [devicePort, snmpPort, ippPort] = [await freePort(), await freePort(), await freePort()];
    pagePort = await freePort();
    store = await openFor(name, 'discovery');
    fed = await startFed(store, discovery.consumers);
    await fed.feed(settings());
  });
  afterEach(async () => {
    await workers?.stop();
    workers = null;
    for (const each of open.splice(0)) await each.close();
    await fed.stop();
  });

  /** Of this test alone: several may run on one machine. */
  const group = `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const asked = { from: ['127.0.0.1'], waitMs: 400 };
  let asking: NonNullable<Parameters<typeof callWorker>[0]['asking']> = asked;
  const onGroup = async () => {
    const [mdns, slp] = [await freePort(), await freePort()].map((port) => ({ address: group, port }));
    if (!mdns || !slp) throw new Error('two are');
    asking = { ...asked, mdns: { group: mdns }, slp: { groups: { everybody: slp, hp: slp } } };
    const answers = async (at: typeof mdns, host: string, answer: (of: Asked) => Buffer): Promise<void> =>
      void open.push(
        await startResponder(at, host, (of, socket) => socket.send(answer(of), of.port, of.address)),
      );
    return {
      byMdns: (host: string, addresses: readonly string[]) =>
        answers(mdns, host, ({ bytes }) => printerAnswer(bytes.readUInt16BE(0), { addresses })),
      bySlp: (host: string, urls: readonly string[]) =>
        answers(slp, host, ({ bytes }) => slpAnswer(bytes.readUInt16BE(10), urls)),
    };
  };
  const work = (dnsServers: readonly string[] | null = null): void => {
    const ways = waysOfAsking({ devicePort, snmpPort, ippPort });
    const all = [
      steerWorker({ stepMs: 20 }),
      findWorker({ store, ways, ports: { tcp: [pagePort], snmp: snmpPort }, dnsServers, retryDelaysMs: [] }),
      proveMoveWorker({ store, ways, doors: [], silentAgainMs: [1] }),
      callWorker({ store, asking }),
    ];
    const meter = metrics.getMeter('test');
    workers = runWorkers({
      store,
      bus: outboxBus,
      log: silentLog,
      meter,
      service: 'discovery',
      instance: 'test',
      workers: all,
    });
  };
  const ask = async (wanted: readonly (Partial<Wanted> & Pick<Wanted, 'at'>)[]): Promise<string> => {
    const discoveryId = randomUUID();
    const lines = wanted.map((each, index) => ({ line: index + 1, serial: null, ...each }));
    const told = { discoveryId, part: 1, parts: 1, wanted: lines, requestedBy: 'admin' };
    await fed.feed(published(discoveryRequested.draft(told)));
    return discoveryId;
  };
  /** All that was told of it, once it is over. */
  const cameOf = (id: string) =>
    until('it is over', async () => {
      const told = (await fed.told(discoveryProgressed)).filter(({ discoveryId }) => discoveryId === id);
      const last = told.at(-1);
      const results = told.flatMap((each) => each.results).toSorted((a, b) => a.line - b.line);
      return last?.ended ? { results, nobody: last.nobody, ended: last.ended } : null;
    });
  const lookFor = async (
    ...wanted: readonly (Partial<Wanted> & Pick<Wanted, 'at'>)[]
  ): Promise<readonly DiscoveryResult[]> => (await cameOf(await ask(wanted))).results;

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
  const gone = async (): Promise<void> => void (await open.shift()?.close());

  const announces = (ip: string, fingerprint: string | null) => {
    const { example } = deviceAnnounced;
    const identity = { ...exampleIdentity, ip };
    const transport = { ...example.transport, peerAddress: ip, fingerprint };
    const acceptedAt = new Date().toISOString();
    return published(deviceAnnounced.draft({ ...example, identity, transport, acceptedAt }));
  };

  it('is found at its address, its certificate pinned; a second time it is known', async () => {
    const fingerprint = await printerAt(address);
    work();
    expect(await lookFor({ at: address, serial: exampleIdentity.serial })).toMatchObject([
      { line: 1, address, outcome: 'found', serial: exampleIdentity.serial, reason: null },
    ]);
    const found = {
      identity: { ip: address },
      fingerprint,
      trigger: 'discovered',
      announcements: [],
      acceptedAt: null,
    };
    expect(await fed.told(deviceDiscovered)).toMatchObject([
      { ...found, proof: 'first', fresh: true, probedBy: 'deviceApi' },
    ]);
    expect(await lookFor({ at: address })).toMatchObject([{ outcome: 'known' }]);
    const again = { ...found, proof: 'sameCertificate', fresh: false, changed: [], probedBy: 'deviceApi' };
    expect(await fed.told(deviceReconciled)).toMatchObject([again]);
  });

  it.runIf(isOne).each([
    { where: 'at its address', elsewhere: false, because: 'otherCertificate' },
    { where: 'elsewhere, while its address is silent', elsewhere: true, because: 'otherCertificate' },
  ])(
    'keeps its pin whatever certificate is shown $where',
    async ({ elsewhere, because }) => {
      const pinned = 'a'.repeat(64);
      const known = elsewhere ? someAddress() : address;
      await fed.feed(settings({ authentication: 'mutual', probeCommunity: null }), announces(known, pinned));
      if (elsewhere) {
        for (const port of [devicePort, ippPort]) open.push(await openSilentHost(known, port));
      }
      const shown = await printerAt(address);
      work();
      expect(await lookFor({ at: address })).toMatchObject([{ outcome: 'claimed' }]);
      expect(
        await until('it is told', async () => (await fed.told(deviceConflicted))[0], 60_000),
      ).toMatchObject({
        known: { ip: known, fingerprint: pinned },
        claimed: { ip: address, fingerprint: shown },
        because,
      });
      expect(await fed.told(deviceReconciled)).toEqual([]);
    },
    120_000,
  );

  it.skipIf(withoutSnmpd ?? !isOne)('is found by SNMP, where the operator named a community', async () => {
    const printer = {
      serial: 'VNB3K12345',
      model: 'LaserJet M612',
      name: 'second-floor',
      mac: '3c5282aa0001',
    };
    const agent = await startSnmpd(address, snmpPort, printer);
    open.push({ close: () => agent.stop() });
    work();
    await fed.feed(settings({ probeCommunity: null }));
    const [unknown] = await lookFor({ at: address });
    expect(unknown).toMatchObject({
      outcome: 'notReached',
      reason: expect.stringContaining('no community is set') as unknown,
    });
    await fed.feed(settings());
    expect(await lookFor({ at: address })).toMatchObject([{ outcome: 'found', serial: 'VNB3K12345' }]);
    expect(await fed.told(deviceDiscovered)).toMatchObject([{ probedBy: 'snmp', fingerprint: null }]);
  });

  it('is found by IPPS, where its UUID was made of its MAC address', async () => {
    const { key, certificate } = await selfSigned({ commonName: 'printer' });
    const peer = await openIppPeer(
      { key, certificate },
      saying({
        'printer-serial-number': [text('VNB3K12345')],
        'printer-make-and-model': [text('LaserJet M612')],
        'printer-uuid': [uri('urn:uuid:1c852a4d-b800-1f08-abcd-3c5282aa0001')],
      }),
    );
    open.push(peer);
    ippPort = peer.target.port;
    await fed.feed(settings({ probeCommunity: null }));
    work();
    const at = peer.target.address;
    expect(await lookFor({ at })).toMatchObject([{ outcome: 'found', serial: 'VNB3K12345' }]);
    expect(await fed.told(deviceDiscovered)).toMatchObject([
      {
        identity: { mac: '3c:52:82:aa:00:01', model: 'LaserJet M612', ip: at },
        fingerprint: null,
        probedBy: 'ipp',
      },
    ]);
  });

  it('is found in a range, of which is named who does not say who it is', async () => {
    const [third, fourth] = [`127.8.${block + 20}.3`, `127.8.${block + 20}.4`];
    await printerAt(third, { serial: 'RANGE-3' });
    await printerAt(fourth, { serial: 'RANGE-4', ip: '10.9.9.9' });
    work();
    const { results, nobody, ended } = await cameOf(
      await ask([{ at: `127.8.${block + 20}.1-127.8.${block + 20}.60` }]),
    );
    const of = (at: string) => results.filter(({ address: one }) => one === at);
    expect(of(third)).toMatchObject([{ line: 1, outcome: 'found', serial: 'RANGE-3' }]);
    const reason = 'open device API: what answers says that it is at 10.9.9.9';
    expect(of(fourth)).toMatchObject([{ line: 1, outcome: 'notReached', reason }]);
    // On loopback every address refuses connections where nobody listens, as a printer of SNMPv3 alone does.
    const others = results.filter(({ address: one }) => one !== third && one !== fourth);
    expect(others).toHaveLength(58);
    for (const { outcome, reason: why } of others)
      expect([outcome, why]).toEqual(['notReached', expect.stringContaining('ECONNREFUSED')]);
    expect([nobody, ended]).toEqual([0, 'done']);
  });

  /** It answers nothing of what says who it is. */
  const silentAt = async (...ports: readonly number[]): Promise<void> => {
    for (const port of ports) open.push(await openSilentHost(address, port));
  };
  const silentAgent = async (): Promise<void> => {
    const udp = createSocket('udp4').bind(snmpPort, address);
    open.push({ close: () => new Promise<void>((closed) => udp.close(closed)) });
    await once(udp, 'listening');
  };
  const lookInRange = async () => {
    work();
    return cameOf(await ask([{ at: `${address}-${address}` }]));
  };

  it.runIf(isOne)('is nobody in a range where all is silent', async () => {
    await silentAt(devicePort, ippPort, pagePort);
    await silentAgent();
    expect(await lookInRange()).toMatchObject({ results: [], nobody: 1 });
  });

  it.runIf(isOne)('is named in a range where it has its page alone, and is sent nothing there', async () => {
    await silentAt(devicePort, ippPort);
    await silentAgent();
    const canary = await openCanary(address, pagePort);
    open.push(canary);
    expect(await lookInRange()).toMatchObject({
      results: [
        { address, outcome: 'notReached', reason: startsWith(`it takes connections at ${pagePort}; `) },
      ],
      nobody: 0,
    });
    expect(Buffer.concat(canary.heard)).toHaveLength(0);
  });

  it.skipIf(withoutSnmpd ?? !isOne).each([
    { who: 'whose community is another', probeCommunity: 'of-others' },
    { who: 'while no community is set', probeCommunity: null },
  ])('is named in a range where its agent names its engine, $who', async ({ probeCommunity }) => {
    await fed.feed(settings({ probeCommunity }));
    await silentAt(devicePort, ippPort, pagePort);
    const printer = { model: 'LaserJet', name: 'printer', mac: '3c5282aa0001' };
    const agent = await startSnmpd(address, snmpPort, printer);
    open.push({ close: () => agent.stop() });
    expect(await lookInRange()).toMatchObject({
      results: [{ address, outcome: 'notReached', reason: startsWith('it answers SNMP; ') }],
      nobody: 0,
    });
  });

  it.skipIf(withoutDnsmasq ?? !isOne)('is found where its name leads now, and nowhere else', async () => {
    const dnsPort = await freePort();
    const records = ['printer.one.test', 'outside.one.test'].map(
      (host, n) => `--host-record=${host},${[address, '192.0.2.1'][n]}`,
    );
    const words = [
      '--no-daemon',
      '--no-resolv',
      '--no-hosts',
      '--conf-file=/dev/null',
      '--user=',
      '--pid-file=',
      '--local=/test/',
    ];
    const listen = [`--port=${dnsPort}`, '--listen-address=127.0.0.1', '--bind-interfaces'];
    const dns = spawn('dnsmasq', [...words, ...listen, ...records], { stdio: 'ignore' });
    open.push({ close: () => dns.kill() });
    await printerAt(address, { hostname: null });
    work([`127.0.0.1:${dnsPort}`]);
    await until(
      'DNS answers',
      async () => (await lookFor({ at: 'nobody.one.test' }))[0]?.reason === 'DNS has no address for it',
    );
    expect(await lookFor({ at: 'printer.one.test' }, { at: 'outside.one.test' })).toMatchObject([
      { address, outcome: 'found' },
      {
        outcome: 'refused',
        reason: 'outside.one.test leads to 192.0.2.1, which lies outside the device networks',
      },
    ]);
    expect(await fed.told(deviceDiscovered)).toMatchObject([
      { identity: { hostname: 'printer.one.test', ip: address } },
    ]);
  });

  it.runIf(isOne)('is not taken for another one that the list names', async () => {
    await printerAt(address);
    work();
    expect(await lookFor({ at: address, serial: 'ANOTHER-1' })).toMatchObject([
      {
        outcome: 'refused',
        serial: exampleIdentity.serial,
        reason: expect.stringContaining('the list has ANOTHER-1') as unknown,
      },
    ]);
    expect(await fed.told(deviceDiscovered)).toEqual([]);
  });

  it.runIf(isOne)('is kept out or held by the rules for announcements', async () => {
    await printerAt(address);
    work();
    await fed.feed(settings({ serialFilter: true }));
    expect(await lookFor({ at: address })).toMatchObject([
      { outcome: 'refused', reason: 'its serial number is not on the list of serial numbers' },
    ]);
    await fed.feed(settings({ approval: true }));
    expect(await lookFor({ at: address })).toMatchObject([{ outcome: 'held', deviceId: null }]);
    expect(await fed.told(deviceQuarantined)).toMatchObject([{ peerAddress: address }]);
    expect(await fed.told(announcementFiltered)).toEqual([]);
    await fed.feed(settings({ authentication: 'mutual' }));
    expect(await fed.told(deviceDiscovered)).toEqual([]);
  });

  it.runIf(isOne)(
    'is a claim where its serial number is known elsewhere, and whoever is still there speaks against it',
    async () => {
      const before = someAddress();
      await printerAt(before);
      await fed.feed(announces(before, null));
      await gone();
      await printerAt(address);
      work();
      const [claimed] = await lookFor({ at: address });
      expect(claimed).toMatchObject({ outcome: 'claimed', serial: exampleIdentity.serial });
      // A closed port answers: something is still there, and a person decides.
      expect(await until('it is told', async () => (await fed.told(deviceConflicted))[0])).toMatchObject({
        known: { ip: before },
        claimed: { ip: address },
        announcements: [],
        because: 'answers',
      });
    },
  );

  it.runIf(isOne)(
    'is a claim where nobody understands what its old address answers: that is asked once more, and no further',
    async () => {
      const before = someAddress();
      await fed.feed(announces(before, null));
      const { key, certificate } = await selfSigned({ commonName: 'device' });
      let times = 0;
      const old = createServer({ key, cert: certificate }, (_, response) => {
        times += 1;
        response.end('nonsense');
      });
      open.push({ close: () => new Promise((closed) => old.close(closed)) });
      await new Promise<void>((resolve) => old.listen(devicePort, before, resolve));
      await printerAt(address);
      work();
      expect(await lookFor({ at: address })).toMatchObject([{ outcome: 'claimed' }]);
      const [conflict] = await until('it is told', async () => {
        const told = await fed.told(deviceConflicted);
        return told.length > 0 && told;
      });
      expect([conflict?.because, times]).toEqual(['answers', 2]);
    },
    30_000,
  );

  it.runIf(isOne)(
    'moves nowhere by its certificate, which whoever passes its words on shows as well',
    async () => {
      const fingerprint = await printerAt(address);
      await fed.feed(announces(address, fingerprint));
      const relay = someAddress();
      const server = createTcpServer((client) => {
        const printer = connect(devicePort, address);
        client.pipe(printer).pipe(client);
        client.on('error', () => undefined).on('close', () => printer.destroy());
        printer.on('error', () => undefined).on('close', () => client.destroy());
      });
      open.push({ close: () => new Promise((closed) => server.close(closed)) });
      await new Promise<void>((resolve) => server.listen(devicePort, relay, resolve));
      work();
      expect(await lookFor({ at: relay })).toMatchObject([
        { outcome: 'notReached', reason: `open device API: what answers says that it is at ${address}` },
      ]);
      expect(await fed.told(deviceReconciled)).toEqual([]);
    },
  );

  it.runIf(isOne)('is asked inside the device networks alone, also once they are others', async () => {
    const canary = await openCanary(address, devicePort);
    open.push(canary);
    await fed.feed(settings({ deviceNetworks: ['10.0.0.0/8'] }));
    work();
    expect(await lookFor({ at: address }, { at: '127.0.0.1' }, { at: '224.0.0.1' })).toMatchObject([
      { outcome: 'refused', reason: 'it lies outside the device networks' },
      { outcome: 'refused' },
      { outcome: 'refused' },
    ]);
    expect(canary.heard).toEqual([]);
  });

  it('is asked once for two who look for it at a time', async () => {
    await printerAt(address);
    const [one, two] = [await ask([{ at: address }]), await ask([{ at: `${address}-${address}` }])];
    work();
    const all = [await cameOf(one), await cameOf(two)];
    expect(all.flatMap(({ results }) => results.map(({ serial }) => serial))).toEqual([
      exampleIdentity.serial,
      exampleIdentity.serial,
    ]);
    expect(await fed.told(deviceDiscovered)).toHaveLength(1);
  });

  it('is not asked any more once its search is called off, whichever word comes first', async () => {
    const canary = await openCanary(address, devicePort);
    open.push(canary);
    const discoveryId = randomUUID();
    const cancel = () => published(discoveryCancelRequested.draft({ discoveryId, requestedBy: 'admin' }));
    await fed.feed(cancel());
    const part = {
      discoveryId,
      part: 1,
      parts: 2,
      wanted: [{ line: 1, at: address, serial: null }],
      requestedBy: 'admin',
    };
    await fed.feed(published(discoveryRequested.draft(part)));
    work();
    expect(await cameOf(discoveryId)).toEqual({ results: [], nobody: 0, ended: 'cancelled' });
    await fed.feed(published(discoveryRequested.draft({ ...part, part: 2 })));
    expect(await store.query('select * from discovery.search_part')).toEqual([]);
    expect(canary.heard).toEqual([]);
  });

  it('waits until all parts of its list came', async () => {
    const discoveryId = randomUUID();
    const part = (nth: number, at: string) =>
      published(
        discoveryRequested.draft({
          discoveryId,
          part: nth,
          parts: 2,
          wanted: [{ line: nth, at, serial: null }],
          requestedBy: 'a',
        }),
      );
    await printerAt(address);
    await fed.feed(settings({ probeCommunity: null }));
    work();
    await fed.feed(part(2, address));
    await until('the second is found', async () => (await fed.told(deviceDiscovered)).length === 1);
    await until('it is told', async () => (await fed.told(discoveryProgressed)).length > 0);
    expect((await fed.told(discoveryProgressed)).map(({ ended }) => ended)).not.toContain('done');
    await fed.feed(part(1, someAddress()));
    expect((await cameOf(discoveryId)).results).toMatchObject([
      { outcome: 'notReached' },
      { outcome: 'found' },
    ]);
  });

  it('is found where it answers to multicast, and is believed no more than at an address of a list', async () => {
    const { byMdns, bySlp } = await onGroup();
    const [other, moved] = [someAddress(), someAddress()];
    const canary = await openCanary('127.9.1.1', devicePort);
    open.push(canary);
    await printerAt(address, { serial: 'MDNS-1' });
    await printerAt(other, { serial: 'SLP-1' });
    // Says that it is somewhere else than where it was named.
    await printerAt(moved, { serial: 'ELSE-1', ip: '10.9.9.9' });
    await byMdns(address, [address, '127.9.1.1']);
    await bySlp(other, [`service:printer:ipp://${other}/ipp`, `service:printer:ipp://${moved}/ipp`]);
    work();
    const { results, ended } = await cameOf(await ask([{ at: 'multicast:4' }]));
    const at = [address, other, moved];
    expect(results.toSorted((a, b) => at.indexOf(a.address) - at.indexOf(b.address))).toMatchObject([
      { line: 1, address, outcome: 'found', serial: 'MDNS-1' },
      { line: 1, address: other, outcome: 'found', serial: 'SLP-1' },
      {
        line: 1,
        address: moved,
        outcome: 'notReached',
        reason: 'open device API: what answers says that it is at 10.9.9.9',
      },
    ]);
    const told = await fed.told(discoveryProgressed);
    expect([told.at(-1)?.named, ended]).toEqual([3, 'done']);
    expect(canary.heard).toEqual([]);
    expect((await fed.told(deviceDiscovered)).map(({ trigger, proof }) => [trigger, proof])).toEqual([
      ['discovered', 'first'],
      ['discovered', 'first'],
    ]);
  });

  it.runIf(isOne)('that answers to no multicast is said, and so is who could not ask', async () => {
    await onGroup();
    work();
    const line = { line: 1, address: 'multicast:4', outcome: 'notReached' };
    expect(await lookFor({ at: 'multicast:4' })).toMatchObject([
      { ...line, reason: 'nobody answered by mDNS or SLP' },
    ]);
    asking = { ...asking, from: ['10.255.255.254'] };
    await workers?.stop();
    work();
    expect(await lookFor({ at: 'multicast:4' })).toMatchObject([
      {
        ...line,
        reason: expect.stringMatching(/^from 10\.255\.255\.254 nobody could be asked: /) as unknown,
      },
    ]);
    asking = {};
    await workers?.stop();
    work();
    expect(await lookFor({ at: 'multicast:4' })).toMatchObject([
      { ...line, reason: 'this machine has no IPv4 address in a device network to ask from' },
    ]);
  });

  it.runIf(isOne)('is not asked once its search is called off while everybody is', async () => {
    const { byMdns } = await onGroup();
    const canary = await openCanary(address, devicePort);
    open.push(canary);
    const id = await ask([{ at: 'multicast:4' }]);
    const cancelled = published(discoveryCancelRequested.draft({ discoveryId: id, requestedBy: 'admin' }));
    let heard = false;
    await byMdns(address, [address]);
    const { mdns } = asking;
    if (!mdns?.group) throw new Error('there is a group');
    open.push(await startResponder(mdns.group, someAddress(), () => void (heard = true)));
    work();
    await until('everybody is asked', () => heard);
    await fed.feed(cancelled);
    expect(await cameOf(id)).toEqual({ results: [], nobody: 0, ended: 'cancelled' });
    expect(await store.query('select * from discovery.search_part')).toEqual([]);
    expect(canary.heard).toEqual([]);
  });
});
