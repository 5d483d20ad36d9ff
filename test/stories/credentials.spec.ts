// Devices that let in only whoever has their password (R67): which credential is tried, how often, and how it is changed.
import { randomUUID, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { exampleIdentity } from '#events/identity';
import { exampleIpsecRule } from '#events/ipsec';
import { fingerprintOf, type Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { freePort } from '../../scripts/free-port.mjs';
import { startApi, type Api } from '../../apps/agent/device/api.js';
import { Device, freshConfiguration, type Configuration } from '../../apps/agent/device/device.js';
import { Assessing, type Known } from '../support/assessing.js';
import { somePlace } from '../support/snmp-peer.js';
import { community, startSnmpd, withoutSnmpd, writeCommunity } from '../support/snmpd.js';

const admin = (password: string) => ({ kind: 'admin', password }) as const;
const [right, other, third] = ['the-right-one', 'not-this-one', 'nor-this-one'];
const telnetOff = { 'svc.telnet': false };
const limitMs = 200_000;

let shown: Credentials;
let last = 0;
beforeAll(async () => {
  shown = await selfSigned({ commonName: 'printer', serialNumber: exampleIdentity.serial });
});

/** A device of this project, which can be cut off, and comes back with what it has kept. */
class Printer {
  readonly known: Known;
  kept: Configuration = freshConfiguration;
  requests = 0;
  missing: readonly string[] = [];
  /** Called when it has kept something, before it answers. */
  afterSave: (kept: Configuration) => Promise<void> = () => Promise.resolve();
  #api: Api | null = null;

  constructor(private readonly port: number) {
    const ip = `127.37.0.${(last += 1)}`;
    const fingerprint = fingerprintOf(new X509Certificate(shown.certificate).raw);
    this.known = { deviceId: randomUUID(), identity: { ...exampleIdentity, ip }, fingerprint };
  }

  get device(): Device {
    const save = async (configuration: Configuration): Promise<void> => {
      this.kept = configuration;
      await this.afterSave(configuration);
    };
    return new Device({
      ...{ identity: this.known.identity, missing: this.missing },
      memory: { read: () => this.kept, save },
    });
  }

  async up(): Promise<void> {
    const host = this.known.identity.ip;
    const counted = (): number => ((this.requests += 1), 0);
    this.#api = await startApi({
      device: this.device,
      identity: shown,
      host,
      port: this.port,
      delayMs: counted,
    });
  }

  async down(): Promise<void> {
    const api = this.#api;
    this.#api = null;
    await api?.stop();
  }
}

