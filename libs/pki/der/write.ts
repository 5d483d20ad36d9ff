// DER (X.690), the few shapes that certificates, lists, requests and answers are made of: written. Of our own, so that what
// is signed here is plain to see.
import { contextTag, tags } from './tags.js';

export function element(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(tags.sequence, ...parts);
/** SET OF: sorted by their bytes, as DER wants it. */
export const set = (...parts: readonly Uint8Array[]): Buffer =>
  element(tags.set, ...parts.toSorted((one, other) => Buffer.compare(one, other)));
export const explicit = (number: number, ...parts: readonly Uint8Array[]): Buffer =>
  element(contextTag(number), ...parts);
export const octets = (bytes: Uint8Array): Buffer => element(tags.octetString, bytes);
/** A whole number of bytes. */
export const bits = (bytes: Uint8Array): Buffer => element(tags.bitString, Buffer.from([0]), bytes);
export const nothing = element(tags.null);
export const yes = element(tags.boolean, Buffer.from([0xff]));
/** A code below 128. */
export const enumerated = (code: number): Buffer => element(tags.enumerated, Buffer.from([code]));

/** Extension of RFC 5280 4.1, with the DER of its value. */
export const extension = (id: string, value: Uint8Array, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), octets(value));

/** A number that is not negative; text is hexadecimal. */
export function integer(value: number | string): Buffer {
  const hex = typeof value === 'number' ? value.toString(16) : value;
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  return element(tags.integer, ...((short[0] ?? 0) >= 0x80 ? [Buffer.from([0]), short] : [short]));
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(tags.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** As RFC 5280 wants it: two digits of the year until 2049, four from 2050 on. */
export function time(date: Date): Buffer {
  return date.getUTCFullYear() < 2050
    ? element(tags.utcTime, digits(date).subarray(2))
    : generalizedTime(date);
}

export const generalizedTime = (date: Date): Buffer => element(tags.generalizedTime, digits(date));

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function base128(value: number): readonly number[] {
  const groups = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    groups.unshift((rest % 128) | 0x80);
  }
  return groups;
}

/** YYYYMMDDHHMMSSZ */
const digits = (date: Date): Buffer =>
  Buffer.from(`${date.toISOString().replaceAll(/[-:T]|\..*$/g, '')}Z`, 'ascii');
