// A key with its certificates as a file: PKCS#12 by the file's name, else PEM.
import type { KeyObject, X509Certificate } from 'node:crypto';
import { authoritiesIn } from '#pki/authorities';
import { readCertificate } from '#pki/authority/certificate-parts';
import { AuthorityFault } from '#pki/authority/fault';
import { encryptedPem, plainPem, readPrivateKey } from '#pki/authority/key';
import { toPkcs12 } from '#pki/authority/pkcs12-export';
import { fromPkcs12, inOrder } from '#pki/authority/pkcs12-import';
import { readWhole, writeWhole } from '../files.js';
import { misused } from './words.js';

export interface IdentityFile {
  readonly name: string;
  readonly key: KeyObject;
  /** The own one first. */
  readonly certificates: readonly X509Certificate[];
}

const isPkcs12 = (file: string): boolean => /\.(p12|pfx)$/i.test(file);

/** Its first line. Throws TrustFault. */
function passwordIn(file: string | undefined): string | null {
  return file === undefined ? null : (readWhole(file).toString('utf8').split(/\r?\n/)[0] ?? '');
}

/** Readable by its owner only; without a password a PEM file has the key as it is. Throws TrustFault. */
export function writeIdentity(
  file: string,
  { name, key, certificates }: IdentityFile,
  passwordFile: string | undefined,
): void {
  const password = passwordIn(passwordFile);
  if (isPkcs12(file)) {
    if (password === null) throw misused('a PKCS#12 file needs --password-file');
    writeWhole(file, toPkcs12({ key, certificates }, name, password));
    return;
  }
  const text = password === null ? plainPem(key) : encryptedPem(key, password);
  writeWhole(file, text + certificates.map(String).join(''));
}

/** @param keyFile where the key is, if not in `file`. Throws AuthorityFault, TrustFault */
export function readIdentity(
  file: string,
  {
    keyFile,
    passwordFile,
  }: { readonly keyFile: string | undefined; readonly passwordFile: string | undefined },
): Omit<IdentityFile, 'name'> {
  const password = passwordIn(passwordFile);
  const bytes = readWhole(file);
  // DER begins so, whatever the file is called; PEM does not.
  if (bytes[0] === 0x30) return fromPkcs12(bytes, password ?? '', file);
  const text = bytes.toString('utf8');
  const keyText = keyFile === undefined ? text : readWhole(keyFile).toString('utf8');
  const key = readPrivateKey(keyPart(keyText, keyFile ?? file), password, keyFile ?? file);
  return { key, certificates: inOrder(key, certificatesIn(text, file), file) };
}

/** Throws AuthorityFault. */
export function certificatesIn(text: string, file: string): readonly X509Certificate[] {
  return authoritiesIn(text).map((pem) => readCertificate(pem, file));
}

function keyPart(text: string, file: string): string {
  const found = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/.exec(text);
  if (found) return found[0];
  throw new AuthorityFault('badKey', `${file} holds no private key; --key FILE says where it is`);
}
