// npm run chaos: a distributed Muster whose processes, broker and database are killed under load, and the verdict.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChaos, type ChaosResult } from './chaos-run.js';
import { runEmbedded, type EmbeddedOptions } from './embedded-run.js';
import { recoveryLines, recoveryVerdict } from './recovery.js';
import { rollingFaults } from './rolling.js';
import { freePort } from '../support/scripts.js';
import type { Verdict } from './verdict.js';

const help = `npm run chaos -- --kills 100 --seed 1   a distributed Muster under load, killed again and again; exit code 1 when
                                        anything accepted was lost, took effect twice, is dead, or contradicts
                                        itself, and when a process asked to end did not end well, or a device
                                        had to try more than twice meanwhile. How long each needed to come
                                        back is told, and fails nothing: machines are shared
npm run chaos -- --embedded --kills 30  the same of the embedded one, which ends itself at one named place after the other
  --accepted N    announcements accepted at least (10000; embedded 5000)
  --rate N        new announcements per second (30)
  --devices N     devices that make them (300); one that comes more than 15 times a minute flaps, and is let wait for 5 minutes`;

const text = (value: string) => ({ type: 'string', default: value }) as const;
const options = {
  help: { type: 'boolean' },
  embedded: { type: 'boolean' },
  kills: text('100'),
  seed: text('1'),
  accepted: { type: 'string' },
  rate: text('30'),
  devices: text('300'),
} as const;
const fatesShown = 20;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function number(name: string, value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 1) throw new Error(`--${name} must be a whole number\n${help}`);
  return parsed;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options });
  if (values.help) {
    say(help);
    return 0;
  }
  // The servers run as users of their own, which must be able to pass.
  const dir = await mkdtemp(join(tmpdir(), 'muster-chaos-'));
  await chmod(dir, 0o711);
  const asked = {
    dir,
    kills: number('kills', values.kills),
    seed: number('seed', values.seed),
    accepted: number('accepted', values.accepted ?? (values.embedded ? '5000' : '10000')),
    rate: number('rate', values.rate),
    devices: number('devices', values.devices),
    networkPrefix: '127.8',
    say,
  };
  return values.embedded ? embedded(asked) : distributed(asked);
}

async function distributed(asked: EmbeddedOptions): Promise<number> {
  const instances = { gateway: 2, discovery: 2 };
  const ran = await runChaos({ ...asked, instances, apiPort: await freePort() });
  const result = { ...ran, wrong: [...ran.wrong, ...rollingFaults(ran.rolling)] };
  tell(result);
  const { accepted, lost, twice, dead, struck } = result;
  await clear(asked.dir, result, result.dead);
  const killed = [...struck.kills.values()].reduce((sum, each) => sum + each, 0);
  say(`dead-lettered: ${dead.length}; wrong otherwise: ${result.wrong.length}`);
  const good = passed(result, dead);
  say(recoveryVerdict(struck));
  if (!good) say('FAILED: see above');
  say(`RESULT chaos kills=${killed} accepted=${accepted} lost=${lost.length} twice=${twice.length}`);
  return good ? 0 : 1;
}

async function embedded(asked: EmbeddedOptions): Promise<number> {
  const result = await runEmbedded(asked);
  tellFates(result);
  const { accepted, lost, twice, points } = result;
  await clear(asked.dir, result, []);
  const killed = [...points.values()].reduce((sum, each) => sum + each, 0);
  const good = passed(result, []);
  if (!good) say('FAILED: see above');
  say(`RESULT chaos-embedded kills=${killed} accepted=${accepted} lost=${lost.length} twice=${twice.length}`);
  return good ? 0 : 1;
}

type Judged = Verdict & { readonly wrong: readonly string[] };

const passed = ({ lost, twice, wrong }: Judged, dead: readonly string[]): boolean =>
  lost.length + twice.length + dead.length + wrong.length === 0;

function tell({ struck, rolling, crowd, dead, ...judged }: ChaosResult): void {
  for (const line of recoveryLines(struck)) say(line);
  for (const { name, exit, ms } of rolling.ended)
    say(`${name.padEnd(13)} asked to end: ${exit}, after ${ms} ms`);
  say(`while all were restarted in turn, an announcement needed ${rolling.attempts} attempts at most`);
  const points = [...struck.points].map(([point, count]) => `${point} ${count}`).join(', ');
  say(`ended at a named point: ${points || 'none'}; stopped for 4 s: ${struck.stops}`);
  const slowestMs = Math.round(crowd.slowestMs);
  say(
    `answered 'retry' ${crowd.retry} times, not at all ${crowd.unanswered} times; slowest acknowledge ${slowestMs} ms`,
  );
  tellFates(judged);
  for (const line of dead.slice(0, fatesShown)) say(`DEAD ${line}`);
}

function tellFates({ lost, twice, wrong }: Judged): void {
  for (const { id, serial, why } of lost.slice(0, fatesShown)) say(`LOST ${id} of ${serial}: ${why}`);
  for (const { id, serial, why } of twice.slice(0, fatesShown)) say(`TWICE ${id} of ${serial}: ${why}`);
  for (const line of wrong) say(`WRONG ${line}`);
}

/** Whoever has to find out why wants all of it. */
async function clear(dir: string, result: Judged, dead: readonly string[]): Promise<void> {
  if (passed(result, dead)) return rm(dir, { recursive: true, force: true, maxRetries: 5 });
  const { lost, twice, wrong } = result;
  await writeFile(join(dir, 'verdict.json'), JSON.stringify({ lost, twice, dead, wrong }, null, 2));
  say(`everything is kept in ${dir}`);
}

process.exitCode = await main();
