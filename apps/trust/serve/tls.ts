// How enrolment speaks TLS: as the gateway does, for the same reasons.
import type { KeyObject, X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { plainPem } from '#pki/authority/key';
import { authoritiesIn } from '#pki/authorities';
import { serverTls } from '#pki/tls';

/** @param chain PEM of our own authority: only whom it certified may renew */
export function contextOptions(
  { key, certificates }: { readonly key: KeyObject; readonly certificates: readonly X509Certificate[] },
  chain: string,
): SecureContextOptions {
  return {
    ...serverTls,
    key: plainPem(key),
    cert: certificates.map(String).join(''),
    ca: authoritiesIn(chain),
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
