// Certificates made by an authority of our own: its root, its issuing authority, and what that issues (R80, R81).
//
//   issue.ts              this file            fault.ts  why something cannot be made or read
//   key.ts                key pairs, and private ones encrypted at rest
//   subject.ts            who it is for        alternative-names.ts  other names: DNS:a, IP:10.0.0.1
//   profile.ts            server, client, mutual, device     extensions.ts  each in DER
//   signed.ts             what is common to all that is signed
//   certificate-parts.ts  what is copied from an issuer, byte for byte
//   request.ts            signing requests     certificates-only.ts  certificates in PKCS#7, for EST
//   revocation-list.ts    CRLs made            ocsp-answer.ts  OCSP answered
//   pkcs12-export.ts, pkcs12-import.ts  a key with its certificates as one file
//   exchange.ts           what it tells console, and hears from it    wish.ts  what operators wish of it
import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { newSerial, type Validity } from '../certificate.js';
import { explicit, integer, sequence, time } from '../der/write.js';
import type { AlternativeName } from './alternative-names.js';
import { issuerPartsOf } from './certificate-parts.js';
import {
  alternativeNames,
  authorityAddresses,
  authorityConstraint,
  authorityKeyId,
  keyUsage,
  leafConstraint,
  listAddress,
  subjectKeyId,
} from './extensions.js';
import { AuthorityFault } from './fault.js';
import { keyIdOf, spkiOf, weaknessOf } from './key.js';
import { namesFor, type Profile, usageOf } from './profile.js';
import { algorithmOf, signed } from './signed.js';
import { checkSubject, derOfSubject, type Subject } from './subject.js';

/** An authority that can sign. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
}

/** Where what an authority publishes is found; written into what it issues. */
export interface Addresses {
  readonly list: string;
  readonly ocsp: string;
  readonly issuer: string;
}

export interface Authority {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly validity: Validity;
}

export interface Leaf extends Authority {
  readonly profile: Profile;
  readonly names: readonly AlternativeName[];
  readonly addresses: Addresses | null;
}

/** Self-signed; at most one authority may follow it. Throws AuthorityFault. */
export function makeRoot({
  subject,
  key,
  validity,
}: Omit<Authority, 'publicKey'> & { key: KeyObject }): X509Certificate {
  const spki = spkiOf(createPublicKey(key));
  const name = derOfSubject(checkSubject(subject));
  const extensions = [...authorityExtensions(1), subjectKeyId(keyIdOf(spki)), authorityKeyId(keyIdOf(spki))];
  return certificate({ issuer: name, subject: name, spki, validity, extensions, key });
}

/** The authority that issues, signed by the root: no other authority may follow it. Throws AuthorityFault. */
export function makeIssuing(
  root: Issuer,
  { subject, publicKey, validity }: Authority,
  list: string | null,
): X509Certificate {
  const { name: issuer, keyId } = issuerPartsOf(root.certificate);
  const spki = spkiOf(publicKey);
  return certificate({
    issuer,
    subject: derOfSubject(checkSubject(subject)),
    spki,
    validity: within(validity, root),
    extensions: [
      ...authorityExtensions(0),
      subjectKeyId(keyIdOf(spki)),
      authorityKeyId(keyId),
      ...(list === null ? [] : [listAddress(list)]),
    ],
    key: root.key,
  });
}

/** Ends with its issuer at the latest. Throws AuthorityFault when subject, names or key do not suit the profile. */
export function issue(by: Issuer, leaf: Leaf): X509Certificate {
  const weakness = weaknessOf(leaf.publicKey);
  if (weakness !== null) throw new AuthorityFault('weakKey', weakness);
  const subject = checkSubject(leaf.subject);
  const names = namesFor(leaf.profile, subject, leaf.names);
  const { name: issuer, keyId } = issuerPartsOf(by.certificate);
  const spki = spkiOf(leaf.publicKey);
  return certificate({
    issuer,
    subject: derOfSubject(subject),
    spki,
    validity: within(leaf.validity, by),
    extensions: [
      leafConstraint(),
      ...usageOf(leaf.profile, leaf.publicKey),
      subjectKeyId(keyIdOf(spki)),
      authorityKeyId(keyId),
      ...(names.length === 0 ? [] : [alternativeNames(names)]),
      ...(leaf.addresses === null
        ? []
        : [listAddress(leaf.addresses.list), authorityAddresses(leaf.addresses)]),
    ],
    key: by.key,
  });
}

/** What a server or a device says of itself, for both purposes of TLS: trusted by who pins it, and no authority. */
export function makeSelfSigned({
  subject,
  key,
  validity,
  names,
}: Pick<Leaf, 'subject' | 'validity' | 'names'> & { readonly key: KeyObject }): X509Certificate {
  const publicKey = createPublicKey(key);
  const spki = spkiOf(publicKey);
  const name = derOfSubject(subject);
  const extensions = [
    leafConstraint(),
    ...usageOf('device', publicKey),
    subjectKeyId(keyIdOf(spki)),
    ...(names.length === 0 ? [] : [alternativeNames(names)]),
  ];
  return certificate({ issuer: name, subject: name, spki, validity, extensions, key });
}

const authorityExtensions = (pathLength: number): readonly Buffer[] => [
  authorityConstraint(pathLength),
  keyUsage('keyCertSign', 'cRLSign'),
];

function within({ notBefore, notAfter }: Validity, { certificate }: Issuer): Validity {
  const end = certificate.validToDate;
  if (end <= notBefore)
    throw new AuthorityFault(
      'badCertificate',
      `the authority's own certificate ended on ${end.toUTCString()}`,
    );
  return { notBefore, notAfter: notAfter < end ? notAfter : end };
}

interface Said {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly spki: Buffer;
  readonly validity: Validity;
  readonly extensions: readonly Buffer[];
  readonly key: KeyObject;
}

/** TBSCertificate of RFC 5280, version 3, signed. */
function certificate({ issuer, subject, spki, validity, extensions, key }: Said): X509Certificate {
  const said = sequence(
    explicit(0, integer(2)),
    integer(newSerial()),
    algorithmOf(key),
    issuer,
    sequence(time(validity.notBefore), time(validity.notAfter)),
    subject,
    spki,
    explicit(3, sequence(...extensions)),
  );
  return new X509Certificate(signed(said, key));
}
