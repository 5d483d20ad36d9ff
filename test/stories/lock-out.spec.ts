// One policy that changes every secret of a printer and turns off SNMPv1 and v2c, and the printer is managed by the new ones;
// also one that falls silent in the midst of it (R61, R67).
import { randomUUID, X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { exampleIdentity } from '#events/identity';
import { fingerprintOf, type Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { freePort } from '../../scripts/free-port.mjs';
import { startApi } from '../../apps/agent/device/api.js';
import { Device, freshConfiguration, type Configuration } from '../../apps/agent/device/device.js';
import { Assessing, type Known } from '../support/assessing.js';
import { networks, somePlace, startRelay, type Peer } from '../support/snmp-peer.js';
import {
  snmpGetAs,
  startSnmpd,
  withoutSnmpd,
  withoutSnmpGet,
  writeCommunity,
  type SnmpdObject,
} from '../support/snmpd.js';

const oids = {
  access: '1.3.6.1.4.1.11.2.4.3.7.27.0',
  setCommunity: '1.3.6.1.4.1.11.2.15.1.1.0',
  getCommunity: '1.3.6.1.4.1.11.2.15.1.2.0',
  telnet: '1.3.6.1.4.1.11.2.4.3.7.19.0',
} as const;
const text = (oid: string): SnmpdObject => ({ oid, type: 'string', value: 'NOT_SET', access: 'rw' });
const objects: readonly SnmpdObject[] = [
  { oid: oids.access, type: 'integer', value: 1, access: 'rw', range: [1, 5] },
  { oid: oids.telnet, type: 'integer', value: 1, access: 'rw', range: [0, 1] },
  text(oids.setCommunity),
  text(oids.getCommunity),
];
const user = {
  name: 'muster',
  auth: 'SHA-256',
  authPassword: 'authentication-1',
  priv: 'AES',
  privPassword: 'privacy-pass-1',
  access: 'rw',
} as const;
const secrets = z.object({ authPassword: z.string(), privPassword: z.string() });
const opened = z.object({ password: z.string() });
const community = z.object({ community: z.string() });

const policy = {
  'snmp.access': 'v3Only',
  'credential.admin': 'generated',
  'credential.snmpUser': 'generated',
  'credential.snmpWrite': 'generated',
  'credential.snmpRead': 'generated',
  'svc.telnet': false,
} as const;
const limitMs = 240_000;

describe.skipIf(withoutSnmpd !== null || withoutSnmpGet !== null)('a printer of two protocols', () => {
  const closing: (() => unknown)[] = [];
  let shown: Credentials;
  beforeAll(async () => {
    shown = await selfSigned({ commonName: 'printer', serialNumber: exampleIdentity.serial });
  });
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  /** @param silent whether no answer of its agent comes through */
  async function printer(silent: () => boolean) {
    const agent = await somePlace();
    const { serial, model } = exampleIdentity;
    const said = { serial, model, name: 'printer', mac: '3c5282aa0001', objects, users: [user] };
    const snmpd = await startSnmpd(agent.address, agent.port, said);
    closing.push(() => snmpd.stop());
    // Keys of a user whom it has just made net-snmp does not change (cloneFrom is unset), of one whom it has kept it does.
    await snmpd.restart();
    const relay: Peer = await startRelay(agent, (answer) => (silent() ? [] : [answer]));
    closing.push(() => relay.stop());
    let kept: Configuration = freshConfiguration;
    const save = (configuration: Configuration) => {
      kept = configuration;
      return Promise.resolve();
    };
    const identity = { ...exampleIdentity, ip: relay.address };
    // What its card has, SNMP says.
    const missing = ['snmp.access', 'svc.telnet'];
    const device = new Device({ identity, memory: { read: () => kept, save }, missing });
    await device.setPassword('the factory one');
    const port = await freePort();
    const api = await startApi({ device, identity: shown, host: relay.address, port });
    closing.push(() => api.stop());
    const fingerprint = fingerprintOf(new X509Certificate(shown.certificate).raw);
    const known: Known = { deviceId: randomUUID(), identity, fingerprint };
    return { known, device, snmpd, relay, ports: { device: port, snmp: relay.port } };
  }

  async function assessed(
    silent: () => boolean,
    about?: (sql: string, parameters: readonly unknown[]) => void,
  ) {
    const there = await printer(silent);
    const assessing = await Assessing.start(networks);
    closing.push(() => assessing.stop());
    await assessing.hold({ kind: 'admin', password: 'the factory one' });
    await assessing.hold({
      kind: 'snmpUser',
      user: user.name,
      auth: 'sha256',
      authPassword: user.authPassword,
      priv: 'aes128',
      privPassword: user.privPassword,
    });
    await assessing.hold({ kind: 'snmpWrite', community: writeCommunity, unproved: true });
    await assessing.require(policy);
    assessing.work(there.ports, about);
    return { ...there, assessing };
  }
  type There = Awaited<ReturnType<typeof assessed>>;

  /** By the eyes of others: the new secrets open it, the old ones do not. */
  async function isOpenedByTheNew({ assessing, known, device, snmpd, relay }: There): Promise<void> {
    const own = secrets.parse(await assessing.kept('snmpUser', known.deviceId));
    expect(await snmpGetAs({ ...user, ...own }, relay, oids.access)).toBe('3');
    await expect(snmpGetAs(user, relay, oids.access)).rejects.toThrow();
    const { password } = opened.parse(await assessing.kept('admin', known.deviceId));
    const hash = device.passwordHash;
    await device.setPassword(password);
    expect(device.passwordHash).toBe(hash);
    const objects = await snmpd.values();
    const write = community.parse(await assessing.kept('snmpWrite', known.deviceId));
    const read = community.parse(await assessing.kept('snmpRead', known.deviceId));
    expect([objects.get(oids.setCommunity), objects.get(oids.getCommunity)]).toEqual([
      write.community,
      read.community,
    ]);
    const said = await assessing.said();
    const all = [own.authPassword, own.privPassword, password, write.community, read.community];
    expect(all.filter((secret) => said.includes(secret))).toEqual([]);
    expect(new Set(all).size).toBe(5);
  }

  it(
    'gets new secrets, loses SNMPv1 and v2c, and is managed by the new ones',
    async () => {
      const there = await assessed(() => false);
      const result = await there.assessing.assess(there.known);
      expect(result.results.map(({ setting, outcome, detail }) => [setting, outcome, detail])).toEqual(
        Object.keys(policy).map((setting) => [setting, 'remediated', null]),
      );
      // What cuts off the way in comes when the other one was seen to lead in.
      expect(result.changes.map(({ setting }) => setting)).toEqual([
        'svc.telnet',
        'credential.admin',
        'credential.snmpUser',
        'credential.snmpWrite',
        'credential.snmpRead',
        'snmp.access',
      ]);
      await isOpenedByTheNew(there);
      const again = await there.assessing.assess(there.known);
      expect(again).toMatchObject({ outcome: 'compliant', changes: [] });
    },
    limitMs,
  );

  it(
    'that falls silent once it has new passwords is managed by them when it is back',
    async () => {
      let silent = false;
      const there = await assessed(
        () => silent,
        (sql, [kind]) => {
          if (sql.includes('into assessment.credential ') && kind === 'snmpUser') silent = true;
        },
      );
      const ending = there.assessing.assess(there.known);
      await expect
        .poll(() => there.assessing.kept('snmpUser', there.known.deviceId), { timeout: 60_000 })
        .not.toBe(null);
      const own = secrets.parse(await there.assessing.kept('snmpUser', there.known.deviceId));
      // Whether it took them, or they were lost on the way, is for Muster to find out.
      await there.snmpd.restart();
      silent = false;
      await ending;
      const result = await there.assessing.assess(there.known);
      expect(result).toMatchObject({ outcome: 'compliant' });
      await isOpenedByTheNew(there);
      expect(secrets.parse(await there.assessing.kept('snmpUser', there.known.deviceId))).toEqual(own);
    },
    limitMs,
  );
});
