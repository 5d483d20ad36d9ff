// Devices that are held until somebody admits them (R37).
import * as z from 'zod';
import { authentication, origin } from './announcement.js';
import { claimKey, exampleClaim } from './conflict.js';
import { defineEvent } from './event.js';
import { exampleIdentity, identity, ipAddress, printable, serialNumber } from './identity.js';

/** What one party announced of a serial number that waits, and how it came. */
const waiting = z.object({
  identity,
  /** Takes effect when it is admitted, unless the same party says something newer before. */
  announcement: z.uuid(),
  acceptedAt: z.iso.datetime(),
  peerAddress: ipAddress,
  fingerprint: z.string().nullable(),
  authentication,
  origin: origin.nullable(),
});

/** Other parties that are kept beside the one that waits. */
export const otherClaimsMax = 5;
/** Parties that were refused, beside one that waits: those heard last. */
export const refusedClaimsMax = 20;

const exampleWaiting = {
  identity: exampleIdentity,
  announcement: '0193f2a0-0000-7000-8000-0000000000a1',
  acceptedAt: '2026-11-21T08:00:00.000Z',
  peerAddress: '10.1.2.3',
  fingerprint: 'a'.repeat(64),
  authentication: { mode: 'none' as const, outcome: 'anonymous' as const },
  origin: null,
};

export const deviceQuarantined = defineEvent({
  type: 'device.quarantined',
  version: 3,
  publisher: 'discovery',
  title: 'An unknown device announced itself and is held: no device of Muster’s before it is admitted (R37).',
  schema: waiting.extend({
    serial: serialNumber,
    /** Names what waits, in a decision: another one, as soon as something of it changes. Null before that was kept. */
    claim: claimKey.nullable().default(null),
    /** Who announced the same serial number from elsewhere or with another certificate meanwhile. */
    others: z
      .array(waiting.extend({ claim: claimKey }))
      .max(otherClaimsMax)
      .default([]),
    /** Who announced it too and was refused by an operator; each may be admitted after all. */
    refused: z
      .array(waiting.extend({ claim: claimKey }))
      .max(refusedClaimsMax)
      .default([]),
  }),
  subject: (data) => data.serial,
  example: {
    ...exampleWaiting,
    serial: exampleIdentity.serial,
    claim: 'd'.repeat(64),
    others: [
      {
        ...exampleWaiting,
        identity: { ...exampleIdentity, ip: '10.9.9.9' },
        announcement: '0193f2a0-0000-7000-8000-0000000000a2',
        peerAddress: '10.9.9.9',
        fingerprint: 'b'.repeat(64),
        claim: exampleClaim.claim,
      },
    ],
    refused: [
      {
        ...exampleWaiting,
        identity: { ...exampleIdentity, ip: '10.9.9.8' },
        announcement: '0193f2a0-0000-7000-8000-0000000000a3',
        peerAddress: '10.9.9.8',
        claim: 'e'.repeat(64),
      },
    ],
  },
});
export type DeviceQuarantined = z.infer<typeof deviceQuarantined.schema>;

/** Serial numbers in one request. */
export const approvedMax = 500;

/** A serial number that waits, and which of its claims an operator was shown. */
export const seenClaim = z.object({ serial: serialNumber, claim: claimKey });

export const deviceApprovalRequested = defineEvent({
  type: 'device.approvalRequested',
  version: 2,
  publisher: 'console',
  plane: 'control',
  title: 'An operator admits or refuses who is held; those refused may be admitted later (R37).',
  schema: z.object({
    serials: z.array(serialNumber).min(1).max(approvedMax),
    decision: z.enum(['admit', 'refuse']),
    requestedBy: printable(128),
    /** One for each serial number; without it nothing is decided of that one. */
    seen: z.array(seenClaim).max(approvedMax).default([]),
  }),
  subject: () => 'approval',
  example: {
    serials: [exampleIdentity.serial],
    decision: 'admit',
    requestedBy: 'admin',
    seen: [{ serial: exampleIdentity.serial, claim: 'd'.repeat(64) }],
  },
});
export type DeviceApprovalRequested = z.infer<typeof deviceApprovalRequested.schema>;

export const deviceApprovalDecided = defineEvent({
  type: 'device.approvalDecided',
  version: 3,
  publisher: 'discovery',
  title:
    'A device was admitted, and device.discovered follows, or refused; or it was not held any more (R37).',
  schema: z.object({
    serial: serialNumber,
    /** refused: one party; where another waits on, device.quarantined follows. another: what waits is not what the operator was shown; nothing was decided, it waits still. */
    outcome: z.enum(['admitted', 'refused', 'gone', 'another']),
    /** off: approval is not asked for any more. */
    by: z.enum(['operator', 'rule', 'off']),
    /** Name of the operator or the rule. */
    name: printable(128).nullable(),
    deviceId: z.uuid().nullable(),
    /** SHA-256 of the certificate that is pinned to it with that; null: none is, or it was not admitted. */
    fingerprint: z.string().nullable().default(null),
  }),
  subject: (data) => data.serial,
  example: {
    serial: exampleIdentity.serial,
    outcome: 'admitted',
    by: 'operator',
    name: 'admin',
    deviceId: '0193f2a0-0000-7000-8000-000000000001',
    fingerprint: 'a'.repeat(64),
  },
});
export type DeviceApprovalDecided = z.infer<typeof deviceApprovalDecided.schema>;
