// Answers of printers to mDNS (RFC 6762) and SLP (RFC 2608, RFC 2165), byte by byte, for what no program of Debian says.
import { isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const text = (said: string): Buffer => Buffer.concat([u16(Buffer.byteLength(said)), Buffer.from(said)]);
const label = (said: string): Buffer =>
  Buffer.concat([Buffer.from([Buffer.byteLength(said)]), Buffer.from(said)]);
const backTo = (place: number): Buffer => u16(0xc000 | place);

export interface Printer {
  readonly instance?: string;
  readonly service?: string;
  readonly addresses: readonly string[];
}

/** Pointer, service, text and addresses, with names that lead back to those before. */
export function printerAnswer(
  id: number,
  { instance = 'Printer', service = '_ipp', addresses }: Printer,
): Buffer {
  const record = (name: Buffer, type: number, data: Buffer): Buffer =>
    Buffer.concat([name, u16(type), Buffer.from([0x80, 1, 0, 0, 0, 120]), u16(data.length), data]);
  const head = Buffer.concat([u16(id), u16(0x8400), u16(0), u16(1), u16(0), u16(2 + addresses.length)]);
  const serviceName = Buffer.concat([label(service), label('_tcp'), label('local'), Buffer.from([0])]);
  const local = head.length + label(service).length + label('_tcp').length;
  const pointer = record(serviceName, 12, Buffer.concat([label(instance), backTo(head.length)]));
  const instancePlace = head.length + pointer.length - label(instance).length - 2;
  const hostPlace = head.length + pointer.length + 2 + 10 + 6;
  const host = Buffer.concat([label('printer-7'), backTo(local)]);
  const srv = record(backTo(instancePlace), 33, Buffer.concat([u16(0), u16(0), u16(631), host]));
  const txt = record(backTo(instancePlace), 16, label('ty=LaserJet'));
  const hosts = addresses.map((address) =>
    record(backTo(hostPlace), isIPv4(address) ? 1 : 28, Buffer.from(ipaddr.parse(address).toByteArray())),
  );
  return Buffer.concat([head, pointer, srv, txt, ...hosts]);
}

/** Service Reply of version 2. */
export function slpAnswer(xid: number, urls: readonly string[], error = 0): Buffer {
  const entries = urls.map((url) =>
    Buffer.concat([Buffer.from([0, 0xff, 0xff]), text(url), Buffer.from([0])]),
  );
  const body = Buffer.concat([u16(xid), text('en'), u16(error), u16(urls.length), ...entries]);
  return Buffer.concat([Buffer.from([2, 2, 0]), u16(10 + body.length), Buffer.alloc(5), body]);
}

/** Attribute Reply of version 1. */
export function slpAttributes(xid: number, attributes: string): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, 0]),
    Buffer.from('en'),
    u16(3),
    u16(xid),
    u16(0),
    text(attributes),
  ]);
  return Buffer.concat([Buffer.from([1, 7]), u16(4 + body.length), body]);
}
