// What is known of a certificate's revocation, and what follows from it. Pure.
import type { Revocation } from '../../events/trust-set.js';

/**
 * good        a list that is in force, or the responder, speaks for it
 * revoked     a list, in force or not, or the responder, speaks against it
 * unanswered  nothing is known; the responder could not be asked, or has not answered, and may in a moment
 * stale       the newest list is past its nextUpdate, and nothing else is known
 * absent      nothing is known
 */
export const standings = ['good', 'revoked', 'unanswered', 'stale', 'absent'] as const;
export type Standing = (typeof standings)[number];

/** Of a chain, in two parts: other people mend the one than the other. */
export interface ChainStanding {
  readonly device: Standing;
  /** The weakest of the authorities above, up to the root; null: a root has signed it, or there is no way to one. */
  readonly authority: Standing | null;
}

/** Hard: who is not known to be good is refused. Soft: only who is known to be revoked. */
export function faultOfStanding(
  standing: Standing,
  policy: Revocation['policy'],
): 'revoked' | 'revocationUnknown' | null {
  if (policy === 'off' || standing === 'good') return null;
  if (standing === 'revoked') return 'revoked';
  return policy === 'hard' ? 'revocationUnknown' : null;
}

const bySeverity: readonly Standing[] = ['revoked', 'absent', 'stale', 'unanswered', 'good'];

/** Of a chain: that of its weakest link. */
export const worstOf = (of: readonly Standing[]): Standing =>
  bySeverity.find((standing) => of.includes(standing)) ?? 'absent';

/** Of one certificate, from two witnesses: who speaks against it is believed, else who knows something. */
export function together(crl: Standing, ocsp: Standing): Standing {
  if (crl === 'revoked' || ocsp === 'revoked') return 'revoked';
  if (crl === 'good' || ocsp === 'good') return 'good';
  if (crl === 'unanswered' || ocsp === 'unanswered') return 'unanswered';
  return crl === 'stale' ? 'stale' : 'absent';
}
