// A person says that whoever is there now is the device that was moved without a proof (R36).
import * as z from 'zod';
import { exampleSubject } from './assessment.js';
import { claimant, exampleClaim } from './conflict.js';
import { defineEvent } from './event.js';
import { printable } from './identity.js';

export const assessmentVouchRequested = defineEvent({
  type: 'assessment.vouchRequested',
  publisher: 'console',
  plane: 'control',
  title:
    'An operator says that a device which was moved without a proof is the device: what is kept to open it may go there (R36).',
  schema: z.object({
    deviceId: z.uuid(),
    /** Where it is, and which certificate is pinned to it, as the operator saw it: nobody else is meant. */
    who: claimant,
    requestedBy: printable(128),
  }),
  subject: (data) => data.deviceId,
  example: { deviceId: exampleSubject.deviceId, who: exampleClaim.claimed, requestedBy: 'admin' },
});
export type AssessmentVouchRequested = z.infer<typeof assessmentVouchRequested.schema>;

export const assessmentVouched = defineEvent({
  type: 'assessment.vouched',
  publisher: 'assessment',
  title: 'What became of an operator’s word that a moved device is the device (R36).',
  schema: z.object({
    deviceId: z.uuid(),
    who: claimant,
    /** vouched: what is kept to open it goes there now. gone: nothing was to be vouched for. another: somebody else is there now; nothing was changed. */
    outcome: z.enum(['vouched', 'gone', 'another']),
    vouchedBy: printable(128),
  }),
  subject: (data) => data.deviceId,
  example: {
    deviceId: exampleSubject.deviceId,
    who: exampleClaim.claimed,
    outcome: 'vouched',
    vouchedBy: 'admin',
  },
});
export type AssessmentVouched = z.infer<typeof assessmentVouched.schema>;
