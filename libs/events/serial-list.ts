// The serial-number list of R33: changes to it, entry by entry, because it can hold 100,000.
import * as z from 'zod';
import { defineEvent } from './event.js';
import { printable, serialNumber } from './identity.js';

export const serialListChanged = defineEvent({
  type: 'serialList.changed',
  publisher: 'console',
  title: 'Serial numbers were added to the filter table or removed from it, at most 5,000 an event.',
  schema: z.object({
    /** Grows by one with each event; they add up to the table. */
    version: z.int().positive(),
    added: z.array(serialNumber).max(5000),
    removed: z.array(serialNumber).max(5000),
    changedBy: printable(128),
  }),
  subject: () => 'serialList',
  example: { version: 1, added: ['VNB3K12345'], removed: [], changedBy: 'admin' },
});
export type SerialListChanged = z.infer<typeof serialListChanged.schema>;
