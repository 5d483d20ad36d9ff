// Which dead deliveries are meant: the same words in the list's address, in what replays or drops many, and on the
// command line.
import * as z from 'zod';
import { containing } from '../http/resource.js';

export const consumerName = z.string().regex(/^[A-Za-z.]{1,64}$/, 'must be a name such as licensing.seats');

const text = z
  .string()
  .min(1)
  .max(128)
  .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), 'must be text');
const time = z.iso.datetime({ offset: true });

/** Conditions that all must hold; those left out do. */
const conditions = {
  consumer: consumerName.optional(),
  /** An event type; `*` stands for any letters. */
  type: z
    .string()
    .regex(/^[A-Za-z.*]{1,128}$/, 'must be an event type such as device.announced or device.*')
    .optional(),
  /** Found anywhere in the reason, in capital or small letters. */
  reason: text.optional(),
  /** Whom the event is about, or names: a device by id or serial number, whichever the event has; a document's id. */
  subject: text.optional(),
  /** Given up at this time or later. */
  since: time.optional(),
  /** Given up before this time. */
  to: time.optional(),
} as const;

export const filterQuery = z.object(conditions);
export const filterBody = z
  .strictObject(conditions)
  .refine((filter) => Object.values(filter).some((value) => value !== undefined), 'must have a condition');
export type DeadFilter = z.infer<typeof filterQuery>;

/** A serial number finds what has only the device's id, and the id what has only the serial number. */
const isAbout = `array[subject, event->'data'->>'deviceId', event->'data'->>'serial', event->'data'->'identity'->>'serial']
  && array(select $4::text union select id::text from console.device where serial = $4
           union select serial from console.device where id::text = $4 and serial <> '')`;

/** Holds for rows that match the parameters of `parametersOf`, which come first. */
export const matching = `($1::text is null or consumer = $1) and ($2::text is null or event_type like $2)
  and ($3::text is null or lower(reason) like $3) and ($4::text is null or ${isAbout})
  and ($5::timestamptz is null or died_at >= $5) and ($6::timestamptz is null or died_at < $6)`;

export const parametersOf = ({
  consumer,
  type,
  reason,
  subject,
  since,
  to,
}: DeadFilter): readonly unknown[] => [
  consumer ?? null,
  type?.replaceAll('*', '%') ?? null,
  reason === undefined ? null : containing(reason),
  subject ?? null,
  since ?? null,
  to ?? null,
];
