// A printer of old that speaks SNMPv1 and nothing else is found, and assessed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import { defaultSettings } from '#events/settings';
import { connect, openersOn } from '../../apps/assessment/connect.js';
import { nothingHeld } from '../../apps/assessment/credentials/held.js';
import { waysOfAsking, whoIs } from '../../apps/discovery/who-is.js';
import { freePort } from '../../scripts/free-port.mjs';
import { networks, somePlace, type Place } from '../support/snmp-peer.js';
import { community, startSnmpd, withoutSnmpd, type Snmpd } from '../support/snmpd.js';

const { signal } = new AbortController();
const serial = 'VNB3K12345';
const printer = { serial, model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001' };
const oid = settingsCatalogue.get('svc.telnet')?.by.snmp?.oid ?? '';

describe.skipIf(withoutSnmpd)('a printer of SNMPv1 alone', () => {
  let there: Place = { address: '', port: 0 };
  let snmpd: Snmpd;
  beforeAll(async () => {
    there = await somePlace();
    const objects = [{ oid, type: 'integer', value: 1, access: 'rw' }] as const;
    snmpd = await startSnmpd(there.address, there.port, { ...printer, objects, version: 'v1' });
  });
  afterAll(() => snmpd.stop());

  it('says who it is, and how it is set', async () => {
    const ports = { devicePort: await freePort(), snmpPort: there.port, ippPort: await freePort() };
    const settings = { ...defaultSettings, deviceNetworks: networks, probeCommunity: community };
    const answer = await whoIs(there.address, { ways: waysOfAsking(ports), settings, signal, attempt: 1 });
    if (answer.kind !== 'found') throw new Error(answer.reason);
    expect(answer.found).toMatchObject({ probedBy: 'snmp', identity: { serial } });
    const of = { identity: answer.found.identity, fingerprint: null, networks, community };
    const held = nothingHeld({ deviceId: 'none', serial, fingerprint: null, vouched: false });
    const nothing = { authorities: [], trusted: null, known: null, held };
    const device = connect({ ...of, ...nothing }, openersOn(ports), null);
    const said = await device.read(new Set(['svc.telnet']), signal);
    device.close();
    expect(said).toMatchObject({ kind: 'answered', value: { values: new Map([['svc.telnet', true]]) } });
  });
});
