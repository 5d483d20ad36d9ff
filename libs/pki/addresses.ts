// Where a certificate says that one may ask about it (RFC 5280 4.2.1.13 and 4.2.2.1). Only for certificates whose chain was
// taken: then it is the authority that says so.
import type { X509Certificate } from 'node:crypto';
import { oids } from './der/oids.js';
import { DerReader, oidOf } from './der/read.js';
import { contextTag, generalNames, tags } from './der/tags.js';
import { extensionIn, fieldsOf } from './fields.js';

const addressesMax = 3;
const { uri } = generalNames;

/** Of OCSP responders. Throws BadDer. */
export function responderAddresses(certificate: X509Certificate): readonly string[] {
  const found: string[] = [];
  for (const described of membersOf(certificate, oids.authorityInfoAccess)) {
    const method = oidOf(described.next(tags.oid));
    const { tag, content } = described.next();
    if (method === oids.ocsp && tag === uri) found.push(textOf(content));
  }
  return usable(found);
}

/** Of full lists by the certificate's own issuer. Throws BadDer. */
export function listAddresses(certificate: X509Certificate): readonly string[] {
  return usable(membersOf(certificate, oids.crlDistributionPoints).flatMap(namesOfPoint));
}

/** A point for some reasons only, or of another issuer, is none that is read here. */
function namesOfPoint(point: DerReader): readonly string[] {
  const name = point.optional(contextTag(0));
  if (!name || !point.done) return [];
  const full = name.elements().optional(contextTag(0));
  const names = new DerReader(full?.content ?? new Uint8Array());
  const found: string[] = [];
  while (!names.done) {
    const { tag, content } = names.next();
    if (tag === uri) found.push(textOf(content));
  }
  return found;
}

/** The sequences that an extension is a sequence of; none when it is not there. */
function membersOf(certificate: X509Certificate, oid: string): readonly DerReader[] {
  const extension = extensionIn(fieldsOf(certificate).extensions, oid);
  if (!extension) return [];
  const list = DerReader.inside(extension.value, tags.sequence);
  const members: DerReader[] = [];
  while (!list.done) members.push(list.sequence());
  return members;
}

const textOf = (content: Uint8Array): string => Buffer.from(content).toString('latin1');

/** Others, as ldap:, are not asked here; nobody is told a password that a certificate brings along. */
const usable = (addresses: readonly string[]): readonly string[] =>
  addresses.filter((address) => address.length <= 500 && isPlain(address)).slice(0, addressesMax);

function isPlain(address: string): boolean {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return false;
  const { username, password } = new URL(address);
  return username === '' && password === '';
}
