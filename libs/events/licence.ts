// Licences and their seats (R40-R42).
import * as z from 'zod';
import { defineDocument } from './document.js';
import { defineEvent } from './event.js';
import { printable } from './identity.js';

export const licenceBody = z.strictObject({
  customer: printable(128),
  seats: z.int().min(1).max(10_000_000),
  /** Null: never. */
  expiresAt: z.iso.datetime().nullable(),
  graceDays: z.int().min(0).max(365),
});
export type Licence = z.infer<typeof licenceBody>;

export const licenceChanged = defineDocument({
  noun: 'licence',
  title: 'A licence file was installed (its signature verified by console) or removed.',
  body: licenceBody,
  example: { customer: 'Example Ltd', seats: 1000, expiresAt: '2027-11-21T00:00:00.000Z', graceDays: 30 },
});

export const seatsCounted = defineEvent({
  type: 'seats.counted',
  publisher: 'licensing',
  title: 'Seats in all, taken, and devices waiting for one: at each change.',
  schema: z.object({
    seats: z.int().nonnegative(),
    taken: z.int().nonnegative(),
    waiting: z.int().nonnegative(),
  }),
  subject: () => 'seats',
  example: { seats: 500, taken: 20, waiting: 0 },
});
export type SeatCount = z.infer<typeof seatsCounted.schema>;
