// What operators wish of the authority through console, beside revocations: the authority fetches it, decides, and says what
// became of it. No key and no secret is ever in it: of an enrolment secret there is the hash.
import * as z from 'zod';
import { certificatesMax, fingerprint, friendlyName } from '#events/certificate';
import { printable } from '#events/identity';
import { keyKinds } from './key.js';
import { profiles } from './profile.js';
import { requestBytesMax } from './request.js';

/** In one exchange. */
export const wishesAtOnce = 20;
/** How long a wish waits for an authority that is away: what was forgotten shall not be done one day. */
export const wishWaitsDays = 7;
const daysMax = 3_650;
export const secretDaysMax = 366;

const words = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be text in one line');
/** As `--subject` and `--names` of the commands are typed. */
const subject = words(2_000);
const names = words(10_000);
const days = z.int().min(1).max(daysMax);

/** A device may enrol, with a secret that its asker was shown. */
const enrol = {
  kind: z.literal('enrol'),
  /** Null: any one device. */
  device: z
    .string()
    .regex(/^[A-Z0-9-]{4,32}$/, 'must be a serial number: 4 to 32 capital letters, digits, hyphens')
    .nullable(),
  /** For its certificate; a device's own wishes are not heard. */
  names,
  reusable: z.boolean(),
  until: z.iso.datetime(),
};

/** A certificate for a key that was made elsewhere. */
const sign = {
  kind: z.literal('sign'),
  /** PEM, base64 of DER with its line breaks; text around it is let pass. */
  request: z.string().max(requestBytesMax * 2),
  profile: z.enum(profiles),
  days,
  /** Null: as the request says. */
  subject: subject.nullable(),
  names: names.nullable(),
};

/** An identity for the gateways: the authority makes the key, which comes sealed to them. */
const issue = {
  kind: z.literal('issue'),
  name: friendlyName,
  profile: z.enum(['server', 'mutual']),
  subject,
  names,
  days,
  key: z.enum(keyKinds),
  /** Instead of the identity that has the name. */
  replace: z.boolean(),
};

/** A new list of what was revoked, now. */
const list = { kind: z.literal('list') };

export const wishKinds = ['enrol', 'sign', 'issue', 'list'] as const;
export type WishKind = (typeof wishKinds)[number];

/** As an operator asks for it. */
export const wished = z.discriminatedUnion('kind', [
  z.strictObject({ ...enrol, names: names.default(''), reusable: z.boolean().default(false) }),
  z.strictObject({
    ...sign,
    subject: subject.nullable().default(null),
    names: names.nullable().default(null),
  }),
  z.strictObject({
    ...issue,
    names: names.default(''),
    key: z.enum(keyKinds).default('p256'),
    replace: z.boolean().default(false),
  }),
  z.strictObject(list),
]);
export type Wished = z.infer<typeof wished>;

/** `by`: who asked, as console says. The id makes it done once, however often it is heard. */
const head = { id: z.uuid(), by: printable(128) };

/** As the authority hears it. */
export const wish = z.discriminatedUnion('kind', [
  // The user name of Basic authentication, and the SHA-256 of the password.
  z.object({ ...head, ...enrol, user: words(64), hash: fingerprint }),
  z.object({ ...head, ...sign }),
  z.object({ ...head, ...issue }),
  z.object({ ...head, ...list }),
]);
export type Wish = z.infer<typeof wish>;

export const wishOutcome = z.strictObject({
  id: z.uuid(),
  /** Why it was not done; null: it was. */
  refused: z.string().max(500).nullable(),
  /** Of `sign`: PEM, the own certificate first, then those above it. */
  certificates: z.string().max(certificatesMax).nullable(),
});
export type WishOutcome = z.infer<typeof wishOutcome>;
