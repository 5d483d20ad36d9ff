// What a task has changed is put back: asked for, done.
import * as z from 'zod';
import { exampleSubject, requestedBy } from './assessment.js';
import { detailMax, settingChanges, settingValue } from './device-setting.js';
import { defineEvent } from './event.js';
import { exampleIdentity, identity, printable } from './identity.js';

export const assessmentUndoRequested = defineEvent({
  type: 'assessment.undoRequested',
  publisher: 'console',
  plane: 'control',
  title: 'An operator asks that what a task has changed on a device be put back.',
  schema: z.object({ deviceId: z.uuid(), taskId: z.uuid(), requestedBy: printable(128) }),
  subject: (data) => data.deviceId,
  example: { deviceId: exampleSubject.deviceId, taskId: exampleSubject.taskId, requestedBy: 'admin' },
});

/** What became of one change that was to be put back. */
const undoneItem = z.object({
  setting: z.string().max(64),
  title: z.string().max(128),
  /** What Muster had written. */
  from: settingValue,
  /** What it was before that. */
  to: settingValue,
  /** What the device says in the end; null: it does not. */
  says: settingValue.nullable(),
  /**
   * restored: it says what it said before · changedSince: it said something else than what Muster had written, and was left
   * alone · refused: it did not take it, or says something else when read again · unsupported: it has no such setting any
   * more · failed: it could not be read or written · leftOut: a secret, which is never put back.
   */
  outcome: z.enum(['restored', 'changedSince', 'refused', 'unsupported', 'failed', 'leftOut']),
  detail: z.string().max(detailMax).nullable(),
});
export type UndoneItem = z.infer<typeof undoneItem>;

export const assessmentUndone = defineEvent({
  type: 'assessment.undone',
  version: 2,
  publisher: 'assessment',
  title: 'What a task had changed on a device was put back, as far as the device still said it.',
  schema: z.object({
    taskId: z.uuid(),
    deviceId: z.uuid(),
    identity,
    requestedBy,
    /** The task whose changes were put back. */
    undoes: z.uuid(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime(),
    /** undone: each item is restored, but for secrets. partly: some are not. */
    outcome: z.enum(['undone', 'partly', 'unreachable', 'failed', 'cancelled']),
    detail: z.string().max(detailMax).nullable(),
    /** In the order in which they were put back, which is the other way round. */
    items: z.array(undoneItem).max(500),
    /** What was written: it can be undone, too. */
    changes: settingChanges,
  }),
  subject: (data) => data.deviceId,
  example: {
    taskId: '0193f2a0-0000-7000-8000-0000000000b2',
    deviceId: exampleSubject.deviceId,
    identity: exampleIdentity,
    requestedBy: ['admin'],
    undoes: exampleSubject.taskId,
    startedAt: '2026-11-21T09:00:01.000Z',
    finishedAt: '2026-11-21T09:00:02.000Z',
    outcome: 'undone',
    detail: null,
    items: [
      {
        setting: 'svc.telnet',
        title: 'Telnet',
        from: false,
        to: true,
        says: true,
        outcome: 'restored',
        detail: null,
      },
    ],
    changes: [
      {
        setting: 'svc.telnet',
        title: 'Telnet',
        before: false,
        after: true,
        driver: 'api',
        at: '2026-11-21T09:00:01.500Z',
        verified: true,
      },
    ],
  },
});
export type AssessmentUndone = z.infer<typeof assessmentUndone.schema>;
