// When operators are warned that a certificate ends (R84).
import type { X509Certificate } from 'node:crypto';

/** Less than so many days left. */
export const warnDays = 31;
const dayMs = 86_400_000;

/** Those that have less than `days` left, or have expired. */
export const endingWithin = <T extends { readonly certificate: X509Certificate }>(
  days: number,
  all: readonly T[],
  now: Date,
): readonly T[] => all.filter(({ certificate }) => daysLeft(certificate.validToDate, now) < days);

/** Negative once it is over. */
export const daysLeft = (until: Date, now: Date): number => (until.getTime() - now.getTime()) / dayMs;
