// Values of the catalogue as objects of a MIB, read and to be written.
import { isIPv4 } from 'node:net';
import snmp, { type Varbind } from 'net-snmp';
import type { SettingValue } from '../../events/device-setting.js';
import type { SnmpSyntax, SnmpObject } from '../catalogue/setting.js';

export type Judged<T> = { readonly value: T } | { readonly fault: string };

const { Integer: integer, Gauge: gauge, OctetString: octets, IpAddress: ipAddress } = snmp.ObjectType;
const lengthMax = 1024;

/** What a device says of a setting. */
export function valueOf(syntax: SnmpSyntax, varbind: Varbind): Judged<SettingValue> {
  const { type, value } = varbind;
  const isNumber = (type === integer || type === gauge) && typeof value === 'number';
  switch (syntax.type) {
    case 'enum': {
      if (!isNumber) return wrongType(type, 'INTEGER');
      const named = syntax.values.get(value);
      return named === undefined
        ? { fault: `it says ${value}, of which no meaning is known` }
        : { value: named };
    }
    case 'number':
      return isNumber ? { value } : wrongType(type, 'INTEGER');
    case 'text':
      if (type === ipAddress && typeof value === 'string') return { value };
      return type === octets && Buffer.isBuffer(value) ? textOf(value) : wrongType(type, 'OCTET STRING');
    case 'present':
      if (isNumber) return { value: value !== 0 };
      if (type === ipAddress && typeof value === 'string') return { value: value !== '0.0.0.0' };
      return type === octets && Buffer.isBuffer(value)
        ? { value: isPresent(value) }
        : wrongType(type, 'OCTET STRING');
  }
}

const wrongType = (type: number, due: string): { readonly fault: string } => ({
  fault: `it says a value of type ${snmp.ObjectType[type] ?? type}, where ${due} is due`,
});

/** Whole, but for the zeros that some agents fill up with. */
function textOf(bytes: Buffer): Judged<string> {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, end));
    if (text.length > lengthMax) return { fault: `its text is longer than ${lengthMax} characters` };
    return /\p{Cc}/u.test(text)
      ? { fault: 'its text holds characters that no setting has' }
      : { value: text };
  } catch {
    return { fault: 'its text is not UTF-8' };
  }
}

/**
 * JetDirect cards say SET or NOT_SET in the place of a secret, LaserJets `0` where there is none; others say nothing, zeros,
 * or something that hides it.
 */
const isPresent = (bytes: Buffer): boolean =>
  bytes.some((byte) => byte !== 0) &&
  !['NOT_SET', '0'].includes(bytes.toString('latin1').trim().toUpperCase());

/** @param said what the object is now: its type; null when that is not known */
export function varbindOf(
  { oid, syntax }: Pick<SnmpObject, 'oid' | 'syntax'>,
  value: SettingValue,
  said: Varbind | null,
): Judged<Varbind> {
  switch (syntax.type) {
    case 'enum': {
      const [number] = [...syntax.values].find(([, named]) => named === value) ?? [];
      return number === undefined
        ? { fault: 'SNMP has no such value' }
        : { value: { oid, type: integer, value: number } };
    }
    case 'number': {
      const type = said?.type === gauge ? gauge : integer;
      const [least, most] = type === gauge ? [0, 0xffff_ffff] : [-0x8000_0000, 0x7fff_ffff];
      return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
        ? { value: { oid, type, value } }
        : { fault: 'SNMP has no such number' };
    }
    case 'text':
      if (typeof value !== 'string') return { fault: 'it is a text' };
      if (said?.type !== ipAddress) return { value: { oid, type: octets, value } };
      return isIPv4(value)
        ? { value: { oid, type: ipAddress, value } }
        : { fault: 'the device takes an IPv4 address there, and nothing else' };
    case 'present':
      return { fault: 'it is a secret, and not set by a policy' };
  }
}
