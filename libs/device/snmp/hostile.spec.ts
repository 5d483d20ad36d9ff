// Agents that answer what no agent should: each costs its own request at most, and ends within its limits.
import { randomBytes, randomInt } from 'node:crypto';
import snmp from 'net-snmp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  absent,
  answerInVersion3,
  answerTo,
  errors,
  messageIdOf,
  networks,
  partsOf,
  pdus,
  somePlace,
  startPeer,
  startRelay,
  type Peer,
  type Place,
} from '../../../test/support/snmp-peer.js';
import {
  startSnmpd,
  withoutSnmpd,
  writeCommunity,
  type Snmpd,
  type SnmpdObject,
} from '../../../test/support/snmpd.js';
import { element, integer, octets } from '../../pki/der/write.js';
import type { Catalogue } from '../catalogue.js';
import { category, onOff } from '../catalogue/setting.js';
import type { SnmpAccess, UserAccess } from './access.js';
import { openSnmp } from './driver.js';
import { headerOf } from './usm/header.js';

const { signal } = new AbortController();
const base = '1.3.6.1.4.1.11.2.4.3.7';
const count = 40;
const keys = Array.from({ length: count }, (_, index) => `svc.number${index}`);
const oidOf = (key: string): string => `${base}.${keys.indexOf(key) + 1}.0`;
const values = new Map([
  [0, false],
  [1, true],
]);
const catalogue: Catalogue = new Map(
  category(
    'Of a test',
    keys.map((key) => ({
      key,
      title: key,
      type: onOff,
      severity: 'low',
      recommended: false,
      why: '',
      by: { snmp: { oid: oidOf(key), syntax: { type: 'enum', values }, writable: true } },
    })),
  ).map((setting) => [setting.key, setting]),
);
const inClear: SnmpAccess = { version: 'v2c', community: writeCommunity };

const open: { stop(): unknown }[] = [];
afterAll(async () => {
  for (const each of open) await each.stop();
});

const driverTo = ({ address, port }: Place, access: SnmpAccess) =>
  openSnmp({ address, port, networks, access, serial: null }, catalogue);

async function read(there: Place, asked: readonly string[], access: SnmpAccess = inClear) {
  const driver = driverTo(there, access);
  return driver.read(new Set(asked), signal).finally(() => driver.close());
}

async function answering(answer: (request: Buffer) => readonly Uint8Array[]): Promise<Peer> {
  const peer = await startPeer(answer);
  open.push(peer);
  return peer;
}

const on = integer(1);
const allOn = (request: Buffer): readonly Buffer[] => partsOf(request).oids.map(() => on);
const [first = '', second = ''] = keys;

