// Printers by all that they speak, none of it ours: Debian's snmpd, CUPS' ippeveprinter, and the open device API beside them.
// Announced or found in a range, told who they are, assessed with the Base policy, put right by SNMP SET and by the API, and
// looked at with snmpget and curl.
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
import { snmpGet, startSnmpd, withoutSnmpd, withoutSnmpGet, writeCommunity } from '../support/snmpd.js';
import { unlikeRecommended } from '../support/snmpd-objects.js';
import { tcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const without = withoutCurl ?? withoutIppeveprinter ?? withoutSnmpd ?? withoutSnmpGet;
const limitMs = 120_000;
const counts = { api: 9, snmp: 9, ipp: 3 } as const;
const all = counts.api + counts.snmp + counts.ipp;

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
/** Where SNMP has a setting, and what it says there once it is as the Base policy wants it. */
const wanted = new Map(
  (policyTemplates.find(({ id }) => id === 'base')?.body.items ?? []).flatMap(({ setting, required }) => {
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
    await plugInSnmp();
    await plugInIpp(ippPort);
    const { operator } = muster;
    const filter = { field: 'ip', operator: 'inNetwork', value: '127.8.0.0/16' };
    const body = { name: 'All', kind: 'automatic', priority: 10, filter, members: [], policyId: 'base' };
    await operator.ask('PUT', '/api/groups/all', { version: 0, body });
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

  async function plugInSnmp(): Promise<void> {
    const started = Array.from({ length: counts.snmp }, (_, n) => {
      const has = objects.filter(({ key }) => key !== lacking || n + 1 < counts.snmp);
      const revision = {
        oid: '1.3.6.1.4.1.11.2.3.9.4.2.1.1.3.6.0',
        type: 'string',
        value: firmware,
      } as const;
      return startSnmpd(`127.8.1.${n + 1}`, snmpPort, {
        ...{
          serial: `VNB3S000${nth(n)}`,
          model: 'LaserJet M612',
          name: `floor-${n + 1}`,
          mac: `3c5282aa10${nth(n)}`,
        },
        objects: [...has.map(({ object }) => object), { ...revision, access: 'ro' }],
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
      open.push(printer, await tcpProxy(`tcp://127.0.0.1:${printer.port}`, `127.8.2.${n + 1}`, port));
    }
  }

  const changesOf = async (id: string) =>
    (
      await muster.operator.get<{
        items: readonly { setting: string; after: unknown; driver: string; verified: boolean }[];
      }>(`/api/devices/${id}/changes?limit=500`)
    ).items;
  const devices = async (): Promise<readonly (Detail & { readonly id: string })[]> =>
    Promise.all(
      (await muster.operator.devices()).map(async ({ id }) => ({
        ...(await muster.operator.get<Detail>(`/api/devices/${id}`)),
        id,
      })),
    );
  const at = (some: readonly (Detail & { readonly id: string })[], network: string) =>
    some
      .filter(({ ip }) => ip.startsWith(`127.8.${network}.`))
      .toSorted((one, other) => one.serial.localeCompare(other.serial));
  const resultsOf = ({ lastAssessment }: Detail): ReadonlyMap<string, Result> =>
    new Map((lastAssessment?.results ?? []).map((result) => [result.setting, result]));

  it('are found, told who they are, and put right by what each speaks', async () => {
    const { oid: telnet } = wanted.get('svc.telnet') ?? { oid: '' };
    expect(await snmpGet('127.8.1.1', snmpPort, telnet)).toBe('1');
    const entries = [{ address: '127.8.1.1-127.8.1.20' }, { address: '127.8.2.1-127.8.2.6' }];
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

  it('by SNMP: identified, changed as snmpget sees, verified; what a printer lacks is named', async () => {
    const printers = at(await devices(), '1');
    expect(printers.map(({ serial, mac, model, firmware: says }) => [serial, mac, model, says])).toEqual(
      printers.map((_, n) => [`VNB3S000${nth(n)}`, `3c:52:82:aa:10:${nth(n)}`, 'LaserJet M612', firmware]),
    );
    expect(printers.map(({ status }) => status)).toEqual(printers.map(() => 'compliant'));
    for (const printer of printers) {
      const made = await changesOf(printer.id);
      expect(made.filter(({ driver, verified }) => driver !== 'snmp' || !verified)).toEqual([]);
      const own = new Set(made.map(({ setting }) => setting));
      expect(own.size).toBeGreaterThanOrEqual(10);
      expect([...own].filter((setting) => !wanted.has(setting))).toEqual([]);
    }
    const [first, last] = [printers.at(0), printers.at(-1)];
    if (!first || !last) throw new Error('there are some');
    for (const { setting } of await changesOf(first.id)) {
      const { oid, says } = wanted.get(setting) ?? { oid: '', says: '' };
      expect([setting, await snmpGet(first.ip, snmpPort, oid)]).toEqual([setting, says]);
    }
    expect(resultsOf(first).get(lacking)).toMatchObject({ outcome: 'remediated', driver: 'snmp' });
    expect(resultsOf(last).get(lacking)).toMatchObject({
      outcome: 'unsupported',
      title: 'LLMNR',
      after: null,
    });
  }, 120_000);

  it('by the open device API: changed as curl sees, verified', async () => {
    const printers = at(await devices(), '0');
    expect(printers.map(({ status }) => status)).toEqual(
      Array.from({ length: counts.api }, () => 'compliant'),
    );
    for (const { id, ip } of printers) {
      const made = await changesOf(id);
      expect(made.length).toBeGreaterThanOrEqual(10);
      expect(made.filter(({ driver, verified }) => driver !== 'api' || !verified)).toEqual([]);
      const url = `https://${ip}:${muster.devicePort}/muster/v1/settings`;
      const { settings } = await curl<{ settings: Readonly<Record<string, unknown>> }>(url);
      expect(Object.fromEntries(made.map(({ setting }) => [setting, settings[setting]]))).toEqual(
        Object.fromEntries(made.map(({ setting, after }) => [setting, after])),
      );
    }
  }, 120_000);

  it('by IPPS and from outside: judged, and what cannot be set there is named with its reason', async () => {
    const printers = at(await devices(), '2');
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
        detail: 'the device refused it: its IPP does not offer Set-Printer-Attributes',
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
