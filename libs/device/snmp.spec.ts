// Who a device is by SNMP: a real agent, and those that answer otherwise.
import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { community, startSnmpd, withoutSnmpd, type Snmpd } from '../../test/support/snmpd.js';
import { DerReader } from '../pki/der/read.js';
import { tags } from '../pki/der/tags.js';
import { element, integer, octets, sequence } from '../pki/der/write.js';
import { identifyBySnmp } from './snmp.js';

const networks = ['127.8.0.0/16'];
const { signal } = new AbortController();
const printer = { model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001' };

const open: (Snmpd | { stop(): unknown })[] = [];
afterAll(async () => {
  for (const each of open) await each.stop();
});

const place = async () => ({
  address: `127.8.${randomInt(1, 255)}.${randomInt(1, 255)}`,
  port: await freePort(),
  networks,
});

/** Answers each datagram as `answer` does. */
async function answering(answer: (datagram: Buffer, socket: Socket, port: number) => void) {
  const there = await place();
  const socket = createSocket('udp4');
  open.push({ stop: () => socket.close() });
  socket.on('message', (datagram, { port }) => answer(datagram, socket, port));
  await new Promise<void>((resolve) => socket.bind(there.port, there.address, resolve));
  return { ...there, community };
}

describe.skipIf(withoutSnmpd)('a real agent', () => {
  it('says who it is, for the community that it knows only', async () => {
    const there = await place();
    open.push(await startSnmpd(there.address, there.port, { ...printer, serial: ' vnb3k12345 ' }));
    expect(await identifyBySnmp({ ...there, community }, signal)).toEqual({
      kind: 'answered',
      value: {
        serial: 'VNB3K12345',
        model: 'LaserJet M612',
        mac: '3c:52:82:aa:00:01',
        ip: there.address,
        hostname: 'second-floor',
        firmware: null,
      },
    });
    const denied = await identifyBySnmp({ ...there, community: 'public' }, signal);
    expect(denied).toMatchObject({ kind: 'unreachable', host: 'unknown' });
  });

  it('that is no printer has no serial number', async () => {
    const there = await place();
    open.push(await startSnmpd(there.address, there.port, printer));
    const outcome = await identifyBySnmp({ ...there, community }, signal);
    expect(outcome).toMatchObject({ kind: 'unsupported' });
  });
});

describe('whoever', () => {
  it('has no agent is there all the same', async () => {
    const outcome = await identifyBySnmp({ ...(await place()), community }, signal);
    expect(outcome).toMatchObject({ kind: 'unreachable', host: 'alive' });
  });

  it('answers what is no SNMP, or its own request, has not said who it is', async () => {
    const nonsense = await answering((_, socket, port) => socket.send('\u0030\u0003abc', port, '127.0.0.1'));
    const echo = await answering((datagram, socket, port) => socket.send(datagram, port, '127.0.0.1'));
    const outcomes = await Promise.all([identifyBySnmp(nonsense, signal), identifyBySnmp(echo, signal)]);
    expect(outcomes.map(({ kind }) => kind)).not.toContain('answered');
  });

  it('answers from another address is not heard', async () => {
    const other = createSocket('udp4');
    open.push({ stop: () => other.close() });
    const asked = await answering((datagram, _, port) => {
      // A whole answer: the request with the type of an answer.
      const answer = Buffer.from(datagram);
      answer[answer.indexOf(0xa0)] = 0xa2;
      other.send(answer, port, '127.0.0.1');
    });
    expect(await identifyBySnmp(asked, signal)).toMatchObject({ kind: 'unreachable', host: 'unknown' });
  });

  it('lies outside the device networks is not asked', async () => {
    const heard: Buffer[] = [];
    const asked = await answering((datagram) => void heard.push(datagram));
    const outcome = await identifyBySnmp({ ...asked, networks: ['10.0.0.0/8'] }, signal);
    expect(outcome).toMatchObject({ kind: 'failed', mayPass: false });
    expect(heard).toEqual([]);
  });

  it('is asked by a call that was aborted, is left at once', async () => {
    const aborter = new AbortController();
    const asked = await answering(() => aborter.abort(new Error('lease lost')));
    await expect(identifyBySnmp(asked, aborter.signal)).rejects.toThrow('lease lost');
  });
});

/** As many answers as `hostile` makes of a request, and then one that says plainly that there is none. */
const misled = (hostile: (request: Buffer) => readonly Uint8Array[]) =>
  answering((request, socket, port) => {
    for (const datagram of [...hostile(request), answerTo(request, { status: genErr })]) {
      socket.send(datagram, port, '127.0.0.1');
    }
  });

const types = { response: 0xa2, report: 0xa8 } as const;
const genErr = 5;

function partsOf(request: Buffer) {
  const message = DerReader.inside(request, tags.sequence);
  const head = [message.next(tags.integer).whole, message.next(tags.octetString).whole];
  const pdu = new DerReader(message.next().content);
  const [id, , , asked] = [pdu.next(), pdu.next(), pdu.next(), pdu.next()];
  return { head, id: id.whole, asked: asked.whole };
}

interface Answer {
  readonly type?: number;
  readonly status?: number;
}

function answerTo(request: Buffer, { type = types.response, status = 0 }: Answer): Buffer {
  const { head, id, asked } = partsOf(request);
  return sequence(...head, element(type, id, integer(status), integer(0), asked));
}

/** The same in SNMPv3 (RFC 3412 6, RFC 3414 2.4), of nobody in particular. */
function answerInVersion3(request: Buffer, flags: number, type: number = types.response): Buffer {
  const { id, asked } = partsOf(request);
  const none = octets(Buffer.alloc(0));
  const scoped = sequence(none, none, element(type, id, integer(0), integer(0), asked));
  return sequence(
    integer(3),
    sequence(id, integer(65_507), octets(Buffer.from([flags])), integer(3)),
    octets(sequence(none, integer(0), integer(0), none, none, none)),
    (flags & 2) === 0 ? scoped : octets(scoped),
  );
}

describe('an agent that means harm', () => {
  it.each<[string, (request: Buffer) => Uint8Array]>([
    ['a Report', (request) => answerTo(request, { type: types.report })],
    ['another PDU', (request) => answerTo(request, { type: 0xa4 })],
    ['SNMPv3', (request) => answerInVersion3(request, 0)],
    ['a Report in SNMPv3', (request) => answerInVersion3(request, 0, types.report)],
    ['SNMPv3 to be checked', (request) => answerInVersion3(request, 1)],
    ['SNMPv3 to be decrypted', (request) => answerInVersion3(request, 2)],
    ['SNMPv3 to be decrypted and checked', (request) => answerInVersion3(request, 3)],
    ['an error that no RFC has', (request) => answerTo(request, { status: 99 })],
    ['half an answer', (request) => answerTo(request, {}).subarray(0, 20)],
    ['nothing', () => Buffer.alloc(0)],
  ])('ends nothing but its own request by %s', async (_, answer) => {
    const there = await misled((request) => [answer(request)]);
    expect(await identifyBySnmp(there, signal)).toMatchObject({ kind: 'failed' });
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
        const answer = version === 3 ? answerInVersion3(request, 0, type) : answerTo(request, { type });
        for (const [at, byte] of changes) if (at < answer.length) answer[at] = byte;
        return answer.subarray(0, length);
      });
    const run = async (makers: readonly ((request: Buffer) => Uint8Array)[]): Promise<void> => {
      hostile = (request) => makers.map((make) => make(request));
      const { kind } = await identifyBySnmp(there, signal);
      expect(['failed', 'unsupported']).toContain(kind);
    };
    const many = fc.array(fc.oneof(anyBytes, changed), { maxLength: 3 });
    await fc.assert(fc.asyncProperty(many, run), { numRuns: 500 });
  });
});
