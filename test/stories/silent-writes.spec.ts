// Devices that answer what is read and are silent to what is written: a real snmpd, and the open device API. Each write costs seconds.
import { randomUUID, X509Certificate } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentStarted, type AssessmentFinished } from '#events/assessment';
import { exampleIdentity } from '#events/identity';
import { fingerprintOf } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { freePort } from '../../scripts/free-port.mjs';
import { Assessing, type Known, type Ports } from '../support/assessing.js';
import { networks, partsOf, pdus, somePlace, startRelay } from '../support/snmp-peer.js';
import { startSnmpd, withoutSnmpd, writeCommunity, type SnmpdObject } from '../support/snmpd.js';
import { startApi } from '../../apps/agent/device/api.js';
import { Device, freshConfiguration, type Configuration } from '../../apps/agent/device/device.js';
import { passwordHash } from '../../apps/agent/device/digest.js';

/** takes: it does what it is told, and does not say so. */
type Kind = 'takes' | 'ignores' | 'takesLate';

interface Silent {
  readonly known: Known;
  /** What it was told to set, one write after another. */
  readonly told: readonly string[];
}

const policy = {
  'svc.telnet': false,
  'tls.strength': 'high',
  'tls.legacyRenegotiation': false,
  'tls.fips': true,
} as const;
const all = Object.keys(policy);
/** The safe one, and the first that could cut Muster off. */
const tried = all.slice(0, 2);
const card = '1.3.6.1.4.1.11.2.4.3';
const objects: readonly (readonly [key: string, oid: string, value: number])[] = [
  ['svc.telnet', `${card}.7.19.0`, 1],
  ['tls.strength', `${card}.20.40.0`, 1],
  ['tls.legacyRenegotiation', `${card}.7.70.0`, 1],
  ['tls.fips', `${card}.20.59.0`, 0],
];
/** Nobody waits so long for an answer. */
const tooLateMs = 6_000;
/** Whoever takes late takes then. */
const late = Promise.withResolvers<void>();
const factoryPassword = 'the factory one';
const noAnswer: unknown = expect.stringMatching(/^it gave no answer when it was set: no answer/);
const stopped = 'not written: it answers what is read, but 2 writes got no answer and had no effect';

const closing: (() => unknown)[] = [];
let ports: Ports;
let assessing: Assessing;
let shown: Awaited<ReturnType<typeof selfSigned>>;

const identityAt = (ip: string) => {
  const [, , third, fourth] = ip.split('.');
  return { ...exampleIdentity, ip, serial: `SILENT-${third}-${fourth}` };
};

async function bySnmp(
  kind: Exclude<Kind, 'takesLate'>,
): Promise<Silent & { readonly ignore: () => unknown }> {
  let does = kind;
  const [agent, { address }] = [await somePlace(), await somePlace()];
  const identity = identityAt(address);
  const { serial, model } = identity;
  const rows = objects.map(([, oid, value]): SnmpdObject => {
    return { oid, type: 'integer', value, access: 'rw', range: [0, 3] };
  });
  const said = { serial, model, name: 'printer', mac: '3c5282aa0001', objects: rows };
  const snmpd = await startSnmpd(agent.address, agent.port, said);
  closing.push(() => snmpd.stop());
  const told = new Set<string>();
  const isSet = (request: Buffer): boolean => {
    const { type, oids } = partsOf(request);
    if (type !== pdus.set) return false;
    for (const [key, oid] of objects) if (oids.includes(oid)) told.add(key);
    return true;
  };
  const relay = await startRelay(
    agent,
    (answer, request) => (isSet(request) ? [] : [answer]),
    { address, port: ports.snmp },
    (request) => !isSet(request) || does === 'takes',
  );
  closing.push(() => relay.stop());
  return {
    ignore: () => (does = 'ignores'),
    known: { deviceId: randomUUID(), identity, fingerprint: null },
    get told() {
      return [...told];
    },
  };
}

async function byApi(kind: Kind, password: string | null = null): Promise<Silent> {
  const { address } = await somePlace();
  const identity = identityAt(address);
  const hash = password === null ? null : passwordHash(`muster ${identity.serial}`, password);
  let kept: Configuration = { ...freshConfiguration, passwordHash: hash };
  const told: string[] = [];
  const save = (configuration: Configuration): Promise<void> => {
    const { written } = configuration;
    told.push(...Object.keys(written).filter((key) => written[key] !== kept.written[key]));
    if (configuration.passwordHash !== kept.passwordHash) told.push('credential.admin');
    if (kind === 'takes') kept = configuration;
    if (kind !== 'takesLate') return delay(tooLateMs, undefined, { ref: false });
    return late.promise.then(() => void (kept = configuration));
  };
  const device = new Device({ identity, memory: { read: () => kept, save } });
  const api = await startApi({ device, identity: shown, host: address, port: ports.device });
  closing.push(() => api.stop());
  const fingerprint = fingerprintOf(new X509Certificate(shown.certificate).raw);
  return { known: { deviceId: randomUUID(), identity, fingerprint }, told };
}

