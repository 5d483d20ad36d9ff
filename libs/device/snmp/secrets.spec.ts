// Secrets of a device set by SNMP, on Debian's snmpd: what is sent, and when its yes is believed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Credential } from '#device/credential';
import type { SnmpAccess } from '#device/snmp/access';
import { openSnmp } from '#device/snmp/driver';
import { networks, somePlace, type Place } from '../../../test/support/snmp-peer.js';
import { startSnmpd, withoutSnmpd, type Snmpd, type SnmpdObject } from '../../../test/support/snmpd.js';

const serial = 'VNB3K12345';
const oids = {
  write: '1.3.6.1.4.1.11.2.15.1.1.0',
  read: '1.3.6.1.4.1.11.2.15.1.2.0',
  password: '1.3.6.1.4.1.11.2.4.3.5.29.0',
} as const;
const text = (oid: string, value: string, access: SnmpdObject['access']) =>
  ({ oid, type: 'string', value, access }) as const;
const passwords = { authPassword: 'sign-it-well', privPassword: 'read-by-nobody' };
const byUser: SnmpAccess = {
  version: 'v3',
  user: 'muster',
  auth: { protocol: 'sha256', password: passwords.authPassword },
  priv: { protocol: 'aes128', password: passwords.privPassword },
};
const readWith = { kind: 'snmpRead', community: 'a-new-one', unproved: false } as const;
const writeWith = { ...readWith, kind: 'snmpWrite' } as const;

describe.skipIf(withoutSnmpd)('secrets of a real agent', () => {
  const started: Snmpd[] = [];
  let obeying: Place;
  let showing: Place;
  let hiding: Place;
  beforeAll(async () => {
    const start = async (access: SnmpdObject['access'], value: string): Promise<Place> => {
      const place = await somePlace();
      const objects = [text(oids.write, value, access), text(oids.read, value, access)];
      const users = [{ name: 'muster', auth: 'SHA-256', priv: 'AES', access: 'rw', ...passwords }] as const;
      const said = { serial, model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001', users };
      const all = [...objects, text(oids.password, 'NOT_SET', 'rw')];
      started.push(await startSnmpd(place.address, place.port, { ...said, objects: all }));
      return place;
    };
    obeying = await start('rw', 'public');
    showing = await start('stays', 'public');
    hiding = await start('stays', 'SET');
  });
  afterAll(async () => {
    for (const snmpd of started) await snmpd.stop();
  });

  async function set(place: Place, secret: Credential, access = byUser) {
    const driver = openSnmp({ ...place, networks, access, serial });
    const said = await driver.setSecret?.(secret, new AbortController().signal);
    driver.close();
    return said;
  }

  it('are communities, that it has then', async () => {
    const taken = { kind: 'answered', value: null };
    expect([await set(obeying, readWith), await set(obeying, writeWith)]).toEqual([taken, taken]);
    const now = started[0]?.values();
    expect([now?.get(oids.read), now?.get(oids.write)]).toEqual(['a-new-one', 'a-new-one']);
  });

  it('are not taken by one that says yes, and shows another; who shows none is believed', async () => {
    const other = { kind: 'failed', reason: expect.stringContaining('says another'), mayPass: false };
    expect([await set(showing, readWith), await set(showing, writeWith)]).toEqual([other, other]);
    const taken = { kind: 'answered', value: null };
    expect([await set(hiding, readWith), await set(hiding, writeWith)]).toEqual([taken, taken]);
  });

  it('are not the password of its pages, of which nothing would show whether it lets in', async () => {
    const password = { kind: 'admin', password: 'nobody-knows-it' } as const;
    expect(await set(obeying, password)).toMatchObject({ kind: 'unsupported' });
    expect(started[0]?.values().get(oids.password)).toBe('NOT_SET');
  });

  it('do not go by a community', async () => {
    const said = await set(obeying, readWith, { version: 'v2c', community: 'writers' });
    expect(said).toMatchObject({ kind: 'unsupported', reason: expect.stringContaining('encrypted') });
  });
});
