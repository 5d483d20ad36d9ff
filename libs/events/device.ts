// What happens to a device, in the order in which it happens.
import * as z from 'zod';
import { defineEvent } from './event.js';
import { exampleIdentity, identity, ipAddress, printable, serialNumber } from './identity.js';

/**
 * Why the chain runs for a device: it announced itself, an operator asked, or something else did it. `discovered`: it was found
 * where an operator had it looked for (R35, R52). `refresh`: groups were computed anew at a fixed interval (R53).
 */
export const trigger = z.enum([
  'announced',
  'discovered',
  'refresh',
  'filterEdited',
  'policyEdited',
  'seatFreed',
  'requested',
]);
export type Trigger = z.infer<typeof trigger>;

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

/** Common to every event about a known device. */
const deviceFact = z.object({
  deviceId: z.uuid(),
  identity,
  trigger,
  /** Ids of the device.announced or announcement.probed events that this answers; empty when none did. */
  announcements: z.array(z.uuid()).max(1000),
  /** SHA-256 of the certificate pinned to the device, lower-case hex; null when none proves anything. */
  fingerprint: z.string().nullable(),
});
export type DeviceFact = z.infer<typeof deviceFact>;

const exampleFact: DeviceFact = {
  deviceId: '0193f2a0-0000-7000-8000-000000000001',
  identity: exampleIdentity,
  trigger: 'announced',
  announcements: ['0193f2a0-0000-7000-8000-0000000000a1'],
  fingerprint: 'a'.repeat(64),
};

/** Why an identity was believed (architecture: who may move a device). */
export const proof = z.enum([
  'first',
  'sameAddress',
  'sameCertificate',
  'verified',
  'oldAddressSilent',
  'operator',
]);

/**
 * How a device was asked who it is: a client of the edge whose words were not understood (R19), or whoever is where an operator
 * had it looked for (R35).
 */
export const probeWay = z.enum(['deviceApi', 'snmp', 'ipp']);
export type ProbeWay = z.infer<typeof probeWay>;

const admitted = deviceFact.extend({
  proof,
  /** Fresh from the box: no stored secret may be sent to it. */
  fresh: z.boolean(),
  /** Of the newest announcement; null when it did not announce itself, but was looked for. */
  acceptedAt: z.iso.datetime().nullable(),
  origin: origin.nullable(),
  /** Null, and in what was told before there were probes: it announced itself. Else the server asked it. */
  probedBy: probeWay.nullable().default(null),
});
const exampleAdmitted = {
  ...exampleFact,
  proof: 'first' as const,
  fresh: true,
  acceptedAt: '2026-11-21T08:00:00.000Z',
  origin: null,
  probedBy: null,
};

export const deviceDiscovered = defineEvent({
  type: 'device.discovered',
  version: 3,
  publisher: 'discovery',
  title: 'A device not known before was admitted (R30).',
  schema: admitted,
  subject: (data) => data.deviceId,
  example: exampleAdmitted,
});
export type DeviceDiscovered = z.infer<typeof deviceDiscovered.schema>;

export const deviceReconciled = defineEvent({
  type: 'device.reconciled',
  version: 3,
  publisher: 'discovery',
  title: 'A known device announced or was found again; what changed in its identity is named (R31, R32).',
  schema: admitted.extend({
    changed: z.array(
      z.object({ field: z.string().max(32), from: z.string().nullable(), to: z.string().nullable() }),
    ),
  }),
  subject: (data) => data.deviceId,
  example: {
    ...exampleAdmitted,
    proof: 'sameCertificate',
    fresh: false,
    changed: [{ field: 'ip', from: '10.1.2.2', to: '10.1.2.3' }],
  },
});
export type DeviceReconciled = z.infer<typeof deviceReconciled.schema>;

/** One of the parties that claim a serial number. */
export const claimant = z.object({ ip: ipAddress, fingerprint: z.string().nullable() });

/** SHA-256 over all that a claim says and how it came: another one, as soon as something of it changes. */
export const claimKey = z.string().regex(/^[0-9a-f]{64}$/);

/** A certificate that several devices show, as each side showed it last: it proves nothing, and is nobody's own. */
const sharedCertificates = z.object({ known: z.string().nullable(), claimed: z.string().nullable() });

export const exampleClaim = {
  deviceId: exampleFact.deviceId,
  claim: 'c'.repeat(64),
  claimed: { ip: '10.9.9.9', fingerprint: 'b'.repeat(64) },
};