beforeAll(async () => {
  ports = { device: await freePort(), snmp: await freePort(), ipp: await freePort() };
  shown = await selfSigned({ commonName: 'printer' });
  assessing = await Assessing.start(networks);
  await assessing.hold({ kind: 'snmpWrite', community: writeCommunity, unproved: true });
  await assessing.hold({ kind: 'admin', password: factoryPassword });
  await assessing.require(policy);
  assessing.work(ports);
});
afterAll(async () => {
  await assessing.stop();
  for (const close of closing.toReversed()) await close();
});

const triesOf = async ({ known: { deviceId } }: Silent): Promise<number> =>
  (await assessing.fed.told(assessmentStarted)).filter((told) => told.deviceId === deviceId).length;
const outcomesOf = ({ results }: AssessmentFinished) =>
  results.map(({ setting, outcome, detail }) => [setting, outcome, detail]);

describe('a device that is silent to what is written', () => {
  it.skipIf(withoutSnmpd).concurrent.each([
    ['SNMP', bySnmp],
    ['the open device API', byApi],
  ])(
    'by %s is told no more after two, once more soon, and what was not written is told',
    async (_, make) => {
      const device = await make('ignores');
      const result = await assessing.assess(device.known);
      expect(result).toMatchObject({ outcome: 'nonCompliant', changes: [] });
      expect(outcomesOf(result)).toEqual(
        all.map((key) => [key, 'nonCompliant', tried.includes(key) ? noAnswer : stopped]),
      );
      expect(new Set(device.told)).toEqual(new Set(tried));
      expect(await triesOf(device)).toBe(2);
    },
    90_000,
  );

  it.skipIf(withoutSnmpd).concurrent.each([
    ['SNMP', bySnmp],
    ['the open device API', byApi],
  ])(
    'and does it by %s is told all, as is seen by reading it again',
    async (_, make) => {
      const device = await make('takes');
      const result = await assessing.assess(device.known);
      expect(outcomesOf(result)).toEqual(all.map((key) => [key, 'remediated', null]));
      expect(result.changes.map(({ setting, verified }) => [setting, verified])).toEqual(
        all.map((key) => [key, true]),
      );
      expect(new Set(device.told)).toEqual(new Set(all));
      expect(await triesOf(device)).toBe(1);
    },
    90_000,
  );

  it.skipIf(withoutSnmpd).concurrent(
    'as what it has done before is undone is told no more after two, either',
    async () => {
      const device = await bySnmp('takes');
      const { taskId } = await assessing.assess(device.known);
      device.ignore();
      const { outcome, items } = await assessing.undo(device.known, taskId);
      expect(outcome).toBe('partly');
      expect(items.map(({ setting, outcome: how, detail }) => [setting, how, detail])).toEqual(
        all.toReversed().map((key, at) => [key, 'failed', at < 2 ? noAnswer : stopped]),
      );
    },
    90_000,
  );
});

it('a password that got no answer and does not let in counts, and the one before still opens it', async () => {
  await assessing.require({ 'svc.telnet': false, 'credential.admin': 'generated' });
  const device = await byApi('ignores', factoryPassword);
  const result = await assessing.assess(device.known);
  expect(outcomesOf(result)).toEqual([
    ['svc.telnet', 'nonCompliant', noAnswer],
    ['credential.admin', 'nonCompliant', noAnswer],
  ]);
  expect(await triesOf(device)).toBe(2);
  expect(await assessing.dryRun(device.known)).toMatchObject({ outcome: 'nonCompliant' });
}, 90_000);

it('a password that it takes long after it was written lets in by the next try that is due', async () => {
  const device = await byApi('takesLate', factoryPassword);
  await assessing.hold({ kind: 'admin', password: 'the next one' });
  await assessing.require({ 'credential.admin': 'stored' });
  const result = await assessing.assess(device.known);
  expect(outcomesOf(result)).toEqual([['credential.admin', 'nonCompliant', noAnswer]]);
  late.resolve();
  expect(await assessing.assess(device.known)).toMatchObject({ outcome: 'failed' });
  await assessing.store.query(`update assessment.credential_try set at = now() - interval '1 day'`);
  expect(await assessing.assess(device.known)).toMatchObject({ outcome: 'compliant' });
}, 90_000);
