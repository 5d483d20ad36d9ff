// npm run bench:edge: what an accepted announcement costs the gateway in mutual mode, beside a bare Node TLS server, nginx and
// mosquitto; and what it does with thousands who do not mean to announce anything. See README.md. Floors: cpu_vs_node at most
// 1.6, nobody left open, at most 75 KB for each who is held, a ClientHello at most 1 ms; else it exits with 1. With the word
// `cost` it does the first of the two alone.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Process } from '../support/process.js';
import { installCompared } from '../support/scripts.js';
import { leaveFirstCore, takeFirstCore } from './edge/cores.js';
import { benchFleet, mqttAccepted, type BenchFleet } from './edge/fleet.js';
import { hold, holdings } from './edge/held.js';
import { groups, helloCostMs } from './edge/hellos.js';
import { benchServers, type BenchServer, type BenchServers } from './edge/servers.js';
import { load, type Talk } from './load.js';

const rounds = 5;
const devicesEach = 2_000;
/** Until the slowest to warm up, which is the gateway, does not get faster any more. */
const warmUp = 12_000;
const heldCount = 5_000;
const hellos = 500;
const floodSeconds = 12;
/** As many at a time as come within four seconds, so that the rate is held. */
const honest = { count: 600, perSecond: 50, inFlight: 200 };
/** Limit of the handshake and 2 s. */
const heldLimitMs = 12_000;
const heldBytesMax = 75 * 1024;
const helloLimitMs = 1;
/** So that it lasts about as long as the honest devices beside it. */
const corpusTimes = 10;

const say = (line: string) => process.stdout.write(`${line}\n`);
const ordered = (values: readonly number[]) => values.toSorted((a, b) => a - b);
const median = (values: readonly number[]) => ordered(values)[Math.floor(values.length / 2)] ?? 0;
const percentile = (values: readonly number[], part: number) =>
  ordered(values)[Math.floor(values.length * part)] ?? 0;
let next = 0;

const accepted = (line: string) => line.includes('"result":"accepted"');

/** Each server in turn, so that whatever else the machine does meets all. */
async function compare(servers: BenchServers, fleet: BenchFleet, count: number) {
  const one = async (server: BenchServer, talk: Talk, answered: (text: string) => boolean) => {
    const first = (next += count) - count;
    return (await load(server, { first, count, talk }, answered)).cpuMsEach;
  };
  return {
    gateway: await one(servers.gateway, fleet.toGateway, accepted),
    node: await one(servers.node, fleet.toGateway, (line) => line.endsWith('\n')),
    nginx: await one(servers.nginx, fleet.toNginx, (text) => text.startsWith('HTTP/1.1 200 ')),
    mosquitto: await one(servers.mosquitto, fleet.toMosquitto, (bytes) => bytes.startsWith(mqttAccepted)),
  };
}

const serversOf = ({ gateway, node, nginx, mosquitto }: BenchServers) => [gateway, node, nginx, mosquitto];

async function costs(servers: BenchServers, fleet: BenchFleet, apart: boolean) {
  for (const { pid } of apart ? serversOf(servers) : []) takeFirstCore(pid);
  const where = apart ? 'each server alone on the first core' : 'all on the same cores';
  say(`an announcement, mutual TLS 1.3, 16 in flight, ${where}; warming up`);
  await compare(servers, fleet, warmUp);
  const all: Awaited<ReturnType<typeof compare>>[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const cost = await compare(servers, fleet, devicesEach);
    all.push(cost);
    const told = Object.entries(cost).map(([name, ms]) => `${name} ${ms.toFixed(2)}`);
    say(`  round ${round}, ms of processor time each: ${told.join(', ')}`);
  }
  const over = (name: 'node' | 'nginx' | 'mosquitto') => median(all.map((cost) => cost.gateway / cost[name]));
  return { node: over('node'), nginx: over('nginx'), mosquitto: over('mosquitto') };
}

/** The wait of honest devices beside `trouble`, 99 of 100, and how many there were a second. */
async function beside<T>(server: BenchServer, { toGateway }: BenchFleet, trouble: Promise<T>) {
  const first = (next += honest.count) - honest.count;
  const [{ answeredMs, perSecond }, result] = await Promise.all([
    load(server, { first, talk: toGateway, ...honest }, accepted),
    trouble,
  ]);
  const p99 = percentile(answeredMs, 0.99);
  return { result, p99, told: `honest p99 ${p99.toFixed(0)} ms at ${perSecond.toFixed(0)}/s` };
}

