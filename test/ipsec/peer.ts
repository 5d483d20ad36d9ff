// What one end of IPsec has in its folder: certificates of its own with their keys, whom it believes, and shared keys.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IpsecSignature } from '#events/ipsec';
import { OpenSsl } from '../support/openssl.js';
import { swanctlFolders } from './charon.js';

export interface PeerOptions {
  /** Part of the names in its certificates; each kind of key has a name of its own. */
  readonly subject: string;
  readonly keys?: Readonly<Record<string, string>>;
  /** Who signs; without one there is an authority of this peer's alone. */
  readonly authority?: OpenSsl;
  /** Which certificates there are; without it all. */
  readonly kinds?: readonly IpsecSignature[];
}

const newKey: Readonly<Record<IpsecSignature, readonly string[]>> = {
  ecdsa256: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  ecdsa384: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  rsa: ['-newkey', 'rsa:2048'],
};

/** An authority that `writePeer` takes: ca.pem and ca.key. */
export function newAuthority(): OpenSsl {
  const authority = new OpenSsl();
  authority.authority('ca', '/CN=IPsec of this test');
  return authority;
}

export function writePeer(folder: string, options: PeerOptions): void {
  const { subject, keys = {}, kinds = ['ecdsa256', 'ecdsa384', 'rsa'] } = options;
  const authority = options.authority ?? newAuthority();
  for (const each of [...swanctlFolders, 'muster-keys']) mkdirSync(join(folder, each), { recursive: true });
  copyFileSync(authority.path('ca.pem'), join(folder, 'x509ca', 'muster-ca.pem'));
  for (const kind of kinds) {
    const files = [
      '-keyout',
      join(folder, 'private', `${kind}.key`),
      '-out',
      join(folder, 'x509', `muster-${kind}.pem`),
    ];
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-addext', 'keyUsage=critical,digitalSignature'];
    const words = [
      'req',
      '-x509',
      '-days',
      '2',
      '-nodes',
      ...newKey[kind],
      '-subj',
      `/CN=${subject} ${kind}`,
    ];
    authority.run(...words, ...signed, '-addext', 'basicConstraints=critical,CA:false', ...files);
  }
  for (const [name, key] of Object.entries(keys))
    writeFileSync(join(folder, 'muster-keys', `${name}.conf`), `secret = "${key}"\n`, { mode: 0o600 });
  if (!options.authority) authority.remove();
}
