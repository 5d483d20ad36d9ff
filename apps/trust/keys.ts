// The authority's keys and certificates: a folder that is there whole, or not at all. Keys are encrypted by a passphrase,
// which lies somewhere else.
import { randomUUID, type KeyObject, type X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expectPair, readCertificate } from '#pki/authority/certificate-parts';
import type { Issuer } from '#pki/authority/issue';
import { encryptedPem, readPrivateKey } from '#pki/authority/key';
import { TrustFault } from './fault.js';
import { flushFolder, readWhole, writeWhole } from './files.js';
import type { IssuerName } from './issued.js';

const folderIn = (dir: string): string => join(dir, 'authority');
const fileIn = (dir: string, name: string): string => join(folderIn(dir), name);
const passphraseMin = 20;

export const hasAuthority = (dir: string): boolean => existsSync(folderIn(dir));

/** The first line of the file. Throws TrustFault. */
export function readPassphrase(file: string | undefined): string {
  const how = 'make one with: (umask 077; openssl rand -base64 32 > FILE), and keep a copy elsewhere';
  if (!file)
    throw new TrustFault(
      'passphrase',
      `say which file has the passphrase: --passphrase-file FILE, or MUSTER_TRUST_PASSPHRASE_FILE; ${how}`,
    );
  const [passphrase = ''] = readWhole(file).toString('utf8').split(/\r?\n/);
  if (passphrase.length >= passphraseMin) return passphrase;
  throw new TrustFault(
    'passphrase',
    `the passphrase in ${file} has fewer than ${passphraseMin} characters; ${how}`,
  );
}

/** What `init` leaves in the folder; without a root the issuing authority is certified elsewhere. */
export type Made =
  { readonly root: Issuer; readonly issuing: Issuer } | { readonly request: string; readonly key: KeyObject };

/** Seen whole by whoever looks. Throws TrustFault. */
export function keepAuthority(dir: string, made: Made, passphrase: string): void {
  const draft = join(dir, `authority.${randomUUID()}`);
  mkdirSync(draft, { mode: 0o700 });
  const keep = (name: string, text: string): void => writeWhole(join(draft, name), text);
  if ('root' in made) {
    keep('root.pem', made.root.certificate.toString());
    keep('root.key.pem', encryptedPem(made.root.key, passphrase));
    keep('issuing.pem', made.issuing.certificate.toString());
    keep('issuing.key.pem', encryptedPem(made.issuing.key, passphrase));
  } else {
    keep('issuing.request.pem', made.request);
    keep('issuing.key.pem', encryptedPem(made.key, passphrase));
  }
  renameSync(draft, folderIn(dir));
  flushFolder(dir);
}

/** Certified elsewhere: its certificate, and those above it up to the root. Throws AuthorityFault, TrustFault. */
export function keepCertified(dir: string, chain: readonly X509Certificate[], passphrase: string): void {
  const [issuing, ...above] = chain;
  if (!issuing) throw new TrustFault('file', 'there is no certificate in the file');
  expectPair(issuing, readKey(dir, 'issuing', passphrase), 'the file and in the folder');
  writeWhole(fileIn(dir, 'root.pem'), above.map(String).join(''));
  // Last: it is what says that the authority is finished.
  writeWhole(fileIn(dir, 'issuing.pem'), issuing.toString());
}

/** For the keys that are there. The root first: with either of the two the chain holds. */
export function keepRenewed(dir: string, root: X509Certificate, issuing: X509Certificate): void {
  writeWhole(fileIn(dir, 'root.pem'), root.toString());
  writeWhole(fileIn(dir, 'issuing.pem'), issuing.toString());
}

/** Throws TrustFault when there is no authority, or it waits for its certificate. */
export function certificateOf(dir: string, name: IssuerName): X509Certificate {
  if (!hasAuthority(dir))
    throw new TrustFault('noAuthority', `${dir} holds no authority; muster ca init makes one`);
  const file = fileIn(dir, `${name}.pem`);
  if (!existsSync(file))
    throw new TrustFault(
      'authorityUnfinished',
      `the authority waits for its certificate: have ${fileIn(dir, 'issuing.request.pem')} signed, then muster ca import --issuing FILE`,
    );
  return readCertificate(readFileSync(file, 'utf8'), file);
}

/** From the issuing authority to the root: what clients are told to trust. PEM. */
export function chainOf(dir: string): string {
  return certificateOf(dir, 'issuing').toString() + readFileSync(fileIn(dir, 'root.pem'), 'utf8');
}

/** Null when the key was taken away, or was never here. Throws AuthorityFault, TrustFault. */
export function openIssuer(dir: string, name: IssuerName, passphrase: string): Issuer | null {
  const certificate = certificateOf(dir, name);
  if (!existsSync(fileIn(dir, `${name}.key.pem`))) return null;
  const key = readKey(dir, name, passphrase);
  expectPair(certificate, key, folderIn(dir));
  return { certificate, key };
}

function readKey(dir: string, name: IssuerName, passphrase: string): KeyObject {
  const file = fileIn(dir, `${name}.key.pem`);
  return readPrivateKey(readWhole(file).toString('utf8'), passphrase, file);
}
