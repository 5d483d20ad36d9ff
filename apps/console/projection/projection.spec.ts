// What the page shows, given events in any order.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assessmentFinished,
  assessmentQueued,
  assessmentSkipped,
  assessmentStarted,
} from '#events/assessment';
import type { SettingResult } from '#events/device-setting';
import { deviceConflictDecided, deviceConflicted } from '#events/conflict';
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
import { blankView, conflicted, listed, statusOf, type DeviceView } from './device-view.js';
import { decide, evolve } from './projection.js';
import { sentences } from './sentences.js';
import type { Change, State } from './tables.js';

const deviceId = deviceDiscovered.example.deviceId;
const [taskA, taskB] = [randomUUID(), randomUUID()];

let sequence = 0;
/** `minute` of the day is also the order in which one publisher said it. */
function event<D>(publisher: string, draft: Draft<D>): Event<D> {
  sequence += 1;
  const occurredAt = new Date(Date.UTC(2026, 10, 21, 8, 0, sequence)).toISOString();
  return stamp(draft, { publisher, sequence, occurredAt, causedBy: null, traceparent: null });
}

const fact = deviceLicensed.example;
const task = (taskId: string) => ({ ...assessmentQueued.example, taskId });
const result = (outcome: SettingResult['outcome'], setting: string): SettingResult => ({
  ...(assessmentFinished.example.results[0] as SettingResult),
  outcome,
  setting,
});
const finished = (taskId: string, change: object = {}): Draft =>
  assessmentFinished.draft({ ...assessmentFinished.example, taskId, ...change });

const discovered = event(
  'discovery',
  deviceDiscovered.draft({ ...deviceDiscovered.example, acceptedAt: '2026-11-21T08:00:00.000Z' }),
);
const moved = event(
  'discovery',
  deviceReconciled.draft({
    ...deviceReconciled.example,
    identity: { ...deviceReconciled.example.identity, ip: '10.1.2.99' },
    acceptedAt: '2026-11-21T09:00:00.000Z',
    announcements: [randomUUID()],
  }),
);
const unlicensed = event('licensing', deviceUnlicensed.draft(deviceUnlicensed.example));
const licensed = event('licensing', deviceLicensed.draft(fact));
const grouped = event('autogroup', deviceGrouped.draft(deviceGrouped.example));
const queuedA = event('assessment', assessmentQueued.draft(task(taskA)));
const startedA = event(
  'assessment',
  assessmentStarted.draft({ ...assessmentStarted.example, taskId: taskA }),
);
const queuedB = event('assessment', assessmentQueued.draft(task(taskB)));
const finishedA = event(
  'assessment',
  finished(taskA, {
    outcome: 'nonCompliant',
    results: [result('nonCompliant', 'a'), result('compliant', 'b'), result('unsupported', 'c')],
  }),
);
const undoneA = event(
  'assessment',
  assessmentUndone.draft({ ...assessmentUndone.example, taskId: randomUUID(), undoes: taskA }),
);
const startedB = event(
  'assessment',
  assessmentStarted.draft({ ...assessmentStarted.example, taskId: taskB }),
);
const finishedB = event('assessment', finished(taskB));

const story = [
  discovered,
  moved,
  unlicensed,
  licensed,
  grouped,
  queuedA,
  startedA,
  queuedB,
  finishedA,
  startedB,
  finishedB,
];

function run(events: readonly Event[]): { readonly view: DeviceView; readonly changes: readonly Change[] } {
  const state: State = { devices: new Map() };
  const changes = events.flatMap((one) => {
    const decided = decide(one, state).changes;
    for (const change of decided) evolve(state, change);
    return decided;
  });
  return { view: state.devices.get(deviceId) ?? blankView(deviceId), changes };
}
const seen = (...events: readonly Event[]): DeviceView => run(events).view;

