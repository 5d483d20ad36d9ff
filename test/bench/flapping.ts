// npm run bench:flapping: what one device that announces itself 100 times a second costs the others, and itself. A distributed
// Muster of all services; 50 honest announcements a second, each of another device, for two minutes; beside them, for the
// minute in the middle, the one. Floors: it leads to two tasks at most, the others wait at most twice as long (p99) beside it
// as before and after, nothing is lost; else it exits with 1. [-- SECONDS]
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeAcknowledge } from '#announce/announcement';
import { assessmentQueued, assessmentStarted } from '#events/assessment';
import { deviceFlapping } from '#events/device';
import type { Event } from '#events/event';
import type { Distributed } from '../../scripts/distributed.mjs';
import { readJournal } from '../faults/journal.js';
import { judge, type Accepted } from '../faults/verdict.js';
import { signedLicence } from '../support/licences.js';
import { Operator } from '../support/operator.js';
import { Process } from '../support/process.js';
import { freePort, startDistributed } from '../support/scripts.js';
import { until } from '../support/until.js';
import { load } from './load.js';

const seconds = Number(process.argv[2] ?? 60);
const flapsPerSecond = 100;
const honestPerSecond = 50;
/** Of honest devices: what comes in within four seconds. */
const inFlight = 4 * honestPerSecond;
const warmUpSeconds = 10;
const throughLimitMs = 300_000;
/** The flapper has a number and a MAC address below these. */
let next = 10_000;

const say = (line: string) => process.stdout.write(`${line}\n`);
const p99 = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
const accepted: Accepted[] = [];
const outcome = { putOff: 0 };

/** Waits of honest devices, in ms. */
async function honest(gateway: { port: number; pid: number }, forSeconds: number) {
  const count = Math.round(honestPerSecond * forSeconds);
  const first = (next += count) - count;
  const { answeredMs, perSecond } = await load(
    gateway,
    { first, count, perSecond: honestPerSecond, inFlight },
    (text) => {
      const { result, event } = decodeAcknowledge(Buffer.from(text.trim(), 'latin1'));
      if (result === 'accepted' && event !== null)
        accepted.push({ id: event, serial: 'honest', announcementId: '' });
      else outcome.putOff += 1;
      return true;
    },
  );
  say(`  ${count} honest devices, ${perSecond.toFixed(0)}/s: p99 ${p99(answeredMs).toFixed(0)} ms`);
  return answeredMs;
}

async function flap(muster: Distributed, dir: string, apiPort: number) {
  const [gateway] = muster.named('gateway');
  const at = { port: gateway?.announcePort ?? 0, pid: gateway?.pid ?? 0 };
  say('warming up');
  await until('announcements are taken', async () => {
    const before = accepted.length;
    await honest(at, 1 / honestPerSecond);
    return accepted.length > before;
  });
  await honest(at, warmUpSeconds);
  outcome.putOff = 0;
  say('without it');
  const without = [...(await honest(at, seconds / 2))];
  say(`beside a device that announces itself ${flapsPerSecond} times a second`);
  const entry = join(import.meta.dirname, 'flapper.js');
  const words = [at.port, apiPort, dir, flapsPerSecond].map(String);
  const flapper = new Process({ name: 'flapper', entry, words });
  await until('it announces itself', () => {
    if (flapper.exitCode !== null) throw new Error(flapper.output);
    return flapper.output.includes('announces');
  });
  const beganAt = performance.now();
  const beside = await honest(at, seconds);
  const lasted = (performance.now() - beganAt) / 1000;
  await flapper.signal('SIGTERM');
  say('without it');
  without.push(...(await honest(at, seconds / 2)));
  const own = JSON.parse(await readFile(join(dir, 'accepted.json'), 'utf8')) as readonly Accepted[];
  say(`  it was accepted ${own.length} times, ${(own.length / lasted).toFixed(0)}/s`);
  return { without: p99(without), beside: p99(beside), own };
}

/** What became of them all, once nothing is on its way any more: of what it led to, tasks that were made, and that began. */
async function effects(journalUrl: string, own: readonly Accepted[]) {
  const all = [...accepted, ...own];
  let events: readonly Event[] = [];
  const through = async () => {
    events = await readJournal(journalUrl);
    return judge(all, events, 'autogroup').lost.length === 0;
  };
  await until('all have come through', through, throughLimitMs).catch((error: unknown) => say(String(error)));
  const { lost, twice } = judge(all, events, 'autogroup');
  const ids = new Set(own.map(({ id }) => id));
  const tasks = (kind: typeof assessmentQueued | typeof assessmentStarted) =>
    new Set(
      events.flatMap((event) =>
        kind.is(event) && event.data.covers.some((id) => ids.has(id)) ? [event.data.taskId] : [],
      ),
    ).size;
  const named = events.filter((event) => deviceFlapping.is(event)).length;
  say(`named ${named} times; ${tasks(assessmentStarted)} of ${tasks(assessmentQueued)} tasks began`);
  return { lost: lost.length, twice: twice.length, tasks: tasks(assessmentQueued) };
}

async function switchOn(muster: Distributed, licence: unknown): Promise<void> {
  const [console1] = muster.named('console');
  const password = await readFile(muster.adminPasswordFile, 'utf8');
  const operator = await Operator.signIn(console1?.url ?? '', password.trim());
  await operator.switchOn();
  await operator.ask('POST', '/api/licences', licence);
}

const dir = await mkdtemp(join(tmpdir(), 'muster-flapping-'));
// The servers run as users of their own and must be able to pass.
await chmod(dir, 0o711);
try {
  const apiPort = await freePort();
  const { environment: signer, licence } = await signedLicence(1_000_000);
  const environment = { MUSTER_LOG_LEVEL: 'warn', MUSTER_DEVICE_PORT: String(apiPort), ...signer };
  say('Muster on RabbitMQ and PostgreSQL of its own');
  const muster = await startDistributed({ dir, node: process.execPath, environment });
  try {
    await switchOn(muster, licence);
    const { without, beside, own } = await flap(muster, dir, apiPort);
    const { lost, twice, tasks } = await effects(`${muster.rabbit.url}/muster`, own);
    const ratio = beside / without;
    process.exitCode = tasks <= 2 && ratio <= 2 && lost + twice + outcome.putOff === 0 ? 0 : 1;
    say(
      `RESULT flapping tasks=${tasks} lost=${lost} twice=${twice} put_off=${outcome.putOff} ` +
        `honest_p99_ms=${without.toFixed(0)} beside_p99_ms=${beside.toFixed(0)} ratio=${ratio.toFixed(2)}`,
    );
  } finally {
    await muster.stop();
  }
} finally {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
