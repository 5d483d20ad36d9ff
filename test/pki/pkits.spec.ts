// NIST's PKITS: which of its lists of revoked certificates are taken, and what they say of its certificates. What must be taken
// is told by openssl: a list is plain and full when it is none of changes, of a part, or with critical extensions.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCrl, RefusedCrl } from '#pki/revocation/crl';
import { Crls } from '#pki/revocation/crls';
import { pathOf } from '#pki/revocation/path';
import type { Standing } from '#pki/revocation/standing';
import { suiteFile } from './limbo-suite.js';

interface PkitsCase {
  readonly name: string;
  readonly cert: string;
  readonly other_certs?: readonly string[];
  readonly crls?: readonly string[];
  readonly error?: { readonly class: string };
}

const folder = suiteFile('pkits');
const within = (...names: readonly string[]): string => join(folder ?? '', ...names);
const filesOf = (kind: 'certs' | 'crls'): readonly string[] =>
  folder === null ? [] : readdirSync(within(kind));
const certificate = (name: string): X509Certificate =>
  new X509Certificate(readFileSync(within('certs', name)));
const crl = (name: string): Buffer => readFileSync(within('crls', name));
const now = new Date();

describe.skipIf(folder === null)(
  `PKITS${folder === null ? ': skipped, as the outside suites are not there' : ''}`,
  () => {
    const cases =
      folder === null ? [] : (JSON.parse(readFileSync(within('pkits.json'), 'utf8')) as readonly PkitsCase[]);
    const names = filesOf('crls');
    /** Authorities, and who signs lists for one. */
    const readable = filesOf('certs')
      .map((name) => ({ signsLists: /CRL(?:Signing)?Cert/.test(name), read: certificate(name) }))
      .filter(({ signsLists, read }) => (read.ca || signsLists) && hasKey(read))
      .map(({ read }) => read);

    it('takes every plain full list, and no other', () => {
      const outcomes = new Map(names.map((name) => [name, faultOf(crl(name))]));
      const plain = names.filter(isPlain);
      const refused = plain.filter((name) => outcomes.get(name) !== null);
      expect(Object.fromEntries(refused.map((name) => [name, outcomes.get(name)]))).toEqual(notSignedAsLists);
      const odd = names.filter((name) => !isPlain(name));
      expect(countsOf(odd.map((name) => outcomes.get(name) ?? 'taken'))).toEqual({
        partial: 16,
        delta: 4,
        indirect: 2,
        unknownCritical: 2,
        unknownIssuer: 2,
      });
      expect([names.length, plain.length - refused.length, refused.length, odd.length]).toEqual([
        173, 135, 12, 26,
      ]);
    });

    it('refuses the broken signature as no string of whole bytes, and, were it one, as a wrong one', () => {
      const list = crl('BadCRLSignatureCACRL.crl');
      // The first byte of what holds a signature of 2,048 bits: how many bits of the last one do not count.
      const unused = list.length - 257;
      expect(list[unused]).toBe(1);
      list[unused] = 0;
      expect(faultOf(list)).toBe('badSignature');
    });

    function faultOf(list: Buffer): string | null {
      try {
        readCrl(list, readable);
        return null;
      } catch (error) {
        return error instanceof RefusedCrl ? error.code : String(error);
      }
    }

    const judged = cases.flatMap((each) => {
      const standing = standingOf(each);
      return standing === null ? [] : [{ each, standing }];
    });

    it('takes nobody for good who was revoked, or of whom nobody knows', () => {
      const refusing = judged.filter(({ each }) => /Revoked|Revinfo/.test(each.error?.class ?? ''));
      const wrong = refusing.filter(({ standing }) => standing === 'good');
      expect(wrong.map(({ each }) => each.name).toSorted()).toEqual(onlyInChanges);
      expect(countsOf(refusing.map(({ standing }) => standing))).toEqual({
        absent: 31,
        revoked: 11,
        stale: 3,
        good: 1,
      });
    });

    it('takes for good who has nothing but plain full lists', () => {
      const plain = judged.filter(({ each }) => !each.error && (each.crls ?? []).every(isPlain));
      expect(plain.filter(({ standing }) => standing !== 'good').map(({ each }) => each.name)).toEqual([
        'valid_dsa_signatures_test4',
      ]);
      expect([cases.length, judged.length, plain.length]).toEqual([247, 238, 88]);
    });

    /** Null: there is no way to the root that OpenSSL would take. */
    function standingOf({ cert, other_certs: others = [], crls: lists = [] }: PkitsCase): Standing | null {
      const above = [...others.map(certificate), certificate('TrustAnchorRootCertificate.crt')];
      const [leaf] = pathOf(certificate(cert), above);
      if (!leaf) return null;
      const crls = new Crls(above);
      for (const name of ['TrustAnchorRootCRL.crl', ...lists]) {
        try {
          crls.take(crl(name), now);
        } catch (error) {
          if (!(error instanceof RefusedCrl)) throw error;
        }
      }
      const path = pathOf(leaf.certificate, above);
      const all = path.map((link) => crls.standingOf(link.certificate, link.issuer, now));
      return all.find((standing) => standing !== 'good') ?? 'good';
    }
  },
);

function countsOf(words: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));
}

/** Revoked by a list of changes, beside a full one that is in force: changes are not looked at. */
const onlyInChanges: readonly string[] = ['invalid_deltacrl_test4'];

/** Plain and full, and signed by nobody who may, or with SHA-1. */
const notSignedAsLists: Readonly<Record<string, string>> = {
  // That is what these are for: another issuer, a signature that is no string of whole bytes, no right to sign lists.
  'BadCRLIssuerNameCACRL.crl': 'unknownIssuer',
  'BadCRLSignatureCACRL.crl': 'unreadable',
  'TwoCRLsCABadCRL.crl': 'unknownIssuer',
  'keyUsageCriticalcRLSignFalseCACRL.crl': 'notAllowed',
  'keyUsageNotCriticalcRLSignFalseCACRL.crl': 'notAllowed',
  // Their issuers are no authorities.
  'MissingbasicConstraintsCACRL.crl': 'unknownIssuer',
  'basicConstraintsCriticalcAFalseCACRL.crl': 'unknownIssuer',
  'basicConstraintsNotCriticalcAFalseCACRL.crl': 'unknownIssuer',
  'keyUsageCriticalkeyCertSignFalseCACRL.crl': 'unknownIssuer',
  'keyUsageNotCriticalkeyCertSignFalseCACRL.crl': 'unknownIssuer',
  // DSA with SHA-1.
  'DSACACRL.crl': 'weakSignature',
  'DSAParametersInheritedCACRL.crl': 'unknownIssuer',
};

/** DSA whose parameters are an issuer's cannot be read alone. */
function hasKey(of: X509Certificate): boolean {
  try {
    return of.publicKey.asymmetricKeyType !== undefined;
  } catch {
    return false;
  }
}

const odd = /Delta CRL Indicator|Issuing Distribution Point|: critical|NextUpdate: NONE/i;

const plainness = new Map<string, boolean>();

function isPlain(name: string): boolean {
  const known = plainness.get(name);
  if (known !== undefined) return known;
  const words = ['crl', '-inform', 'DER', '-noout', '-text', '-in', within('crls', name)];
  const text = execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const plain = !odd.test(text);
  plainness.set(name, plain);
  return plain;
}
