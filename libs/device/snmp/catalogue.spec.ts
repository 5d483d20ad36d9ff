// Every setting of the catalogue that has an object, on a real agent that has all of them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unlikeRecommended } from '../../../test/support/snmpd-objects.js';
import { networks, somePlace, type Place } from '../../../test/support/snmp-peer.js';
import { startSnmpd, withoutSnmpd, writeCommunity, type Snmpd } from '../../../test/support/snmpd.js';
import { settingsCatalogue } from '../catalogue.js';
import { openSnmp } from './driver.js';

const { signal } = new AbortController();
const all = unlikeRecommended(settingsCatalogue);
const settings = new Map([...settingsCatalogue.values()].map((setting) => [setting.key, setting]));

describe.skipIf(withoutSnmpd)('a real agent with every setting', () => {
  let there: Place = { address: '', port: 0 };
  let snmpd: Snmpd;
  beforeAll(async () => {
    there = await somePlace();
    const objects = all.map(({ object }) => object);
    const printer = { serial: 'VNB3K12345', model: 'M', name: 'n', mac: '3c5282aa0001' };
    snmpd = await startSnmpd(there.address, there.port, { ...printer, objects });
  });
  afterAll(() => snmpd.stop());

  it('is read, made as recommended, and read again', async () => {
    const access = { version: 'v2c', community: writeCommunity } as const;
    const driver = openSnmp({ ...there, networks, access, serial: 'VNB3K12345' });
    const keys = new Set(all.map(({ key }) => key));
    const before = new Map(all.map(({ key, value }) => [key, value]));
    expect(await driver.read(keys, signal)).toEqual({
      kind: 'answered',
      value: { values: before, failed: new Map() },
    });

    const writable = all.flatMap(({ key }) => {
      const setting = settings.get(key);
      return setting?.by.snmp?.writable ? [[key, setting.recommended] as const] : [];
    });
    expect(await driver.write(new Map(writable), signal)).toEqual({
      kind: 'answered',
      value: { applied: new Set(writable.map(([key]) => key)), refused: new Map() },
    });
    expect(await driver.read(keys, signal)).toEqual({
      kind: 'answered',
      value: { values: new Map([...before, ...writable]), failed: new Map() },
    });
    driver.close();
  });
});
