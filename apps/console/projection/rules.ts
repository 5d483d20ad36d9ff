// What each event about a device changes in its view, and the sentence it leaves in the device's history. Pure.
import { scoreOf } from '#documents/compliance';
import * as assessment from '#events/assessment';
import { deviceConflictDecided, deviceConflicted } from '#events/conflict';
import * as device from '#events/device';
import type { Event, EventDefinition } from '#events/event';
import type { Identity } from '#events/identity';
import { assessmentUndone, type AssessmentUndone } from '#events/undo';
import { assessmentVouched } from '#events/vouch';
import { causeOf, type AskedFor } from './changes.js';
import { conflictDecided, conflictRaised, conflictsSettled, movedUnproved, vouched } from './claims.js';
import { usedOf, type ActiveTask, type DeviceView, type Marks, type Skipped } from './device-view.js';
import { sentences } from './sentences.js';

export interface Rule<D = unknown> {
  readonly definition: EventDefinition<D>;
  apply(view: DeviceView, event: Event<D>): DeviceView;
  tell(data: D): string;
}

function rule<D>(
  definition: EventDefinition<D>,
  tell: (data: D) => string,
  apply: (view: DeviceView, event: Event<D>) => DeviceView,
): Rule {
  return { definition, tell, apply };
}

/** Whether the event is news for a part of the view: newer than what made it. */
const fresh = (view: DeviceView, part: keyof Marks, event: Event): boolean =>
  event.sequence > (view.marks[part] ?? 0);

const mark = (view: DeviceView, part: keyof Marks, event: Event): Marks => ({
  ...view.marks,
  [part]: event.sequence,
});

/** Ids of ended tasks that are remembered: far more than can be under way for one device. */
const endedMax = 20;

type Admitted = Pick<
  device.DeviceDiscovered,
  'identity' | 'fingerprint' | 'trigger' | 'announcements' | 'acceptedAt'
>;

function admit(view: DeviceView, event: Event<Admitted>): DeviceView {
  const { identity, fingerprint, acceptedAt, announcements } = event.data;
  const announcedLater = acceptedAt !== null && acceptedAt > (view.lastAnnouncedAt ?? '');
  const seen = announcedLater
    ? {
        ...view,
        lastAnnouncedAt: acceptedAt,
        lastAnnouncement: announcements.at(-1) ?? view.lastAnnouncement,
      }
    : view;
  return fresh(view, 'identity', event)
    ? { ...seen, identity, fingerprint, marks: mark(view, 'identity', event) }
    : seen;
}

/** Other services know the identity too: good enough until discovery's own word comes. */
const known = (view: DeviceView, identity: Identity): DeviceView =>
  view.identity ? view : { ...view, identity };

type Subject = Pick<assessment.AssessmentFinished, 'taskId' | 'identity' | 'policies' | 'mode'> & AskedFor;

function taskMoved(view: DeviceView, event: Event<Subject>, change: Partial<ActiveTask>): DeviceView {
  const { taskId, trigger, policies, mode } = event.data;
  const task = view.tasks.find(({ id }) => id === taskId);
  const newer = !task || event.sequence > task.sequence;
  if (view.ended.includes(taskId)) return view;
  const state = {
    id: taskId,
    state: 'queued',
    queuedAt: null,
    startedAt: null,
    attempt: 0,
    ...task,
  } as const;
  const moved: ActiveTask = newer
    ? { ...state, trigger, cause: causeOf(event.data), policies, mode, ...change, sequence: event.sequence }
    : { ...task, queuedAt: task.queuedAt ?? change.queuedAt ?? null };
  return {
    ...known(view, event.data.identity),
    tasks: [...view.tasks.filter(({ id }) => id !== taskId), moved],
  };
}

const taskEnded = (view: DeviceView, taskId: string): DeviceView => ({
  ...view,
  tasks: view.tasks.filter(({ id }) => id !== taskId),
  ended: [...view.ended.filter((id) => id !== taskId), taskId].slice(-endedMax),
});

function finish(view: DeviceView, event: Event<assessment.AssessmentFinished>): DeviceView {
  const { taskId, identity, outcome, finishedAt, policies } = event.data;
  const over = taskEnded(known(view, identity), taskId);
  if (!isResult(event.data) || outcome === 'cancelled') return over;
  const policyUsed = policies.at(-1)?.name ?? null;
  const after = fresh(over, 'used', event)
    ? { ...over, used: { policyUsed, finishedAt }, marks: mark(over, 'used', event) }
    : over;
  if (!resultIsNews(view, event)) return after;
  const { compliant, total } = counted(event.data);
  return {
    ...after,
    marks: mark(after, 'result', event),
    // Who could not be read says nothing new of it.
    agent: event.data.agent ?? view.agent ?? null,
    putBackAt: null,
    last: {
      outcome,
      finishedAt,
      policyUsed,
      compliant,
      total,
      score: scoreOf(event.data.results),
    },
  };
}

/** A dry run says what would be, and leaves the device's result as it is. */
export const isResult = ({ mode }: Pick<assessment.AssessmentFinished, 'mode'>): boolean => mode === 'assess';

