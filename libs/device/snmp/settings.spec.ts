// Settings read from and written to a real agent, by each version of SNMP, and what becomes of it when it refuses.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  networks,
  partsOf,
  pdus,
  somePlace,
  startRelay,
  type Place,
} from '../../../test/support/snmp-peer.js';
import {
  community,
  snmpGet,
  startSnmpd,
  withoutSnmpd,
  withoutSnmpGet,
  writeCommunity,
  type Snmpd,
  type SnmpdObject,
  type SnmpdUser,
} from '../../../test/support/snmpd.js';
import type { SettingValue } from '../../events/device-setting.js';
import type { Catalogue } from '../catalogue.js';
import { category, choice, onOff, type SnmpSyntax } from '../catalogue/setting.js';
import type { SnmpAccess, UserAccess } from './access.js';
import { openSnmp } from './driver.js';
import { headerOf } from './usm/header.js';

const { signal } = new AbortController();
const jetDirect = '1.3.6.1.4.1.11.2.4.3';
const serial = 'VNB3K12345';
const printer = { serial, model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001' };

const oids = {
  telnet: `${jetDirect}.7.19.0`,
  ftp: `${jetDirect}.7.20.0`,
  hold: '1.3.6.1.4.1.11.2.3.9.4.2.1.1.6.1.10.0',
  idle: `${jetDirect}.5.10.0`,
  domain: `${jetDirect}.5.16.0`,
  syslog: `${jetDirect}.5.5.0`,
  password: `${jetDirect}.5.29.0`,
  files: '1.3.6.1.4.1.11.2.3.9.4.2.1.1.10.1.9.0',
  access: `${jetDirect}.7.27.0`,
  lpd: `${jetDirect}.7.22.0`,
  mdns: `${jetDirect}.7.29.0`,
} as const;
const switched: SnmpSyntax = {
  type: 'enum',
  values: new Map([
    [0, false],
    [1, true],
  ]),
};
const transfer: SnmpSyntax = {
  type: 'enum',
  values: new Map([0, 1, 2, 3].map((number) => [number, number > 0])),
};
const text = { type: 'text', pattern: /^.*$/, rule: 'a text' } as const;
const number = { type: 'number', min: 0, max: 10_080, unit: 'minutes' } as const;

const row = (key: string, type: Parameters<typeof rowOf>[1], oid: string, syntax: SnmpSyntax) =>
  rowOf(key, type, { oid, syntax, writable: true });
const rowOf = (
  key: string,
  type: ReturnType<typeof choice>,
  way: { readonly oid: string; readonly syntax: SnmpSyntax; readonly writable: boolean },
) => ({ key, title: key, type, severity: 'low', recommended: false, why: '', by: { snmp: way } }) as const;

const catalogue: Catalogue = new Map(
  category('Of a test', [
    row('svc.telnet', onOff, oids.telnet, switched),
    row('svc.ftp', onOff, oids.ftp, transfer),
    row('jobs.hold', number, oids.hold, { type: 'number' }),
    row('net.idle', number, oids.idle, { type: 'number' }),
    row('net.domain', text, oids.domain, { type: 'text' }),
    row('log.server', text, oids.syslog, { type: 'text' }),
    row('admin.passwordSet', onOff, oids.password, { type: 'present' }),
    row('fs.passwordSet', onOff, oids.files, { type: 'present' }),
    row('snmp.access', choice('readWrite', 'readOnly', 'none'), oids.access, {
      type: 'enum',
      values: new Map([
        [1, 'readWrite'],
        [2, 'readOnly'],
        [3, 'none'],
      ]),
    }),
    row('svc.lpd', onOff, oids.lpd, switched),
    row('svc.mdns', onOff, oids.mdns, switched),
  ]).map((setting) => [setting.key, setting]),
);
const all = new Set(catalogue.keys());

const rw = (
  oid: string,
  type: SnmpdObject['type'],
  value: SnmpdObject['value'],
  range?: SnmpdObject['range'],
) => ({ oid, type, value, access: 'rw', ...(range && { range }) }) as const;
/** Without mDNS: some have no such thing. */
const objects: readonly SnmpdObject[] = [
  rw(oids.telnet, 'integer', 1, [0, 1]),
  rw(oids.ftp, 'integer', 3, [0, 3]),
  rw(oids.hold, 'integer', 0, [0, 1440]),
  rw(oids.idle, 'gauge', 270, [0, 3600]),
  rw(oids.domain, 'string', 'example.com', [0, 20]),
  rw(oids.syslog, 'ipaddress', '0.0.0.0'),
  { oid: oids.password, type: 'string', value: 'NOT_SET', access: 'ro' },
  { oid: oids.files, type: 'string', value: '0', access: 'ro' },
  rw(oids.access, 'integer', 7),
  { oid: oids.lpd, type: 'integer', value: 1, access: 'ro' },
];
const before: Readonly<Record<string, SettingValue>> = {
  'svc.telnet': true,
  'svc.ftp': true,
  'jobs.hold': 0,
  'net.idle': 270,
  'net.domain': 'example.com',
  'log.server': '0.0.0.0',
  'admin.passwordSet': false,
  'fs.passwordSet': false,
  'svc.lpd': true,
};
const wanted: Readonly<Record<string, SettingValue>> = {
  'svc.telnet': false,
  'svc.ftp': false,
  'jobs.hold': 240,
  'net.idle': 600,
  'net.domain': 'print.example.com',
  'log.server': '10.1.2.3',
};

const passwords = { authPassword: 'sign-it-well', privPassword: 'read-by-nobody' };
const users: readonly SnmpdUser[] = [
  { name: 'sha256', auth: 'SHA-256', priv: 'AES', access: 'rw', ...passwords },
  { name: 'sha512', auth: 'SHA-512', priv: 'AES-256', access: 'rw', ...passwords },
  { name: 'sha1', auth: 'SHA', priv: 'AES', access: 'rw', ...passwords },
  { name: 'reeder', auth: 'SHA', priv: 'AES-256-C', access: 'rw', ...passwords },
  { name: 'reader', auth: 'MD5', priv: 'AES', access: 'ro', ...passwords },
];
const auth = { protocol: 'sha256', password: passwords.authPassword } as const;
const priv = { protocol: 'aes128', password: passwords.privPassword } as const;
const byUser: UserAccess = { version: 'v3', user: 'sha256', auth, priv };

describe.skipIf(withoutSnmpd)('a real agent', () => {
  let there: Place = { address: '', port: 0 };
  let snmpd: Snmpd;
  beforeAll(async () => {
    there = await somePlace();
    snmpd = await startSnmpd(there.address, there.port, { ...printer, objects, users });
  });
  afterAll(() => snmpd.stop());

  const driverBy = (access: SnmpAccess, of: string | null = serial) =>
    openSnmp({ ...there, networks, access, serial: of }, catalogue);
  const read = (access: SnmpAccess, of?: string) => {
    const driver = driverBy(access, of);
    return driver.read(all, signal).finally(() => driver.close());
  };
  const write = (access: SnmpAccess, changes: Readonly<Record<string, SettingValue>>, of?: string) => {
    const driver = driverBy(access, of);
    return driver.write(new Map(Object.entries(changes)), signal).finally(() => driver.close());
  };

  it.each<[string, SnmpAccess]>([
    ['SNMPv1', { version: 'v1', community: writeCommunity }],
    ['SNMPv2c', { version: 'v2c', community: writeCommunity }],
    ['SNMPv3, SHA-256 and AES-128', byUser],
    [
      'SNMPv3, SHA-512 and AES-256',
      {
        ...byUser,
        user: 'sha512',
        auth: { ...auth, protocol: 'sha512' },
        priv: { ...priv, protocol: 'aes256b' },
      },
    ],
    ['SNMPv3, SHA-1 and AES-128', { ...byUser, user: 'sha1', auth: { ...auth, protocol: 'sha1' } }],
    [
      'SNMPv3, SHA-1 and AES-256 of two keys',
      {
        ...byUser,
        user: 'reeder',
        auth: { ...auth, protocol: 'sha1' },
        priv: { ...priv, protocol: 'aes256r' },
      },
    ],
  ])('is read and written by %s, and stays so when it is switched off and on', async (_, access) => {
    const driver = driverBy(access);
    const reading = { values: new Map(Object.entries(before)), failed: new Map() };
    reading.failed.set('snmp.access', 'it says 7, of which no meaning is known');
    expect(await driver.read(all, signal)).toEqual({ kind: 'answered', value: reading });

    const written = await driver.write(new Map(Object.entries(wanted)), signal);
    expect(written).toEqual({
      kind: 'answered',
      value: { applied: new Set(Object.keys(wanted)), refused: new Map() },
    });
    const now = {
      telnet: '0',
      ftp: '0',
      hold: '240',
      idle: '600',
      domain: 'print.example.com',
      syslog: '10.1.2.3',
    };
    const values = snmpd.values();
    expect(Object.keys(now).map((name) => values.get(oids[name as keyof typeof now]))).toEqual(
      Object.values(now),
    );
    if (!withoutSnmpGet) {
      expect(await snmpGet(there.address, there.port, oids.hold)).toBe('240');
      expect(await snmpGet(there.address, there.port, oids.domain)).toBe('"print.example.com"');
    }

    await snmpd.restart();
    // By the same line: the clock of SNMPv3 began anew.
    expect(await driver.read(new Set(Object.keys(wanted)), signal)).toEqual({
      kind: 'answered',
      value: { values: new Map(Object.entries(wanted)), failed: new Map() },
    });
    const back = Object.entries(before).filter(([key]) => key in wanted);
    expect(await driver.write(new Map(back), signal)).toMatchObject({ value: { refused: new Map() } });
    driver.close();
  });

  it('names each refusal, and takes the rest', async () => {
    const changes = {
      'jobs.hold': 9_999,
      'svc.lpd': false,
      'svc.mdns': false,
      'net.domain': 'a-domain-that-is-much-too-long.example.com',
      'log.server': 'syslog.example.com',
      'admin.passwordSet': true,
      'snmp.access': 'something else',
      'svc.unknown': true,
      'svc.telnet': false,
    };
    expect(await write(byUser, changes)).toEqual({
      kind: 'answered',
      value: {
        applied: new Set(['svc.telnet']),
        refused: new Map([
          ['jobs.hold', 'the device answers wrongValue: it does not take this value'],
          ['svc.lpd', 'the device answers notWritable: it cannot be set'],
          ['svc.mdns', 'the device answers notWritable: it cannot be set'],
          ['net.domain', 'the device answers wrongValue: it does not take this value'],
          ['log.server', 'the device takes an IPv4 address there, and nothing else'],
          ['admin.passwordSet', 'it is a secret, and not set by a policy'],
          ['snmp.access', 'SNMP has no such value'],
          ['svc.unknown', 'it cannot be set by SNMP'],
        ]),
      },
    });
    const inVersion1 = await write({ version: 'v1', community: writeCommunity }, { 'jobs.hold': 9_999 });
    expect(inVersion1).toMatchObject({
      value: {
        refused: new Map([['jobs.hold', 'the device answers badValue: it does not take this value']]),
      },
    });
  });

  it('lets who may only read not write', async () => {
    const reader: SnmpAccess = { ...byUser, user: 'reader', auth: { ...auth, protocol: 'md5' } };
    for (const access of [{ version: 'v2c', community } as const, reader]) {
      expect(await write(access, { 'svc.telnet': false })).toMatchObject({
        value: { applied: new Set(), refused: new Map([['svc.telnet', expect.stringMatching(/noAccess/)]]) },
      });
    }
  });

  it('that is another device is left alone', async () => {
    const kept = snmpd.values();
    const reason = `what answers at ${there.address} is ${serial}, not CNB1N00001`;
    const failed = { kind: 'failed', reason, mayPass: false };
    expect(await write(byUser, { 'jobs.hold': 240 }, 'CNB1N00001')).toEqual(failed);
    expect(await read(byUser, 'CNB1N00001')).toEqual(failed);
    expect(snmpd.values()).toEqual(kept);
  });

  it.each<[string, Partial<SnmpAccess>, string]>([
    ['another user', { user: 'nobody' }, 'it does not know this user of SNMPv3'],
    [
      'another password',
      { auth: { ...auth, password: 'something-else' } },
      'the authentication password or protocol of this user of SNMPv3 is another',
    ],
    ['too low a level', { priv: null }, 'it lets this user see nothing (authorizationError)'],
  ])('denies %s, and is not asked twice', async (_, by, reason) => {
    const asked = new Set<string>();
    const relay = await startRelay(there, (answer, request) => {
      asked.add(request.toString('hex'));
      return [answer];
    });
    const access = { ...byUser, ...by } as SnmpAccess;
    const { address, port } = relay;
    const driver = openSnmp({ address, port, networks, access, serial }, catalogue);
    expect(await driver.read(all, signal)).toEqual({ kind: 'denied', reason });
    driver.close();
    relay.stop();
    // Who it is, and then once; what is only late is sent again as it was.
    expect(asked.size).toBe(2);
  });

  it.concurrent('that says nothing may be dead, or know another secret: so it is told', async () => {
    expect(await read({ version: 'v2c', community: 'public' })).toMatchObject({
      kind: 'unreachable',
      host: 'unknown',
      reason: expect.stringMatching(/knows another community/),
    });
  });

  it.concurrent.each<[string, Partial<UserAccess['priv']>]>([
    ['password', { password: 'something-else' }],
    ['protocol', { protocol: 'aes256b' }],
  ])('that is silent to another privacy %s answers who only signs: it is denied', async (_, other) => {
    const access: UserAccess = { ...byUser, priv: { ...priv, ...other } };
    const denied = {
      kind: 'denied',
      reason: 'the privacy password or protocol of this user of SNMPv3 is another',
    };
    const driver = openSnmp({ ...there, networks, access, serial }, catalogue);
    const said = [
      await driver.identify(signal),
      await driver.write(new Map([['svc.telnet', false]]), signal),
    ];
    driver.close();
    expect(said).toEqual([denied, denied]);
  });

  /** Who asks who it is does not know yet whom he asks. */
  const levelOf = (request: Buffer): number => headerOf(request)?.level ?? 0;
  it.concurrent.each<[string, (counted: number) => boolean, (answer: Buffer) => readonly Buffer[]]>([
    // A question is sent twice.
    ['was busy for one question', (counted) => counted > 2, (answer) => [answer]],
    ['says nothing to who only signs', () => false, () => []],
    [
      'has what it says to him changed on the way',
      () => false,
      (answer) => [Buffer.concat([answer.subarray(0, -1), Buffer.from([(answer.at(-1) ?? 0) ^ 1])])],
    ],
  ])('that %s is silent, and no more', async (_, answers, toSigned) => {
    let counted = 0;
    const relay = await startRelay(there, (answer, request) => {
      if (levelOf(request) === 1) return toSigned(answer);
      if (levelOf(request) === 3) counted += 1;
      return levelOf(request) === 0 || answers(counted) ? [answer] : [];
    });
    const { address, port } = relay;
    const driver = openSnmp({ address, port, networks, access: byUser, serial }, catalogue);
    const reason = expect.stringMatching(/^it has said who it is, and nothing after that/) as unknown;
    expect(await driver.read(all, signal)).toEqual({ kind: 'unreachable', host: 'alive', reason });
    driver.close();
    relay.stop();
  });

  it.concurrent('that falls silent in the midst of it has taken what it took', async () => {
    let sets = 0;
    const relay = await startRelay(there, (answer, request) => {
      sets += partsOf(request).type === pdus.set ? 1 : 0;
      return sets > 1 ? [] : [answer];
    });
    const access = { version: 'v2c', community: writeCommunity } as const;
    const { address, port } = relay;
    const driver = openSnmp({ address, port, networks, access, serial }, catalogue);
    const changes = { 'svc.telnet': true, 'jobs.hold': 60, 'svc.ftp': true };
    const written = await driver.write(new Map(Object.entries(changes)), signal);
    driver.close();
    relay.stop();
    expect(written).toMatchObject({
      kind: 'answered',
      value: {
        applied: new Set(['svc.telnet']),
        refused: new Map(),
        unanswered: {
          sent: new Map([
            ['jobs.hold', expect.stringMatching(/^it gave no answer when it was set: no answer/)],
          ]),
          unsent: new Map([['svc.ftp', expect.stringMatching(/^not tried: /)]]),
        },
      },
    });
  });
});

const channels = '1.3.6.1.2.1.43.14.1.1';
/** Row, kind, and whether data is accepted (RFC 3805): two of LPD, one of which is off. */
const rows = [
  [1, 11, 3],
  [2, 8, 4],
  [3, 44, 3],
  [5, 8, 3],
] as const;

describe.skipIf(withoutSnmpd)('a real agent without objects of HP', () => {
  let there: Place = { address: '', port: 0 };
  let snmpd: Snmpd;
  beforeAll(async () => {
    there = await somePlace();
    const table = rows.flatMap(([row, kind, state]): readonly SnmpdObject[] => [
      { oid: `${channels}.2.1.${row}`, type: 'integer', value: kind, access: 'ro' },
      rw(`${channels}.6.1.${row}`, 'integer', state, [3, 4]),
    ]);
    snmpd = await startSnmpd(there.address, there.port, { ...printer, objects: table });
  });
  afterAll(() => snmpd.stop());

  it.each(['v1', 'v2c'] as const)(
    'has channels of its jobs in a table: those of a kind are found, and set together, by SNMP%s',
    async (version) => {
      const access = { version, community: writeCommunity };
      const driver = openSnmp({ ...there, networks, access, serial });
      const reads = () => driver.read(new Set(['svc.lpd', 'svc.port9100', 'svc.ftp']), signal);
      const writes = (on: boolean) => driver.write(new Map([['svc.lpd', on]]), signal);
      const reading = (lpd: boolean) => ({
        kind: 'answered',
        value: {
          values: new Map([
            ['svc.lpd', lpd],
            ['svc.port9100', true],
          ]),
          failed: new Map(),
        },
      });
      const states = async () => {
        const values = snmpd.values();
        return rows.map(([row]) => values.get(`${channels}.6.1.${row}`));
      };
      const set = { value: { applied: new Set(['svc.lpd']), refused: new Map() } };
      expect(await reads()).toEqual(reading(true));
      expect(await writes(false)).toMatchObject(set);
      expect([await states(), await reads()]).toEqual([['3', '4', '3', '4'], reading(false)]);
      expect(await writes(true)).toMatchObject(set);
      expect([await states(), await reads()]).toEqual([['3', '3', '3', '3'], reading(true)]);
      driver.close();
    },
  );
});

describe('nothing is sent', () => {
  it.each<[string, SnmpAccess, RegExp]>([
    ['with DES', { ...byUser, priv: { ...priv, protocol: 'des' } }, /DES/],
    ['encrypted and not signed', { ...byUser, auth: null }, /privacy needs authentication/],
    ['without a community', { version: 'v2c', community: '' }, /community/],
    ['without a user', { ...byUser, user: '' }, /user/],
    ['without a password', { ...byUser, auth: { ...auth, password: '' } }, /password/],
  ])('%s', async (_, access, reason) => {
    const driver = openSnmp({ ...(await somePlace()), networks, access, serial: null }, catalogue);
    const failed = { kind: 'failed', reason: expect.stringMatching(reason), mayPass: false };
    expect(await driver.read(all, signal)).toMatchObject(failed);
    driver.close();
  });
});
