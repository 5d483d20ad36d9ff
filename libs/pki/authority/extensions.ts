// Extensions of certificates and lists (RFC 5280, 4.2 and 5.2), each as one Extension in DER.
import { oids } from '../der/oids.js';
import { contextTag, generalNames, tags } from '../der/tags.js';
import { element, explicit, extension, integer, octets, oid, sequence, yes } from '../der/write.js';
import type { Purpose } from '../certificate.js';
import { type KeyUse, keyUses } from '../fields.js';
import { type AlternativeName, derOfNames } from './alternative-names.js';

/** @param pathLength how many authorities may follow; null: any number */
export const authorityConstraint = (pathLength: number | null): Buffer =>
  extension(
    oids.basicConstraints,
    sequence(yes, ...(pathLength === null ? [] : [integer(pathLength)])),
    true,
  );

export const leafConstraint = (): Buffer => extension(oids.basicConstraints, sequence(), true);

export function keyUsage(...uses: readonly KeyUse[]): Buffer {
  const byte = uses.reduce((all, use) => all | (0x80 >> keyUses[use]), 0);
  const unused = 31 - Math.clz32(byte & -byte);
  return extension(oids.keyUsage, element(tags.bitString, Buffer.from([unused, byte])), true);
}

export const extendedKeyUsage = (...wanted: readonly Purpose[]): Buffer =>
  extension(oids.extendedKeyUsage, sequence(...wanted.map((purpose) => oid(oids[purpose]))));

export const subjectKeyId = (id: Uint8Array): Buffer => extension(oids.subjectKeyIdentifier, octets(id));

export const authorityKeyId = (id: Uint8Array): Buffer =>
  extension(oids.authorityKeyIdentifier, sequence(element(contextTag(0, false), id)));

export const alternativeNames = (names: readonly AlternativeName[]): Buffer =>
  extension(oids.subjectAltName, derOfNames(names));

const uri = (address: string): Buffer => element(generalNames.uri, Buffer.from(address, 'ascii'));

export const listAddress = (address: string): Buffer =>
  extension(oids.crlDistributionPoints, sequence(sequence(explicit(0, explicit(0, uri(address))))));

export const authorityAddresses = (addresses: { readonly ocsp: string; readonly issuer: string }): Buffer =>
  extension(
    oids.authorityInfoAccess,
    sequence(
      sequence(oid(oids.ocsp), uri(addresses.ocsp)),
      sequence(oid(oids.caIssuers), uri(addresses.issuer)),
    ),
  );

export const listNumber = (number: number): Buffer => extension(oids.crlNumber, integer(number));
