// What the page shows of a device's tasks, and what came of the newest of them. Pure; events of one device may come in any order.
import { scoreOf } from '#documents/compliance';
import type { AssessmentFinished, TaskMode } from '#events/assessment';
import type { Event } from '#events/event';
import type { AssessmentUndone } from '#events/undo';
import { causeOf, type AskedFor } from './changes.js';
import { fresh, known, mark, usedOf, type ActiveTask, type DeviceView, type Skipped } from './device-view.js';

/** Ids of ended tasks that are remembered: far more than can be under way for one device. */
const endedMax = 20;

type Subject = Pick<AssessmentFinished, 'taskId' | 'identity' | 'policies' | 'mode'> & AskedFor;

export function taskMoved(view: DeviceView, event: Event<Subject>, change: Partial<ActiveTask>): DeviceView {
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

export const taskEnded = (view: DeviceView, taskId: string): DeviceView => ({
  ...view,
  tasks: view.tasks.filter(({ id }) => id !== taskId),
  ended: [...view.ended.filter((id) => id !== taskId), taskId].slice(-endedMax),
});

export function finish(view: DeviceView, event: Event<AssessmentFinished>): DeviceView {
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
export const isResult = ({ mode }: Pick<AssessmentFinished, 'mode'>): boolean => mode === 'assess';

/** What was put back is as no policy wants it: the device counts as not assessed since. The policy used last is remembered (R62). */
export function undone(view: DeviceView, event: Event<AssessmentUndone>): DeviceView {
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

type Told = Event<{ readonly mode: TaskMode }>;

/** The newest word about the device's assessment is kept, when it is that there is none. */
export const heardOf = (view: DeviceView, event: Told, skipped: Skipped | null): DeviceView =>
  isResult(event.data) && event.sequence > (view.marks.assessment ?? 0)
    ? { ...view, skipped, marks: mark(view, 'assessment', event) }
    : view;

/** Settings that a device does not have count only where nothing else explains why it is not compliant. */
function counted({ outcome, results }: AssessmentFinished): { compliant: number; total: number } {
  const had = results.filter((result) => result.outcome !== 'unsupported');
  const right = had.filter((result) => result.outcome === 'compliant' || result.outcome === 'remediated');
  const explained = outcome === 'compliant' || right.length < had.length;
  return { compliant: right.length, total: explained ? had.length : results.length };
}

/** Whether the settings it brings are the newest ones, to be shown. */
export const resultIsNews = (view: DeviceView, event: Event): boolean => fresh(view, 'result', event);
