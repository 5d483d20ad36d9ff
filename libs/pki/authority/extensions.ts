// Extensions of certificates and lists (RFC 5280, 4.2 and 5.2), each as one Extension in DER.
import { type AlternativeName, derOfNames } from './alternative-names.js';
import { element, explicit, integer, octets, oid, sequence, tags, yes } from './der.js';

export const extension = (id: string, value: Uint8Array, critical = false): Buffer =>
  sequence(oid(id), ...(critical ? [yes] : []), octets(value));

/** @param pathLength how many authorities may follow; null: any number */
export const authorityConstraint = (pathLength: number | null): Buffer =>
  extension('2.5.29.19', sequence(yes, ...(pathLength === null ? [] : [integer(pathLength)])), true);

export const leafConstraint = (): Buffer => extension('2.5.29.19', sequence(), true);

const usages = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

export function keyUsage(...uses: readonly (keyof typeof usages)[]): Buffer {
  const byte = uses.reduce((all, use) => all | (0x80 >> usages[use]), 0);
  const unused = 31 - Math.clz32(byte & -byte);
  return extension('2.5.29.15', element(tags.bits, Buffer.from([unused, byte])), true);
}

const purposes = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const;

export const extendedKeyUsage = (...wanted: readonly (keyof typeof purposes)[]): Buffer =>
  extension('2.5.29.37', sequence(...wanted.map((purpose) => oid(purposes[purpose]))));

export const subjectKeyId = (id: Uint8Array): Buffer => extension('2.5.29.14', octets(id));

export const authorityKeyId = (id: Uint8Array): Buffer => extension('2.5.29.35', sequence(element(0x80, id)));

export const alternativeNames = (names: readonly AlternativeName[]): Buffer =>
  extension('2.5.29.17', derOfNames(names));

const uri = (address: string): Buffer => element(0x86, Buffer.from(address, 'ascii'));

export const listAddress = (address: string): Buffer =>
  extension('2.5.29.31', sequence(sequence(explicit(0, explicit(0, uri(address))))));

export const authorityAddresses = (addresses: { readonly ocsp: string; readonly issuer: string }): Buffer =>
  extension(
    '1.3.6.1.5.5.7.1.1',
    sequence(
      sequence(oid('1.3.6.1.5.5.7.48.1'), uri(addresses.ocsp)),
      sequence(oid('1.3.6.1.5.5.7.48.2'), uri(addresses.issuer)),
    ),
  );

export const listNumber = (number: number): Buffer => extension('2.5.29.20', integer(number));
