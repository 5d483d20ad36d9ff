// A self-signed identity kept in a folder, for who was given no certificate.
import { join } from 'node:path';
import type { Credentials } from './certificate.js';
import { selfSigned, type Holder } from './self-signed.js';
import { keptIn } from './secret-file.js';

/** The identity in `folder` (identity.pem: key, then certificate, readable by its owner only), made when there is none. */
export async function identityIn(folder: string, holder: Holder): Promise<Credentials> {
  const path = join(folder, 'identity.pem');
  const make = async (): Promise<string> => {
    const made = await selfSigned(holder);
    return `${made.key}\n${made.certificate}\n`;
  };
  return split(await keptIn(path, make), path);
}

function split(text: string, path: string): Credentials {
  const at = text.indexOf('-----BEGIN CERTIFICATE-----');
  if (at < 0) throw new Error(`${path} holds no certificate; remove it and a new identity is made`);
  return { key: text.slice(0, at), certificate: text.slice(at) };
}
