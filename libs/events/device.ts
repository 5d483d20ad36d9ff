// What happens to a device, in the order in which it happens.
import * as z from 'zod';
import { origin } from './announcement.js';
import { defineEvent } from './event.js';
import { exampleIdentity, identity, printable, serialNumber } from './identity.js';

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

export const exampleFact: DeviceFact = {
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
