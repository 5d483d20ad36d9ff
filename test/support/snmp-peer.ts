// Somebody who answers SNMP as a test wants it, and as no agent should; and somebody between an agent and who asks it.
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { DerReader, numberOf, oidOf } from '../../libs/pki/der/read.js';
import { tags } from '../../libs/pki/der/tags.js';
import { element, integer, octets, oid, sequence } from '../../libs/pki/der/write.js';
import { freePort } from './scripts.js';

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface Peer extends Place {
  /** How many requests it heard. */
  readonly heard: () => number;
  stop(): void;
}

export const networks = ['127.8.0.0/16'];

export const somePlace = async (): Promise<Place> => ({
  address: `127.8.${randomInt(1, 255)}.${randomInt(1, 255)}`,
  port: await freePort(),
});

/** Where requests come from. */
const asker = '127.0.0.1';

/** @param answer what it sends, one after another; `port`: to whom, for whoever else wants to */
export async function startPeer(
  answer: (request: Buffer, port: number) => readonly Uint8Array[],
  place?: Place,
): Promise<Peer> {
  const { address, port } = place ?? (await somePlace());
  const socket = createSocket('udp4');
  let heard = 0;
  socket.on('message', (request, { port }) => {
    heard += 1;
    for (const datagram of answer(request, port)) socket.send(datagram, port, asker);
  });
  await new Promise<void>((resolve) => socket.bind(port, address, resolve));
  return { address, port, heard: () => heard, stop: () => socket.close() };
}

/**
 * @param change what comes of an agent's answer to a request, one after another
 * @param passes whether a request gets to the agent
 */
export async function startRelay(
  agent: Place,
  change: (answer: Buffer, request: Buffer) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>,
  place?: Place,
  passes: (request: Buffer) => boolean = () => true,
): Promise<Peer> {
  const { address, port } = place ?? (await somePlace());
  const socket = createSocket('udp4');
  const ways = new Map<number, Socket>();
  let heard = 0;
  let last = Buffer.alloc(0);
  socket.on('message', (request, from) => {
    heard += 1;
    if (!passes(request)) return;
    last = request;
    let way = ways.get(from.port);
    if (!way) {
      way = createSocket('udp4');
      ways.set(from.port, way);
      way.on('message', (answer) => {
        const send = (all: readonly Uint8Array[]): void => {
          for (const datagram of all) socket.send(datagram, from.port, from.address);
        };
        const changed = change(answer, last);
        if (changed instanceof Promise) void changed.then(send);
        else send(changed);
      });
    }
    way.send(request, agent.port, agent.address);
  });
  await new Promise<void>((resolve) => socket.bind(port, address, resolve));
  const stop = (): void => {
    for (const each of [socket, ...ways.values()]) each.close();
  };
  return { address, port, heard: () => heard, stop };
}

export const pdus = { response: 0xa2, set: 0xa3, report: 0xa8 } as const;
export const errors = { tooBig: 1, noSuchName: 2, genErr: 5 } as const;

/** Of SNMP, as people count: a message says 0, 1 or 3. */
export function versionOf(request: Uint8Array): number {
  const said = Number(numberOf(DerReader.inside(request, tags.sequence).next(tags.integer)));
  return said < 3 ? said + 1 : said;
}

/** What a request of SNMPv1 or v2c asks. */
export function partsOf(request: Uint8Array) {
  const message = DerReader.inside(request, tags.sequence);
  const head = [message.next(tags.integer).whole, message.next(tags.octetString).whole];
  const { tag: type, content } = message.next();
  const pdu = new DerReader(content);
  const [id, , , asked] = [pdu.next(), pdu.next(), pdu.next(), pdu.next()];
  const oids = new DerReader(asked.content)
    .rest(tags.sequence)
    .map(({ content }) => oidOf(new DerReader(content).next(tags.oid)));
  return { head, type, id: id.whole, asked: asked.whole, oids };
}

export interface Said {
  /** Of the question; left out: of that which was asked. */
  readonly id?: number;
  readonly type?: number;
  readonly status?: number;
  /** Which object is to blame, from 1. */
  readonly index?: number;
  /** Elements, in the order of what was asked; left out: what was asked. */
  readonly values?: readonly Uint8Array[];
  readonly oids?: readonly string[];
}

export function answerTo(request: Uint8Array, said: Said): Buffer {
  const { head, id, asked, oids } = partsOf(request);
  const { type = pdus.response, status = 0, index = 0, values } = said;
  const varbinds = values ? listOf(said.oids ?? oids, values) : asked;
  const number = said.id === undefined ? id : integer(said.id);
  return sequence(...head, element(type, number, integer(status), integer(index), varbinds));
}

const listOf = (oids: readonly string[], values: readonly Uint8Array[]): Buffer =>
  sequence(...oids.map((each, index) => sequence(oid(each), values[index] ?? absent)));

/** noSuchObject. */
export const absent = element(0x80);

/** The id of a message of SNMPv3. */
export function messageIdOf(request: Uint8Array): number {
  const message = DerReader.inside(request, tags.sequence);
  message.next(tags.integer);
  return Number(numberOf(new DerReader(message.next(tags.sequence).content).next()));
}

export interface Said3 extends Said {
  readonly messageId: number;
  /** authNoPriv: 1, authPriv: 3. */
  readonly flags?: number;
  readonly engineId?: Uint8Array;
  /** How often the engine was started, and for how many seconds it runs. */
  readonly clock?: number;
}

/** In SNMPv3 (RFC 3412 6, RFC 3414 2.4), signed and encrypted by nobody, whatever its flags say. */
export function answerInVersion3({ messageId, flags = 0, clock = 1, ...said }: Said3): Buffer {
  const none = octets(Buffer.alloc(0));
  const engine = octets(said.engineId ?? Buffer.alloc(0));
  const { type = pdus.response, status = 0, index = 0, oids = [], values = [] } = said;
  const pdu = element(type, integer(messageId), integer(status), integer(index), listOf(oids, values));
  const scoped = sequence(engine, none, pdu);
  return sequence(
    integer(3),
    sequence(integer(messageId), integer(65_507), octets(Buffer.from([flags])), integer(3)),
    octets(sequence(engine, integer(clock), integer(clock), none, none, none)),
    (flags & 2) === 0 ? scoped : octets(scoped),
  );
}
