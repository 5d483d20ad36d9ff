// A device made anew from what the journal has of it.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assessmentFinished,
  assessmentQueued,
  assessmentSkipped,
  assessmentStarted,
} from '#events/assessment';
import { deviceConflicted } from '#events/conflict';
import {
  deviceDiscovered,
  deviceGrouped,
  deviceLicensed,
  deviceReconciled,
  deviceRetired,
  deviceUnlicensed,
} from '#events/device';
import { stamp, type Draft, type Event } from '#events/event';
import { assessmentUndone } from '#events/undo';
import { blankView, listed, statusOf, type DeviceView } from '../device-view.js';
import { decide, evolve } from '../projection.js';
import { historyMax, type State } from '../tables.js';
import { begun, endOf, hear, startOf, type Entry, type Head, type Shown } from './fold.js';

const deviceId = deviceDiscovered.example.deviceId;
const [taskA, taskB] = [randomUUID(), randomUUID()];
const sequences = new Map<string, number>();
let minute = 0;

function event(publisher: string, draft: Draft): Event {
  const sequence = (sequences.get(publisher) ?? 0) + 1;
  sequences.set(publisher, sequence);
  minute += 1;
  const occurredAt = new Date(Date.UTC(2026, 10, 21, 8, minute)).toISOString();
  return stamp(draft, { publisher, sequence, occurredAt, causedBy: null, traceparent: null });
}

const discover = () => event('discovery', deviceDiscovered.draft(deviceDiscovered.example));
const retire = () => event('discovery', deviceRetired.draft(deviceRetired.example));
const license = () => event('licensing', deviceLicensed.draft(deviceLicensed.example));
const unlicense = () => event('licensing', deviceUnlicensed.draft(deviceUnlicensed.example));
const group = () => event('autogroup', deviceGrouped.draft(deviceGrouped.example));
const queue = (taskId: string) =>
  event('assessment', assessmentQueued.draft({ ...assessmentQueued.example, taskId }));
const start = (taskId: string) =>
  event('assessment', assessmentStarted.draft({ ...assessmentStarted.example, taskId }));
const finish = (taskId: string, change: object = {}) =>
  event('assessment', assessmentFinished.draft({ ...assessmentFinished.example, taskId, ...change }));

const life: readonly Event[] = [
  discover(),
  license(),
  group(),
  queue(taskA),
  start(taskA),
  event('discovery', deviceConflicted.draft(deviceConflicted.example)),
  finish(taskA, { outcome: 'nonCompliant' }),
  unlicense(),
  event('assessment', assessmentSkipped.draft({ ...assessmentSkipped.example, taskId: null })),
  retire(),
  discover(),
  event('discovery', deviceReconciled.draft(deviceReconciled.example)),
  license(),
  license(),
  queue(taskB),
  start(taskB),
];

/** Its end is that what was changed is put back. */
const putBack: readonly Event[] = [
  discover(),
  queue(taskA),
  start(taskA),
  finish(taskA),
  start(taskB),
  finish(taskB, { policies: [{ policyId: 'strict', name: 'Strict', version: 1 }] }),
  event('assessment', assessmentUndone.draft({ ...assessmentUndone.example, undoes: taskB })),
];

/** What live shows after these. */
function live(events: readonly Event[]): Shown {
  const state: State = { devices: new Map() };
  const history: Entry[] = [];
  for (const each of events) {
    for (const change of decide(each, state).changes) {
      evolve(state, change);
      if (change.kind === 'history') history.push({ at: change.at, type: change.type, text: change.text });
    }
  }
  return { view: state.devices.get(deviceId) ?? blankView(deviceId), history: history.slice(-historyMax) };
}

const headOf = ({ publisher, sequence, type, occurredAt }: Event): Head => ({
  publisher,
  sequence,
  type,
  at: occurredAt,
});

function rebuilt(shown: Shown, journal: readonly Event[]) {
  const start = startOf(shown, journal.map(headOf));
  const made = journal.reduce(hear, begun(start));
  return { ...endOf(shown.view, start, made, journal.length), result: made.result };
}

