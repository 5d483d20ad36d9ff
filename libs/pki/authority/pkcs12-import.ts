// PKCS#12 as others write it, with the ciphers of the last thirty years: node-forge knows them all, RC2 and Triple DES too,
// which OpenSSL 3 no longer opens. Keys and certificates of elliptic curves it hands on as they are, and Node reads those.
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { messageOf } from '../../events/message-of.js';
import { AuthorityFault } from './fault.js';
import { sameKey } from './key.js';
import type { Bundle } from './pkcs12-export.js';

/** @param from what the bytes are, for messages. Throws AuthorityFault */
export function fromPkcs12(
  bytes: Uint8Array,
  password: string,
  from: string,
): Bundle & { readonly name: string | null } {
  const bags = bagsIn(bytes, password, from);
  const [keyBag, ...moreKeys] = bags.filter(
    ({ type }) => type === oids['pkcs8ShroudedKeyBag'] || type === oids['keyBag'],
  );
  if (!keyBag) throw bad(`${from} holds no private key`);
  if (moreKeys.length > 0) throw bad(`${from} holds ${moreKeys.length + 1} private keys; one is expected`);
  const key = keyIn(keyBag, from);
  const certificates = bags
    .filter(({ type }) => type === oids['certBag'])
    .map((bag) => certificateIn(bag, from));
  const named = keyBag.attributes as { readonly friendlyName?: readonly string[] } | undefined;
  return { key, certificates: inOrder(key, certificates, from), name: named?.friendlyName?.[0] ?? null };
}

/** The key's own certificate, and those above it, each followed by its issuer. Throws AuthorityFault. */
export function inOrder(
  key: KeyObject,
  certificates: readonly X509Certificate[],
  from: string,
): readonly X509Certificate[] {
  const publicKey = createPublicKey(key);
  const own = certificates.find((each) => sameKey(each.publicKey, publicKey));
  if (!own)
    throw new AuthorityFault('keyMismatch', `no certificate in ${from} belongs to the private key there`);
  const chain = [own];
  for (let last: X509Certificate | undefined = own; last;) {
    const below: X509Certificate = last;
    last = certificates.find((each) => !chain.includes(each) && below.checkIssued(each));
    if (last) chain.push(last);
  }
  return chain;
}

const { oids } = forge.pki;

function bagsIn(bytes: Uint8Array, password: string, from: string): readonly forge.pkcs12.Bag[] {
  try {
    const parsed = forge.asn1.fromDer(Buffer.from(bytes).toString('binary'));
    const { safeContents } = forge.pkcs12.pkcs12FromAsn1(parsed, false, password);
    return safeContents.flatMap(({ safeBags }) => safeBags);
  } catch (cause) {
    const why = messageOf(cause);
    if (/MAC could not be verified|Invalid password|decrypt/i.test(why))
      throw new AuthorityFault('wrongPassphrase', `the password does not open ${from}`, { cause });
    throw bad(`${from} is no PKCS#12 file that can be read: ${why}`, cause);
  }
}

function keyIn({ key, asn1 }: forge.pkcs12.Bag, from: string): KeyObject {
  try {
    if (key) return createPrivateKey(forge.pki.privateKeyToPem(key));
    return createPrivateKey({ key: derOf(asn1), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw bad(`the private key in ${from} is of a kind that is not read`, cause);
  }
}

function certificateIn({ cert, asn1 }: forge.pkcs12.Bag, from: string): X509Certificate {
  try {
    return new X509Certificate(cert ? derOf(forge.pki.certificateToAsn1(cert)) : derOf(asn1));
  } catch (cause) {
    throw bad(`a certificate in ${from} cannot be read`, cause);
  }
}

const derOf = (asn1: forge.asn1.Asn1): Buffer => Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary');

const bad = (what: string, cause?: unknown): AuthorityFault =>
  new AuthorityFault('badPkcs12', what, { cause });
