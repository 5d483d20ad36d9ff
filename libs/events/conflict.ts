// What an operator decides where two parties claim one serial number (R36); device.conflicted itself is in device.ts.
import * as z from 'zod';
import { claimant, claimKey, exampleClaim } from './device.js';
import { defineEvent } from './event.js';
import { printable, serialNumber } from './identity.js';

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