describe('a device with a password', () => {
  let assessing: Assessing;
  let printer: Printer;
  let port: number;
  beforeEach(async () => {
    const device = (port = await freePort());
    assessing = await Assessing.start(['127.37.0.0/16']);
    await assessing.require(telnetOff);
    assessing.work({ device, snmp: device });
    printer = new Printer(device);
    await printer.up();
  });
  afterEach(async () => {
    await printer.down();
    await assessing.stop();
  });
  const locked = (password: string = right) => printer.device.setPassword(password);
  const id = (): string => printer.known.deviceId;

  it(
    'is opened by the credential of the device, else of all; a wrong one is not tried again',
    async () => {
      await locked();
      await assessing.hold(admin(other), 'device', id());
      await assessing.hold(admin(right));
      expect(await assessing.assess(printer.known)).toMatchObject({ outcome: 'compliant' });
      expect(await assessing.tried(id())).toEqual({
        [`admin/device/${id()}@1`]: false,
        'admin/global@1': true,
      });
      printer.requests = 0;
      await assessing.assess(printer.known);
      const without = printer.requests;
      await assessing.hold(admin(third), 'device', id());
      printer.requests = 0;
      await assessing.assess(printer.known);
      // What was right comes first: the new one of the device is not tried at all.
      expect(printer.requests).toBe(without);
    },
    limitMs,
  );

  it(
    'is opened by its own credential when it was deleted, long ago, and is found again',
    async () => {
      await locked();
      await assessing.hold(admin(right), 'device', id());
      expect(await assessing.assess(printer.known)).toMatchObject({ outcome: 'compliant' });
      await assessing.forget(printer.known);
      await printer.device.write({ 'svc.telnet': true });
      const again = { ...printer.known, deviceId: randomUUID() };
      const { outcome, changes } = await assessing.assess(again);
      expect([outcome, changes.map(({ setting }) => setting)]).toEqual(['compliant', ['svc.telnet']]);
    },
    limitMs,
  );

  it(
    'is tried with two wrong ones in a task, and with the next in the next',
    async () => {
      await locked();
      await assessing.hold(admin(other), 'device', id());
      await assessing.hold(admin(third), 'device', id());
      await assessing.hold(admin(other));
      await assessing.hold(admin(right));
      await assessing.hold(admin('wrong-and-newest'));
      // In this order: the newest of the device, the newest of all, then what they were before.
      const first = await assessing.assess(printer.known);
      expect(first).toMatchObject({ outcome: 'failed' });
      expect(first.detail).toContain('password');
      expect(Object.values(await assessing.tried(id()))).toEqual([false, false]);
      expect(await assessing.assess(printer.known)).toMatchObject({ outcome: 'compliant' });
      expect(await assessing.tried(id())).toMatchObject({ 'admin/global@2': true });
    },
    limitMs,
  );

  it(
    'fresh from the box gets one of its own, kept before it has it, and never said',
    async () => {
      await assessing.require({ ...telnetOff, 'credential.admin': 'generated' });
      const result = await assessing.assess(printer.known);
      expect(result.results.map(({ setting, outcome }) => [setting, outcome])).toEqual([
        ['svc.telnet', 'remediated'],
        ['credential.admin', 'remediated'],
      ]);
      expect(result).toMatchObject({ outcome: 'compliant' });
      const kept = await assessing.kept('admin', id());
      const [password = ''] =
        typeof kept === 'object' && kept && 'password' in kept ? [String(kept.password)] : [];
      expect(password.length).toBe(24);
      const hash = printer.device.passwordHash;
      await printer.device.setPassword(password);
      expect(printer.device.passwordHash).toBe(hash);
      expect(await assessing.said()).not.toContain(password);
      const again = await assessing.assess(printer.known);
      expect(again).toMatchObject({ outcome: 'compliant', changes: [] });
    },
    limitMs,
  );

  it(
    'is changed to what operators set anew, by what it was before',
    async () => {
      await locked();
      await assessing.hold(admin(right));
      await assessing.hold(admin('a newer one'));
      await assessing.require({ 'credential.admin': 'stored' });
      const result = await assessing.assess(printer.known);
      expect(result).toMatchObject({ outcome: 'compliant' });
      expect(result.changes).toMatchObject([
        { setting: 'credential.admin', before: 'other', after: 'stored' },
      ]);
      const hash = printer.device.passwordHash;
      await locked('a newer one');
      expect(printer.device.passwordHash).toBe(hash);
    },
    limitMs,
  );

  it(
    'that nobody knows gets no secret that others have; one who was admitted does, and what is its own',
    async () => {
      await locked();
      const newcomer = { ...printer.known, approved: false };
      await assessing.hold(admin(right));
      const refused = await assessing.assess(newcomer);
      expect(refused).toMatchObject({ outcome: 'failed' });
      expect(refused.detail).toContain('nobody vouches');
      expect(await assessing.tried(id())).toEqual({});
      expect(await assessing.assess(printer.known)).toMatchObject({ outcome: 'compliant' });
      // What a person has admitted is that certificate: with another one it is a newcomer again.
      shown = await selfSigned({ commonName: 'other', serialNumber: exampleIdentity.serial });
      await printer.down();
      await printer.up();
      const fingerprint = fingerprintOf(new X509Certificate(shown.certificate).raw);
      const other = { ...newcomer, fingerprint };
      expect(await assessing.assess(other)).toMatchObject({ outcome: 'failed' });
      expect(await assessing.tried(id())).toEqual({ 'admin/global@1': true });
      await assessing.hold(admin(right), 'device', id());
      expect(await assessing.assess(other)).toMatchObject({ outcome: 'compliant' });
    },
    limitMs,
  );

  it(
    'that nobody knows, and that asks for none, is told none: neither in clear, nor to be set',
    async () => {
      const heard: Buffer[] = [];
      const socket = createSocket('udp4').on('message', (bytes) => heard.push(bytes));
      const { promise: bound, resolve } = Promise.withResolvers<void>();
      socket.bind(port, printer.known.identity.ip, resolve);
      await bound;
      await assessing.hold({ kind: 'snmpWrite', community: 'write-for-all', unproved: false });
      await assessing.hold(admin(right));
      await assessing.require({ ...telnetOff, 'svc.slp': false, 'credential.admin': 'stored' });
      printer.missing = ['svc.slp'];
      await printer.down();
      await printer.up();
      const result = await assessing.assess({ ...printer.known, approved: false });
      socket.close();
      expect(heard.filter((bytes) => bytes.includes('write-for-all'))).toEqual([]);
      expect(printer.device.passwordHash).toBe(null);
      expect(result.results.find(({ setting }) => setting === 'credential.admin')?.detail).toContain(
        'nobody vouches for',
      );
      expect(result.detail).toContain('nobody vouches that it is one of yours');
      const foreseen = async () =>
        (await assessing.dryRun(printer.known)).results.find(({ setting }) => setting === 'credential.admin');
      expect(await foreseen()).toMatchObject({
        wouldWrite: false,
        detail: expect.stringContaining('nobody vouches for') as string,
      });
      await assessing.require({ ...telnetOff, 'credential.admin': 'generated' });
      expect(await foreseen()).toMatchObject({ wouldWrite: true, detail: null });
    },
    limitMs,
  );

  it(
    'with one of its own that was refused for a while is opened by it again, and not tried all the time',
    async () => {
      await assessing.require({ ...telnetOff, 'credential.admin': 'generated' });
      expect(await assessing.assess(printer.known)).toMatchObject({ outcome: 'compliant' });
      const { kept } = printer;
      await locked('another for a while');
      await printer.down();
      await printer.up();
      expect(await assessing.assess(printer.known)).toMatchObject({ outcome: 'failed' });
      printer.kept = kept;
      await printer.down();
      await printer.up();
      expect(await assessing.assess(printer.known)).toMatchObject({ outcome: 'failed' });
      await assessing.agoBy(11);
      expect(await assessing.assess(printer.known)).toMatchObject({ outcome: 'compliant' });
    },
    limitMs,
  );

  it(
    'keeps it when what changed it is undone, which says so',
    async () => {
      await locked();
      await assessing.hold(admin(right));
      await assessing.require({ ...telnetOff, 'credential.admin': 'generated' });
      const { taskId } = await assessing.assess(printer.known);
      const hash = printer.device.passwordHash;
      const undone = await assessing.undo(printer.known, taskId);
      expect(undone.items.map(({ setting, outcome }) => [setting, outcome])).toEqual([
        ['svc.telnet', 'restored'],
        ['credential.admin', 'leftOut'],
      ]);
      expect(undone).toMatchObject({ outcome: 'undone', changes: [{ setting: 'svc.telnet' }] });
      expect(undone.detail).toContain('secrets are not put back');
      expect(printer.device.passwordHash).toBe(hash);
    },
    limitMs,
  );

  it.each([
    { what: 'with the new one, and says nothing', refuses: false },
    { what: 'before it has kept the new one', refuses: true },
  ])(
    'that dies $what, is opened afterwards',
    async ({ refuses }) => {
      await locked();
      await assessing.hold(admin(right));
      await assessing.require({ 'credential.admin': 'generated' });
      const before = printer.kept;
      let died = false;
      printer.afterSave = async () => {
        if (died) return;
        died = true;
        if (refuses) printer.kept = before;
        void printer.down();
        await new Promise(() => undefined);
      };
      const result = assessing.assess(printer.known);
      await expect.poll(() => died, { timeout: 60_000 }).toBe(true);
      await printer.down();
      await printer.up();
      // Whoever tries again finds it, in the same task or in the next.
      await result;
      expect(await assessing.assess(printer.known)).toMatchObject({ outcome: 'compliant' });
      expect(await assessing.kept('admin', id())).toMatchObject({ kind: 'admin' });
    },
    limitMs,
  );
});

