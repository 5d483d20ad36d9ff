// When a schedule runs (R63): pure, by the time zone database that Node brings with it.
//
// A time that clocks skip in spring is taken as much later as they are put forward: 02:30 becomes 03:30. One that they show
// twice in autumn counts once, the first time. A day that a zone left out (Samoa, 2011-12-30) counts on the next.
import type { Schedule } from '../events/schedule.js';

export type Times = Pick<Schedule, 'every' | 'from' | 'at' | 'timeZone' | 'weekdays' | 'dayOfMonth'>;

const dayMs = 86_400_000;
/** Longer than any month beside the next: a schedule that has no time in so many days has none. */
const lookAheadDays = 70;

/** The first time after `after`; null: there is none. Throws RangeError where this build does not know the zone. */
export function nextAfter(times: Times, after: Date): Date | null {
  const { every, from, at, timeZone } = times;
  const first = Date.parse(`${from}T00:00Z`);
  // A day back: what zones skip may have been moved to the day that begins after `after`.
  const here = startOfDay(localOf(after.getTime(), timeZone)) - dayMs;
  const begin = Math.max(first, here);
  const days = every === 'once' ? 1 : lookAheadDays;
  const timeMs = Date.parse(`1970-01-01T${at}Z`);
  for (let day = every === 'once' ? first : begin, left = days; left > 0; day += dayMs, left -= 1) {
    if (!counts(times, day)) continue;
    const moment = instantOf(day + timeMs, timeZone);
    if (moment > after.getTime()) return new Date(moment);
  }
  return null;
}

/** Whether a local day, as the moment when it begins in UTC, is one of the schedule's. */
function counts({ every, weekdays, dayOfMonth, from }: Times, day: number): boolean {
  const date = new Date(day);
  switch (every) {
    case 'once':
    case 'daily':
      return true;
    case 'weekly':
      return weekdays.includes(date.getUTCDay() || 7);
    case 'monthly': {
      const wanted = dayOfMonth ?? Number(from.slice(8));
      const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
      return date.getUTCDate() === Math.min(wanted, last);
    }
  }
}

const startOfDay = (local: number): number => Math.floor(local / dayMs) * dayMs;

/** The moment at which clocks of the zone show `local`, which is given as if it were UTC. */
function instantOf(local: number, timeZone: string): number {
  const before = offsetAt(local - dayMs, timeZone);
  const after = offsetAt(local + dayMs, timeZone);
  // Shown twice: the offset from before the change is the earlier one. Never shown: as if clocks had not been changed.
  const shown = [before, after].find((offset) => localOf(local - offset, timeZone) === local);
  return local - (shown ?? before);
}

const offsetAt = (moment: number, timeZone: string): number => localOf(moment, timeZone) - moment;

const formats = new Map<string, Intl.DateTimeFormat>();
const formatsMax = 500;

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  if (formats.size >= formatsMax) formats.clear();
  formats.set(timeZone, made);
  return made;
}

/** What clocks of the zone show then, as if it were UTC; to the second. */
function localOf(moment: number, timeZone: string): number {
  const whole = Math.floor(moment / 1000) * 1000;
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(whole)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

export interface Fault {
  readonly field: 'timeZone' | 'weekdays' | 'dayOfMonth' | 'rollout' | 'every';
  readonly message: string;
}

/** What its shape does not say. */
export function checkSchedule(schedule: Schedule): readonly Fault[] {
  const { every, timeZone, weekdays, dayOfMonth, rollout } = schedule;
  const faults: Fault[] = [];
  if (!isTimeZone(timeZone)) faults.push({ field: 'timeZone', message: `there is no time zone ${timeZone}` });
  if ((every === 'weekly') !== weekdays.length > 0)
    faults.push({ field: 'weekdays', message: 'weekly, and nothing else, needs days of the week' });
  if ((every === 'monthly') !== (dayOfMonth !== null))
    faults.push({ field: 'dayOfMonth', message: 'monthly, and nothing else, needs a day of the month' });
  if (rollout) {
    const grows = rollout.stages.every((percent, at) => percent > (rollout.stages[at - 1] ?? 0));
    if (!grows || rollout.stages.at(-1) !== 100)
      faults.push({
        field: 'rollout',
        message: 'each stage must be more than the one before, and the last 100',
      });
  }
  return faults;
}

export interface Decided {
  /** Up to here everything is decided. */
  readonly until: Date;
  /** The time for which a run begins now; null: none. Of several that were missed, the newest that is not too late. */
  readonly due: Date | null;
  /** The first of those that are too late; null: none is. */
  readonly missed: Date | null;
}

/**
 * What is to be done at `now`, when everything up to `until` is decided. Clocks may be put forward: what lies between leads to
 * one run at most. Clocks may be put back: what comes again was decided before, which the caller must know by its time.
 */
export function decideDue(
  schedule: Times & Pick<Schedule, 'lateMinutesMax'>,
  until: Date,
  now: Date,
): Decided {
  if (now < until) return { until: now, due: null, missed: null };
  const first = nextAfter(schedule, until);
  if (!first || first > now) return { until, due: null, missed: null };
  const oldest = new Date(Math.max(until.getTime(), now.getTime() - schedule.lateMinutesMax * 60_000));
  let due: Date | null = null;
  for (let time = nextAfter(schedule, oldest); time && time <= now; time = nextAfter(schedule, time))
    due = time;
  return { until: now, due, missed: due ? null : first };
}
