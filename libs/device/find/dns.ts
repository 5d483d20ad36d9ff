// DNS messages (RFC 1035) as mDNS has them (RFC 6762): a question written, an answer read as far as it names services and
// addresses. Of our own, as there is little of it, and every length and pointer of it is a stranger's.
import ipaddr from 'ipaddr.js';
import { readDatagram, type DatagramReader, type Fault } from './datagram.js';

/** Labels from left to right: an instance of a service may have dots and blanks in one. */
export type Name = readonly string[];

export type DnsRecord =
  | { readonly type: 'pointer' | 'service'; readonly name: Name; readonly to: Name }
  | { readonly type: 'address'; readonly name: Name; readonly address: string };

export interface DnsAnswer {
  readonly kind: 'answer';
  readonly id: number;
  /** Of answers, authorities and additional ones, in their order. */
  readonly records: readonly DnsRecord[];
}

const limits = { recordsMax: 256, questionsMax: 32, nameMax: 255, labelsMax: 32, jumpsMax: 16 } as const;

const types = { a: 1, ptr: 12, aaaa: 28, srv: 33 } as const;
const internet = 1;

/** One question for pointers of each name. */
export function writeQuestion(id: number, names: readonly Name[]): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(names.length, 4);
  const questions = names.map((name) =>
    Buffer.concat([nameBytes(name), Buffer.from([0, types.ptr, 0, internet])]),
  );
  return Buffer.concat([head, ...questions]);
}

const nameBytes = (name: Name): Buffer =>
  Buffer.concat([
    ...name.map((label) => {
      const bytes = Buffer.from(label);
      return Buffer.concat([Buffer.from([bytes.length]), bytes]);
    }),
    Buffer.from([0]),
  ]);

/** Equal for names that are: their case says nothing. */
export const keyOf = (name: Name): string => JSON.stringify(name).toLowerCase();

export const readAnswer = (datagram: Uint8Array): DnsAnswer | Fault => readDatagram(datagram, parse);

function parse(reader: DatagramReader): DnsAnswer {
  const id = reader.u16('its head');
  const flags = reader.u16('its head');
  // An answer to a standard query, without an error (RFC 1035 4.1.1).
  if ((flags & 0x8000) === 0) reader.refuse('is no answer');
  if ((flags & 0x7800) !== 0 || (flags & 0xf) !== 0)
    reader.refuse('is an answer of another kind, or an error');
  const questions = reader.u16('its head');
  const records = reader.u16('its head') + reader.u16('its head') + reader.u16('its head');
  if (questions > limits.questionsMax || records > limits.recordsMax) reader.refuse('has too many parts');
  for (let left = questions; left > 0; left -= 1) {
    readName(reader);
    reader.take(4, 'a question');
  }
  const found: DnsRecord[] = [];
  for (let left = records; left > 0; left -= 1) {
    const record = readRecord(reader);
    if (record) found.push(record);
  }
  return { kind: 'answer', id, records: found };
}

/** Null: of a kind that says nothing here. */
function readRecord(reader: DatagramReader): DnsRecord | null {
  const name = readName(reader);
  const type = reader.u16('a record');
  reader.take(6, 'a record');
  const length = reader.u16('a record');
  const end = reader.at + length;
  if (length > reader.left) reader.refuse('ends within a record');
  const record = readData(reader, { name, type, length });
  if (reader.at > end) reader.refuse('has a record that is longer than it says');
  reader.at = end;
  return record;
}

interface RecordHead {
  readonly name: Name;
  readonly type: number;
  readonly length: number;
}

function readData(reader: DatagramReader, { name, type, length }: RecordHead): DnsRecord | null {
  switch (type) {
    case types.a:
    case types.aaaa: {
      if (length !== (type === types.a ? 4 : 16)) reader.refuse('has an address of another length');
      const bytes = reader.take(length, 'an address');
      return { type: 'address', name, address: ipaddr.fromByteArray([...bytes]).toString() };
    }
    case types.ptr:
      return { type: 'pointer', name, to: readName(reader) };
    case types.srv:
      reader.take(6, 'a service');
      return { type: 'service', name, to: readName(reader) };
    default:
      return null;
  }
}

/** A pointer leads to what stands before the part that it ends, so that there is no way round in a circle. */
function readName(reader: DatagramReader): Name {
  const labels: string[] = [];
  let [length, jumps, behind, from] = [0, 0, -1, reader.at];
  for (;;) {
    const size = reader.u8('a name');
    if (size === 0) break;
    if (size >= 0xc0) {
      const to = (size & 0x3f) * 256 + reader.u8('a name');
      jumps += 1;
      if (to >= from) reader.refuse('has a name that leads on instead of back');
      if (jumps > limits.jumpsMax) reader.refuse('has a name in too many pieces');
      if (behind < 0) behind = reader.at;
      [from, reader.at] = [to, to];
      continue;
    }
    if (size > 63) reader.refuse('has a name of an unknown kind');
    length += size + 1;
    if (length > limits.nameMax || labels.length >= limits.labelsMax)
      reader.refuse('has a name that is too long');
    labels.push(Buffer.from(reader.take(size, 'a name')).toString('utf8'));
  }
  if (behind >= 0) reader.at = behind;
  return labels;
}
