// npm run bench:storm: the fleet after a power cut. A distributed Muster of all services, from an empty database; within a
// minute 10,000 devices announce themselves, each from an address of its own and until it is accepted. Floors: all accepted
// within 120 s, all grouped within 300 s, none lost, none refused; else it exits with 1. [-- DEVICES]
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { announce } from '#announce/announce';
import { clientContext } from '#announce/reach';
import { backOffMs, type Pauses } from '#events/back-off';
import { exampleIdentity } from '#events/identity';
import { selfSigned } from '#pki/self-signed';
import { cpuMsOf, treeCpuMsOf } from './cost.js';
import { startMuster, type BenchMuster } from './muster.js';

const devices = Number(process.argv[2] ?? 10_000);
const spreadMs = 60_000;
const acceptedLimitMs = 120_000;
const groupedLimitMs = 300_000;
/** Between the attempts of a device that got no answer. */
const waits: Pauses = { firstMs: 1_000, maxMs: 900_000 };
/** Attempts under way. A crowd in one process that begins more than it has processor time for is itself what is late. */
const attemptsMax = 400;
const context = clientContext(await selfSigned({ commonName: 'device' }));
const say = (line: string) => process.stdout.write(`${line}\n`);
const outcome = { accepted: 0, retried: 0, unanswered: 0, refused: 0, slowestMs: 0 };
const held = { underWay: 0, waiting: [] as (() => void)[], longestMs: 0 };

/** What a device waits here is in acked_s, and told apart. */
async function inTurn<T>(attempt: () => Promise<T>): Promise<T> {
  const since = performance.now();
  if (held.underWay >= attemptsMax) await new Promise<void>((go) => held.waiting.push(go));
  else held.underWay += 1;
  held.longestMs = Math.max(held.longestMs, performance.now() - since);
  try {
    return await attempt();
  } finally {
    const next = held.waiting.shift();
    // Its place goes over to the next one.
    if (next) next();
    else held.underWay -= 1;
  }
}

/** As the agent does: the same announcement again until it is accepted. */
async function device(number: number, port: number): Promise<void> {
  const serial = `STORM${String(number).padStart(6, '0')}`;
  const ip = `127.${40 + Math.floor(number / 62_500)}.${Math.floor(number / 250) % 250}.${(number % 250) + 1}`;
  const mac = (number + 0x02_00_00_00_00_00)
    .toString(16)
    .padStart(12, '0')
    .replaceAll(/..(?!$)/g, '$&:');
  const identity = { ...exampleIdentity, serial, mac, ip, hostname: serial.toLowerCase() };
  const to = { host: '127.0.0.1', port, localAddress: ip, context, requireVerified: false };
  const what = { identity, reason: 'boot' as const, announcementId: serial, traceparent: null, origin: null };
  const beganAt = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const answer = await inTurn(() => announce(to, what)).then(
      ({ acknowledge }) => acknowledge,
      () => null,
    );
    if (answer?.result === 'accepted') {
      outcome.accepted += 1;
      outcome.slowestMs = Math.max(outcome.slowestMs, performance.now() - beganAt);
      return;
    }
    if (answer?.result === 'refused') return void (outcome.refused += 1);
    if (answer) outcome.retried += 1;
    else outcome.unanswered += 1;
    await delay(answer?.retryAfterMs ?? backOffMs(attempt, waits));
  }
}

async function storm(muster: BenchMuster) {
  const grouped = muster.grouped(devices, groupedLimitMs);
  const beganAt = performance.now();
  const seconds = () => (performance.now() - beganAt) / 1000;
  const all = Array.from({ length: devices }, async (_, number) => {
    await delay((number * spreadMs) / devices);
    await device(number, muster.gateway.port);
  });
  await Promise.all(all);
  const acked = seconds();
  const { accepted, retried, unanswered, slowestMs } = outcome;
  say(
    `${accepted} accepted after ${acked.toFixed(0)} s, the slowest within ${(slowestMs / 1000).toFixed(1)} s`,
  );
  say(`told to come again ${retried} times, without an answer ${unanswered} times`);
  say(
    `the crowd, which is one process, held attempts back for ${(held.longestMs / 1000).toFixed(1)} s at most`,
  );
  const count = await grouped;
  return { acked, grouped: seconds(), lost: devices - count };
}

/** Of every process of Muster, the most memory that it ever had. */
async function tellMemory(muster: BenchMuster): Promise<void> {
  const told = await Promise.all(
    muster.processes.map(async ({ name, pid }) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return `${name} ${Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024)} MB`;
    }),
  );
  say(`most memory: ${told.join(', ')}`);
}

/** Who of them needs how much: the crowd, which is this process, is on the same machine. */
function watchCpu({ processes, servers }: BenchMuster): () => void {
  const spent = (): readonly (readonly [string, number])[] => [
    ['crowd', cpuMsOf(process.pid)],
    ...processes.map(({ name, pid }) => [name, cpuMsOf(pid)] as const),
    ...servers.map(({ name, pid }) => [name, treeCpuMsOf(pid)] as const),
  ];
  const before = new Map(spent());
  return () => {
    const told = spent().map(
      ([name, ms]) => `${name} ${((ms - (before.get(name) ?? 0)) / 1000).toFixed(0)} s`,
    );
    say(`processor time: ${told.join(', ')}`);
  };
}

const dir = await mkdtemp(join(tmpdir(), 'muster-storm-'));
// The servers run as users of their own and must be able to pass.
await chmod(dir, 0o711);
try {
  say('Muster on RabbitMQ and PostgreSQL of its own');
  const muster = await startMuster(dir, 200, { all: true });
  try {
    const tellCpu = watchCpu(muster);
    const { acked, grouped, lost } = await storm(muster);
    tellCpu();
    await tellMemory(muster);
    const inTime = acked * 1000 <= acceptedLimitMs && grouped * 1000 <= groupedLimitMs;
    process.exitCode = inTime && lost === 0 && outcome.refused === 0 ? 0 : 1;
    say(
      `RESULT storm devices=${devices} lost=${lost} refused=${outcome.refused} ` +
        `acked_s=${acked.toFixed(0)} grouped_s=${grouped.toFixed(0)}`,
    );
  } finally {
    await muster.stop();
  }
} finally {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