/** What was put back is as no policy wants it: the device counts as not assessed since. The policy used last is remembered (R62). */
function undone(view: DeviceView, event: Event<AssessmentUndone>): DeviceView {
  const { taskId, identity, items, finishedAt } = event.data;
  const over = taskEnded(known(view, identity), taskId);
  const restored = items.some((item) => item.outcome === 'restored');
  if (!restored || !resultIsNews(view, event)) return over;
  return {
    ...over,
    marks: mark(view, 'result', event),
    last: null,
    used: usedOf(view),
    putBackAt: finishedAt,
  };
}

type Told = Event<{ readonly mode: assessment.TaskMode }>;

/** The newest word about the device's assessment is kept, when it is that there is none. */
const heardOf = (view: DeviceView, event: Told, skipped: Skipped | null): DeviceView =>
  isResult(event.data) && event.sequence > (view.marks.assessment ?? 0)
    ? { ...view, skipped, marks: mark(view, 'assessment', event) }
    : view;

/** Settings that a device does not have count only where nothing else explains why it is not compliant. */
function counted({ outcome, results }: assessment.AssessmentFinished): { compliant: number; total: number } {
  const had = results.filter((result) => result.outcome !== 'unsupported');
  const right = had.filter((result) => result.outcome === 'compliant' || result.outcome === 'remediated');
  const explained = outcome === 'compliant' || right.length < had.length;
  return { compliant: right.length, total: explained ? had.length : results.length };
}

/** Whether the settings it brings are the newest ones, to be shown. */
export const resultIsNews = (view: DeviceView, event: Event): boolean => fresh(view, 'result', event);

export const deviceRules: readonly Rule[] = [
  rule(device.deviceDiscovered, sentences.discovered, (view, event) => ({
    ...admit(view, event),
    autoDiscovered: event.data.trigger === 'announced',
  })),
  rule(device.deviceReconciled, sentences.reconciled, (view, event) =>
    conflictsSettled(
      fresh(view, 'identity', event)
        ? { ...admit(view, event), moved: movedUnproved(view, event) }
        : admit(view, event),
      event,
    ),
  ),
  rule(deviceConflicted, sentences.conflicted, conflictRaised),
  rule(deviceConflictDecided, sentences.conflictDecided, conflictDecided),
  rule(device.deviceFlapping, sentences.flapping, (view, { occurredAt: at, data }) =>
    at > (view.flapping?.at ?? '')
      ? { ...view, flapping: { at, announcedPerMinute: data.announcedPerMinute } }
      : view,
  ),
  rule(device.deviceRetired, sentences.retired, (view, event) =>
    fresh(view, 'retired', event) && fresh(view, 'identity', event)
      ? {
          ...view,
          licence: null,
          groups: [],
          tasks: [],
          last: null,
          used: null,
          putBackAt: null,
          agent: null,
          flapping: null,
          moved: null,
          autoDiscovered: null,
          marks: mark(view, 'retired', event),
        }
      : view,
  ),
  rule(device.deviceLicensed, sentences.licensed, (view, event) =>
    fresh(view, 'licence', event)
      ? {
          ...known(view, event.data.identity),
          licence: { licensed: true, pool: event.data.pool, reason: null, since: since(view, true, event) },
          marks: mark(view, 'licence', event),
        }
      : view,
  ),
  rule(device.deviceUnlicensed, sentences.unlicensed, (view, event) =>
    fresh(view, 'licence', event)
      ? {
          ...known(view, event.data.identity),
          licence: {
            licensed: false,
            pool: null,
            reason: event.data.reason,
            since: since(view, false, event),
          },
          marks: mark(view, 'licence', event),
        }
      : view,
  ),
  rule(device.deviceGrouped, sentences.grouped, (view, event) =>
    fresh(view, 'groups', event)
      ? {
          ...known(view, event.data.identity),
          groups: event.data.groups.map(({ groupId, name }) => ({ id: groupId, name })),
          marks: mark(view, 'groups', event),
        }
      : view,
  ),
  rule(assessment.assessmentQueued, sentences.queued, (view, event) =>
    taskMoved(heardOf(view, event, null), event, { state: 'queued', queuedAt: event.occurredAt }),
  ),
  rule(assessment.assessmentSkipped, sentences.skipped, (view, event) => {
    const { reason, taskId } = event.data;
    const heard = heardOf(view, event, { reason, at: event.occurredAt });
    return taskId === null ? heard : taskEnded(heard, taskId);
  }),
  rule(assessment.assessmentStarted, sentences.started, (view, event) =>
    taskMoved(heardOf(view, event, null), event, {
      state: 'running',
      startedAt: event.data.startedAt,
      attempt: event.data.attempt,
    }),
  ),
  rule(assessment.assessmentFinished, sentences.finished, (view, event) =>
    finish(heardOf(view, event, null), event),
  ),
  rule(assessmentUndone, sentences.undone, undone),
  rule(assessmentVouched, sentences.vouched, vouched),
];

/** A repeat of the same answer keeps the time of the first. */
const since = (view: DeviceView, licensed: boolean, event: Event): string =>
  view.licence?.licensed === licensed ? view.licence.since : event.occurredAt;
