// Printers by all that they speak, none of it ours: Debian's snmpd, CUPS' ippeveprinter, and the open device API beside them.
// Announced or found in a range, told who they are, assessed with the Base policy, put right by SNMP SET (v2c and v3) and by the
// API, and looked at with snmpget and curl.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../../apps/agent/fleet.js';
import { settingsCatalogue } from '../../libs/device/catalogue.js';
import { policyTemplates } from '../../libs/documents/templates.js';
import { freePort } from '../../scripts/free-port.mjs';
import { Authority } from '../support/authority.js';
import { curl, withoutCurl } from '../support/curl.js';
import { plugIn, unplug } from '../support/fleet.js';
import { startIppeveprinter, withoutIppeveprinter } from '../support/ippeveprinter.js';
import { startMuster, type Muster } from '../support/muster.js';
import {
  snmpGet,
  snmpGetAs,
  startSnmpd,
  withoutSnmpd,
  withoutSnmpGet,
  writeCommunity,
} from '../support/snmpd.js';
import { unlikeRecommended } from '../support/snmpd-objects.js';
import { tcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const without = withoutCurl ?? withoutIppeveprinter ?? withoutSnmpd ?? withoutSnmpGet;
const limitMs = 120_000;
const counts = { api: 9, snmp: 6, snmp3: 3, ipp: 3 } as const;
const all = Object.values(counts).reduce((sum, count) => sum + count, 0);

interface Result {
  readonly setting: string;
  readonly title: string;
  readonly outcome: string;
  readonly driver: string | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly detail: string | null;
}
interface Detail {
  readonly serial: string;
  readonly ip: string;
  readonly mac: string;
  readonly model: string;
  readonly firmware: string | null;
  readonly status: string;
  readonly lastAssessment: { readonly results: readonly Result[] } | null;
}

const nth = (n: number): string => String(n + 1).padStart(2, '0');
const firmware = '2411097_058822';
const objects = unlikeRecommended(settingsCatalogue);
const base = policyTemplates.find(({ id }) => id === 'base')?.body.items ?? [];
const required = new Map(base.map((item) => [item.setting, item.required]));
/** Where SNMP has a setting, and what it says there once it is as the Base policy wants it. */
const wanted = new Map(
  base.flatMap(({ setting, required }) => {
    const syntax = settingsCatalogue.get(setting)?.by.snmp?.syntax;
    const oid = settingsCatalogue.get(setting)?.by.snmp?.oid;
    if (!syntax || oid === undefined) return [];
    const [number] =
      syntax.type === 'enum' ? ([...syntax.values].find(([, is]) => is === required) ?? []) : [];
    return [[setting, { oid, says: String(number ?? required) }] as const];
  }),
);
/** The last printer has not got it, as many a model. */
const lacking = 'svc.llmnr';
/** Of those whose communities may only read. */
const user = {
  name: 'muster',
  auth: 'SHA-256',
  authPassword: 'sign-it-well',
  priv: 'AES',
  privPassword: 'read-by-nobody',
  access: 'rw',
} as const;
const bySnmp = { snmp: { digit: 2 }, snmp3: { digit: 3 } } as const;
const networks = { api: '127.8.0', snmp: '127.8.1', snmp3: '127.8.3', ipp: '127.8.2' } as const;

describe.skipIf(without)(`${all} printers that speak what they speak`, () => {
  let muster: Muster;
  let fleet: Fleet | undefined;
  let snmpPort = 0;
  const open: { stop(): Promise<void> }[] = [];
  beforeAll(async () => {
    snmpPort = await freePort();
    const ippPort = await freePort();
    const environment = { MUSTER_SNMP_PORT: `${snmpPort}`, MUSTER_IPP_PORT: `${ippPort}` };
    muster = await startMuster({ size: 'embedded', environment });
    await plugInSnmp('snmp');
    await plugInSnmp('snmp3');
    await plugInIpp(ippPort);
    const { operator } = muster;
    const group = async (id: string, value: string, policyId: string | null): Promise<void> => {
      const filter = { field: 'ip', operator: 'inNetwork', value };
      const body = { name: id, kind: 'automatic', priority: 10, filter, members: [], policyId };
      await operator.ask('PUT', `/api/groups/${id}`, { version: 0, body });
    };
    await group('printers', '127.8.0.0/16', 'base');
    await group('signed', `${networks.snmp3}.0/24`, null);
    const { authPassword, privPassword } = user;
    const credential = {
      kind: 'snmpUser',
      user: user.name,
      auth: 'sha256',
      authPassword,
      priv: 'aes128',
      privPassword,
    };
    await operator.ask('PUT', '/api/credentials', { scope: 'group', id: 'signed', credential });
    await operator.switchOn();
    const switches = { probeCommunity: writeCommunity, autoGroupDiscoveryAutoRemediationEnable: true };
    await operator.changeSettings({ ...switches, maxNumberTasks: 30 });
    fleet = await plugIn(muster, { count: counts.api });
  }, 300_000);
  afterAll(async () => {
    await unplug(fleet);
    for (const each of open.toReversed()) await each.stop();
    await muster?.stop();
  }, 240_000);

  async function plugInSnmp(by: 'snmp' | 'snmp3'): Promise<void> {
    const started = Array.from({ length: counts[by] }, (_, n) => {
      const has = objects.filter(({ key }) => key !== lacking || n + 1 < counts[by]);
      const revision = {
        oid: '1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.6.0',
        type: 'string',
        value: firmware,
      } as const;
      return startSnmpd(`${networks[by]}.${n + 1}`, snmpPort, {
        ...{ serial: `VNB${bySnmp[by].digit}S000${nth(n)}`, model: 'LaserJet M612', name: `floor-${n + 1}` },
        mac: `3c5282aa${bySnmp[by].digit}0${nth(n)}`,
        // A setting of the catalogue is read from the same object.
        objects: [
          ...has.map(({ object }) => object).filter(({ oid }) => oid !== revision.oid),
          { ...revision, access: 'ro' },
        ],
        ...(by === 'snmp3' && { users: [user], usersAloneWrite: true }),
      });
    });
    open.push(...(await Promise.all(started)));
  }

  /** It listens on localhost alone: each has an address of its own before it. */
  async function plugInIpp(port: number): Promise<void> {
    const authority = await Authority.create('Of printers');
    const credentials = await authority.issue({ commonName: 'localhost', dnsNames: ['localhost'] });
    for (let n = 0; n < counts.ipp; n += 1) {
      const attributes = [
        'ATTR text printer-make-and-model "Example LaserJet 612"',
        `ATTR text printer-device-id "MFG:Example;MDL:LaserJet 612;CMD:PDF;SN:VNB3I000${nth(n)};"`,
        `ATTR uri printer-uuid "urn:uuid:1c852a4d-b800-1f08-abcd-3c5282aa20${nth(n)}"`,
        `ATTR text printer-firmware-string-version "${firmware}"`,
      ];
      const printer = await startIppeveprinter({ credentials, attributes });
      open.push(printer, await tcpProxy(`tcp://127.0.0.1:${printer.port}`, `${networks.ipp}.${n + 1}`, port));
    }
  }

  const changesOf = async (id: string) =>
    (
      await muster.operator.get<{
        items: readonly {
          changes: readonly { setting: string; after: unknown; driver: string; verified: boolean }[];
        }[];
      }>(`/api/devices/${id}/changes?limit=100`)
    ).items.flatMap(({ changes }) => changes);
  const devices = async (): Promise<readonly (Detail & { readonly id: string })[]> =>
    Promise.all(
      (await muster.operator.devices()).map(async ({ id }) => ({
        ...(await muster.operator.get<Detail>(`/api/devices/${id}`)),
        id,
      })),
    );
  const at = (some: readonly (Detail & { readonly id: string })[], by: keyof typeof counts) =>
    some
      .filter(({ ip }) => ip.startsWith(`${networks[by]}.`))
      .toSorted((one, other) => one.serial.localeCompare(other.serial));
  const resultsOf = ({ lastAssessment }: Detail): ReadonlyMap<string, Result> =>
    new Map((lastAssessment?.results ?? []).map((result) => [result.setting, result]));

  it('are found, told who they are, and put right by what each speaks', async () => {
    const { oid: telnet } = wanted.get('svc.telnet') ?? { oid: '' };
    for (const by of ['snmp', 'snmp3'] as const)
      expect(await snmpGet(`${networks[by]}.1`, snmpPort, telnet)).toBe('1');
    const ranges = [`${networks.snmp}.0/28`, `${networks.snmp3}.0/29`, `${networks.ipp}.1-${networks.ipp}.6`];
    const entries = ranges.map((address) => ({ address }));
    const { id } = await muster.operator.ask<{ id: string }>('POST', '/api/discoveries', { entries });
    await until(
      'the ranges are gone through',
      async () =>
        (await muster.operator.get<{ endedAt: string | null }>(`/api/discoveries/${id}`)).endedAt !== null,
      limitMs,
    );
    const settled = await muster.operator.settled(all, limitMs);
    expect(settled).toHaveLength(all);
  }, 300_000);

  it.each([
    ['SNMPv2c', 'snmp'],
    ['SNMPv3, where no community may write', 'snmp3'],
  ] as const)(
    'by %s: identified, changed as snmpget sees, verified; what one lacks is named',
    async (_, by) => {
      const printers = at(await devices(), by);
      const { digit } = bySnmp[by];
      expect(printers.map(({ serial, mac, model, firmware: says }) => [serial, mac, model, says])).toEqual(
        Array.from({ length: counts[by] }, (_, n) => [
          `VNB${digit}S000${nth(n)}`,
          `3c:52:82:aa:${digit}0:${nth(n)}`,
          'LaserJet M612',
          firmware,
        ]),
      );
      // Who is spoken with by a community alone would be lost without one.
      const byUser = by === 'snmp3';
      expect(printers.map(({ status }) => status)).toEqual(
        printers.map(() => (byUser ? 'compliant' : 'nonCompliant')),
      );
      for (const printer of printers) {
        const wrong = [...resultsOf(printer).values()].filter(({ outcome }) => outcome === 'nonCompliant');
        expect(wrong).toMatchObject(
          byUser ? [] : [{ setting: 'snmp.access', detail: expect.stringContaining('by a community') }],
        );
        const made = await changesOf(printer.id);
        expect(made.filter(({ driver, verified }) => driver !== 'snmp' || !verified)).toEqual([]);
        const own = new Set(made.map(({ setting }) => setting));
        expect(own.size).toBeGreaterThanOrEqual(10);
        expect([...own].filter((setting) => !wanted.has(setting))).toEqual([]);
      }
      const [first, last] = [printers.at(0), printers.at(-1)];
      if (!first || !last) throw new Error('there are some');
      for (const { id, ip } of printers) {
        for (const { setting } of await changesOf(id)) {
          const { oid, says } = wanted.get(setting) ?? { oid: '', says: '' };
          const seen = byUser
            ? await snmpGetAs(user, { address: ip, port: snmpPort }, oid)
            : await snmpGet(ip, snmpPort, oid);
          expect([ip, setting, seen]).toEqual([ip, setting, says]);
        }
      }
      expect(resultsOf(first).get(lacking)).toMatchObject({ outcome: 'remediated', driver: 'snmp' });
      expect(resultsOf(last).get(lacking)).toMatchObject({
        outcome: 'unsupported',
        title: 'LLMNR',
        after: null,
      });
    },
    120_000,
  );

  it('by the open device API: changed as curl sees, verified', async () => {
    const printers = at(await devices(), 'api');
    expect(printers.map(({ status }) => status)).toEqual(
      Array.from({ length: counts.api }, () => 'compliant'),
    );
    for (const { id, ip, ...rest } of printers) {
      const own = { ...rest, ip };
      const made = await changesOf(id);
      expect(made.length).toBeGreaterThanOrEqual(10);
      expect(made.filter(({ driver, verified }) => driver !== 'api' || !verified)).toEqual([]);
      const api = `https://${ip}:${muster.devicePort}/muster/v1`;
      const { settings } = await curl<{ settings: Readonly<Record<string, unknown>> }>(`${api}/settings`);
      const says = made.map(({ setting, after }) => [setting, after, settings[setting]]);
      expect(says).toEqual(
        made.map(({ setting }) => [setting, required.get(setting), required.get(setting)]),
      );
      const { hostname: _, ...who } = await curl<Detail & { readonly hostname: string | null }>(
        `${api}/identity`,
      );
      expect(own).toMatchObject(who);
    }
  }, 120_000);

  it('by IPPS and from outside: judged, and what cannot be set there is named with its reason', async () => {
    const printers = at(await devices(), 'ipp');
    expect(printers.map(({ serial, mac, model, firmware: says }) => [serial, mac, model, says])).toEqual(
      Array.from({ length: counts.ipp }, (_, n) => [
        `VNB3I000${nth(n)}`,
        `3c:52:82:aa:20:${nth(n)}`,
        'Example LaserJet 612',
        firmware,
      ]),
    );
    for (const printer of printers) {
      const results = resultsOf(printer);
      expect(results.get('svc.ipp')).toMatchObject({
        ...{ outcome: 'nonCompliant', driver: 'ipp', before: 'both', after: 'both' },
        detail: 'its IPP does not offer Set-Printer-Attributes',
      });
      // What CUPS' printer takes, whatever it is told.
      expect(results.get('tls.oldestVersion')).toMatchObject({
        ...{ outcome: 'nonCompliant', driver: 'probe', before: 'TLSv1' },
        detail: 'it can be read on this device, but not set by what serves it',
      });
      expect(results.get('svc.telnet')).toMatchObject({ outcome: 'compliant', driver: 'probe' });
      expect(results.get('panel.lock')).toMatchObject({ outcome: 'unsupported' });
    }
  }, 120_000);
});
