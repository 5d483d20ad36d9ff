// Names in certificates: those of issuers compared as RFC 5280 7.1 says, whatever their encoding, case and blanks; and what
// one says of an attribute.
import type { X509Certificate } from 'node:crypto';
import { BadDer, DerReader, oidOf } from './der/read.js';
import { tags } from './der/tags.js';
import { fieldsOf } from './fields.js';

const byteStrings: ReadonlySet<number> = new Set([
  ...[tags.utf8String, tags.numericString, tags.printableString],
  ...[tags.teletexString, tags.ia5String, tags.visibleString],
]);

/** Equal for names that are equal. Throws BadDer. */
export function canonicalName(name: Uint8Array): string {
  const sets = DerReader.inside(name, tags.sequence);
  const parts: string[] = [];
  while (!sets.done) parts.push(setOf(sets.next(tags.set).content));
  return parts.join('/');
}

/** What the name says of one attribute, each time that it does; null where it is no text. Throws BadDer. */
export function valuesIn(name: Uint8Array, oid: string): readonly (string | null)[] {
  const sets = DerReader.inside(name, tags.sequence);
  const values: (string | null)[] = [];
  while (!sets.done) {
    const attributes = sets.next(tags.set).elements();
    while (!attributes.done) {
      const attribute = attributes.sequence();
      const type = oidOf(attribute.next(tags.oid));
      const value = attribute.next();
      if (type === oid) values.push(textOf(value.tag, value.content));
    }
  }
  return values;
}

/** The attributes of one set have no order. */
function setOf(content: Uint8Array): string {
  const reader = new DerReader(content);
  const attributes: string[] = [];
  while (!reader.done) {
    const attribute = reader.sequence();
    const type = Buffer.from(attribute.next(tags.oid).content).toString('hex');
    const { tag, content: value } = attribute.next();
    attributes.push(`${type}=${canonicalText(tag, value)}`);
  }
  return attributes.toSorted().join('+');
}

function canonicalText(tag: number, value: Uint8Array): string {
  const text = textOf(tag, value);
  // What is no text is what its bytes are.
  if (text === null) return `#${tag}:${Buffer.from(value).toString('hex')}`;
  return JSON.stringify(text.trim().replace(/\s+/g, ' ').toLowerCase());
}

function textOf(tag: number, value: Uint8Array): string | null {
  const bytes = Buffer.from(value);
  if (byteStrings.has(tag)) return bytes.toString(tag === tags.utf8String ? 'utf8' : 'latin1');
  return tag === tags.bmpString && bytes.length % 2 === 0 ? bytes.swap16().toString('utf16le') : null;
}

/** Null: it cannot be read. */
export const canonicalSubjectOf = (certificate: X509Certificate): string | null =>
  nameIn(certificate, 'subject');
export const canonicalIssuerOf = (certificate: X509Certificate): string | null =>
  nameIn(certificate, 'issuer');

function nameIn(certificate: X509Certificate, which: 'subject' | 'issuer'): string | null {
  try {
    return canonicalName(fieldsOf(certificate)[which]);
  } catch (error) {
    if (error instanceof BadDer) return null;
    throw error;
  }
}
