// When a schedule runs: zones, days that clocks skip or show twice, and clocks that are stepped.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scheduleBody, type Schedule } from '#events/schedule';
import { checkSchedule, decideDue, nextAfter, type Times } from './schedule.js';

const schedule = (of: Partial<Schedule>): Schedule =>
  scheduleBody.parse({ name: 'x', groupId: 'all', every: 'daily', from: '2026-01-01', at: '03:00', ...of });

const next = (of: Partial<Schedule>, after: string): string | null =>
  nextAfter(schedule(of), new Date(after))?.toISOString().replace('.000Z', 'Z') ?? null;

describe('a schedule runs next', () => {
  it.each<[string, Partial<Schedule>, string, string | null]>([
    ['each day', {}, '2026-05-01T02:59:59Z', '2026-05-01T03:00:00Z'],
    ['each day, not twice', {}, '2026-05-01T03:00:00Z', '2026-05-02T03:00:00Z'],
    ['not before its first day', { from: '2030-02-01' }, '2026-05-01T00:00:00Z', '2030-02-01T03:00:00Z'],
    ['once', { every: 'once', from: '2026-05-01' }, '2026-04-01T00:00:00Z', '2026-05-01T03:00:00Z'],
    ['once, and never again', { every: 'once', from: '2026-05-01' }, '2026-05-01T03:00:00Z', null],
    [
      'on days of the week',
      { every: 'weekly', weekdays: [1, 7] },
      '2026-05-01T00:00:00Z',
      '2026-05-03T03:00:00Z',
    ],
    [
      'on the next of them',
      { every: 'weekly', weekdays: [1, 7] },
      '2026-05-03T03:00:00Z',
      '2026-05-04T03:00:00Z',
    ],
    [
      'on a day of the month',
      { every: 'monthly', dayOfMonth: 15 },
      '2026-05-15T03:00:00Z',
      '2026-06-15T03:00:00Z',
    ],
    [
      'on the last where there is none',
      { every: 'monthly', dayOfMonth: 31 },
      '2026-02-01T00:00:00Z',
      '2026-02-28T03:00:00Z',
    ],
    [
      'on the 29th of a leap year',
      { every: 'monthly', dayOfMonth: 31 },
      '2028-02-01T00:00:00Z',
      '2028-02-29T03:00:00Z',
    ],
    [
      'by the clocks of its zone',
      { timeZone: 'Asia/Kolkata' },
      '2026-05-01T00:00:00Z',
      '2026-05-01T21:30:00Z',
    ],
    [
      'on the days of its zone',
      { timeZone: 'Pacific/Auckland', every: 'weekly', weekdays: [1] },
      '2026-05-01T00:00:00Z',
      '2026-05-03T15:00:00Z',
    ],
    [
      'in summer an hour earlier',
      { timeZone: 'Europe/Berlin' },
      '2026-03-29T12:00:00Z',
      '2026-03-30T01:00:00Z',
    ],
    [
      'as much later as clocks are put forward',
      { timeZone: 'Europe/Berlin', at: '02:30' },
      '2026-03-28T12:00:00Z',
      '2026-03-29T01:30:00Z',
    ],
    [
      'the first of two times that clocks show',
      { timeZone: 'Europe/Berlin', at: '02:30' },
      '2026-10-24T12:00:00Z',
      '2026-10-25T00:30:00Z',
    ],
    [
      'and not the second',
      { timeZone: 'Europe/Berlin', at: '02:30' },
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
    ],
    [
      'where clocks are put forward by half an hour',
      { timeZone: 'Australia/Lord_Howe', at: '02:15' },
      '2026-10-03T00:00:00Z',
      '2026-10-03T15:45:00Z',
    ],
    [
      'where they are put forward at midnight',
      { timeZone: 'America/Santiago', at: '00:00' },
      '2026-09-05T12:00:00Z',
      '2026-09-06T04:00:00Z',
    ],
    [
      'for a day that a zone left out, on the next',
      { timeZone: 'Pacific/Apia', from: '2011-01-01', every: 'monthly', dayOfMonth: 30 },
      '2011-12-15T00:00:00Z',
      '2011-12-30T13:00:00Z',
    ],
  ])('%s', (_, of, after, due) => {
    expect(next(of, after)).toBe(due);
  });

  it('later than it is asked for, a day at least once in three, and never two at a time', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Casablanca',
      'Asia/Tehran',
    ];
    const moment = fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true });
    const minutes = fc.integer({ min: 0, max: 1_439 });
    fc.assert(
      fc.property(moment, fc.constantFrom(...zones), minutes, (after, timeZone, minute) => {
        const at = new Date(minute * 60_000).toISOString().slice(11, 16);
        const times: Times = schedule({ timeZone, at, from: '2019-01-01' });
        const first = nextAfter(times, after);
        const second = first && nextAfter(times, first);
        if (!first || !second) throw new Error('it runs each day');
        expect(first.getTime()).toBeGreaterThan(after.getTime());
        expect(first.getTime() - after.getTime()).toBeLessThanOrEqual(26 * 3_600_000);
        const apart = (second.getTime() - first.getTime()) / 3_600_000;
        expect(apart).toBeGreaterThanOrEqual(22);
        expect(apart).toBeLessThanOrEqual(26);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what is to be done now', () => {
  const decided = (until: string, now: string, of: Partial<Schedule> = {}) => {
    const { until: to, due, missed } = decideDue(schedule(of), new Date(until), new Date(now));
    return [to, due, missed].map((date) => date?.toISOString().slice(0, 16) ?? null);
  };

  it.each<[string, string, string, (string | null)[]]>([
    ['nothing before its time', '2026-05-01T00:00Z', '2026-05-01T02:59Z', ['2026-05-01T00:00', null, null]],
    [
      'its run, when it is time',
      '2026-05-01T00:00Z',
      '2026-05-01T03:00Z',
      ['2026-05-01T03:00', '2026-05-01T03:00', null],
    ],
    [
      'its run, a little later',
      '2026-05-01T00:00Z',
      '2026-05-01T03:59Z',
      ['2026-05-01T03:59', '2026-05-01T03:00', null],
    ],
    [
      'none when it is too late',
      '2026-05-01T00:00Z',
      '2026-05-01T04:01Z',
      ['2026-05-01T04:01', null, '2026-05-01T03:00'],
    ],
    [
      'one for the newest of many',
      '2026-05-01T00:00Z',
      '2027-05-01T03:10Z',
      ['2027-05-01T03:10', '2027-05-01T03:00', null],
    ],
    [
      'none for many that are too late',
      '2026-05-01T00:00Z',
      '2027-05-01T12:00Z',
      ['2027-05-01T12:00', null, '2026-05-01T03:00'],
    ],
    [
      'from where a clock is put back to',
      '2027-05-01T12:00Z',
      '2026-05-01T02:00Z',
      ['2026-05-01T02:00', null, null],
    ],
  ])('%s', (_, until, now, expected) => {
    expect(decided(until, now)).toEqual(expected);
  });

  it('goes on as before once a clock that was a year ahead is put right', () => {
    const body = schedule({});
    const ahead = decideDue(body, new Date('2026-05-01T00:00Z'), new Date('2027-05-01T03:00Z'));
    const right = decideDue(body, ahead.until, new Date('2026-05-01T00:00Z'));
    expect(decideDue(body, right.until, new Date('2026-05-01T03:00Z')).due).toEqual(
      new Date('2026-05-01T03:00Z'),
    );
  });
});

describe('a schedule is refused', () => {
  it.each<[string, Partial<Schedule>, string]>([
    ['in a zone that nobody knows', { timeZone: 'Mars/Olympus' }, 'timeZone'],
    ['weekly without days', { every: 'weekly' }, 'weekdays'],
    ['daily with days', { weekdays: [1] }, 'weekdays'],
    ['monthly without a day', { every: 'monthly' }, 'dayOfMonth'],
    ['with stages that shrink', { rollout: { stages: [50, 20, 100], failedPercentMax: 1 } }, 'rollout'],
    ['with stages that leave devices out', { rollout: { stages: [5, 50], failedPercentMax: 1 } }, 'rollout'],
  ])('%s', (_, of, field) => {
    expect(checkSchedule(schedule(of)).map((fault) => fault.field)).toEqual([field]);
  });
});