describe.skipIf(withoutSnmpd)('a printer without a certificate', () => {
  it(
    'is told which of its own communities was kept back, before and after it is assessed, and gets it once that is meant',
    async () => {
      const { address: ip, port: snmp } = await somePlace();
      const { serial, model } = exampleIdentity;
      const telnet = '1.3.6.1.4.1.11.2.4.3.7.19.0';
      const snmpd = await startSnmpd(ip, snmp, {
        ...{ serial, model, name: 'printer', mac: '3c5282aa0001' },
        objects: [{ oid: telnet, type: 'integer', value: 1, access: 'rw', range: [0, 1] }],
      });
      onTestFinished(() => snmpd.stop());
      const assessing = await Assessing.start([`${ip}/32`], community);
      onTestFinished(() => assessing.stop());
      await assessing.require(telnetOff);
      assessing.work({ device: await freePort(), snmp });
      const known = { deviceId: randomUUID(), identity: { ...exampleIdentity, ip }, fingerprint: null };
      const own = { kind: 'snmpWrite', community: writeCommunity } as const;
      await assessing.hold({ ...own, unproved: false }, 'device', known.deviceId);
      const keptBack =
        'the SNMP write community of this device was not sent to it: no certificate is known by which it could prove itself, and it is not set with --unproved (muster credential set --help)';
      expect(await assessing.assess({ ...known, approved: false })).toMatchObject({
        outcome: 'nonCompliant',
        detail: expect.stringMatching(/noAccess.*not to whoever asks.*the SNMP write community/) as unknown,
      });
      expect(await assessing.dryRun(known)).toMatchObject({ outcome: 'nonCompliant', detail: keptBack });
      await assessing.hold({ ...own, unproved: true }, 'device', known.deviceId);
      expect(await assessing.dryRun(known)).toMatchObject({ outcome: 'nonCompliant', detail: null });
      expect(await assessing.assess({ ...known, approved: false })).toMatchObject({
        outcome: 'compliant',
        detail: null,
      });
      expect(snmpd.values().get(telnet)).toBe('0');
    },
    limitMs,
  );

  it(
    'has no rules of IPsec, and a policy that asks for these alone is told so, as the policy says',
    async () => {
      const { address: ip, port: snmp } = await somePlace();
      const { serial, model } = exampleIdentity;
      const snmpd = await startSnmpd(ip, snmp, { serial, model, name: 'printer', mac: '3c5282aa0001' });
      onTestFinished(() => snmpd.stop());
      const assessing = await Assessing.start([`${ip}/32`], community);
      onTestFinished(() => assessing.stop());
      assessing.work({ device: await freePort(), snmp });
      const known = { deviceId: randomUUID(), identity: { ...exampleIdentity, ip }, fingerprint: null };
      const asked = async (unsupported: 'ignore' | 'fail') => {
        await assessing.require(
          {},
          { rules: [exampleIpsecRule], severity: 'high', remediate: true, unsupported },
        );
        return [await assessing.assess({ ...known, approved: false }), await assessing.dryRun(known)];
      };
      const results = [{ setting: 'ipsec.rules', outcome: 'unsupported' }];
      const ignored = { outcome: 'compliant', results };
      expect(await asked('ignore')).toMatchObject([ignored, ignored]);
      const demanded = { outcome: 'nonCompliant', results };
      expect(await asked('fail')).toMatchObject([demanded, demanded]);
    },
    limitMs,
  );
});

