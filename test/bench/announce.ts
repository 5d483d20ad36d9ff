// npm run bench:announce: what an announcement costs at the edge, beside a bare Node TLS server with the same certificate,
// and how fast devices go from announced to grouped, beside one event per transaction. On RabbitMQ and PostgreSQL of its
// own. CPU is compared at the same rate of announcements on both: a server that is busy all the time spends less on each
// than one that wakes for it, and flat out the bare one, which stores nothing, is the busier. Floors: cpu_vs_bare at most 2, grouped_per_s at least 5 times that of batch size 1; below them it exits with 1.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, type Load, type Measured } from './load.js';
import { startMuster } from './muster.js';
import { median } from './median.js';

const rounds = 5;
const devicesFlatOut = 600;
const devicesAtRate = 500;
const ratePerSecond = 250;
const devicesSingly = 400;

const say = (line: string) => process.stdout.write(`${line}\n`);
const accepted = (line: string) => line.includes('"result":"accepted"');
const anything = (line: string) => line.endsWith('\n');
const dir = await mkdtemp(join(tmpdir(), 'muster-bench-'));
// The servers run as users of their own and must be able to pass.
await chmod(dir, 0o711);

interface Server {
  readonly port: number;
  readonly pid: number;
}

/** Gateway and bare server by turns, so that whatever else the machine does meets both. */
async function compare(gateway: Server, bare: Server, devices: Load) {
  const beside = await load(bare, devices, anything);
  const own = await load(gateway, devices, accepted);
  const ratio = own.cpuMsEach / beside.cpuMsEach;
  const told = ({ perSecond, cpuMsEach }: Measured) =>
    `${perSecond.toFixed(0)}/s at ${cpuMsEach.toFixed(2)} ms`;
  say(`  gateway ${told(own)} of CPU each, bare ${told(beside)}: ${ratio.toFixed(2)}`);
  return { ...own, ratio };
}

async function edgeAndChain() {
  say('Muster on RabbitMQ and PostgreSQL of its own; warming up');
  const muster = await startMuster(join(dir, 'batches'), 200);
  const bare = await startBare(muster.identityFile);
  try {
    await muster.hold();
    let first = 0;
    const next = (count: number): Load => ({ first: (first += count) - count, count });
    const round = (devices: Load) => compare(muster.gateway, bare, devices);
    await round(next(2 * devicesFlatOut));
    const flatOut: Awaited<ReturnType<typeof compare>>[] = [];
    const atRate: typeof flatOut = [];
    for (let number = 1; number <= rounds; number += 1) {
      say(`round ${number}, flat out and at ${ratePerSecond}/s:`);
      flatOut.push(await round(next(devicesFlatOut)));
      atRate.push(await round({ ...next(devicesAtRate), perSecond: ratePerSecond }));
    }
    const grouped = await muster.drain(first);
    say(`batches of 200: ${grouped.toFixed(0)} devices grouped per second`);
    return {
      accepted: median(flatOut.map(({ perSecond }) => perSecond)),
      cpuMs: median(atRate.map(({ cpuMsEach }) => cpuMsEach)),
      ratio: median(atRate.map(({ ratio }) => ratio)),
      ratioFlatOut: median(flatOut.map(({ ratio }) => ratio)),
      grouped,
    };
  } finally {
    bare.stop();
    await muster.stop();
  }
}

async function chainSingly() {
  const muster = await startMuster(join(dir, 'singly'), 1);
  try {
    await muster.hold();
    await load(muster.gateway, { first: 0, count: devicesSingly }, accepted);
    const grouped = await muster.drain(devicesSingly);
    say(`one by one: ${grouped.toFixed(0)} devices grouped per second`);
    return grouped;
  } finally {
    await muster.stop();
  }
}

async function startBare(identityFile: string) {
  const program = join(import.meta.dirname, 'bare-server.js');
  const child = spawn(process.execPath, [program, identityFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = String((await once(child.stdout, 'data'))[0]);
  return { port: Number(said), pid: child.pid ?? 0, stop: () => child.kill() };
}

try {
  const edge = await edgeAndChain();
  const singly = await chainSingly();
  const speedUp = edge.grouped / singly;
  process.exitCode = edge.ratio <= 2 && speedUp >= 5 ? 0 : 1;
  say(
    `RESULT announce accepted_per_s=${edge.accepted.toFixed(0)} grouped_per_s=${edge.grouped.toFixed(0)} ` +
      `cpu_vs_bare=${edge.ratio.toFixed(2)} cpu_vs_bare_flat_out=${edge.ratioFlatOut.toFixed(2)} cpu_ms=${edge.cpuMs.toFixed(2)} ` +
      `grouped_singly_per_s=${singly.toFixed(0)} batch_speedup=${speedUp.toFixed(1)}`,
  );
} finally {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
