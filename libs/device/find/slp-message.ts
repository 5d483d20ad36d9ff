// SLP as a user agent has it: version 2 (RFC 2608) asks which printers there are; version 1 (RFC 2165) asks for the
// attributes of HP's own service, which HP's cards answer on a group of their own. Written and read here, with limits; of
// answers only as much is read as names an address.
import { readDatagram, type DatagramReader, type Fault } from './datagram.js';

export interface SlpAnswer {
  readonly kind: 'answer';
  readonly xid: number;
  /** Of services; none in an answer of attributes. */
  readonly urls: readonly string[];
  /** Of version 1: what the device says of itself. */
  readonly attributes: string;
}

/** RFC 2608 4.2: what may go by multicast fits in 1,400 bytes; answers may be longer. */
const askedMax = 1_400;
const urlsMax = 64;

/** Function ids. */
const ids = { serviceRequest: 1, serviceReply: 2, attributeRequest: 6, attributeReply: 7 } as const;
const language = 'en';
const multicast = 0x2000;
/** US-ASCII by IANA's number (RFC 2165 18.2.2). */
const ascii = 3;

const u16 = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff]);
const text = (said: string): Buffer => Buffer.concat([u16(Buffer.byteLength(said)), Buffer.from(said)]);

/**
 * Service Request (RFC 2608 8.1), to everybody, of the scope that is there without being set up.
 * @param heard whoever has answered needs not answer again: as many as one datagram holds
 */
export function writeServiceRequest(xid: number, service: string, heard: Iterable<string>): Buffer {
  const after = [text(service), text('DEFAULT'), text(''), text('')];
  const fixed = 16 + language.length + after.reduce((sum, { length }) => sum + length, 0);
  const previous: string[] = [];
  let room = askedMax - fixed;
  for (const address of heard) {
    room -= address.length + 1;
    if (room < 0) break;
    previous.push(address);
  }
  const body = [u16(xid), text(language), text(previous.join(',')), ...after];
  const length = 10 + body.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.from([2, ids.serviceRequest, 0, ...u16(length), ...u16(multicast), 0, 0, 0]);
  return Buffer.concat([head, ...body]);
}

/** Attribute Request of version 1 (RFC 2165 10): of a type of service, all attributes, in no scope. */
export function writeAttributeRequest(xid: number, service: string): Buffer {
  const body = [Buffer.from(language), u16(ascii), u16(xid), text(''), text(service), text(''), text('')];
  const length = 6 + body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([1, ids.attributeRequest, ...u16(length), 0, 0]), ...body]);
}

export const readSlp = (datagram: Uint8Array): SlpAnswer | Fault => readDatagram(datagram, parse);

function parse(reader: DatagramReader): SlpAnswer {
  const version = reader.u8('its head');
  if (version === 1) return parseAttributes(reader);
  if (version !== 2) reader.refuse(`is of version ${version}`);
  if (reader.u8('its head') !== ids.serviceReply) reader.refuse('is no answer about services');
  if (reader.u24('its head') !== reader.bytes.length) reader.refuse('is not as long as it says');
  // Flags, and the place of extensions, which stand behind what is read.
  reader.take(5, 'its head');
  const xid = reader.u16('its head');
  reader.text('its language');
  refuseError(reader);
  const count = reader.u16('its services');
  if (count > urlsMax) reader.refuse('names too many services');
  const urls = Array.from({ length: count }, () => readUrl(reader));
  return { kind: 'answer', xid, urls, attributes: '' };
}

/** URL Entry (RFC 2608 4.3). Signatures are not judged: whoever is named is asked who it is. */
function readUrl(reader: DatagramReader): string {
  reader.take(3, 'a service');
  const url = reader.text('a service');
  for (let blocks = reader.u8('a signature'); blocks > 0; blocks -= 1) {
    reader.take(2, 'a signature');
    const length = reader.u16('a signature');
    if (length < 4) reader.refuse('has a signature that is shorter than its head');
    reader.take(length - 4, 'a signature');
  }
  return url;
}

function parseAttributes(reader: DatagramReader): SlpAnswer {
  if (reader.u8('its head') !== ids.attributeReply) reader.refuse('is no answer about attributes');
  if (reader.u16('its head') !== reader.bytes.length) reader.refuse('is not as long as it says');
  // Flags, dialect, language and encoding.
  reader.take(6, 'its head');
  const xid = reader.u16('its head');
  refuseError(reader);
  return { kind: 'answer', xid, urls: [], attributes: reader.text('its attributes') };
}

function refuseError(reader: DatagramReader): void {
  const error = reader.u16('its error');
  if (error !== 0) reader.refuse(`says error ${error}`);
}
