// The embedded Muster under load, ending itself at one named place after the other; then the question what became of all
// that it accepted, read from its folder.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { keptByDefault } from '#bus/embedded/housekeeping';
import type { KillPoint } from '#bus/kill-point';
import type { Event } from '#events/event';
import { serviceReported } from '#events/service';
import { openEmbedded } from '#store/open';
import { topology } from '../../apps/standalone/services.js';
import { openFeed } from '../support/feed.js';
import { Operator } from '../support/operator.js';
import { Process } from '../support/process.js';
import { until } from '../support/until.js';
import { Crowd } from './crowd.js';
import { untaken, type Kept } from './inboxes.js';
import { Random } from './random.js';
import { freePort } from '../support/scripts.js';
import { judge, type Verdict } from './verdict.js';

export interface EmbeddedOptions {
  readonly dir: string;
  readonly kills: number;
  readonly seed: number;
  readonly accepted: number;
  readonly rate: number;
  readonly devices: number;
  readonly networkPrefix: string;
  readonly say: (line: string) => void;
}

export interface EmbeddedResult extends Verdict {
  readonly accepted: number;
  /** How often it ended at each place. */
  readonly points: ReadonlyMap<string, number>;
  /** What is not done, or dead. */
  readonly wrong: readonly string[];
}

const points: readonly KillPoint[] = [
  'accepted',
  'published',
  'confirmed',
  'claimed',
  'decided',
  'committed',
  'acked',
];
const password = 'correct horse battery staple';
const startLimitMs = 120_000;
const settleLimitMs = 600_000;
const schemas = ['console', 'discovery', 'licensing', 'autogroup', 'assessment', 'forwarding'];

export async function runEmbedded(options: EmbeddedOptions): Promise<EmbeddedResult> {
  const { dir, networkPrefix, say } = options;
  const at = { http: await freePort(), announce: await freePort(), api: await freePort() };
  const start = (point: string | null) => startStandalone(dir, at, point);
  await writeFile(join(dir, 'password'), password);
  let muster = start(null);
  const url = `http://127.0.0.1:${at.http}`;
  await ready(url, muster);
  const operator = await Operator.signIn(url, await readFile(join(dir, 'password'), 'utf8'));
  await operator.switchOn();
  await operator.changeSettings({ deviceNetworks: [`${networkPrefix}.0.0/16`], maxNumberTasks: 40 });
  // The folder keeps the newest alone.
  const feed = openFeed(operator);
  const stateDir = join(dir, 'devices');
  const { devices: count, rate } = options;
  const crowd = await Crowd.open({
    count,
    stateDir,
    gateways: [at.announce],
    apiPort: at.api,
    networkPrefix,
  });
  try {
    crowd.start(rate);
    const died = new Map<string, number>();
    const random = new Random(options.seed);
    await muster.signal('SIGKILL');
    for (let kill = 1; kill <= options.kills; kill += 1) {
      const point = points[kill % points.length] ?? 'committed';
      muster = start(`${point}:${random.between(10, 60)}`);
      const { exitCode } = await endOf(muster);
      if (exitCode !== 128) throw new Error(`it did not end at ${point}: ${exitCode}\n${muster.output}`);
      died.set(point, (died.get(point) ?? 0) + 1);
      say(`${kill}/${options.kills}: ended at ${point}, ${crowd.accepted.size} accepted`);
    }
    muster = start(null);
    await until('enough are accepted', () => crowd.accepted.size >= options.accepted, settleLimitMs);
    await crowd.settle();
    const accepted = [...crowd.accepted.values()];
    await allDone(operator, accepted.length, say);
    await muster.signal('SIGTERM');
    const { events, wrong } = await readFolder(join(dir, 'data'));
    const all = [...feed.events, ...events];
    return { ...judge(accepted, all), accepted: accepted.length, points: died, wrong };
  } finally {
    feed.close();
    await muster.signal('SIGKILL');
    await crowd.close();
  }
}

