// A schedule out of what was typed, and of what it was before.
import type { ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from '../words.js';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

export const writeOptions = {
  name: text,
  group: text,
  policy: text,
  daily: text,
  weekly: text,
  monthly: text,
  once: text,
  zone: text,
  stages: text,
  'stop-above': text,
  late: text,
  'report-only': flag,
  remediate: flag,
  on: flag,
  off: flag,
} as const satisfies ParseArgsOptionsConfig;

export type Typed = {
  readonly [Name in keyof typeof writeOptions]?:
    ((typeof writeOptions)[Name]['type'] extends 'string' ? string : boolean) | undefined;
};

type Body = Readonly<Record<string, unknown>>;

/** Throws UsageError; what it means is for console to judge. */
export function bodyOf(typed: Typed, before: Body | null, id: string): Body {
  const times = timesOf(typed);
  if (!before && (!typed.group || !times))
    throw new UsageError(
      `there is no schedule ${id} yet: say --group and when, such as --daily 03:00. Try --help.`,
    );
  const fresh: Body = {
    name: id,
    policyId: null,
    remediate: true,
    enabled: true,
    timeZone: 'UTC',
    lateMinutesMax: 60,
    rollout: null,
  };
  return {
    ...(before ?? fresh),
    ...(typed.name !== undefined && { name: typed.name }),
    ...(typed.group !== undefined && { groupId: typed.group }),
    ...(typed.policy !== undefined && { policyId: typed.policy === '-' ? null : typed.policy }),
    ...times,
    ...(typed.zone !== undefined && { timeZone: typed.zone }),
    ...(typed.late !== undefined && { lateMinutesMax: numberOf('--late', typed.late) }),
    ...switched('remediate', typed.remediate, typed['report-only']),
    ...switched('enabled', typed.on, typed.off),
    ...rolloutOf(typed, before),
  };
}

function switched(field: string, on: boolean | undefined, off: boolean | undefined): Body {
  if (on && off) throw new UsageError('one option says the opposite of the other. Try --help.');
  return on || off ? { [field]: on === true } : {};
}

function rolloutOf({ stages, 'stop-above': stopAbove }: Typed, before: Body | null): Body {
  if (stages === '-') return { rollout: null };
  if (stages === undefined && stopAbove === undefined) return {};
  const old = (before?.['rollout'] ?? { stages: [100], failedPercentMax: 10 }) as Body;
  return {
    rollout: {
      ...old,
      ...(stages !== undefined && { stages: stages.split(',').map((one) => numberOf('--stages', one)) }),
      ...(stopAbove !== undefined && { failedPercentMax: numberOf('--stop-above', stopAbove) }),
    },
  };
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Null: nothing was said of it. */
function timesOf({ daily, weekly, monthly, once }: Typed): Body | null {
  const said = [daily, weekly, monthly, once].filter((one) => one !== undefined);
  if (said.length > 1)
    throw new UsageError('say one of --daily, --weekly, --monthly and --once. Try --help.');
  const none = { weekdays: [], dayOfMonth: null };
  // Today is another day elsewhere; what is over by now is not run in any case.
  const from = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  if (daily !== undefined) return { ...none, every: 'daily', from, at: daily };
  if (weekly !== undefined) {
    const [days, at] = parted('--weekly', weekly);
    const numbers = days.split(',').map((day) => weekdays.indexOf(day.trim().toLowerCase()) + 1);
    if (numbers.includes(0))
      throw new UsageError(`--weekly takes ${weekdays.join(', ')}, as in mon,thu@03:00.`);
    return { ...none, every: 'weekly', from, at, weekdays: numbers.toSorted() };
  }
  if (monthly !== undefined) {
    const [day, at] = parted('--monthly', monthly);
    return { ...none, every: 'monthly', from, at, dayOfMonth: numberOf('--monthly', day) };
  }
  if (once !== undefined) {
    const [day, at] = parted('--once', once);
    return { ...none, every: 'once', from: day, at };
  }
  return null;
}

function parted(option: string, typed: string): readonly [string, string] {
  const [what = '', at = '', ...more] = typed.split('@');
  if (what === '' || at === '' || more.length > 0)
    throw new UsageError(`${option} takes what is before an @, and a time of day, such as …@03:00.`);
  return [what, at];
}

function numberOf(option: string, typed: string): number {
  if (!/^\d{1,6}$/.test(typed.trim())) throw new UsageError(`${option} must be whole numbers, not ${typed}.`);
  return Number(typed);
}
