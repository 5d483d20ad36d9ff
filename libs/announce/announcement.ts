// What agent and gateway say to each other, and a server that forwards to a server that listens: see PROTOCOL.md.
//
//   announcement.ts  both messages: what they hold, how they look on a line
//   malformed.ts     what is wrong with a line
//   frame.ts         lines out of a byte stream, bounded before anything is parsed
//   strict-json.ts   JSON as everybody reads it alike: UTF-8, no key twice, not deep
//   announce.ts      the client's half: announces, hears the acknowledge; reach.ts: connects; announce-error.ts: what fails
//   answer.ts        the server's half: reads lines, has each judged, answers in order, within limits
import * as z from 'zod';
import { announceReason, origin } from '../events/announcement.js';
import { identity, printable, type Identity } from '../events/identity.js';
import { Malformed } from './malformed.js';
import { parseStrictly } from './strict-json.js';

/** The newest version of the protocol, and the only one so far. */
const protocolVersion = 1;

export const announcePort = 3329;

/** A day: whoever asks for more is not understood. */
const retryAfterMaxMs = 86_400_000;

/** Where a forwarded announcement began; `hops` above 3 are read, so that they can be refused as a loop. */
const wireOrigin = origin.omit({ verified: true }).extend({
  hops: z.int().min(1).max(1000),
  /** SHA-256 of the certificate that the device showed to the first server. */
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits')
    .nullish()
    .transform((value) => value ?? null),
});

const line = z.strictObject({
  muster: z.literal(protocolVersion),
  type: z.literal('announcement'),
  serial: identity.shape.serial,
  model: identity.shape.model,
  mac: identity.shape.mac,
  ip: identity.shape.ip,
  hostname: identity.shape.hostname.default(null),
  firmware: identity.shape.firmware.default(null),
  reason: announceReason.default('unstated'),
  announcementId: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 printable ASCII characters without spaces')
    .nullable()
    .default(null),
  traceparent: z
    .string()
    .regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/, 'must be a W3C trace context')
    .nullable()
    .default(null),
  origin: wireOrigin.strict().nullable().default(null),
});

/** A device says that it is there, or a server passes on that one did. */
export interface Announcement {
  readonly identity: Identity;
  readonly reason: z.infer<typeof announceReason>;
  /** One for each trigger, kept over its retries. */
  readonly announcementId: string | null;
  readonly traceparent: string | null;
  readonly origin: Readonly<z.infer<typeof wireOrigin>> | null;
}

/** The line, with its end. */
export function encodeAnnouncement({ identity: device, origin: from, ...rest }: Announcement): string {
  const message = {
    muster: protocolVersion,
    type: 'announcement',
    ...device,
    ...rest,
    ...(from && { origin: from }),
  };
  return `${JSON.stringify(message)}\n`;
}

/** Throws Malformed. @param deepest how deep objects and arrays may nest; by default 16 */
export function decodeAnnouncement(frame: Buffer, deepest?: number): Announcement {
  const value = parseStrictly(frame, deepest);
  expectHeader(value, 'announcement');
  const parsed = line.safeParse(value);
  if (!parsed.success) throw new Malformed('badField', faultOf(parsed.error));
  const {
    serial,
    model,
    mac,
    ip,
    hostname,
    firmware,
    reason,
    announcementId,
    traceparent,
    origin: from,
  } = parsed.data;
  const device = { serial, model, mac, ip, hostname, firmware };
  return { identity: device, reason, announcementId, traceparent, origin: from };
}

const sentence = (lengthMax: number) => {
  const text = printable(lengthMax);
  return z
    .string()
    .trim()
    .max(lengthMax)
    .refine((said) => said === '' || text.safeParse(said).success, 'must not contain control characters');
};

/** A listener may be anybody's: what it says is stored and shown, so it is text that a person may read, or it is no acknowledge. */
const acknowledge = z.object({
  muster: z.literal(protocolVersion),
  type: z.literal('acknowledge'),
  result: z.enum(['accepted', 'refused', 'retry']),
  authentication: z.enum(['anonymous', 'verified', 'failed']),
  /** A code of PROTOCOL.md; null when accepted. */
  reason: printable(64).nullable(),
  message: sentence(1024),
  retryAfterMs: z.int().nonnegative().max(retryAfterMaxMs).nullable(),
  event: z.uuid().nullable(),
});

/** What the server answers: receipt, and the outcome of the authentication tried (R14). */
export type Acknowledge = Readonly<Omit<z.infer<typeof acknowledge>, 'muster' | 'type'>>;
export type AuthenticationOutcome = Acknowledge['authentication'];

/** The line, with its end. */
export function encodeAcknowledge(answer: Acknowledge): string {
  return `${JSON.stringify({ muster: protocolVersion, type: 'acknowledge', ...answer })}\n`;
}

/** Throws Malformed. */
export function decodeAcknowledge(frame: Buffer): Acknowledge {
  const value = parseStrictly(frame);
  expectHeader(value, 'acknowledge');
  const parsed = acknowledge.safeParse(value);
  if (!parsed.success) throw new Malformed('badField', faultOf(parsed.error));
  const { result, authentication, reason, message, retryAfterMs, event } = parsed.data;
  return { result, authentication, reason, message, retryAfterMs, event };
}

/** Version before type before the rest: a newer version may have changed everything else. */
function expectHeader(value: unknown, type: 'announcement' | 'acknowledge'): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Malformed('notJson', 'the line must be a JSON object');
  }
  if (!('muster' in value) || value.muster !== protocolVersion) {
    throw new Malformed('unknownVersion', `"muster" must be ${protocolVersion}, the version of the protocol`);
  }
  if (!('type' in value) || value.type !== type) {
    throw new Malformed('unknownType', `"type" must be "${type}"`);
  }
}

/** Names the first key at fault, never its value. */
function faultOf(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'a key is wrong';
  if (issue.code === 'unrecognized_keys') return 'there is a key that this version does not know';
  const key = issue.path.join('.');
  return issue.code === 'invalid_type' && /undefined/.test(issue.message)
    ? `${key} is missing`
    : `${key}: ${issue.message}`;
}