interface Ports {
  readonly http: number;
  readonly announce: number;
  readonly api: number;
}

function startStandalone(dir: string, { http, announce, api }: Ports, point: string | null): Process {
  const ports = ['--http-port', `${http}`, '--announce-port', `${announce}`];
  return new Process({
    name: 'standalone',
    entry: join(process.cwd(), 'dist/apps/standalone/main.js'),
    words: ['--data', join(dir, 'data'), ...ports],
    environment: {
      MUSTER_DEVICE_PORT: `${api}`,
      MUSTER_ADMIN_PASSWORD_FILE: join(dir, 'password'),
      ...(point !== null && { MUSTER_KILL_POINT: point }),
    },
  });
}

async function endOf(muster: Process): Promise<Process> {
  await until('it ends itself', () => muster.exitCode !== null, startLimitMs);
  return muster;
}

async function ready(url: string, muster: Process): Promise<void> {
  const look = (): Promise<boolean> =>
    fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until('it is ready', look, startLimitMs).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${muster.output}`);
  });
}

interface Overview {
  readonly unassessed: number;
  readonly tasks: { readonly queued: number; readonly running: number };
}

/**
 * No device waits for its assessment, for a while: what leaves one service is on its way to the next. A device that comes
 * again and again is let wait for five minutes.
 */
async function allDone(operator: Operator, accepted: number, say: (line: string) => void): Promise<void> {
  const end = performance.now() + settleLimitMs;
  say(`${accepted} accepted; waiting until all is done`);
  for (let quiet = 0; quiet < 5; await delay(1_000)) {
    if (performance.now() > end) throw new Error(`not done after ${settleLimitMs} ms`);
    quiet = (await busy(operator).catch(() => true)) ? 0 : quiet + 1;
  }
}

interface Queues {
  readonly queues: readonly { readonly depth: number | null }[];
}

/** Console's own queue may be what lags: what it shows of the others is not the newest then. */
async function busy(operator: Operator): Promise<boolean> {
  const { unassessed, tasks } = await operator.get<Overview>('/api/overview');
  const { queues } = await operator.get<Queues>('/api/status');
  return unassessed + tasks.queued + tasks.running > 0 || queues.some(({ depth }) => (depth ?? 0) > 0);
}

/** All events that are kept, and what should not be. */
async function readFolder(
  dir: string,
): Promise<{ readonly events: readonly Event[]; readonly wrong: readonly string[] }> {
  const database = await openEmbedded({ dir });
  try {
    // The bus forgets events sooner than the feed does.
    const rows = await database.query<{ body: Event }>(
      `select event as body from console.feed union all select body from bus.event`,
    );
    const counts = schemas.map(
      (schema) => `select '${schema} parked' as what, count(*) as count from ${schema}.parked
                   union all select '${schema} tasks', count(*) from ${schema}.task`,
    );
    // The last word of each service, that it stopped, is for the console of the next start.
    const waiting = await database.query<{ what: string; count: number }>(
      `${counts.join(' union all ')} union all select 'deliveries', count(*) from bus.delivery
         join bus.event e using (seq) where e.type <> '${serviceReported.type}'
       union all select 'repeats in the feed', count(*) - count(distinct event->>'id') from console.feed`,
    );
    const wrong = waiting
      .filter(({ count }) => Number(count) > 0)
      .map(({ what, count }) => `${what}: ${count}`);
    const kept = await database.query<Kept>(
      `select id, type, recorded_at::text as "recordedAt" from bus.event`,
    );
    const query = <Row extends object>(sql: string, parameters: readonly unknown[]) =>
      database.query<Row>(sql, parameters);
    wrong.push(...(await untaken({ topology, query, rowsMax: keptByDefault }, kept)));
    return { events: rows.map(({ body }) => body), wrong };
  } finally {
    await database.close();
  }
}
