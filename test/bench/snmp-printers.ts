// Printers that speak SNMPv2c alone, many of them in one process: a table of objects at each address, answered after a while.
// Of our own, as a thousand real agents are too much for one machine; whether Muster understands real ones is tried elsewhere.
import { createSocket, type Socket } from 'node:dgram';
import { settingsCatalogue } from '../../libs/device/catalogue.js';
import type { Identity } from '../../libs/events/identity.js';
import { DerReader, oidOf } from '../../libs/pki/der/read.js';
import { tags } from '../../libs/pki/der/tags.js';
import { element, integer, octets } from '../../libs/pki/der/write.js';
import { answerTo, partsOf } from '../support/snmp-peer.js';
import { unlikeRecommended } from '../support/snmpd-objects.js';
import type { SnmpdObject } from '../support/snmpd.js';

const pdus = { getNext: 0xa1, set: 0xa3, getBulk: 0xa5 } as const;
const noSuchObject = element(0x80);
const endOfView = element(0x82);

type Table = Map<string, Buffer>;

const fresh = unlikeRecommended(settingsCatalogue).map(({ object }) => object);

function tableOf({ serial, model, mac, hostname }: Identity): Table {
  const text = (said: string): Buffer => octets(Buffer.from(said));
  const own: readonly (readonly [string, Buffer])[] = [
    ['1.3.6.1.2.1.1.1.0', text(model)],
    ['1.3.6.1.2.1.1.5.0', text(hostname ?? '')],
    ['1.3.6.1.2.1.2.2.1.6.1', octets(Buffer.from(mac.replaceAll(':', ''), 'hex'))],
    ['1.3.6.1.2.1.25.3.2.1.3.1', text(model)],
    ['1.3.6.1.2.1.43.5.1.1.17.1', text(serial)],
  ];
  return new Map([...fresh.map((object) => [object.oid, valueOf(object)] as const), ...own]);
}

function valueOf({ type, value }: SnmpdObject): Buffer {
  if (type === 'string') return octets(Buffer.from(String(value)));
  if (type === 'ipaddress') return element(0x40, Buffer.from(String(value).split('.').map(Number)));
  return type === 'gauge' ? element(0x42, integer(Number(value)).subarray(2)) : integer(Number(value));
}

export interface SnmpPrinters {
  /** As they came from the box. */
  reset(): void;
  stop(): void;
}

export async function startSnmpPrinters(
  identities: readonly Identity[],
  { port, delayMs }: { readonly port: number; readonly delayMs: number },
): Promise<SnmpPrinters> {
  const tables = new Map(identities.map((identity) => [identity.ip, tableOf(identity)]));
  const sockets = await Promise.all(
    identities.map(async ({ ip }) => {
      const socket = createSocket('udp4');
      socket.on('message', (request, from) => {
        const answer = answerOf(request, tables.get(ip) ?? new Map<string, Buffer>());
        setTimeout(() => send(socket, answer, from), delayMs);
      });
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(port, ip, resolve);
      });
      return socket;
    }),
  );
  return {
    reset: () => {
      for (const identity of identities) tables.set(identity.ip, tableOf(identity));
    },
    stop: () => {
      for (const socket of sockets) socket.close();
    },
  };
}

const send = (
  socket: Socket,
  answer: Buffer,
  to: { readonly port: number; readonly address: string },
): void => socket.send(answer, to.port, to.address);

function answerOf(request: Buffer, table: Table): Buffer {
  const { type, oids, asked } = partsOf(request);
  if (type === pdus.set) {
    for (const { content } of varbinds(asked)) {
      const pair = new DerReader(content);
      table.set(oidOf(pair.next(tags.oid)), Buffer.from(pair.next().whole));
    }
    return answerTo(request, {});
  }
  if (type === pdus.getNext || type === pdus.getBulk) {
    const next = oids.map((oid) => after(oid, table));
    return answerTo(request, { oids: next.map(([oid]) => oid), values: next.map(([, value]) => value) });
  }
  return answerTo(request, { values: oids.map((oid) => table.get(oid) ?? noSuchObject) });
}

const varbinds = (asked: Uint8Array) =>
  new DerReader(new DerReader(asked).next(tags.sequence).content).rest(tags.sequence);

const arcs = (oid: string): readonly number[] => oid.split('.').map(Number);

function compare(one: string, other: string): number {
  const [ones, others] = [arcs(one), arcs(other)];
  const at = ones.findIndex((arc, index) => arc !== others[index]);
  return at < 0 ? ones.length - others.length : (ones[at] ?? 0) - (others[at] ?? -1);
}

function after(oid: string, table: Table): readonly [string, Buffer] {
  const later = [...table.keys()].filter((other) => compare(other, oid) > 0).toSorted(compare);
  const [next] = later;
  return next === undefined ? [oid, endOfView] : [next, table.get(next) ?? noSuchObject];
}