describe('an agent', () => {
  it('that blames one object for it fails in that alone', async () => {
    const bad = new Set([oidOf('svc.number3'), oidOf('svc.number21')]);
    const peer = await answering((request) => {
      const index = partsOf(request).oids.findIndex((oid) => bad.has(oid)) + 1;
      const status = index > 0 ? errors.genErr : 0;
      return [answerTo(request, { status, index, values: allOn(request) })];
    });
    const outcome = await read(peer, keys);
    const reason = 'it answers genErr: it failed for a reason that it does not name';
    expect(outcome).toMatchObject({
      kind: 'answered',
      value: { failed: new Map([['svc.number3', reason], ['svc.number21', reason]]) }, // prettier-ignore
    });
    expect(outcome.kind === 'answered' && outcome.value.values.size).toBe(count - bad.size);
  });

  it('that blames none is asked for each, and no more than twice', async () => {
    const bad = oidOf('svc.number5');
    const peer = await answering((request) => {
      const status = partsOf(request).oids.includes(bad) ? errors.genErr : 0;
      return [answerTo(request, { status, values: allOn(request) })];
    });
    const outcome = await read(peer, keys);
    expect(outcome.kind === 'answered' && [...outcome.value.failed.keys()]).toEqual(['svc.number5']);
    expect(peer.heard()).toBeLessThanOrEqual(2 * count);
  });

  it('that can answer little at once is asked for less', async () => {
    const peer = await answering((request) => {
      const status = partsOf(request).oids.length > 3 ? errors.tooBig : 0;
      return [answerTo(request, { status, values: allOn(request) })];
    });
    const outcome = await read(peer, keys);
    expect(outcome).toMatchObject({ value: { failed: new Map() } });
    expect(outcome.kind === 'answered' && outcome.value.values.size).toBe(count);
  });

  it('that says noSuchName for what it has not, as SNMPv1 does, has the rest', async () => {
    const peer = await answering((request) => {
      const index = partsOf(request).oids.findIndex((oid) => !/\.(?:1|7|40)\.0$/.test(oid)) + 1;
      const status = index > 0 ? errors.noSuchName : 0;
      return [answerTo(request, { status, index, values: allOn(request) })];
    });
    const outcome = await read(peer, keys, { version: 'v1', community: 'readers' });
    const told = {
      values: new Map(['svc.number0', 'svc.number6', 'svc.number39'].map((key) => [key, true])),
    };
    expect(outcome).toEqual({ kind: 'answered', value: { ...told, failed: new Map() } });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['another type', octets(Buffer.from('on')), /type OctetString, where INTEGER is due/],
    ['nothing', element(0x05), /type Null/],
    ['an address', element(0x40, Buffer.from([10, 0, 0, 1])), /type IpAddress/],
    ['64 bits', element(0x46, Buffer.alloc(8, 1)), /type Counter64/],
    ['a number without a meaning', integer(17), /says 17, of which no meaning is known/],
    ['all that one datagram holds', octets(Buffer.alloc(60_000, 65)), /type OctetString/],
  ])('that says %s fails in that setting', async (_, value, reason) => {
    const peer = await answering((request) => [answerTo(request, { values: [value, on] })]);
    expect(await read(peer, [first, second])).toEqual({
      kind: 'answered',
      value: {
        values: new Map([[second, true]]),
        failed: new Map([[first, expect.stringMatching(reason)]]),
      },
    });
  });

  it('that has no such object has not that setting', async () => {
    const peer = await answering((request) => [answerTo(request, { values: [absent, element(0x81)] })]);
    const nothing = { values: new Map(), failed: new Map() };
    expect(await read(peer, [first, second])).toEqual({ kind: 'answered', value: nothing });
  });

  it.concurrent.each<[string, (request: Buffer) => readonly Uint8Array[]]>([
    ['of other objects', (request) => [answerTo(request, { values: [on], oids: [oidOf(second)] })]],
    [
      'of more objects',
      (request) => [answerTo(request, { values: [on, on], oids: [first, second].map(oidOf) })],
    ],
    ['of none', (request) => [answerTo(request, { values: [], oids: [] })]],
    ['a type that SNMP has not', (request) => [answerTo(request, { values: [element(0x99)] })]],
    ['with more than all of its objects', () => Array.from({ length: 60 }, () => Buffer.alloc(60_000, 0x30))],
    ['a thousand times what is none', () => Array.from({ length: 1_500 }, () => Buffer.from([1]))],
  ])('that answers %s has failed', async (_, answer) => {
    const outcome = await read(await answering(answer), [first]);
    expect(['failed', 'unreachable']).toContain(outcome.kind);
  });

  it.concurrent('that answers another request, or breaks off, has not answered', async () => {
    const cut = await answering((request) => [answerTo(request, { values: [on] }).subarray(0, 30)]);
    const late = await answering((request) => {
      const answer = answerTo(request, { values: [on] });
      const id = answer.indexOf(partsOf(request).id);
      answer.writeUInt8((answer[id + 2] ?? 0) ^ 1, id + 2);
      return [answer];
    });
    const outcomes = await Promise.all([cut, late].map((peer) => read(peer, [first])));
    const garbled = {
      kind: 'failed',
      mayPass: 'once',
      reason: expect.stringMatching(/does not answer as it should/),
    };
    expect(outcomes).toMatchObject([garbled, garbled]);
  });
});

const password = 'sign-it-well';
const byUser: UserAccess = {
  version: 'v3',
  user: 'muster',
  auth: { protocol: 'sha256', password },
  priv: { protocol: 'aes128', password: 'read-by-nobody' },
};
const engineId = Buffer.from('80000000056f776e', 'hex');