describe.skipIf(withoutSnmpd)('a printer that is read by everybody', () => {
  const passwords = { authPassword: 'sign-it-well', privPassword: 'read-by-nobody' };

  /** It is kept with these passwords for the printer's own user. */
  async function knownBy(authPassword: string) {
    const place = await somePlace();
    const ip = place.address;
    const telnet = '1.3.6.1.4.1.11.2.4.3.7.19.0';
    const { serial, model } = exampleIdentity;
    const start = (name: string) =>
      startSnmpd(ip, place.port, {
        ...{ serial, model, name: 'printer', mac: '3c5282aa0001' },
        objects: [{ oid: telnet, type: 'integer', value: 0, access: 'rw', range: [0, 1] }],
        users: [{ name, auth: 'SHA-256', priv: 'AES', access: 'rw', ...passwords }],
      });
    let snmpd = await start('muster');
    onTestFinished(() => snmpd.stop());
    const assessing = await Assessing.start([`${ip}/32`], community);
    onTestFinished(() => assessing.stop());
    await assessing.require(telnetOff);
    const algorithms = { auth: 'sha256', priv: 'aes128' } as const;
    await assessing.hold({ kind: 'snmpUser', user: 'muster', ...algorithms, ...passwords, authPassword });
    assessing.work({ device: await freePort(), snmp: place.port });
    const identity = { ...exampleIdentity, ip };
    const known = { deviceId: randomUUID(), identity, fingerprint: null, approved: false };
    const reset = async (): Promise<void> => {
      await snmpd.stop();
      snmpd = await start('somebody-else');
    };
    return {
      assess: () => assessing.assess(known),
      dryRun: () => assessing.dryRun(known),
      ago: (minutes: number) => assessing.agoBy(minutes),
      reset,
    };
  }

  it(
    'and has forgotten the user who let Muster in is not read by the public community, now or later',
    async () => {
      const { assess, ago, reset } = await knownBy(passwords.authPassword);
      expect(await assess()).toMatchObject({ outcome: 'compliant', detail: null });
      await reset();
      const refused = { outcome: 'failed', detail: 'it does not know this user of SNMPv3' };
      expect(await assess()).toMatchObject(refused);
      const detail = expect.stringContaining('asked by him again after a while') as unknown;
      expect(await assess()).toMatchObject({ outcome: 'failed', detail });
      await ago(11);
      expect(await assess()).toMatchObject(refused);
    },
    limitMs,
  );

  it.each([
    {
      what: 'refuses the user of SNMPv3 that is kept for it',
      authPassword: 'not-the-right-one',
      tells: true,
    },
    { what: 'lets in the user of SNMPv3 that is kept for it', authPassword: 'sign-it-well', tells: false },
  ])(
    'and $what is assessed: told is it $tells, each time',
    async ({ authPassword, tells }) => {
      const { assess, dryRun } = await knownBy(authPassword);
      // The second time he is not tried any more.
      const told = [await assess(), await assess(), await dryRun()];
      const detail = tells ? expect.stringContaining('refuses the user of SNMPv3') : null;
      expect(told).toMatchObject([
        { outcome: 'compliant', detail },
        { outcome: 'compliant', detail },
        { outcome: 'compliant', detail },
      ]);
    },
    limitMs,
  );
});
