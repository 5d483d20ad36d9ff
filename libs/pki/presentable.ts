// Whether a TLS server can present certificates: asked where somebody gives them, as a server would learn it when it is too late.
import type { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../events/message-of.js';
import { subjectOf } from './certificate.js';
import { faultOfStrength } from './rfc5280.js';

/**
 * Why not, in a sentence without its end: a key or a signature that is too weak, or what else OpenSSL refuses at its default
 * level. Null: it can.
 * @param certificates the own one first, then those above it
 */
export function faultOfPresented(certificates: readonly X509Certificate[]): string | null {
  for (const [index, certificate] of certificates.entries()) {
    const weakness = faultOfStrength(certificate);
    const which = index === 0 ? 'the certificate' : `a certificate above it (${subjectOf(certificate)})`;
    if (weakness) return `${which} ${weakness.message}`;
  }
  try {
    createSecureContext({ cert: certificates.map(String).join('') });
    return null;
  } catch (error) {
    return `TLS does not take its certificates: ${messageOf(error)}`;
  }
}
