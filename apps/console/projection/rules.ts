// What each event about a device changes in its view, and the sentence it leaves in the device's history. Pure.
import * as assessment from '#events/assessment';
import { deviceConflictDecided, deviceConflicted } from '#events/conflict';
import * as device from '#events/device';
import type { Event, EventDefinition } from '#events/event';
import { assessmentUndone } from '#events/undo';
import { assessmentVouched } from '#events/vouch';
import { finish, heardOf, taskEnded, taskMoved, undone } from './assessed.js';
import { conflictDecided, conflictRaised, conflictsSettled, movedUnproved, vouched } from './claims.js';
import { fresh, known, mark, type DeviceView } from './device-view.js';
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
