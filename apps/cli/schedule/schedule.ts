// muster schedule: assessments that come by themselves, and their runs (R63).
//
//   schedule.ts  what can be typed    write.ts  a schedule out of what was typed    run.ts  a run as console answers it, in words
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { ClientError, type Client } from '../client.js';
import type { Command } from '../command-line.js';
import { jsonOf, printed } from '../printed.js';
import { countOf, secondOf } from '../said.js';
import { tableOf } from '../table.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { run, sentence, type Run } from './run.js';
import { bodyOf, writeOptions, type Typed } from './write.js';

const help = `muster schedule [list] | show ID | set ID … | run ID | runs [ID] | cancel RUN | delete ID
  Assesses a group by itself, and puts right what its policies let it. Needs the token of an operator, list, show and runs
  that of a viewer. run begins one now, and waits until it has ended. Exit 1: some devices failed, were not reached, or
  are not compliant.
  --group ID           set: whose devices. Options that are left out stay as they are
  --daily HH:MM, --weekly DAYS@HH:MM (mon,thu@03:00), --monthly DAY@HH:MM (a month without that day: its last),
  --once DAY@HH:MM (2026-12-01@03:00)
                       set: when
  --zone NAME          set: whose clocks these are, such as Europe/Berlin (UTC)
  --policy ID          set: compared with this policy; '-': with those that hold for each device
  --report-only, --remediate
                       set: nothing is changed; it is
  --stages LIST        set: percent of the devices by stages, such as 5,25,100; '-': all at once
  --stop-above N       set: a stage in which more than N percent fail stops the run (10)
  --late MINUTES       set: begins so much later at most, when Muster was down (60)
  --off, --on          set: does not run by itself; does
  --no-wait            run: only asks for it, and prints the id of the run
  --wait SECONDS       run: so long at most (3600)`;

const options = { ...writeOptions, 'no-wait': { type: 'boolean' }, wait: { type: 'string' } } as const;
const path = '/api/schedules';

export const schedule: Command = {
  help,
  run: async (words) => {
    const { values, positionals } = readWords(words, options);
    const [what = 'list', id, ...more] = positionals;
    const client = clientOf(values);
    if (more.length > 0) throw new UsageError('write one thing at a time. Try --help.');
    const say = (answer: unknown, lines: readonly string[]): number => {
      process.stdout.write(values.json ? `${jsonOf(answer)}\n` : `${lines.map(printed).join('\n')}\n`);
      return 0;
    };
    if (what === 'list') return list(client, say);
    if (what === 'runs') return runs(client, id, say);
    if (id === undefined) throw new UsageError('say which. Try --help.');
    const place = `${path}/${encodeURIComponent(id)}`;
    switch (what) {
      case 'show':
        return show(await client.ask(place, shown), say);
      case 'set':
        return show(await set(client, place, values), say);
      case 'run':
        return runNow(client, place, { ...values, say });
      case 'cancel':
        return say(await client.ask(`/api/runs/${encodeURIComponent(id)}/cancel`, run, { method: 'POST' }), [
          'Asked to stop.',
        ]);
      case 'delete':
        await client.open(place, { method: 'DELETE' });
        return say({ deleted: id }, ['Deleted.']);
      default:
        throw new UsageError(`${what} is nothing that a schedule can do. Try --help.`);
    }
  },
};

type Say = (answer: unknown, lines: readonly string[]) => number;

const body = z.looseObject({
  name: z.string(),
  groupId: z.string(),
  policyId: z.string().nullable(),
  remediate: z.boolean(),
  enabled: z.boolean(),
  every: z.string(),
  from: z.string(),
  at: z.string(),
  timeZone: z.string(),
  weekdays: z.array(z.int()),
  dayOfMonth: z.int().nullable(),
  lateMinutesMax: z.int(),
  rollout: z.looseObject({ stages: z.array(z.int()), failedPercentMax: z.int() }).nullable(),
});
const shown = z.looseObject({
  id: z.string(),
  version: z.int(),
  body,
  next: z.string().nullable(),
  lastRun: run.nullable(),
});
type Shown = z.infer<typeof shown>;

const titled = (...titles: readonly string[]) => titles.map((title) => ({ title }));