/** What does not hang on the order in which events of several services came. */
const view = (shown: Shown): Partial<DeviceView> => {
  const { ended: _, licence, ...rest } = shown.view;
  return { ...rest, licence: licence && { ...licence, since: '' } };
};
const sorted = ({ history }: Shown): readonly Entry[] =>
  history.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));

describe('a device made anew', () => {
  const anyOrder = fc.shuffledSubarray([...life], { minLength: 0, maxLength: life.length });

  const lives = [
    ['a life', life],
    ['one that ends with an undo', putBack],
  ] as const;
  it.each(lives)('is what it was when nothing was wrong, however it came: %s', (_, life) => {
    const anyOrder = fc.shuffledSubarray([...life], { minLength: 0, maxLength: life.length });
    const some = anyOrder.chain((events) =>
      fc.record({ events: fc.constant(events), from: fc.nat({ max: events.length }) }),
    );
    fc.assert(
      fc.property(some, ({ events, from }) => {
        const shown = live(events);
        const again = rebuilt(shown, events.slice(from));
        expect(view(again)).toEqual(view(shown));
        expect(again.history).toEqual(sorted(shown));
      }),
      { numRuns: 500 },
    );
    for (const from of life.keys()) expect(rebuilt(live(life), life.slice(from))).toMatchObject(live(life));
  });

  it('is never older than what is shown, whatever the journal lacks', () => {
    const holes = fc.record({ events: anyOrder, journal: anyOrder });
    fc.assert(
      fc.property(holes, ({ events, journal }) => {
        const shown = live(events);
        const again = rebuilt(
          shown,
          journal.filter((each) => events.includes(each)),
        );
        const { retired: _, ...marks } = shown.view.marks;
        expect(again.view.marks).toMatchObject(marks);
        expect(listed(again.view)).toBe(listed(shown.view));
        expect(again.view.entries).toBe(shown.view.entries);
        expect(again.history).toEqual(sorted(shown));
      }),
      { numRuns: 500 },
    );
  });

  it('is mended where the journal has what it was made from', () => {
    const shown = live(life);
    const wrong: Shown = {
      view: {
        ...shown.view,
        licence: { licensed: false, pool: null, reason: 'expired', since: '2020-01-01T00:00:00.000Z' },
        groups: [],
        last: null,
        tasks: [],
        autoDiscovered: null,
      },
      history: shown.history.map((entry) => ({ ...entry, text: 'wrong' })),
    };
    expect(rebuilt(wrong, life)).toMatchObject(shown);
    const late = rebuilt(wrong, life.slice(10));
    expect(statusOf(late.view)).toBe('assessing');
    expect(late.view).toMatchObject({
      groups: [],
      autoDiscovered: true,
      licence: { licensed: true, since: life[12]?.occurredAt },
    });
    expect(late.history.map(({ text }) => text).slice(0, 11)).toEqual([
      ...Array.from({ length: 10 }, () => 'wrong'),
      shown.history[10]?.text,
    ]);
  });

  it('brings back the newest settings, and no older ones', () => {
    const [older, newer] = [finish(taskA), finish(taskB)];
    const shown = live([discover(), older, newer]);
    expect(rebuilt(shown, [older, newer]).result).toEqual(newer.data);
    expect(rebuilt(shown, [older]).result).toBeNull();
  });

  it('starts no task again that has ended, though the journal has its beginning alone', () => {
    const [queued, started] = [queue(taskA), start(taskA)];
    const shown = live([discover(), queued, started, finish(taskA)]);
    expect(rebuilt(shown, [queued, started]).view.tasks).toEqual([]);
  });

  it('keeps since when a task waits that began before the journal', () => {
    const [queued, started] = [queue(taskA), start(taskA)];
    const again = rebuilt(live([discover(), queued, started]), [started]);
    expect(again.view.tasks).toMatchObject([{ state: 'running', queuedAt: queued.occurredAt }]);
  });

  it('keeps the newest entries, and counts all', () => {
    const many = [discover(), ...Array.from({ length: historyMax + 20 }, license)];
    const shown = live(many);
    for (const from of [0, 30, historyMax]) {
      const again = rebuilt(shown, many.slice(from));
      expect(again.history).toEqual(shown.history);
      expect(again.view.entries).toBe(many.length);
    }
  });
});
