// Devices that are held until somebody admits them (R37).
import * as z from 'zod';
import { authentication, origin } from './device.js';
import { defineEvent } from './event.js';
import { exampleIdentity, identity, ipAddress, printable, serialNumber } from './identity.js';

export const deviceQuarantined = defineEvent({
  type: 'device.quarantined',
  publisher: 'discovery',
  title: 'An unknown device announced itself and is held: no device of Muster’s before it is admitted (R37).',
  schema: z.object({
    serial: serialNumber,
    identity,
    /** Takes effect when the device is admitted, unless a newer one comes before. */
    announcement: z.uuid(),
    acceptedAt: z.iso.datetime(),
    peerAddress: ipAddress,
    fingerprint: z.string().nullable(),
    authentication,
    origin: origin.nullable(),
  }),
  subject: (data) => data.serial,
  example: {
    serial: exampleIdentity.serial,
    identity: exampleIdentity,
    announcement: '0193f2a0-0000-7000-8000-0000000000a1',
    acceptedAt: '2026-11-21T08:00:00.000Z',
    peerAddress: '10.1.2.3',
    fingerprint: 'a'.repeat(64),
    authentication: { mode: 'none', outcome: 'anonymous' },
    origin: null,
  },
});
export type DeviceQuarantined = z.infer<typeof deviceQuarantined.schema>;

/** Serial numbers in one request. */
export const approvedMax = 500;

export const deviceApprovalRequested = defineEvent({
  type: 'device.approvalRequested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator admits or refuses devices that are held; those refused may be admitted later (R37).',
  schema: z.object({
    serials: z.array(serialNumber).min(1).max(approvedMax),
    decision: z.enum(['admit', 'refuse']),
    requestedBy: printable(128),
  }),
  subject: () => 'approval',
  example: { serials: [exampleIdentity.serial], decision: 'admit', requestedBy: 'admin' },
});
export type DeviceApprovalRequested = z.infer<typeof deviceApprovalRequested.schema>;

export const deviceApprovalDecided = defineEvent({
  type: 'device.approvalDecided',
  publisher: 'discovery',
  title:
    'A device was admitted, and device.discovered follows, or refused; or it was not held any more (R37).',
  schema: z.object({
    serial: serialNumber,
    outcome: z.enum(['admitted', 'refused', 'gone']),
    /** off: approval is not asked for any more. */
    by: z.enum(['operator', 'rule', 'off']),
    /** Name of the operator or the rule. */
    name: printable(128).nullable(),
    deviceId: z.uuid().nullable(),
  }),
  subject: (data) => data.serial,
  example: {
    serial: exampleIdentity.serial,
    outcome: 'admitted',
    by: 'operator',
    name: 'admin',
    deviceId: '0193f2a0-0000-7000-8000-000000000001',
  },
});
export type DeviceApprovalDecided = z.infer<typeof deviceApprovalDecided.schema>;
