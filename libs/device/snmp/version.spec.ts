// Which version of SNMP a community is asked in, where nobody said it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  networks,
  partsOf,
  somePlace,
  startPeer,
  startRelay,
  type Place,
} from '../../../test/support/snmp-peer.js';
import { community, startSnmpd, withoutSnmpd, writeCommunity } from '../../../test/support/snmpd.js';
import { settingsCatalogue } from '../catalogue.js';
import { openCommunities } from './communities.js';
import { openSnmp } from './driver.js';

const { signal } = new AbortController();
const serial = 'VNB3K12345';
const printer = { serial, model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001' };
const oid = settingsCatalogue.get('svc.telnet')?.by.snmp?.oid ?? '';
const objects = [{ oid, type: 'integer', value: 1, access: 'rw' }] as const;
const keys = new Set(['svc.telnet']);
const reading = (on: boolean) => ({
  kind: 'answered',
  value: { values: new Map([['svc.telnet', on]]), failed: new Map() },
});
const access = { version: 'clear', community } as const;

/** As it stands in each message. */
const versionIn = (request: Uint8Array): number => partsOf(request).head[0]?.at(-1) ?? -1;

const open: { stop(): unknown }[] = [];
afterAll(async () => {
  for (const each of open) await each.stop();
});

describe.skipIf(withoutSnmpd)('a real agent of SNMPv1 alone', () => {
  let there: Place = { address: '', port: 0 };
  beforeAll(async () => {
    there = await somePlace();
    open.push(await startSnmpd(there.address, there.port, { ...printer, objects, version: 'v1' }));
  });

  it('says nothing by v2c', async () => {
    const driver = openSnmp({ ...there, networks, access: { version: 'v2c', community }, serial });
    expect(await driver.identify(signal)).toMatchObject({ kind: 'unreachable' });
    driver.close();
  });

  it('is identified, read and written', async () => {
    const driver = openCommunities(
      { ...there, networks, serial },
      { read: community, write: writeCommunity },
    );
    expect(await driver.identify(signal)).toMatchObject({
      value: { identity: { serial, mac: '3c:52:82:aa:00:01' } },
    });
    expect(await driver.read(keys, signal)).toEqual(reading(true));
    expect(await driver.write(new Map([['svc.telnet', false]]), signal)).toMatchObject({
      value: { applied: keys, refused: new Map() },
    });
    expect(await driver.read(keys, signal)).toEqual(reading(false));
    driver.close();
  });
});

describe.skipIf(withoutSnmpd)('a real agent of both', () => {
  /** The versions that it is asked in, once that is found out. */
  async function askedIn(drops: (answer: Buffer, nth: number) => boolean): Promise<readonly number[]> {
    const there = await somePlace();
    open.push(await startSnmpd(there.address, there.port, { ...printer, objects }));
    const versions: number[] = [];
    let answers = 0;
    const relay = await startRelay(there, (answer) => {
      if (drops(answer, (answers += 1))) return [];
      if (partsOf(answer).oids.length > 1) versions.push(versionIn(answer));
      return [answer];
    });
    const driver = openSnmp({ address: relay.address, port: relay.port, networks, access, serial });
    expect(await driver.identify(signal)).toMatchObject({ kind: 'answered' });
    driver.close();
    relay.stop();
    return [...new Set(versions)];
  }

  it('is spoken with by v2c', async () => {
    expect(await askedIn(() => false)).toEqual([1]);
  });

  it('is so, too, where the answer by v1 overtakes', async () => {
    let dropped = 0;
    const first = (answer: Buffer): boolean => versionIn(answer) === 1 && (dropped += 1) === 1;
    expect(await askedIn(first)).toEqual([1]);
    expect(dropped).toBeGreaterThan(1);
  });
});

it('who is silent is asked by both at once, and no oftener than by one', async () => {
  const versions: number[] = [];
  const peer = await startPeer((request) => {
    versions.push(versionIn(request));
    return [];
  });
  open.push(peer);
  const driver = openSnmp({ ...peer, networks, access, serial });
  expect(await driver.identify(signal)).toMatchObject({ kind: 'unreachable', host: 'unknown' });
  driver.close();
  expect(versions).toEqual([1, 0, 1, 0]);
});
