// A whole distributed Muster under load, struck again and again; then the question what became of all that it accepted.
//
//   chaos.ts            npm run chaos: chaos-run.ts, or embedded-run.ts for the embedded one
//   plan.ts             who is struck when, from a seed (random.ts); targets.ts: what can be; strike.ts: down and up again
//   rolling.ts          every process asked to end, and started again
//   crowd.ts            honest devices at a steady rate; devices.ts: a few of them
//   verdict.ts          what became of each announcement, by the journal (journal.ts), tables.ts and queues.ts
//   inboxes.ts          whether every event came to everyone who hears it
//   recovery.ts         how long everything was away
//   defects.ts          what the verdict must find, in a copy of the build (planted-build.ts)
//   discovery-alone.ts  gateway-alone.ts, hearer-alone.ts, parked-killer.ts: one process, struck at named places
//   processes-below.ts  all that a server started         lost-queues.ts  what RabbitMQ cannot start again
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Event } from '#events/event';
import type { Distributed } from '../../scripts/distributed.mjs';
import { Operator } from '../support/operator.js';
import { until } from '../support/until.js';
import { Crowd } from './crowd.js';
import { readJournal } from './journal.js';
import { planOf } from './plan.js';
import { readQueues } from './queues.js';
import { Random } from './random.js';
import { startDistributed } from '../support/scripts.js';
import { rollingRestart, type Rolling } from './rolling.js';
import { nothingStruck, strikeRound, type Struck } from './strike.js';
import { Tables } from './tables.js';
import { targetsOf } from './targets.js';
import { judge, type Verdict } from './verdict.js';

export interface ChaosOptions {
  readonly dir: string;
  readonly kills: number;
  readonly seed: number;
  /** Share of the rounds that strike two at once; plan.ts says what is usual. */
  readonly together?: number;
  /** Accepted announcements at least: the load goes on until then. */
  readonly accepted: number;
  /** New announcements per second. */
  readonly rate: number;
  readonly devices: number;
  /** Processes of a service where it is more than one. */
  readonly instances: Readonly<Record<string, number>>;
  readonly networkPrefix: string;
  readonly apiPort: number;
  readonly say: (line: string) => void;
}

export interface ChaosResult extends Verdict {
  readonly accepted: number;
  readonly dead: readonly string[];
  /** What else should not be. */
  readonly wrong: readonly string[];
  readonly struck: Struck;
  readonly rolling: Rolling;
  readonly crowd: Crowd['counts'];
}

const vhost = 'muster';
const acceptLimitMs = 600_000;
const settleLimitMs = 300_000;
const onItsWayMs = 30_000;

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { dir, devices, instances, say } = options;
  const environment = { MUSTER_LOG_LEVEL: 'info', MUSTER_DEVICE_PORT: String(options.apiPort) };
  await mkdir(dir, { recursive: true });
  const log = createWriteStream(join(dir, 'services.log'));
  const keep = (label: string, line: string): void => void log.write(`${label} ${line}\n`);
  const muster = await startDistributed({ dir, node: process.execPath, instances, environment, say: keep });
  let crowd: Crowd | null = null;
  try {
    await switchOn(muster, options.networkPrefix);
    crowd = await Crowd.open({
      count: devices,
      stateDir: join(dir, 'devices'),
      gateways: muster.named('gateway').map(({ announcePort }) => announcePort ?? 0),
      apiPort: options.apiPort,
      networkPrefix: options.networkPrefix,
    });
    say(`${muster.processes.length} processes, ${devices} devices, ${options.rate} announcements a second`);
    const struck = await strikeAll(muster, crowd, options);
    const rolling = await rollingRestart(muster, crowd);
    const { size } = crowd.accepted;
    say(`every process restarted in turn, ${size} accepted`);
    await until('enough are accepted', () => (crowd?.accepted.size ?? 0) >= options.accepted, acceptLimitMs);
    await crowd.settle();
    return { ...(await judged(muster, crowd, say)), struck, rolling, crowd: crowd.counts };
  } finally {
    await crowd?.close();
    await muster.stop();
    log.end();
  }
}