async function holdAll(server: BenchServer, fleet: BenchFleet) {
  const worst = { p99: 0, sound: true };
  for (const holding of holdings) {
    const { result, p99, told } = await beside(server, fleet, hold(server, holding, heldCount));
    const { bytesEach, longestMs, leftOpen } = result;
    say(
      `${heldCount} ${holding}: ${(bytesEach / 1024).toFixed(0)} KB each, closed after ${(longestMs / 1000).toFixed(1)} s at ` +
        `most, ${leftOpen} left open; ${told}`,
    );
    worst.p99 = Math.max(worst.p99, p99);
    worst.sound &&= leftOpen === 0 && longestMs <= heldLimitMs && bytesEach <= heldBytesMax;
  }
  return worst;
}

/** What each costs, and then all of them once more beside honest devices. */
async function helloAll(server: BenchServer, fleet: BenchFleet) {
  let dearest = 0;
  for (const group of groups) {
    const ms = await helloCostMs(server, group, hellos);
    say(`ClientHello that offers ${group} alone: ${ms.toFixed(2)} ms`);
    dearest = Math.max(dearest, ms);
  }
  const again = async (): Promise<void> => {
    for (const group of groups) await helloCostMs(server, group, hellos);
  };
  const { p99, told } = await beside(server, fleet, again());
  say(`ClientHellos of all ${groups.length} groups: ${told}`);
  return { dearest, p99 };
}

/** One source that knocks as often as it can. */
async function flood(server: BenchServer, fleet: BenchFleet) {
  const entry = join(import.meta.dirname, 'edge/flood.js');
  const flooder = new Process({ name: 'flood', entry, words: [`${server.port}`, '127.35.0.1'] });
  const { p99, told } = await beside(server, fleet, Promise.resolve());
  const [tried = 0, answered = 0] = flooder.output.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
  await flooder.signal('SIGKILL');
  say(
    `flood from one source: ${(tried / floodSeconds).toFixed(0)} connections/s, ${(answered / floodSeconds).toFixed(0)}/s got ` +
      `a key exchange; ${told}`,
  );
  return p99;
}

/** JSONTestSuite, a connection for each case that has anything on a line: none is an announcement, each is refused. */
async function malformed(server: BenchServer, fleet: BenchFleet): Promise<number> {
  const dir = resolve(process.env['MUSTER_SUITES_DIR'] ?? '../shared/suites', 'jsontestsuite');
  if (!existsSync(dir)) {
    say(`JSONTestSuite is not there (${dir}): left out`);
    return 0;
  }
  const all = readdirSync(dir).map((name) => readFileSync(join(dir, name)));
  const cases = all.filter((each) => each.toString('latin1').trim() !== '');
  const count = cases.length * corpusTimes;
  const first = (next += count) - count;
  const line = (device: number) =>
    Buffer.concat([cases[(device - first) % cases.length] ?? Buffer.alloc(0), Buffer.from('\n')]);
  const devices = { first, count, talk: { ...fleet.toGateway, say: line } };
  const refused = (answer: string) => answer.includes('"result":"refused"');
  const { result, p99, told } = await beside(server, fleet, load(server, devices, refused));
  say(
    `JSONTestSuite: ${cases.length} of ${all.length} refused, the rest are empty; ${corpusTimes} times, ` +
      `${result.perSecond.toFixed(0)}/s; ${told}`,
  );
  return p99;
}

async function press(server: BenchServer, fleet: BenchFleet) {
  const held = await holdAll(server, fleet);
  const hello = await helloAll(server, fleet);
  const flooded = await flood(server, fleet);
  const p99 = Math.max(held.p99, hello.p99, flooded, await malformed(server, fleet));
  return { p99, sound: held.sound && hello.dearest <= helloLimitMs };
}

const dir = await mkdtemp(join(tmpdir(), 'muster-edge-'));
// RabbitMQ runs as a user of its own and must be able to pass.
await chmod(dir, 0o711);
try {
  await installCompared();
  const apart = leaveFirstCore();
  const fleet = await benchFleet('X25519');
  const servers = await benchServers(dir, fleet);
  try {
    const cost = await costs(servers, fleet, apart);
    const pressed = process.argv.includes('cost') ? null : await press(servers.gateway, fleet);
    process.exitCode = cost.node <= 1.6 && (pressed?.sound ?? true) ? 0 : 1;
    const ratios = Object.entries(cost).map(([name, ratio]) => `cpu_vs_${name}=${ratio.toFixed(2)}`);
    say(`RESULT edge ${ratios.join(' ')}${pressed ? ` honest_p99_ms=${pressed.p99.toFixed(0)}` : ''}`);
  } finally {
    await servers.stop();
  }
} finally {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
