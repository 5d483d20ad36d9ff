// How enrolment speaks TLS: as the gateway does, for the same reasons.
import { constants, type X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { plainPem } from '#pki/authority/key';
import { authoritiesIn } from '#pki/authorities';

const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/** @param chain PEM of our own authority: only whom it certified may renew */
export function contextOptions(
  { key, certificates }: { readonly key: KeyObject; readonly certificates: readonly X509Certificate[] },
  chain: string,
): SecureContextOptions {
  return {
    key: plainPem(key),
    cert: certificates.map(String).join(''),
    ca: authoritiesIn(chain),
    minVersion: 'TLSv1.2',
    ciphers,
    ecdhCurve: 'X25519MLKEM768:X25519:P-256',
    // A resumed session would outlive the revocation of its certificate.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  };
}

/** Of both servers: what a stranger may take of time and room. */
export const limits = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 8_192,
} as const;
export const connectionsMax = 500;