async function switchOn(muster: Distributed, networkPrefix: string): Promise<void> {
  const [console1] = muster.named('console');
  const password = await readFile(muster.adminPasswordFile, 'utf8');
  const operator = await Operator.signIn(console1?.url ?? '', password.trim());
  await operator.switchOn();
  await operator.changeSettings({ deviceNetworks: [`${networkPrefix}.0.0/16`], maxNumberTasks: 20 });
}

async function strikeAll(muster: Distributed, crowd: Crowd, options: ChaosOptions): Promise<Struck> {
  const random = new Random(options.seed);
  const targets = targetsOf(muster, crowd);
  const plan = planOf(targets, options.kills, random, options.together);
  const struck = nothingStruck();
  crowd.start(options.rate);
  await until('the first is accepted', () => crowd.accepted.size > 0, 60_000);
  const beganAt = performance.now();
  for (const [index, round] of plan.entries()) {
    await delay(random.between(300, 1_000));
    await strikeRound(round, targets, struck);
    const what = round.map(({ target, how, point }) => `${target} ${point ?? how}`).join(' + ');
    const seconds = Math.round((performance.now() - beganAt) / 1000);
    options.say(`${seconds} s, ${crowd.accepted.size} accepted, ${index + 1}/${plan.length}: ${what}`);
  }
  return struck;
}

async function judged(muster: Distributed, crowd: Crowd, say: ChaosOptions['say']) {
  const tables = new Tables(muster.postgres.url);
  const wrong: string[] = [];
  say('the load has ended; waiting until all is done');
  await settled(muster, tables, say).catch((error: unknown) => wrong.push(String(error)));
  const accepted = [...crowd.accepted.values()];
  const journal = await readJournal(`${muster.rabbit.url}/${vhost}`);
  const verdict = judge(accepted, journal);
  wrong.push(...(await untakenOf(journal, tables)));
  const { dead: deadMessages } = await readQueues(muster.rabbit, vhost);
  if (deadMessages > 0) wrong.push(`${deadMessages} messages given up by the broker`);
  wrong.push(...(await tables.contradictions(crowd.serials)));
  return { ...verdict, accepted: accepted.length, dead: await tables.dead(), wrong };
}

/** What the journal got last may be on its way still. */
async function untakenOf(journal: readonly Event[], tables: Tables): Promise<readonly string[]> {
  const end = performance.now() + onItsWayMs;
  for (;;) {
    const found = await tables.untaken(journal);
    if (found.length === 0 || performance.now() > end) return found;
    await delay(1_000);
  }
}

/** Nothing waits anywhere, twice in a row: what leaves an outbox is in no queue for a moment. */
async function settled(muster: Distributed, tables: Tables, say: ChaosOptions['say']): Promise<void> {
  const end = performance.now() + settleLimitMs;
  let told = '';
  for (let quiet = 0; quiet < 2; await delay(1_000)) {
    const waiting = [...(await tables.waiting()), ...(await spooled(muster))];
    // Asking the broker is dear; what waits in a table is not over yet anyhow.
    const queued = waiting.length === 0 ? (await readQueues(muster.rabbit, vhost)).waiting : 0;
    const left = [...waiting, ...(queued > 0 ? [`queues ${queued}`] : [])].join(', ');
    if (performance.now() > end) throw new Error(`not done after ${settleLimitMs} ms: ${left}`);
    if (left !== told) say(left === '' ? 'nothing waits' : `waiting: ${left}`);
    told = left;
    quiet = left === '' ? quiet + 1 : 0;
  }
}

/** What gateways have accepted and not given to the broker. */
async function spooled(muster: Distributed): Promise<readonly string[]> {
  const pages = muster.named('gateway').map(async ({ url, number }) => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    const count = /^muster_spool_announcements(?:\{[^}]*\})? (\d+)/m.exec(metrics)?.[1] ?? 'unknown';
    return count === '0' ? [] : [`spool of gateway-${number} ${count}`];
  });
  return (await Promise.all(pages)).flat();
}
