// A device's certificates: its own self-signed one, and those an operator installs (R4, R6). A cold reset keeps them (R8).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Credentials as KeyPair } from '#pki/certificate';
import { selfSigned, type Holder } from '#pki/self-signed';
import { identityIn } from '#pki/identity';
import { inWords } from './closed.js';

/** PEM throughout. */
export interface Credentials extends KeyPair {
  /** True for an installed identity certificate, false for the device's own. */
  readonly installed: boolean;
  /** Certificates of the authorities that the server's certificate must come from; null when none is installed. */
  readonly authorities: string | null;
}

/** What an operator may put into the state folder; looked for anew at every announcement. */
export const installedFiles = {
  /** Certificate, what leads from it to its authority, and its key. */
  identity: 'identity.pem',
  authorities: 'ca.pem',
  /** User and password with which the device gets its first certificate. */
  secret: 'enrol.secret',
} as const;

/** Where the device keeps what it made for itself. */
export const ownFolder = 'own';

const holder = (serial: string): Holder => ({ commonName: serial, serialNumber: serial });

export const makeOwnCertificate = (serial: string): Promise<KeyPair> => selfSigned(holder(serial));

/** Reads what is there; makes the device's own certificate when it has none. */
export async function readCredentials(folder: string, serial: string): Promise<Credentials> {
  const authorities = await readOptional(join(folder, installedFiles.authorities));
  const identity = await readOptional(join(folder, installedFiles.identity));
  if (identity !== null) return { ...splitPem(identity), installed: true, authorities };
  return { ...(await identityIn(join(folder, ownFolder), holder(serial))), installed: false, authorities };
}

/** Null: there is none. */
export async function readOptional(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw inWords(error);
  });
}

/** Certificates and private key of one PEM text. Throws when either is missing. */
export function splitPem(pem: string): KeyPair {
  const blocks = pem.match(/-----BEGIN ([A-Z0-9 ]+)-----[A-Za-z0-9+/=\s]+-----END \1-----/g) ?? [];
  const certificates = blocks.filter((block) => block.startsWith('-----BEGIN CERTIFICATE-----'));
  const key = blocks.find((block) => /^-----BEGIN (EC |RSA )?PRIVATE KEY-----/.test(block));
  if (certificates.length === 0 || key === undefined) {
    throw new Error(`${installedFiles.identity} must hold a certificate and its private key, unencrypted.`);
  }
  return { certificate: `${certificates.join('\n')}\n`, key: `${key}\n` };
}
