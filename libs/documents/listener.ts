// A secondary listener (R70): what is checked of it beyond its shape.
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Listener } from '../events/listener.js';
import { faultsOfAuthorities } from '../pki/authorities.js';
import { faultOfAuthority, faultOfLeaf } from '../pki/rfc5280.js';

export interface ListenerFault {
  readonly field: keyof Listener;
  readonly message: string;
}

const hostname =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?$/;

/** Faults of a listener whose shape is right; empty when it can be used. */
export function checkListener(listener: Listener): readonly ListenerFault[] {
  const faults: ListenerFault[] = [];
  if (isIP(listener.host) === 0 && !(hostname.test(listener.host) && /[A-Za-z]/.test(listener.host))) {
    faults.push({ field: 'host', message: `${listener.host} is neither a hostname nor an IP address` });
  }
  const trusted = listener.trustedAuthorities;
  const wrong = trusted.trim() === '' ? [] : faultsOfAuthorities(trusted, faultOfTrusted);
  return [...faults, ...wrong.map((message) => ({ field: 'trustedAuthorities' as const, message }))];
}

/** A listener may also be trusted by its own certificate, self-signed, as a gateway makes one. */
function faultOfTrusted(certificate: X509Certificate): ReturnType<typeof faultOfAuthority> {
  const fault = faultOfAuthority(certificate);
  return fault && faultOfLeaf(certificate) && fault;
}
