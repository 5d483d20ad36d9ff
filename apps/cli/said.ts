// Times and patterns as people type them, and amounts as they read them.
import { UsageError } from './words.js';

/** To the second, with its zone: what is copied from an answer into a question means the same. */
export const secondOf = (at: string): string =>
  Number.isNaN(Date.parse(at)) ? at : `${new Date(at).toISOString().slice(0, 19)}Z`;

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2h` is two hours before `now`; a day or a time without a zone is of this computer's. Throws UsageError. */
export function momentOf(option: string, text: string, now: Date): Date {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ago = unitMs[unit];
  if (count !== undefined && ago !== undefined) return new Date(now.getTime() - Number(count) * ago);
  // A day alone would be read as UTC, a time alone as of here.
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00` : text;
  const moment = /^\d{4}-\d{2}-\d{2}[T ]/.test(whole) ? new Date(whole) : null;
  if (moment && !Number.isNaN(moment.getTime())) return moment;
  throw new UsageError(`${option} must be a time such as 30m, 2h, 7d or 2026-11-21T08:00:00Z, not ${text}.`);
}

export type Matches = (type: string) => boolean;

/** `device.*` matches every event of devices. Throws UsageError. */
export function patternOf(option: string, text: string): Matches {
  if (!/^[A-Za-z.*]{1,128}$/.test(text))
    throw new UsageError(
      `${option} must be an event type such as device.announced or device.*, not ${text}.`,
    );
  const pattern = new RegExp(`^${text.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return (type) => pattern.test(type);
}

/** `1 device`, `2 devices`. */
export const amountOf = (amount: number, thing: string): string =>
  `${amount} ${thing}${amount === 1 ? '' : 's'}`;

/** A whole number of things, at least one. Throws UsageError. */
export function countOf(option: string, text: string, max: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw new UsageError(`${option} must be a whole number from 1 to ${max}, not ${text}.`);
}
