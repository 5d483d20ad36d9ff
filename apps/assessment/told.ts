// What is told of how a task of a device ended: put together here alone, whichever way it came to its end.
import {
  assessmentFinished,
  assessmentSkipped,
  type AssessmentFinished,
  type TaskMode,
} from '#events/assessment';
import { cut } from '#events/cut';
import { detailMax, type SettingChange, type SettingResult } from '#events/device-setting';
import type { Draft } from '#events/event';
import { kind } from './task.js';

/** Why a device is not assessed. */
export type Reason = (typeof assessmentSkipped.example)['reason'];

interface OfTask {
  /** The task that ends with it; null: none was made. */
  readonly taskId?: string | null;
  readonly mode?: TaskMode;
  /** Of a schedule, that it is a part of. */
  readonly runId?: string;
  readonly cancelledBy?: string;
}

export const skip = (
  deviceId: string,
  covers: readonly string[],
  reason: Reason,
  { taskId = null, mode = kind, ...of }: OfTask = {},
): Draft => assessmentSkipped.draft({ deviceId, taskId, covers: [...covers], reason, mode, ...of });

/** Whose end it is. */
export type Subject = Pick<
  AssessmentFinished,
  | 'taskId'
  | 'deviceId'
  | 'identity'
  | 'trigger'
  | 'policies'
  | 'covers'
  | 'mode'
  | 'requestedBy'
  | 'runId'
  | 'schedule'
>;

/** What it came to. */
export type Result = Pick<AssessmentFinished, 'outcome' | 'detail'> &
  Partial<Pick<AssessmentFinished, 'results' | 'agent' | 'changes'>>;

export const finished = (subject: Subject, startedAt: Date, result: Result): Draft =>
  assessmentFinished.draft({
    ...subject,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date(Math.max(Date.now(), startedAt.getTime())).toISOString(),
    results: [],
    agent: null,
    changes: [],
    ...result,
  });

/** The first that is wrong, and what was left alone, whatever came of the rest. */
export function summary(results: readonly SettingResult[], leftAlone: string | null): string | null {
  const wrong = results.filter(({ outcome }) => outcome === 'nonCompliant' || outcome === 'failed');
  const [first] = wrong;
  const others = wrong.length > 1 ? ` and ${wrong.length - 1} more` : '';
  const title = first && `${first.title}${first.detail === null ? '' : ` (${first.detail})`}${others}`;
  return toldWith([title ?? null, leftAlone]);
}

/** What there is to say, one after the other. */
export function toldWith(parts: readonly (string | null)[]): string | null {
  const said = parts.filter((part) => part !== null);
  return said.length > 0 ? cut(said.join('. '), detailMax) : null;
}

/** When a task began of which that was not kept: at its first change, as far as anybody can know. */
export const begunBy = (changes: readonly SettingChange[]): Date =>
  changes[0] ? new Date(changes[0].at) : new Date();

/** Why a task is given up. */
export type GivenUp = Exclude<Reason, 'unreadable' | 'cancelled' | 'nothingToUndo'>;

/** Of a task that ends for such a reason after it has changed something: as `cancelled`, with what it has changed. */
export const becauseOf: Readonly<Record<GivenUp, string>> = {
  deviceDeleted: 'the device was deleted',
  notLicensed: 'the device holds no licence any more',
  remediationOff: 'Allow Automatic Remediation was switched off',
  switchOff: 'the switch for its cause was switched off',
  noPolicy: 'no Initial Assessment Policy is chosen any more',
  policyUnknown: 'its policy is not there any more',
  outsideNetworks: 'its address is outside the device networks now',
};
