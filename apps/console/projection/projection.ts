// Console hears everything and keeps what the page shows, in one transaction with the feed of events.
//
//   projection.ts   the consumer: which event goes where
//   device-view.ts  a device as the page shows it      rules.ts      what each event changes in it
//   assessed.ts     its tasks, and what came of them   claims.ts     conflicts that wait for an operator, and those dismissed
//   sentences.ts    its history, in words               announcement.ts  announcements and what became of them
//   refusals.ts     who was turned away at the edge      ../discoveries/results.ts  what was looked for
//   ../schedules/runs.ts  how runs of schedules go         ../assessing/asked.ts    the tasks that operators asked for
//   changes.ts      what Muster changed on devices, and would
//   not-assessed.ts why there is no assessment         tables.ts       set-wise SQL: load and save
//   devices.ts      what is asked of all that           compliance.ts  scores
//   baselines.ts    for how many devices each row of a baseline holds
//   rebuild/        devices made anew from the journal, while all of it runs
import { cut } from '#events/cut';
import { consumer, type Consumer, type Decision } from '#bus/consumer';
import { catalogue } from '#events/catalogue';
import { deliveryDied } from '#events/delivery';
import { deviceDiscovered } from '#events/device';
import { assessmentFinished } from '#events/assessment';
import { assessmentUndone } from '#events/undo';
import { edgeConfigured } from '#events/settings';
import type { Event, EventDefinition } from '#events/event';
import { listenerReported } from '#events/listener';
import { seatsCounted } from '#events/licence';
import { answeredChanges } from '../assessing/asked.js';
import { progressChanges } from '../discoveries/results.js';
import { runChanges } from '../schedules/runs.js';
import { quarantineChanges } from '../quarantine/rows.js';
import { announcementChanges } from './announcement.js';
import { isResult, resultIsNews } from './assessed.js';
import { assessedChanges, undoneChanges } from './changes.js';
import { blankView, type DeviceView } from './device-view.js';
import { refusalChanges } from './refusals.js';
import { deviceRules } from './rules.js';
import { load, save, type Change, type State } from './tables.js';

const rules = new Map(deviceRules.map((rule) => [rule.definition.type, rule]));

/** Every fact there is, but the gateways' configuration: that is console's own word, kept in a stream. */
const heard: readonly EventDefinition[] = [...catalogue.values()].filter(
  ({ plane, type }) => plane === 'facts' && type !== edgeConfigured.type,
);

/** Id of the device that an event is about, or null. */
export const deviceOf = (event: Event): string | null => (rules.has(event.type) ? event.subject : null);

export function decide(event: Event, state: State): Decision<Change> {
  const changes = [
    ...deviceChanges(event, state),
    ...announcementChanges(event),
    ...quarantineChanges(event),
    ...refusalChanges(event),
    ...progressChanges(event),
    ...runChanges(event),
    ...answeredChanges(event),
    ...otherChanges(event),
    { kind: 'feed', event } as const,
  ];
  return { changes, events: [] };
}

/** What an event changes in the view of its device, its history and its newest result. */
export function deviceChanges(event: Event, state: State): readonly Change[] {
  const rule = rules.get(event.type);
  if (!rule) return [];
  const before = state.devices.get(event.subject) ?? blankView(event.subject);
  const view: DeviceView = { ...rule.apply(before, event), entries: before.entries + 1 };
  const entry = { at: event.occurredAt, type: event.type, text: cut(rule.tell(event.data), 1000) };
  const history = { kind: 'history', deviceId: view.id, ordinal: view.entries, ...entry } as const;
  const isNews =
    assessmentFinished.is(event) &&
    isResult(event.data) &&
    event.data.outcome !== 'cancelled' &&
    resultIsNews(before, event);
  return [
    { kind: 'device', view },
    history,
    ...(isNews ? [{ kind: 'result', deviceId: view.id, body: event.data } as const] : []),
  ];
}

function otherChanges(event: Event): readonly Change[] {
  if (deviceDiscovered.is(event)) return [{ kind: 'serialSeen', serial: event.data.identity.serial }];
  if (assessmentFinished.is(event)) return assessedChanges(event);
  if (assessmentUndone.is(event)) return undoneChanges(event.data);
  if (deliveryDied.is(event)) return [{ kind: 'dead', at: event.occurredAt, ...event.data }];
  if (seatsCounted.is(event) || listenerReported.is(event)) {
    return [{ kind: 'report', subject: event.subject, sequence: event.sequence, body: event.data }];
  }
  return [];
}

export function evolve(state: State, change: Change): void {
  if (change.kind === 'device') state.devices.set(change.view.id, change.view);
}

export const projection: Consumer = consumer<State, Change, unknown>({
  name: 'console.projection',
  on: heard,
  load: (tx, events) =>
    load(
      tx,
      events.flatMap((event) => deviceOf(event) ?? []),
    ),
  decide,
  evolve,
  save,
});
