// A key pair with a certificate of its own, as a device or a server makes it that was given none.
import type { AlternativeName } from './authority/alternative-names.js';
import { makeSelfSigned } from './authority/issue.js';
import { generateKey, plainPem } from './authority/key.js';
import { pemOf } from './authority/signed.js';
import { type Credentials, validFor, type Validity } from './certificate.js';

/** What a certificate says of its holder. */
export interface Holder {
  readonly commonName: string;
  /** Of a device: what binds the certificate to it. */
  readonly serialNumber?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/** ECDSA P-256, for both purposes of TLS. */
export async function selfSigned(holder: Holder, validity: Validity = validFor(3650)): Promise<Credentials> {
  const { commonName: CN, serialNumber, dnsNames = [], ipAddresses = [] } = holder;
  const { privateKey: key } = await generateKey('p256');
  const subject = { CN, ...(serialNumber === undefined ? {} : { serialNumber }) };
  const names: readonly AlternativeName[] = [
    ...dnsNames.map((value) => ({ kind: 'DNS' as const, value })),
    ...ipAddresses.map((value) => ({ kind: 'IP' as const, value })),
  ];
  const { raw } = makeSelfSigned({ subject, key, validity, names });
  return { key: plainPem(key), certificate: pemOf('certificate', raw) };
}
