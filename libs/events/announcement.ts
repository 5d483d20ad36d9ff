// What a device says of itself, as the gateway took it; and why discovery did not let it in.
import * as z from 'zod';
import { defineEvent } from './event.js';
import { exampleIdentity, identity, ipAddress } from './identity.js';

/** What made the agent announce (R5); `unstated` when it did not say. */
export const announceReason = z.enum([
  'boot',
  'powerCycle',
  'linkUp',
  'ipChanged',
  'hostnameChanged',
  'coldReset',
  'periodic',
  'unstated',
]);

/** How an announcement came in, as the gateway saw it. */
export const transport = z.object({
  /** True source, behind a balancer by PROXY protocol (R21). */
  peerAddress: ipAddress,
  tlsVersion: z.string().max(16),
  cipher: z.string().max(64),
  /** Key exchange group (R20); null when OpenSSL did not tell. */
  group: z.string().max(64).nullable(),
  /** SHA-256 of the device's certificate, lower-case hex; null when it showed none. */
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});

/** Outcome of the authentication tried (R14): `anonymous` in mode none. */
export const authentication = z.object({
  mode: z.enum(['none', 'mutual']),
  outcome: z.enum(['anonymous', 'verified']),
});

/** Servers that an announcement passes through at most (R72). */
export const hopsMax = 3;

/** Where a forwarded announcement began (R70, R72); null when the device itself announced here. */
export const origin = z.object({
  /** Id of the Muster that took it from the device. */
  server: z.uuid(),
  hops: z.int().min(1).max(hopsMax),
  /** Whether the server that passed it on proved who it is: if not, nothing in the announcement proves anything. */
  verified: z.boolean(),
});

export const deviceAnnounced = defineEvent({
  type: 'device.announced',
  publisher: 'gateway',
  title: 'The gateway accepted an announcement; nothing in it is checked yet.',
  schema: z.object({
    identity,
    reason: announceReason,
    /** One per trigger, the agent's own, kept over its retries. */
    announcementId: z.string().max(64).nullable(),
    acceptedAt: z.iso.datetime(),
    transport,
    authentication,
    origin: origin.nullable(),
    /** Version of the edge configuration that judged it. */
    configVersion: z.int().nonnegative(),
  }),
  subject: (data) => data.identity.serial,
  example: {
    identity: exampleIdentity,
    reason: 'boot',
    announcementId: '7b1b6e1e-52a5-4b6c-8a6e-6f0d6b0f3a11',
    acceptedAt: '2026-11-21T08:00:00.000Z',
    transport: {
      peerAddress: '10.1.2.3',
      tlsVersion: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      group: 'X25519MLKEM768',
      fingerprint: 'a'.repeat(64),
    },
    authentication: { mode: 'none', outcome: 'anonymous' },
    origin: null,
    configVersion: 4,
  },
});
export type DeviceAnnounced = z.infer<typeof deviceAnnounced.schema>;

export const announcementFiltered = defineEvent({
  type: 'announcement.filtered',
  version: 3,
  publisher: 'discovery',
  title: 'An accepted announcement was not let in, and why (R33, R36, R37).',
  schema: z.object({
    announcement: z.uuid(),
    identity,
    /**
     * deviceDeleted: it was accepted before an operator deleted the device. claimDismissed: an operator has dismissed this
     * very claim to a known serial number. deviceRefused: an operator has refused this party. quarantineFull: as many
     * devices as can be held wait for approval. claimBeside: another party waits for approval with this serial number, and
     * this one is shown beside it. claimsFull: as many as can be wait beside it.
     */
    reason: z.enum([
      'serialNotListed',
      'deviceDeleted',
      'claimDismissed',
      'deviceRefused',
      'quarantineFull',
      'claimBeside',
      'claimsFull',
    ]),
  }),
  subject: (data) => data.identity.serial,
  example: {
    announcement: '0193f2a0-0000-7000-8000-0000000000a1',
    identity: exampleIdentity,
    reason: 'serialNotListed',
  },
});
export type AnnouncementFiltered = z.infer<typeof announcementFiltered.schema>;