async function list(client: Client, say: Say): Promise<number> {
  const { items } = await client.ask(path, z.looseObject({ items: z.array(shown) }));
  if (items.length === 0) return say(items, ['There are no schedules.']);
  const rows = items.map(({ id, body: of, next, lastRun }) => [
    id,
    of.groupId,
    whenOf(of),
    of.enabled ? (next === null ? 'never' : secondOf(next)) : 'off',
    lastRun ? `${lastRun.state} ${secondOf(lastRun.beganAt)}` : '-',
  ]);
  return say(items, tableOf(titled('Schedule', 'Group', 'When', 'Next', 'Last run'), rows));
}

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

function whenOf({ every, from, at, timeZone, weekdays, dayOfMonth }: Shown['body']): string {
  const days = weekdays.map((day) => dayNames[day - 1] ?? '?').join(',');
  const ofKind = new Map([
    ['once', from],
    ['weekly', days],
    ['monthly', `day ${dayOfMonth ?? '?'}`],
  ]);
  const which = ofKind.get(every) ?? '';
  return [every, which, at, timeZone].filter((part) => part !== '').join(' ');
}

function show(one: Shown, say: Say): number {
  const { id, body: of, next, lastRun } = one;
  const { rollout } = of;
  return say(one, [
    `${id}: ${of.name}`,
    `Group ${of.groupId}, ${of.policyId === null ? 'with the policies that hold for each device' : `with the policy ${of.policyId}`}, ${of.remediate ? 'remediates' : 'only reports'}.`,
    `${whenOf(of)}; next: ${of.enabled ? (next === null ? 'never' : secondOf(next)) : 'off'}.`,
    ...(rollout
      ? [`Stages: ${rollout.stages.join(', ')} %, stopped when more than ${rollout.failedPercentMax} % fail.`]
      : []),
    ...(lastRun ? [sentence(lastRun)] : []),
  ]);
}

async function set(client: Client, place: string, values: Typed): Promise<Shown> {
  const before = await client.ask(place, shown).catch((error: unknown) => {
    if (error instanceof ClientError && error.status === 404) return null;
    throw error;
  });
  const id = decodeURIComponent(place.slice(path.length + 1));
  const written = { version: before?.version ?? 0, body: bodyOf(values, before?.body ?? null, id) };
  return client.ask(place, shown, { method: 'PUT', body: written });
}

async function runs(client: Client, id: string | undefined, say: Say): Promise<number> {
  const query = id === undefined ? '' : `&schedule=${encodeURIComponent(id)}`;
  const { items } = await client.ask(`/api/runs?limit=50${query}`, z.looseObject({ items: z.array(run) }));
  if (items.length === 0) return say(items, ['There were no runs.']);
  const rows = items.map((one) => [
    one.id,
    one.scheduleId,
    secondOf(one.beganAt),
    one.state,
    `${one.stage}/${one.stages}`,
    `${one.devices - one.waiting - one.running}/${one.devices}`,
    String(one.compliant),
    String(one.nonCompliant),
    String(one.failed + one.unreachable),
  ]);
  const titles = ['Run', 'Schedule', 'Began', 'State', 'Stage', 'Devices', 'Right', 'Wrong', 'Failed'];
  return say(items, tableOf(titled(...titles), rows));
}

interface Waiting {
  readonly 'no-wait'?: boolean | undefined;
  readonly wait?: string | undefined;
  readonly say: Say;
}

const lookEveryMs = 500;

async function runNow(client: Client, place: string, { say, wait, ...asked }: Waiting): Promise<number> {
  const waitMs = countOf('--wait', wait ?? '3600', 604_800) * 1_000;
  const { runId } = await client.ask(`${place}/run`, z.looseObject({ runId: z.string() }), {
    method: 'POST',
  });
  if (asked['no-wait']) return say({ runId }, [runId]);
  const last = await ended(client, runId, waitMs);
  if (!last) {
    say({ runId }, [`The run ${runId} has not begun yet.`]);
    return 1;
  }
  say(last, [sentence(last)]);
  const right = last.compliant + last.skipped === last.devices;
  return last.state === 'done' && right ? 0 : 1;
}

/** The run once it has ended, or as it is when the time is over; null: it has not begun. */
async function ended(client: Client, runId: string, waitMs: number): Promise<Run | null> {
  for (const began = performance.now(); ;) {
    const seen = await client.ask(`/api/runs/${runId}`, run).catch((error: unknown) => {
      if (error instanceof ClientError && error.status === 404) return null;
      throw error;
    });
    if (seen?.endedAt || performance.now() - began > waitMs) return seen;
    await delay(lookEveryMs);
  }
}
