// A secondary listener (R70): what is checked of it beyond its shape.
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Listener } from '../events/listener.js';

export interface ListenerFault {
  readonly field: keyof Listener;
  readonly message: string;
}

const hostname =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$/;
const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Faults of a listener whose shape is right; empty when it can be used. */
export function checkListener(listener: Listener): readonly ListenerFault[] {
  const faults: ListenerFault[] = [];
  if (isIP(listener.host) === 0 && !(hostname.test(listener.host) && /[A-Za-z]/.test(listener.host))) {
    faults.push({ field: 'host', message: `${listener.host} is neither a hostname nor an IP address` });
  }
  if (listener.trustedAuthorities.trim() !== '') {
    const message = faultOfAuthorities(listener.trustedAuthorities);
    if (message !== null) faults.push({ field: 'trustedAuthorities', message });
  }
  return faults;
}

function faultOfAuthorities(pem: string): string | null {
  const blocks = pem.match(pemBlock) ?? [];
  if (blocks.length === 0) return 'has no certificate in PEM format';
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      return `certificate ${index + 1} cannot be read`;
    }
  }
  return null;
}
