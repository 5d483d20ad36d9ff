// An interval as operators write it: days:hours:minutes:seconds.
import * as z from 'zod';

const pattern = /^\d{1,3}:([01]?\d|2[0-3]):[0-5]?\d:[0-5]?\d$/;
const message =
  'must be days:hours:minutes:seconds, such as 1:0:0:0 for a day; from 0:0:1:0 (a minute) to 365:0:0:0';
const minMs = 60_000;
const maxMs = 365 * 24 * 60 * 60_000;

/** In milliseconds. */
export function intervalMs(text: string): number {
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
}

const isInBounds = (text: string): boolean => intervalMs(text) >= minMs && intervalMs(text) <= maxMs;

/** From a minute to a year, such as `1:0:0:0` for a day. */
export const interval = z
  .string()
  .max(12)
  .regex(pattern, { error: message, abort: true })
  .refine(isInBounds, message);
