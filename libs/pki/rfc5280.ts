// What RFC 5280 asks of certificates and OpenSSL lets pass: looked at when an operator gives an authority, and each time a
// certificate is judged. Each rule closes a case of x509-limbo that OpenSSL inside Node takes, see README.md.
import type { X509Certificate } from 'node:crypto';
import { oids } from './der/oids.js';
import { BadDer, booleanOf, DerReader, sameBytes } from './der/read.js';
import { generalNames, tags } from './der/tags.js';
import { extensionIn, fieldsOf, keyMay, type CertificateFields } from './fields.js';
import { isWeakSpki } from './key-strength.js';
import { constraintFault } from './name-constraints.js';
import { isWeakSignature } from './signature.js';

/** `weakKey`, or what is wrong in words that follow "the certificate". */
export interface ProfileFault {
  readonly code: 'weakKey' | 'badCertificate';
  readonly message: string;
}

const bad = (message: string): ProfileFault => ({ code: 'badCertificate', message });
type Rule = (fields: CertificateFields) => ProfileFault | null;

/** An authority, whoever shows it: root or issuing. */
export const faultOfAuthority = (certificate: X509Certificate): ProfileFault | null =>
  firstFault(everyRules, certificate) ?? firstFault(authorityRules, certificate);

/** A device's, or another server's. */
export const faultOfLeaf = (certificate: X509Certificate): ProfileFault | null =>
  firstFault(everyRules, certificate) ?? firstFault(leafRules, certificate);

/** Its key, and how it was signed, whatever else is wrong with it. */
export const faultOfStrength = (certificate: X509Certificate): ProfileFault | null =>
  firstFault(strengthRules, certificate);

function firstFault(rules: readonly Rule[], certificate: X509Certificate): ProfileFault | null {
  try {
    const fields = fieldsOf(certificate);
    for (const rule of rules) {
      const fault = rule(fields);
      if (fault) return fault;
    }
    return null;
  } catch (error) {
    if (error instanceof BadDer) return bad(`cannot be read: ${error.message}`);
    throw error;
  }
}

const strengthRules: readonly Rule[] = [
  ({ spki }) =>
    isWeakSpki(spki)
      ? { code: 'weakKey', message: 'has a weak key (RSA below 2048 bits, a curve below 256, DSA)' }
      : null,
  // Nobody relies on what a root says of itself.
  ({ signatureOid, subject, issuer }) =>
    isWeakSignature(signatureOid) && !sameBytes(subject, issuer)
      ? { code: 'weakKey', message: 'is signed with MD5 or SHA-1' }
      : null,
];

const everyRules: readonly Rule[] = [
  ({ version }) => (version === 3 ? null : bad('is not of version 3')),
  ...strengthRules,
  ({ extensions }) => {
    const never = extensions.find(({ oid, critical }) => critical && neverCritical.has(oid));
    return never ? bad(`has the extension ${never.oid} as critical, which it must not be`) : null;
  },
];

const neverCritical: ReadonlySet<string> = new Set([oids.subjectKeyIdentifier, oids.authorityKeyIdentifier]);

const authorityRules: readonly Rule[] = [
  ({ subject }) => (new DerReader(subject).next().content.length > 0 ? null : bad('names no subject')),
  (fields) => {
    const constraints = extensionIn(fields.extensions, oids.basicConstraints);
    if (!constraints || !isCa(fields))
      return bad('is not that of an authority (basicConstraints with CA:true)');
    return constraints.critical ? null : bad('has basicConstraints that are not critical');
  },
  (fields) =>
    keyMay(fields, 'keyCertSign') === false ? bad('may not sign certificates (keyCertSign)') : null,
  ({ extensions }) => {
    const optional = extensions.find(({ oid, critical }) => !critical && alwaysCritical.has(oid));
    return optional ? bad(`has the extension ${optional.oid} as not critical, which it must be`) : null;
  },
  (fields) => {
    const fault = constraintFault(fields);
    return fault === null ? null : bad(fault);
  },
];

const alwaysCritical: ReadonlySet<string> = new Set([oids.policyConstraints, oids.inhibitAnyPolicy]);

const leafRules: readonly Rule[] = [
  (fields) => (isCa(fields) ? bad('is that of an authority') : null),
  (fields) =>
    keyMay(fields, 'keyCertSign')
      ? bad('may sign certificates (keyCertSign), as only authorities may')
      : null,
  ({ extensions }) =>
    extensionIn(extensions, oids.nameConstraints)
      ? bad('has name constraints, as only authorities have')
      : null,
  (fields) =>
    dnsNamesIn(fields).every((name) => dnsName.test(name)) ? null : bad('has a DNS name that is none'),
];

/** Throws BadDer. */
export function dnsNamesIn({ extensions }: CertificateFields): readonly string[] {
  const alternatives = extensionIn(extensions, oids.subjectAltName);
  if (!alternatives) return [];
  const names: string[] = [];
  for (const list = DerReader.inside(alternatives.value, tags.sequence); !list.done;) {
    const name = list.next();
    if (name.tag === generalNames.dns) names.push(Buffer.from(name.content).toString('latin1'));
  }
  return names;
}

/** A whole label may be a wildcard, the first one. Underscores are common in networks, and a serial number is one label. */
const dnsName = /^(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*$/;

function isCa({ extensions }: CertificateFields): boolean {
  const constraints = extensionIn(extensions, oids.basicConstraints);
  if (!constraints) return false;
  const flag = DerReader.inside(constraints.value, tags.sequence).optional(tags.boolean);
  return flag !== null && booleanOf(flag);
}
