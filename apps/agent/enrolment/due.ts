// What is to be done about a device's certificate, and when. Pure.
import type { X509Certificate } from 'node:crypto';
import { periodOf } from '#pki/certificate';

export type Due =
  /** It has none, or one that is over: only a secret helps. */
  | { readonly what: 'enrol' }
  /** Before it ends, with itself as proof. */
  | { readonly what: 'renew' }
  | { readonly what: 'nothing'; readonly until: Date };

/** Of its life; the rest is for servers that are down, and for devices that are switched off. */
const renewedAfter = 2 / 3;
/** Devices that were certified on one day are spread over so much of its life, each at a point of its own. */
const spread = 1 / 12;

export type Held = Pick<X509Certificate, 'validFrom' | 'validTo' | 'fingerprint256'>;

export function dueOf(held: Held | null, now: Date): Due {
  if (!held || periodOf(held).notAfter <= now) return { what: 'enrol' };
  const until = renewalOf(held);
  return until <= now ? { what: 'renew' } : { what: 'nothing', until };
}

/** The same after each restart: the point follows from the certificate itself. */
function renewalOf(held: Held): Date {
  const { notBefore, notAfter } = periodOf(held);
  const share = Number.parseInt(held.fingerprint256.replaceAll(':', '').slice(0, 8), 16) / 0xffff_ffff;
  const from = notBefore.getTime();
  return new Date(from + (notAfter.getTime() - from) * (renewedAfter + share * spread));
}
