// Who a certificate is for: its subject, as people write it and as it stands in DER.
import { oids } from '../der/oids.js';
import { type Der, DerReader, oidOf } from '../der/read.js';
import { tags } from '../der/tags.js';
import { element, oid, sequence, set } from '../der/write.js';
import { AuthorityFault } from './fault.js';

/** In the order in which they stand in a name; `printable` where RFC 5280 allows nothing else. */
const fields = [
  { field: 'C', type: oids.country, printable: true, max: 2 },
  { field: 'ST', type: oids.state, printable: false, max: 128 },
  { field: 'L', type: oids.locality, printable: false, max: 128 },
  { field: 'O', type: oids.organization, printable: false, max: 64 },
  { field: 'OU', type: oids.organizationalUnit, printable: false, max: 64 },
  { field: 'CN', type: oids.commonName, printable: false, max: 64 },
  { field: 'serialNumber', type: oids.serialNumber, printable: true, max: 64 },
] as const;

export type SubjectField = (typeof fields)[number]['field'];
export type Subject = Readonly<Partial<Record<SubjectField, string>>>;

const known = fields.map(({ field }) => field).join(', ');
const byType = new Map<string, (typeof fields)[number]>(fields.map((each) => [each.type, each]));

/** `CN=Example root, O=Example, C=DE`; a comma in a value is written `\,`. Throws AuthorityFault. */
export function parseSubject(text: string): Subject {
  const subject: Partial<Record<SubjectField, string>> = {};
  for (const part of text.split(/(?<!\\),/).map((each) => each.trim().replaceAll('\\,', ','))) {
    const [, name = '', value = ''] = /^([A-Za-z]+)\s*=\s*(.*)$/.exec(part) ?? [];
    const found = fields.find(({ field }) => field.toLowerCase() === name.toLowerCase());
    if (!found) throw wrong(`"${part}" is no field and value, as CN=Name; fields are ${known}`);
    if (subject[found.field] !== undefined) throw wrong(`${found.field} is there twice`);
    subject[found.field] = value;
  }
  return checkSubject(subject);
}

/** Throws AuthorityFault when a value may not stand in a certificate. */
export function checkSubject(subject: Subject): Subject {
  for (const { field, printable, max } of fields) {
    const value = subject[field];
    if (value === undefined) continue;
    if (value === '' || value.length > max) throw wrong(`${field} has 1 to ${max} characters`);
    if (/\p{Cc}/u.test(value)) throw wrong(`${field} has a control character in it`);
    if (printable && !/^[A-Za-z0-9 '()+,./:=?-]*$/.test(value))
      throw wrong(`${field} "${value}" has a character that is not allowed there`);
  }
  if (subject.C !== undefined && !/^[A-Z]{2}$/.test(subject.C))
    throw wrong(`C is a country in two capital letters, not "${subject.C}"`);
  return subject;
}

export const textOfSubject = (subject: Subject): string =>
  fields
    .flatMap(({ field }) =>
      subject[field] === undefined ? [] : `${field}=${subject[field].replaceAll(',', '\\,')}`,
    )
    .join(', ');

export function derOfSubject(subject: Subject): Buffer {
  return sequence(
    ...fields.flatMap(({ field, type, printable }) => {
      const value = subject[field];
      if (value === undefined) return [];
      return set(sequence(oid(type), textDer(value, printable)));
    }),
  );
}

const textDer = (value: string, printable: boolean): Buffer =>
  element(printable ? tags.printableString : tags.utf8String, Buffer.from(value, 'utf8'));

/** Of a stranger's name what is known here; the rest is passed over. Throws AuthorityFault, BadDer. */
export function subjectOfDer(name: Uint8Array): Subject {
  const subject: Partial<Record<SubjectField, string>> = {};
  for (const relative of DerReader.inside(name, tags.sequence).rest(tags.set)) {
    for (const pair of relative.elements().rest(tags.sequence)) {
      const attribute = pair.elements();
      const found = byType.get(oidOf(attribute.next(tags.oid)));
      if (!found) continue;
      if (subject[found.field] !== undefined) throw wrong(`${found.field} is there twice`);
      subject[found.field] = stringOf(attribute.next());
    }
  }
  return checkSubject(subject);
}

function stringOf({ tag, content }: Der): string {
  switch (tag) {
    case tags.utf8String:
      return new TextDecoder('utf-8', { fatal: true }).decode(content);
    case tags.printableString:
    case tags.ia5String:
      return Buffer.from(content).toString('latin1');
    default:
      throw wrong('a value is of a kind of text that is not read here');
  }
}

const wrong = (what: string): AuthorityFault =>
  new AuthorityFault('badSubject', `the subject is not right: ${what}`);
