// Identities by friendly name (R15): a private key, encrypted, with its certificate and those above it.
import type { KeyObject, X509Certificate } from 'node:crypto';
import { expectPair, readCertificate } from '#pki/authority/certificate-parts';
import { encryptedPem, readPrivateKey } from '#pki/authority/key';
import { authoritiesIn } from '#pki/authorities';
import { faultOfPresented } from '#pki/presentable';
import { type Books, type Row, textOf } from './books.js';
import { TrustFault } from './fault.js';

export interface Identity {
  readonly name: string;
  /** PEM, encrypted by the passphrase. */
  readonly key: string;
  /** PEM of the request that waits to be signed; null when the certificate is there. */
  readonly request: string | null;
  /** The own one first; empty while the request waits. */
  readonly certificates: readonly X509Certificate[];
}

/** Throws TrustFault. */
export function checkName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/.test(name)) return name;
  throw new TrustFault(
    'usage',
    `"${name}" is no name for an identity: up to 63 letters, digits, spaces, dots, hyphens`,
  );
}

/**
 * Throws TrustFault when there is one of that name, unless it is to be replaced; and when it is too weak: whoever presents it
 * would find out only then.
 */
export function keepIdentity(
  books: Books,
  name: string,
  what: {
    readonly key: string;
    readonly request: string | null;
    readonly certificates: readonly X509Certificate[];
  },
  replace: boolean,
): void {
  if (!replace && findIdentity(books, name))
    throw new TrustFault(
      'identityExists',
      `there is an identity "${name}" already; --replace puts the new one in its place`,
    );
  const fault = what.certificates.length === 0 ? null : faultOfPresented(what.certificates);
  if (fault !== null)
    throw new TrustFault(
      'weakIdentity',
      `the identity "${name}" cannot be presented by any server: ${fault}`,
    );
  books.run(
    `insert into identity values (?, ?, ?, ?, ?) on conflict (name) do update set key = excluded.key,
       request = excluded.request, certificates = excluded.certificates, changed_ms = excluded.changed_ms`,
    name,
    what.key,
    what.request,
    what.certificates.length === 0 ? null : what.certificates.map(String).join(''),
    Date.now(),
  );
}

export function findIdentity(books: Books, name: string): Identity | null {
  const row = books.one('select * from identity where name = ?', name);
  return row && identityOf(row);
}

/** Throws TrustFault. */
export function identityNamed(books: Books, name: string): Identity {
  const found = findIdentity(books, name);
  if (found) return found;
  const names = identities(books).map((each) => each.name);
  const there = names.length === 0 ? 'there is none at all' : `there are ${names.join(', ')}`;
  throw new TrustFault('unknownIdentity', `there is no identity "${name}"; ${there}`);
}

export const identities = (books: Books): readonly Identity[] =>
  books.all('select * from identity order by name').map(identityOf);

/** Throws AuthorityFault, TrustFault when its certificate has not come yet. */
export function openIdentity(
  { name, key, certificates }: Identity,
  passphrase: string,
): { readonly key: KeyObject; readonly certificates: readonly X509Certificate[] } {
  const from = `the identity "${name}"`;
  const opened = readPrivateKey(key, passphrase, from);
  const [own] = certificates;
  if (!own)
    throw new TrustFault(
      'identityUnfinished',
      `${from} waits for its certificate; muster ca import --name brings it in`,
    );
  expectPair(own, opened, from);
  return { key: opened, certificates };
}

/** For the books. */
export const sealedKey = (key: KeyObject, passphrase: string): string => encryptedPem(key, passphrase);

function identityOf(row: Row): Identity {
  const name = String(row['name']);
  const certificates = textOf(row, 'certificates');
  const pems = certificates === null ? [] : authoritiesIn(certificates);
  return {
    name,
    key: String(row['key']),
    request: textOf(row, 'request'),
    certificates: pems.map((pem) => readCertificate(pem, name)),
  };
}
