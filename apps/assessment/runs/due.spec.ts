// Which schedule runs now, on both databases: once for any number of instances, whatever becomes of the clock.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Event } from '#events/event';
import {
  scheduleBody,
  scheduleChanged,
  scheduleProgressed,
  scheduleRunRequested,
  type Schedule,
} from '#events/schedule';
import type { Store } from '#store/store';
import { databases, openFor, published, startFed, type Fed } from '../../../test/support/fed-delivery.js';
import { outboxBus } from '../../../test/support/outbox-bus.js';
import { runDue } from './due.js';
import { schedules } from './runs.js';

const at3 = (day: string): string => `${day}T03:00:00.000Z`;

describe.each(Object.keys(databases))('schedules on %s', (name) => {
  let store: Store;
  let fed: Fed;
  let now: Date;
  beforeAll(async () => {
    store = await openFor(name, 'assessment');
  });
  beforeEach(async () => {
    for (const table of ['schedule', 'run', 'task', 'outbox', 'inbox', 'parked'])
      await store.query(`delete from assessment.${table}`);
    fed = await startFed(store, [schedules]);
  });
  afterEach(() => fed.stop());

  let version = 0;
  const written = (of: Partial<Schedule> | null, occurredAt: string): Event => {
    version += 1;
    const times = { every: 'daily', from: '2026-01-01', at: '03:00' };
    const body = of && scheduleBody.parse({ name: 'Nightly', groupId: 'all', ...times, ...of });
    return published(scheduleChanged.draft({ id: 'nightly', version, changedBy: 'ada', body }), {
      occurredAt,
    });
  };
  const look = (at: string) => {
    now = new Date(at);
    return runDue({ store, bus: outboxBus, clock: () => Promise.resolve(now) });
  };
  const runs = async (): Promise<readonly (string | undefined)[]> =>
    (await store.query<{ at: Date | null }>(`select due_at as at from assessment.run order by due_at`)).map(
      ({ at }) => at?.toISOString(),
    );
  const over = () => store.query(`update assessment.run set state = 'done', ended_at = now()`);

  it('leads to one run at its time, though many look, and to one parent task', async () => {
    await fed.feed(written({}, '2026-05-01T00:00:00.000Z'));
    expect(await look('2026-05-01T02:59:59Z')).toBe(0);
    now = new Date('2026-05-01T03:00:01Z');
    const many = Array.from({ length: 6 }, () => look('2026-05-01T03:00:01Z'));
    expect((await Promise.all(many)).reduce((sum, begun) => sum + begun, 0)).toBe(1);
    await look('2026-05-01T03:00:02Z');
    expect(await runs()).toEqual([at3('2026-05-01')]);
    expect(await store.query(`select kind, budget from assessment.task`)).toEqual([
      { kind: 'run', budget: 'runs' },
    ]);
  });

  it('runs once for a clock put forward, and not again for one put back', async () => {
    await fed.feed(written({}, '2026-05-01T00:00:00.000Z'));
    await look('2026-05-20T03:30:00Z');
    expect(await runs()).toEqual([at3('2026-05-20')]);
    await over();
    await look('2026-05-20T02:59:00Z');
    await look('2026-05-20T03:00:30Z');
    expect(await runs()).toEqual([at3('2026-05-20')]);
    await look('2026-05-21T03:00:30Z');
    expect(await runs()).toEqual([at3('2026-05-20'), at3('2026-05-21')]);
  });

  it('goes on by its times where a clock was a year ahead', async () => {
    await fed.feed(written({}, '2026-05-01T00:00:00.000Z'));
    await look('2027-05-01T03:00:00Z');
    await over();
    await look('2026-05-01T01:00:00Z');
    await look('2026-05-01T03:00:00Z');
    expect(await runs()).toEqual([at3('2026-05-01'), at3('2027-05-01')]);
  });

  it('tells what it missed, for being late or because its last run goes on', async () => {
    await fed.feed(written({ lateMinutesMax: 10 }, '2026-05-01T00:00:00.000Z'));
    await look('2026-05-01T03:11:00Z');
    await look('2026-05-02T03:01:00Z');
    await look('2026-05-03T03:01:00Z');
    expect(await runs()).toEqual([at3('2026-05-02')]);
    expect(await fed.told(scheduleProgressed)).toMatchObject([
      { state: 'missed', dueAt: at3('2026-05-01'), detail: expect.stringContaining('too late') as unknown },
      { state: 'missed', dueAt: at3('2026-05-03'), detail: expect.stringContaining('goes on') as unknown },
    ]);
  });

  it('counts from when it was written, is quiet when it is off, and gone when it is deleted', async () => {
    await fed.feed(written({}, '2026-05-01T04:00:00.000Z'));
    await look('2026-05-01T04:00:10Z');
    await fed.feed(written({ enabled: false }, '2026-05-01T05:00:00.000Z'));
    await look('2026-05-02T03:00:00Z');
    await fed.feed(written({}, '2026-05-02T04:00:00.000Z'), written(null, '2026-05-02T05:00:00.000Z'));
    await look('2026-05-03T03:00:00Z');
    expect(await runs()).toEqual([]);
    expect(await fed.told(scheduleProgressed)).toEqual([]);
  });

  it('runs when an operator asks, one at a time, and waits for a schedule that is still to come', async () => {
    const asked = (): Event =>
      published(
        scheduleRunRequested.draft({ runId: randomUUID(), scheduleId: 'nightly', requestedBy: 'ada' }),
      );
    await fed.feed(asked());
    expect(await fed.parked()).toEqual([expect.stringContaining('has not come here yet')]);
    await fed.feed(written({ enabled: false }, '2026-05-01T00:00:00.000Z'), asked(), asked());
    expect(await runs()).toEqual([undefined]);
    expect(await fed.told(scheduleProgressed)).toMatchObject([{ state: 'missed', requestedBy: 'ada' }]);
  });
});
