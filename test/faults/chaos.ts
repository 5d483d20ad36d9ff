// npm run chaos: a distributed Muster whose processes, broker and database are killed under load, and the verdict.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runChaos, type ChaosResult } from './chaos-run.js';
import { recoveryLines } from './recovery.js';
import { freePort } from './scripts.js';

const help = `npm run chaos -- --kills 100 --seed 1   a distributed Muster under load, killed again and again; exit code 1 when
                                        anything accepted was lost, or took effect twice
  --accepted N    announcements accepted at least (10000)
  --rate N        new announcements per second (30)
  --devices N     devices that make them (300)`;

const text = (value: string) => ({ type: 'string', default: value }) as const;
const options = {
  help: { type: 'boolean' },
  kills: text('100'),
  seed: text('1'),
  accepted: text('10000'),
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
  const kills = number('kills', values.kills);
  const result = await runChaos({
    dir,
    kills,
    seed: number('seed', values.seed),
    accepted: number('accepted', values.accepted),
    rate: number('rate', values.rate),
    devices: number('devices', values.devices),
    instances: { gateway: 2, discovery: 2 },
    networkPrefix: '127.8',
    apiPort: await freePort(),
    say,
  });
  const good = passed(result);
  tell(result);
  if (good) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  else await keep(dir, result);
  const { accepted, lost, twice, dead, struck } = result;
  const killed = [...struck.kills.values()].reduce((sum, each) => sum + each, 0);
  say(
    `RESULT chaos kills=${killed} accepted=${accepted} lost=${lost.length} twice=${twice.length} dead=${dead.length}`,
  );
  return good ? 0 : 1;
}

const passed = ({ lost, twice, dead, wrong }: ChaosResult): boolean =>
  lost.length + twice.length + dead.length + wrong.length === 0;

function tell({ struck, crowd, lost, twice, dead, wrong }: ChaosResult): void {
  for (const line of recoveryLines(struck)) say(line);
  const points = [...struck.points].map(([point, count]) => `${point} ${count}`).join(', ');
  say(`ended at a named point: ${points || 'none'}; stopped for 4 s: ${struck.stops}`);
  say(
    `answered 'retry' ${crowd.retry} times, not at all ${crowd.unanswered} times; slowest acknowledge ${Math.round(crowd.slowestMs)} ms`,
  );
  for (const { id, serial, why } of lost.slice(0, fatesShown)) say(`LOST ${id} of ${serial}: ${why}`);
  for (const { id, serial, why } of twice.slice(0, fatesShown)) say(`TWICE ${id} of ${serial}: ${why}`);
  for (const line of dead.slice(0, fatesShown)) say(`DEAD ${line}`);
  for (const line of wrong) say(`WRONG ${line}`);
}

async function keep(dir: string, { lost, twice, dead, wrong }: ChaosResult): Promise<void> {
  await writeFile(join(dir, 'verdict.json'), JSON.stringify({ lost, twice, dead, wrong }, null, 2));
  say(`everything is kept in ${dir}`);
}

process.exitCode = await main();