export const deviceConflicted = defineEvent({
  type: 'device.conflicted',
  version: 4,
  publisher: 'discovery',
  title: 'Two parties claim one serial number and nothing proves the new one; nothing was changed (R36).',
  schema: z.object({
    deviceId: z.uuid(),
    serial: serialNumber,
    known: claimant,
    claimed: claimant,
    announcements: z.array(z.uuid()).max(1000),
    /** Names the claim in a decision; null in what was told before operators could decide. */
    claim: claimKey.nullable().default(null),
    /** All that the claimant says of itself, and where its connection came from. */
    claimedIdentity: identity.nullable().default(null),
    peerAddress: ipAddress.nullable().default(null),
    /**
     * Not 0: so many claimants came, and as many claims as can be are kept already. `claimed` is the newest of them, and
     * nothing can be decided about it before there is room.
     */
    leftOut: z.int().nonnegative().default(0),
    /**
     * Why nothing was decided. answers: something is still there at the known address. outsideNetworks: Muster may not
     * connect to that address, and did not ask. heardSince: the known device was believed something newer than the claim.
     * otherCertificate: who was found by a search shows another certificate than the pinned one, whoever is silent. Null in what was told before it was said.
     */
    because: z
      .enum(['answers', 'outsideNetworks', 'heardSince', 'otherCertificate'])
      .nullable()
      .default(null),
    /** Null: that side showed none, or its own; `fingerprint` of `known` is never one of these. */
    shared: sharedCertificates.default({ known: null, claimed: null }),
  }),
  subject: (data) => data.deviceId,
  example: {
    ...exampleClaim,
    serial: exampleIdentity.serial,
    known: { ip: '10.1.2.3', fingerprint: 'a'.repeat(64) },
    announcements: exampleFact.announcements,
    claimedIdentity: { ...exampleIdentity, ip: '10.9.9.9', mac: '3c:52:82:aa:00:99' },
    peerAddress: '10.9.9.9',
    leftOut: 0,
    because: 'answers',
    shared: { known: null, claimed: null },
  },
});
export type DeviceConflicted = z.infer<typeof deviceConflicted.schema>;

export const deviceFlapping = defineEvent({
  type: 'device.flapping',
  publisher: 'discovery',
  title: 'A device announces more often than 15 times a minute; its assessments are spaced out (R18).',
  schema: z.object({ deviceId: z.uuid(), serial: serialNumber, announcedPerMinute: z.int().positive() }),
  subject: (data) => data.deviceId,
  example: { deviceId: exampleFact.deviceId, serial: exampleIdentity.serial, announcedPerMinute: 16 },
});

export const deviceRetireRequested = defineEvent({
  type: 'device.retireRequested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that a device be deleted.',
  schema: z.object({ deviceId: z.uuid(), requestedBy: printable(128) }),
  subject: (data) => data.deviceId,
  example: { deviceId: exampleFact.deviceId, requestedBy: 'admin' },
});
export type DeviceRetireRequested = z.infer<typeof deviceRetireRequested.schema>;

export const deviceRetired = defineEvent({
  type: 'device.retired',
  publisher: 'discovery',
  title: 'A device was deleted; its seat is free, its history kept.',
  schema: z.object({ deviceId: z.uuid(), serial: serialNumber, retiredBy: printable(128) }),
  subject: (data) => data.deviceId,
  example: { deviceId: exampleFact.deviceId, serial: exampleIdentity.serial, retiredBy: 'admin' },
});
export type DeviceRetired = z.infer<typeof deviceRetired.schema>;

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

export const deviceLicensed = defineEvent({
  type: 'device.licensed',
  publisher: 'licensing',
  title: 'The device holds a seat (R40).',
  schema: deviceFact.extend({ pool: z.string().max(64), fresh: z.boolean(), proof: proof.optional() }),
  subject: (data) => data.deviceId,
  example: { ...exampleFact, pool: 'community', fresh: true, proof: 'first' as const },
});
export type DeviceLicensed = z.infer<typeof deviceLicensed.schema>;

export const deviceUnlicensed = defineEvent({
  type: 'device.unlicensed',
  publisher: 'licensing',
  title: 'No seat is left for the device; it is kept, and licensed as soon as there is one (R41).',
  schema: deviceFact.extend({
    /** withdrawn: its licence lapsed or has fewer seats, and nothing happened to the device itself. */
    trigger: z.enum([...trigger.options, 'withdrawn']),
    reason: z.enum(['poolExhausted', 'licenceExpired']),
  }),
  subject: (data) => data.deviceId,
  example: { ...exampleFact, reason: 'poolExhausted' },
});

/** A group that the device belongs to, as it was when its membership was computed. */
export const membership = z.object({
  groupId: z.string().max(64),
  name: z.string().max(128),
  kind: z.enum(['manual', 'automatic', 'all']),
  priority: z.int(),
  policyId: z.string().max(64).nullable(),
  /** True when the device was not a member before; of a refresh: when it has joined since the one before, and nothing was done for it. */
  added: z.boolean(),
  /** Newest version of the policy that autogroup has heard of: no older one is meant. Absent: none was. */
  policyVersion: z.int().positive().optional(),
});
export type Membership = z.infer<typeof membership>;

export const deviceGrouped = defineEvent({
  type: 'device.grouped',
  version: 2,
  publisher: 'autogroup',
  title: "The device's groups were computed; always said, changed or not: it drives what follows (R50).",
  schema: deviceFact.extend({
    fresh: z.boolean(),
    /** Why it is believed to be the device, as discovery said; absent: nothing was found out of the device itself. */
    proof: proof.optional(),
    /** By priority, lowest number first. */
    groups: z.array(membership).max(1000),
    left: z.array(z.string().max(64)).max(1000),
    /** Sequence of the `device.licensed` that it rests on, to compare with those of licensing; 0: not said. */
    licensedSequence: z.int().nonnegative().default(0),
  }),
  subject: (data) => data.deviceId,
  example: {
    ...exampleFact,
    fresh: true,
    proof: 'first',
    groups: [
      { groupId: 'all', name: 'All devices', kind: 'all', priority: 1000, policyId: null, added: true },
      {
        groupId: 'lobby',
        name: 'Lobby',
        kind: 'automatic',
        priority: 10,
        policyId: 'base',
        added: true,
        policyVersion: 1,
      },
    ],
    left: [],
    licensedSequence: 7,
  },
});
export type DeviceGrouped = z.infer<typeof deviceGrouped.schema>;
