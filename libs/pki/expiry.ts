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

/** What a log says of a certificate that ends soon, or has ended. */
export const warningOf = (until: Date, now: Date): { readonly code: string; readonly message: string } =>
  until <= now
    ? { code: 'certificateExpired', message: 'A certificate has expired: make a new one' }
    : {
        code: 'certificateExpires',
        message: `A certificate has less than ${warnDays} days left: make a new one`,
      };

/** Negative once it is over. */
export const daysLeft = (until: Date, now: Date): number => (until.getTime() - now.getTime()) / dayMs;