describe('an agent of SNMPv3', () => {
  const greet = (request: Buffer, says: { readonly engineId?: Uint8Array; readonly clock?: number } = {}) =>
    answerInVersion3({ messageId: messageIdOf(request), type: pdus.report, engineId, ...says });
  const isGreeting = (request: Buffer): boolean => headerOf(request) === null;

  it('that knows no key is not believed in clear', async () => {
    const heard: Buffer[] = [];
    const peer = await answering((request) => {
      heard.push(request);
      if (isGreeting(request)) return [greet(request)];
      const messageId = messageIdOf(request);
      const said = { messageId, engineId, oids: [oidOf(first)], values: [on] };
      return [
        answerInVersion3(said),
        answerInVersion3({ ...said, flags: 1 }),
        answerInVersion3({ ...said, flags: 3 }),
      ];
    });
    expect((await read(peer, [first], byUser)).kind).not.toBe('answered');
    const bytes = Buffer.concat(heard);
    expect(bytes.includes(password)).toBe(false);
    expect(Object.keys(snmp.Authentication.authToKeyCache).join()).not.toContain(password);
  });

  it.concurrent.each([
    ['of what it was asked is the end of it', 0, 'denied'],
    ['of a message that nobody sent is not heard', 1, 'unreachable'],
  ])('whose word in clear is %s', async (_, off, kind) => {
    const peer = await answering((request) => {
      if (isGreeting(request)) return [greet(request)];
      const report = { type: pdus.report, engineId, oids: ['1.3.6.1.6.3.15.1.1.3.0'], values: [on] };
      return [answerInVersion3({ ...report, messageId: messageIdOf(request) ^ off })];
    });
    expect((await read(peer, [first], byUser)).kind).toBe(kind);
  });

  it('that is another with each answer makes nobody make its keys', async () => {
    const peer = await answering((request) => {
      if (isGreeting(request)) return [greet(request)];
      return Array.from({ length: 50 }, () => greet(request, { engineId: randomBytes(12) }));
    });
    const before = Object.keys(snmp.Authentication.authToKeyCache).length;
    expect((await read(peer, [first], byUser)).kind).toBe('failed');
    expect(Object.keys(snmp.Authentication.authToKeyCache)).toHaveLength(before);
  });

  it('that reports for ever is asked so often, and no more', async () => {
    const peer = await answering((request) => [greet(request, { clock: 0 })]);
    expect((await read(peer, [first], byUser)).kind).toBe('failed');
    expect(peer.heard()).toBeLessThanOrEqual(1_100);
  });
});

describe.skipIf(withoutSnmpd)('a real agent whose answers are changed on their way', () => {
  let there: Place = { address: '', port: 0 };
  let snmpd: Snmpd;
  const objects: readonly SnmpdObject[] = keys.map((key, index) => ({
    oid: oidOf(key),
    type: 'integer',
    value: index % 2,
    access: 'rw',
  }));
  const truth = new Map(keys.map((key, index) => [key, index % 2 === 1]));
  const user = { name: 'muster', auth: 'SHA-256', priv: 'AES', access: 'rw' } as const;
  beforeAll(async () => {
    there = await somePlace();
    const passwords = { authPassword: password, privPassword: 'read-by-nobody' };
    const users = [{ ...user, ...passwords }];
    snmpd = await startSnmpd(there.address, there.port, {
      model: 'M',
      name: 'n',
      mac: '3c5282aa0001',
      objects,
      users,
    });
  });
  afterAll(() => snmpd.stop());

  /** One to four bytes are others, are gone, or there twice. */
  function mutated(answer: Buffer): Buffer {
    const bytes = [...answer];
    for (let left = randomInt(1, 5); left > 0; left -= 1) {
      const at = randomInt(bytes.length);
      const kind = randomInt(6);
      if (kind === 0) bytes.splice(at, 1);
      else if (kind === 1) bytes.splice(at, 0, bytes[at] ?? 0);
      else bytes[at] = randomInt(256);
    }
    return Buffer.from(randomInt(20) === 0 ? bytes.slice(0, randomInt(bytes.length)) : bytes);
  }

  const datagrams = 8_000;
  const each = 100;
  it.each<[string, SnmpAccess]>([
    ['SNMPv2c', inClear],
    ['SNMPv3', byUser],
  ])('8,000 times, by %s, ends nothing but requests', async (_, access) => {
    let sent = 0;
    const relay = await startRelay(there, (answer, request) => {
      // Whoever answers first is whom SNMPv3 talks to from then on.
      if (access.version === 'v3' && headerOf(request) === null) return [answer];
      sent += each;
      return [...Array.from({ length: each }, () => mutated(answer)), answer];
    });
    open.push(relay);
    while (sent < datagrams) {
      const driver = driverTo(relay, access);
      const outcome = await driver.read(new Set(keys), signal).finally(() => driver.close());
      // What is signed is true, or it is no answer.
      if (access.version === 'v3' && outcome.kind === 'answered') expect(outcome.value.values).toEqual(truth);
    }
    expect(await read(there, keys, access)).toMatchObject({ kind: 'answered', value: { values: truth } });
  });
});