describe('a device, given its events', () => {
  it('shows how it ends', () => {
    const view = seen(...story);
    expect(statusOf(view)).toBe('compliant');
    expect(view).toMatchObject({
      identity: { ip: '10.1.2.99' },
      autoDiscovered: true,
      lastAnnouncedAt: '2026-11-21T09:00:00.000Z',
      licence: { licensed: true, pool: 'community' },
      groups: [{ id: 'all' }, { id: 'lobby' }],
      last: { policyUsed: 'Muster Base', compliant: 1, total: 1 },
      tasks: [],
    });
  });

  it('shows the same in whatever order they come, and the newest settings with it', () => {
    const whole = fc.shuffledSubarray(story, { minLength: story.length, maxLength: story.length });
    const { ended: _, licence, ...expected } = seen(...story);
    fc.assert(
      fc.property(whole, (events) => {
        const { view, changes } = run(events);
        expect(view).toMatchObject(expected);
        expect(view.licence).toMatchObject({ licensed: licence?.licensed });
        expect(statusOf(view)).toBe('compliant');
        const results = changes.filter((change) => change.kind === 'result');
        expect(results.at(-1)?.body.taskId).toBe(taskB);
        const ordinals = changes.flatMap((change) => (change.kind === 'history' ? [change.ordinal] : []));
        expect(ordinals).toEqual(story.map((__, index) => index + 1));
      }),
      { numRuns: 300 },
    );
  });

  it('never shows assessing once the task has ended, whichever word comes first', () => {
    expect(statusOf(seen(discovered, queuedA, startedA))).toBe('assessing');
    expect(statusOf(seen(discovered, finishedA, startedA, queuedA))).toBe('nonCompliant');
    expect(seen(discovered, finishedA, startedA, queuedA).tasks).toEqual([]);
  });

  it('shows a task no more that was skipped, though word of its beginning comes late', () => {
    const skipped = event(
      'assessment',
      assessmentSkipped.draft({ ...assessmentSkipped.example, taskId: taskA, reason: 'notLicensed' }),
    );
    const other = event('assessment', assessmentSkipped.draft({ ...skipped.data, taskId: null }));
    expect(seen(discovered, queuedA, other).tasks).toHaveLength(1);
    expect(seen(discovered, queuedA, skipped).tasks).toEqual([]);
    expect(seen(discovered, skipped, queuedA).tasks).toEqual([]);
  });

  it('shows a second task that waits while the first runs', () => {
    const view = seen(discovered, queuedA, startedA, queuedB);
    expect(view.tasks.map(({ id, state }) => [id, state])).toEqual([
      [taskA, 'running'],
      [taskB, 'queued'],
    ]);
    expect(seen(discovered, finishedA, queuedB).tasks).toMatchObject([{ id: taskB, state: 'queued' }]);
  });

  it('waits in its old status: a queued task is no assessment', () => {
    expect(statusOf(seen(discovered, finishedA, queuedB))).toBe('nonCompliant');
    expect(statusOf(seen(discovered, queuedA))).toBe('unassessed');
  });

  it('never says 1 of 1 about a device that does not comply', () => {
    const lacking = event(
      'assessment',
      finished(randomUUID(), {
        outcome: 'nonCompliant',
        results: [result('compliant', 'a'), result('unsupported', 'b')],
      }),
    );
    expect(seen(discovered, lacking).last).toMatchObject({ compliant: 1, total: 2 });
    expect(seen(discovered, finishedA).last).toMatchObject({ compliant: 1, total: 2 });
  });

  it('of a device that was put back keeps what was used, and nothing of its result, whatever comes first', () => {
    const { putBackAt, used } = {
      putBackAt: assessmentUndone.example.finishedAt,
      used: { policyUsed: 'Muster Base', finishedAt: assessmentFinished.example.finishedAt },
    };
    const before = [discovered, queuedA, startedA, finishedA, undoneA];
    const anyOrder = (events: readonly Event[]) =>
      fc.shuffledSubarray([...events], { minLength: events.length, maxLength: events.length });
    fc.assert(
      fc.property(anyOrder(before), (events) => {
        const view = seen(...events);
        expect(view).toMatchObject({ last: null, putBackAt, used });
        expect(statusOf(view)).toBe('unassessed');
      }),
    );
    fc.assert(
      fc.property(anyOrder([...before, queuedB, startedB, finishedB]), (events) => {
        const view = seen(...events);
        expect(view).toMatchObject({ last: { outcome: 'compliant' }, putBackAt: null, used });
        expect(statusOf(view)).toBe('compliant');
      }),
    );
  });

  it('of a view saved before that was kept, the last result says what was used', () => {
    const { used: _, ...saved } = seen(discovered, finishedA);
    const { used, ...marks } = saved.marks;
    expect(used).toBe(finishedA.sequence);
    const state: State = { devices: new Map([[deviceId, { ...saved, marks }]]) };
    for (const change of decide(undoneA, state).changes) evolve(state, change);
    expect(state.devices.get(deviceId)).toMatchObject({ last: null, used: { policyUsed: 'Muster Base' } });
  });

  it('keeps the last result when an assessment is cancelled', () => {
    const cancelled = event('assessment', finished(randomUUID(), { outcome: 'cancelled', results: [] }));
    expect(statusOf(seen(discovered, finishedB, cancelled))).toBe('compliant');
  });

  const decision = (outcome: 'kept' | 'moved' | 'gone', claim = deviceConflicted.example.claim) =>
    event(
      'discovery',
      deviceConflictDecided.draft({ ...deviceConflictDecided.example, claim: claim ?? '', outcome }),
    );

  it('is conflicted until an operator decides, whatever the known device says, and in any order', () => {
    const raised = event('discovery', deviceConflicted.draft(deviceConflicted.example));
    const quiet = event('discovery', deviceReconciled.draft({ ...deviceReconciled.example, changed: [] }));
    const [kept, late] = [decision('kept'), decision('gone')];
    const movedTo = decision('moved');
    expect(conflicted(seen(discovered, raised, quiet, late))).toBe(true);
    for (const order of [
      [discovered, raised, kept],
      [kept, raised, discovered],
    ]) {
      const view = seen(...order);
      expect(conflicted(view)).toBe(false);
      expect(view.claims).toMatchObject([
        { state: 'dismissed', decidedBy: 'admin', known: { ip: '10.1.2.3' }, peerAddress: '10.9.9.9' },
      ]);
    }
    expect(seen(discovered, raised, kept, movedTo).claims).toEqual([]);
    expect(conflicted(seen(movedTo, discovered, raised))).toBe(false);
    const again = event('discovery', deviceConflicted.draft(deviceConflicted.example));
    expect(conflicted(seen(discovered, raised, movedTo, again))).toBe(true);
  });

  it('has no open conflict any more once it is elsewhere; what was dismissed stays so', () => {
    const [one, other] = ['d'.repeat(64), 'e'.repeat(64)];
    const of = (claim: string) =>
      event('discovery', deviceConflicted.draft({ ...deviceConflicted.example, claim }));
    const events = [discovered, of(one), of(other), decision('kept', one)];
    const elsewhere = event('discovery', deviceReconciled.draft(deviceReconciled.example));
    expect(conflicted(seen(...events))).toBe(true);
    expect(seen(...events, elsewhere).claims).toMatchObject([{ claim: one, state: 'dismissed' }]);
    expect(seen(elsewhere, ...events.toReversed()).claims).toMatchObject([{ claim: one }]);
  });

  it('shows no more what discovery forgot of those dismissed, but what is claimed anew', () => {
    const [one, other] = ['d'.repeat(64), 'e'.repeat(64)];
    const of = (claim: string) =>
      event('discovery', deviceConflicted.draft({ ...deviceConflicted.example, claim }));
    const { example } = deviceConflictDecided;
    const before = [discovered, of(one), of(other), decision('kept', one)];
    const forgets = { ...example, claim: other, outcome: 'kept', forgotten: one } as const;
    const forgetting = event('discovery', deviceConflictDecided.draft(forgets));
    expect(seen(...before, forgetting).claims).toMatchObject([{ claim: other, state: 'dismissed' }]);
    const anew = of(one);
    for (const order of [
      [forgetting, anew],
      [anew, forgetting],
    ]) {
      expect(seen(...before, ...order).claims?.map(({ claim, state }) => [claim, state])).toEqual([
        [one, 'open'],
        [other, 'dismissed'],
      ]);
    }
  });

  it.each([
    ['answers', /^10\.9\.9\.9 claims this serial number, and something is still alive at 10\.1\.2\.3;/],
    ['outsideNetworks', /the known address 10\.1\.2\.3 is outside the device networks and was not asked;/],
    ['heardSince', /the known device was heard since, last at 10\.1\.2\.3;/],
    [
      'otherCertificate',
      /a search was shown another certificate than the one pinned to the device, known at 10\.1\.2\.3;/,
    ],
    [null, /nothing proves it against 10\.1\.2\.3; nothing was changed\.$/],
  ] as const)('says why a conflict was not decided alone: %s', (because, said) => {
    const shared = { known: null, claimed: 'f'.repeat(64) };
    const data = { ...deviceConflicted.example, because, shared };
    expect(sentences.conflicted(data)).toMatch(said);
    const raised = event('discovery', deviceConflicted.draft(data));
    expect(seen(discovered, raised).claims).toMatchObject([{ because, shared }]);
  });

  it('keeps the claims that came first, and tells of those for whom there was no room', () => {
    const claims = Array.from({ length: 300 }, (_, at) => at.toString(16).padStart(64, '0'));
    const [first = ''] = claims;
    const raised = claims.map((claim) =>
      event('discovery', deviceConflicted.draft({ ...deviceConflicted.example, claim })),
    );
    const dismissed = decision('kept', first);
    const shown = seen(discovered, ...raised.slice(0, 1), dismissed, ...raised.slice(1)).claims ?? [];
    expect(shown).toHaveLength(200);
    expect(shown.at(-1)?.claim).toBe(claims[1]);
    expect(shown.find(({ claim }) => claim === first)?.state).toBe('dismissed');
  });

  it('says how many claimants were left out, until there is room, in any order', () => {
    const [one, other] = ['d'.repeat(64), 'e'.repeat(64)];
    const of = (claim: string, leftOut = 0) =>
      event('discovery', deviceConflicted.draft({ ...deviceConflicted.example, claim, leftOut }));
    const before = [discovered, of(one), of(other, 3)];
    for (const order of [before, before.toReversed()]) {
      const view = seen(...order);
      expect(view.leftOut).toMatchObject({ claimants: 3, claimed: { ip: '10.9.9.9' } });
      expect(view.claims).toMatchObject([{ claim: one }]);
    }
    const after = [...before, decision('kept', one)];
    for (const order of [after, after.toReversed()]) {
      const view = seen(...order);
      expect([view.leftOut, conflicted(view)]).toEqual([null, false]);
    }
    const elsewhere = event('discovery', deviceReconciled.draft(deviceReconciled.example));
    expect(seen(...before, elsewhere).leftOut).toBeNull();
    expect(seen(elsewhere, ...before).leftOut).toBeNull();
    expect(seen(...after, of(other, 2)).leftOut).toMatchObject({ claimants: 2 });
  });

  it('is conflicted without a claim to decide about until discovery says something newer about it', () => {
    const conflict = event(
      'discovery',
      deviceConflicted.draft({ ...deviceConflicted.example, claim: null, claimedIdentity: null }),
    );
    const settled = event('discovery', deviceReconciled.draft(deviceReconciled.example));
    expect(statusOf(seen(discovered, finishedA, conflict))).toBe('conflicted');
    expect(conflicted(seen(discovered, conflict, moved))).toBe(true);
    expect(conflicted(seen(discovered, conflict, settled))).toBe(false);
    expect(conflicted(seen(discovered, settled, conflict))).toBe(false);
  });

  it('goes when deleted, whatever comes late, and comes back when discovered again', () => {
    const retired = event('discovery', deviceRetired.draft(deviceRetired.example));
    const again = event('discovery', deviceDiscovered.draft(deviceDiscovered.example));
    expect(listed(seen(discovered, retired))).toBe(false);
    expect(listed(seen(retired, discovered))).toBe(false);
    expect(listed(seen(discovered, retired, moved, finishedA))).toBe(false);
    expect(listed(seen(discovered, retired, again))).toBe(true);
    expect(listed(seen(discovered, again, retired))).toBe(true);
    expect(seen(discovered, finishedA, retired, again).last).toBeNull();
  });

  it('is listed by what others know of it until discovery is heard', () => {
    const view = seen(licensed);
    expect([listed(view), view.identity?.ip]).toEqual([true, '10.1.2.3']);
    expect(seen(licensed, moved).identity?.ip).toBe('10.1.2.99');
  });
});
