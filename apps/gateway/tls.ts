// How the gateway speaks TLS: as all servers here do, and what its operator sets.
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { Credentials } from '#pki/certificate';
import { serverTls } from '#pki/tls';
import type { GatewayConfig } from './config.js';

/** The part that changes with identity and edge configuration: for setSecureContext. `authorities`: PEM, each by itself. */
export function contextOptions(
  config: GatewayConfig,
  identity: Credentials,
  authorities: readonly string[],
): SecureContextOptions {
  return {
    ...serverTls,
    key: identity.key,
    cert: identity.certificate,
    // Never Node's own list: who may announce is the operator's choice. Empty: no chain leads anywhere.
    ca: [...authorities],
    minVersion: config.MUSTER_GATEWAY_TLS_MIN,
    ecdhCurve: config.MUSTER_GATEWAY_TLS_GROUPS,
  };
}

/** The part that holds for the listener's life. */
export const serverOptions = (config: GatewayConfig): TlsOptions => ({
  // Certificates are always asked for and never judged by the handshake: that is done for each announcement, with an answer.
  requestCert: true,
  rejectUnauthorized: false,
  // Node only reports the timeout; the door destroys the socket.
  handshakeTimeout: config.MUSTER_GATEWAY_HANDSHAKE_SECONDS * 1000,
  allowHalfOpen: true,
});

/** What a failed handshake means to an operator; null: the client just went away. */
export function handshakeFault(code: string): { readonly reason: string; readonly message: string } | null {
  if (code === 'ECONNRESET' || code === 'EPIPE') return null;
  return faults[code] ?? { reason: 'handshakeFailed', message: 'The TLS handshake failed; see the code' };
}

const notTls = {
  reason: 'notTls',
  message: 'What came is not TLS; this port takes nothing else. Does the peer have TLS switched on?',
};
const faults: Readonly<Record<string, { readonly reason: string; readonly message: string }>> = {
  ERR_SSL_HTTP_REQUEST: notTls,
  ERR_SSL_HTTPS_PROXY_REQUEST: notTls,
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
  ERR_SSL_RECORD_TOO_SMALL: notTls,
  ERR_SSL_UNSUPPORTED_PROTOCOL: {
    reason: 'tlsTooOld',
    message: 'The peer speaks no TLS version that is allowed here; update it',
  },
  ERR_SSL_NO_SHARED_CIPHER: {
    reason: 'nothingInCommon',
    message: 'The peer offers no cipher that is allowed here; update it',
  },
  ERR_SSL_NO_SUITABLE_KEY_SHARE: {
    reason: 'nothingInCommon',
    message: 'The peer offers no key exchange group that is allowed here; see MUSTER_GATEWAY_TLS_GROUPS',
  },
  ERR_TLS_HANDSHAKE_TIMEOUT: {
    reason: 'handshakeTimeout',
    message: 'The peer connected and did not finish its TLS handshake in time',
  },
};
