// Who a device is by SNMP: a real agent, and those that answer otherwise.
import { createSocket } from 'node:dgram';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  answerInVersion3,
  answerTo,
  errors,
  networks,
  partsOf,
  pdus,
  somePlace,
  startPeer,
  type Peer,
  type Place,
} from '../../../test/support/snmp-peer.js';
import { community, startSnmpd, withoutSnmpd, type Said } from '../../../test/support/snmpd.js';
import { DerReader, numberOf } from '../../pki/der/read.js';
import { openSnmp } from './driver.js';

const { signal } = new AbortController();
const printer = { model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001' };
const laserJet = '1.3.6.1.4.1.11.2.3.9.4.2.1.1.3';

const open: { stop(): unknown }[] = [];
afterAll(async () => {
  for (const each of open) await each.stop();
});

interface By {
  readonly version?: 'v1' | 'v2c';
  readonly community?: string;
  readonly networks?: readonly string[];
  readonly signal?: AbortSignal;
}

function identify({ address, port }: Place, by: By = {}) {
  const access = { version: by.version ?? 'v2c', community: by.community ?? community };
  const driver = openSnmp({ address, port, networks: by.networks ?? networks, access, serial: null });
  return driver.identify(by.signal ?? signal).finally(() => driver.close());
}

async function agent(said: Said): Promise<Place> {
  const there = await somePlace();
  open.push(await startSnmpd(there.address, there.port, said));
  return there;
}

async function answering(...[answer]: Parameters<typeof startPeer>): Promise<Peer> {
  const peer = await startPeer(answer);
  open.push(peer);
  return peer;
}

describe.skipIf(withoutSnmpd)('a real agent', () => {
  it('says who it is, for the community that it knows only', async () => {
    const there = await agent({ ...printer, serial: ' vnb3k12345 ' });
    expect(await identify(there)).toEqual({
      kind: 'answered',
      value: {
        identity: {
          serial: 'VNB3K12345',
          model: 'LaserJet M612',
          mac: '3c:52:82:aa:00:01',
          ip: there.address,
          hostname: 'second-floor',
          firmware: null,
        },
        fingerprint: null,
      },
    });
    const denied = await identify(there, { community: 'public' });
    expect(denied).toMatchObject({ kind: 'unreachable', host: 'unknown' });
  });

  it.each(['v1', 'v2c'] as const)('says it by objects of its maker alone, by SNM%s', async (version) => {
    const string = (oid: string, value: string) => ({ oid, type: 'string', value, access: 'ro' }) as const;
    const there = await agent({
      ...printer,
      model: '',
      objects: [
        string(`${laserJet}.2.0`, 'HP Color LaserJet MFP M776'),
        string(`${laserJet}.3.0`, 'CNB1N00001'),
        string(`${laserJet}.6.0`, '2411123_083214'),
      ],
    });
    expect(await identify(there, { version })).toMatchObject({
      kind: 'answered',
      value: {
        identity: {
          serial: 'CNB1N00001',
          model: 'HP Color LaserJet MFP M776',
          mac: '3c:52:82:aa:00:01',
          firmware: '2411123_083214',
        },
      },
    });
  });

  it('says it by its device id', async () => {
    const value = 'MFG:Maker;CMD:PCL;MDL:Model 5;SN:ABC-123456;';
    const oid = '1.3.6.1.4.1.2699.1.2.1.2.1.1.3.1';
    const objects = [{ oid, type: 'string', value, access: 'ro' }] as const;
    expect(await identify(await agent({ ...printer, model: '', objects }))).toMatchObject({
      value: { identity: { serial: 'ABC-123456', model: 'Model 5' } },
    });
  });

  it('that is no printer has no serial number', async () => {
    expect(await identify(await agent(printer))).toMatchObject({ kind: 'unsupported' });
  });
});

describe.concurrent('whoever', () => {
  it('has no agent is there all the same', async () => {
    expect(await identify(await somePlace())).toMatchObject({ kind: 'unreachable', host: 'alive' });
  });

  it('answers what is no SNMP, or its own request, has not said who it is', async () => {
    const nonsense = await answering(() => [Buffer.from('\u0030\u0003abc')]);
    const echo = await answering((datagram) => [datagram]);
    const outcomes = await Promise.all([identify(nonsense), identify(echo)]);
    expect(outcomes.map(({ kind }) => kind)).not.toContain('answered');
  });

  it('answers from another address is not heard', async () => {
    const other = createSocket('udp4');
    open.push({ stop: () => other.close() });
    const asked = await answering((request, port) => {
      other.send(answerTo(request, {}), port, '127.0.0.1');
      return [];
    });
    expect(await identify(asked)).toMatchObject({ kind: 'unreachable', host: 'unknown' });
  });

  it('lies outside the device networks is not asked', async () => {
    const asked = await answering(() => []);
    const outcome = await identify(asked, { networks: ['10.0.0.0/8'] });
    expect(outcome).toMatchObject({ kind: 'failed', mayPass: false });
    expect(asked.heard()).toBe(0);
  });

  it('is asked by a call that was aborted, is left at once', async () => {
    const aborter = new AbortController();
    const asked = await answering(() => {
      aborter.abort(new Error('lease lost'));
      return [];
    });
    await expect(identify(asked, { signal: aborter.signal })).rejects.toThrow('lease lost');
  });
});

/** As many answers as `hostile` makes of a request, and then one that says plainly that there is none. */
const misled = (hostile: (request: Buffer) => readonly Uint8Array[]) =>
  answering((request) => [...hostile(request), answerTo(request, { status: errors.genErr, index: 1 })]);

/** In another version, of nobody in particular. */
const inVersion3 = (request: Buffer, flags: number, type: number = pdus.response): Buffer =>
  answerInVersion3({ messageId: Number(numberOf(new DerReader(partsOf(request).id).next())), flags, type });

describe('an agent that means harm', () => {
  it.each<[string, (request: Buffer) => Uint8Array]>([
    ['a Report', (request) => answerTo(request, { type: pdus.report })],
    ['another PDU', (request) => answerTo(request, { type: 0xa4 })],
    ['SNMPv3', (request) => inVersion3(request, 0)],
    ['a Report in SNMPv3', (request) => inVersion3(request, 0, pdus.report)],
    ['SNMPv3 to be checked', (request) => inVersion3(request, 1)],
    ['SNMPv3 to be decrypted', (request) => inVersion3(request, 2)],
    ['SNMPv3 to be decrypted and checked', (request) => inVersion3(request, 3)],
    ['an error that no RFC has', (request) => answerTo(request, { status: 99 })],
    ['half an answer', (request) => answerTo(request, {}).subarray(0, 20)],
    ['nothing', () => Buffer.alloc(0)],
  ])('ends nothing but its own request by %s', async (_, answer) => {
    const there = await misled((request) => [answer(request)]);
    expect(await identify(there)).toMatchObject({ kind: 'failed' });
  });

  it('ends nothing but its own request by any bytes', async () => {
    let hostile: (request: Buffer) => readonly Uint8Array[] = () => [];
    const there = await misled((request) => hostile(request));
    const anyBytes = fc.uint8Array({ maxLength: 300 }).map((bytes) => () => Buffer.from(bytes));
    const changed = fc
      .record({
        type: fc.integer({ min: 0xa0, max: 0xa8 }),
        version: fc.constantFrom(2, 3),
        changes: fc.array(fc.tuple(fc.nat(150), fc.nat(255)), { maxLength: 3 }),
        length: fc.option(fc.nat(150), { nil: undefined }),
      })
      .map(({ type, version, changes, length }) => (request: Buffer) => {
        const answer = version === 3 ? inVersion3(request, 0, type) : answerTo(request, { type });
        for (const [at, byte] of changes) if (at < answer.length) answer[at] = byte;
        return answer.subarray(0, length);
      });
    const run = async (makers: readonly ((request: Buffer) => Uint8Array)[]): Promise<void> => {
      hostile = (request) => makers.map((make) => make(request));
      const { kind } = await identify(there);
      expect(['failed', 'unsupported']).toContain(kind);
    };
    const many = fc.array(fc.oneof(anyBytes, changed), { maxLength: 3 });
    await fc.assert(fc.asyncProperty(many, run), { numRuns: 300 });
  });
});
