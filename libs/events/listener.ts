// Secondary listeners (R70-R72) and how they fare.
import * as z from 'zod';
import { defineDocument } from './document.js';
import { defineEvent } from './event.js';
import { printable } from './identity.js';

export const listenerBody = z.strictObject({
  name: printable(128),
  /** Hostname or IP address. */
  host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be a hostname or an IP address'),
  port: z.int().min(1).max(65535).default(3329),
  enabled: z.boolean().default(true),
  /** Validate Identity Certificate before sending. */
  validateCertificate: z.boolean().default(false),
  /** PEM authorities for that check; empty means those that Node trusts. */
  trustedAuthorities: z.string().max(1_000_000).default(''),
});
export type Listener = z.infer<typeof listenerBody>;

export const listenerChanged = defineDocument({
  noun: 'listener',
  title: 'A secondary listener was named, changed or removed.',
  body: listenerBody,
  example: listenerBody.parse({ name: 'Second site', host: 'muster.site2.example', port: 3329 }),
});

export const listenerReported = defineEvent({
  type: 'listener.reported',
  publisher: 'forwarding',
  title: 'How a secondary listener fares: at each change of state, and every minute while anything moves.',
  schema: z.object({
    listenerId: z.string().max(64),
    state: z.enum(['idle', 'delivering', 'failing', 'disabled']),
    waiting: z.int().nonnegative(),
    delivered: z.int().nonnegative(),
    dropped: z.int().nonnegative(),
    /** What the last failure said. */
    failure: z.string().max(512).nullable(),
  }),
  subject: (data) => `listener:${data.listenerId}`,
  example: {
    listenerId: 'site2',
    state: 'delivering',
    waiting: 3,
    delivered: 120,
    dropped: 0,
    failure: null,
  },
});
