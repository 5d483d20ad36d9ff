// Two parties claim one serial number, and what an operator decides of it (R36).
import * as z from 'zod';
import { exampleFact } from './device.js';
import { defineEvent } from './event.js';
import { exampleIdentity, identity, ipAddress, printable, serialNumber } from './identity.js';

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

/** keep: the known device stays what it is. move: the claimant is the device. */
const decision = z.enum(['keep', 'move']);

export const deviceConflictDecisionRequested = defineEvent({
  type: 'device.conflictDecisionRequested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator says which of the two parties of a conflict is the device (R36).',
  schema: z.object({
    deviceId: z.uuid(),
    claim: claimKey,
    /** As the operator saw it. */
    claimed: claimant,
    decision,
    requestedBy: printable(128),
  }),
  subject: (data) => data.deviceId,
  example: { ...exampleClaim, decision: 'move', requestedBy: 'admin' },
});
export type DeviceConflictDecisionRequested = z.infer<typeof deviceConflictDecisionRequested.schema>;

export const deviceConflictDecided = defineEvent({
  type: 'device.conflictDecided',
  version: 2,
  publisher: 'discovery',
  title:
    'What became of an operator’s decision of a conflict; a move is told by device.reconciled too (R36).',
  schema: z.object({
    deviceId: z.uuid(),
    serial: serialNumber,
    claim: claimKey,
    claimed: claimant,
    decision,
    /**
     * kept: the same claim is not raised again. moved: all conflicts of the device are over. gone, another: decided too
     * late, nothing was changed; the conflict was over, or the device has another one now.
     */
    outcome: z.enum(['kept', 'moved', 'gone', 'another']),
    decidedBy: printable(128),
    /**
     * Not null: the claim that was dismissed before and is forgotten for this one, as so many are remembered of one device. It
     * is the one that was silent for longest; it is raised anew when it is made again.
     */
    forgotten: claimKey.nullable().default(null),
  }),
  subject: (data) => data.deviceId,
  example: {
    ...exampleClaim,
    serial: 'VNB3K12345',
    decision: 'move',
    outcome: 'moved',
    decidedBy: 'admin',
    forgotten: null,
  },
});
export type DeviceConflictDecided = z.infer<typeof deviceConflictDecided.schema>;
