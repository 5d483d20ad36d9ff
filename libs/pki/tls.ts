// How TLS is spoken by every server that devices can reach. Each setting closes a hole that Node leaves open by default.
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/** A long list lets one packet of an unknown client cost 100 ms of key exchange. The hybrid one first. */
export const tlsGroups = 'X25519MLKEM768:X25519:P-256';

/** TLS 1.3, then of TLS 1.2 what keeps past connections secret and is authenticated: no CBC, no SHA-1, no RSA key exchange. */
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

export const serverTls = {
  minVersion: 'TLSv1.2',
  ciphers,
  ecdhCurve: tlsGroups,
  // A resumed session would keep the trust of the day it began, past revocation and a change of mode.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies SecureContextOptions;
