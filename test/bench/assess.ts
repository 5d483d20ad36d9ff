// npm run bench:assess [-- DEVICES]: devices assessed and remediated per second, instant-on and a schedule at once, against ten tasks
// of one device each by the same code in the same run; and what a schedule loses while instant-on has all that it may have, three
// times in turn. A device that does not end compliant ends the bench. Four of
// five devices speak the open device API, the fifth SNMP; each thinks 20 ms before each answer. Floors: 5 times as many, a loss of
// 20 %; below them it exits with 1.
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process } from '../support/process.js';
import { freePort, install, startPostgres } from '../support/scripts.js';
import { until } from '../support/until.js';
import { identityAt } from '../support/virtual-devices.js';
import type { Ready } from './assess-devices.js';
import { apiDevices, snmpDevices } from './assess-names.js';
import { Bench, type Known } from './assess-parts.js';
import { startAssessing } from './assessing.js';
import { median } from './median.js';

const count = Number(process.argv[2] ?? 1_000);
const snmpCount = Math.floor(count / 5);
const answerMs = 20;
/** R64: maxNumberTasks, unless told otherwise. */
const ten = 10;
/** More at a time only wait for each other on two cores. */
const raised = 100;
/** The median of them is told. */
const rounds = 3;
const say = (line: string) => process.stdout.write(`${line}\n`);

/** SNMP devices among the others, so that both halves have as many. */
function devicesOf(fingerprint: string): readonly Known[] {
  const of = (names: typeof apiDevices | typeof snmpDevices, proof: string | null, amount: number) =>
    Array.from({ length: amount }, (_, at): Known => {
      return { id: randomUUID(), identity: identityAt(names, at), fingerprint: proof };
    });
  return [...of(snmpDevices, null, snmpCount), ...of(apiDevices, fingerprint, count - snmpCount)];
}

interface Round {
  readonly one: number;
  readonly alone: number;
  readonly flooded: number;
  readonly both: number;
}

/** Devices a second of each part. */
async function inTurn(bench: Bench): Promise<Round> {
  await bench.settings({ maxNumberTasks: ten });
  const one = await bench.measure('ten tasks of one device', () => bench.instantOnAlone());
  const alone = await bench.measure('the schedule alone, ten tasks of 25', () => bench.scheduleAlone());
  const flooded = await bench.measure('the same beside instant-on without end', () =>
    bench.scheduleInFlood(),
  );
  await bench.settings({ maxNumberTasks: raised });
  const both = await bench.measure(`both at once, ${raised} tasks of one device`, () => bench.both());
  return { one, alone, flooded, both };
}

async function run(bench: Bench): Promise<void> {
  await bench.prepare();
  await bench.settings({ maxNumberTasks: raised });
  await bench.measure('to warm up', () => bench.both());
  const all: Round[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await inTurn(bench));
  const both = median(all.map((round) => round.both));
  const times = median(all.map((round) => round.both / round.one));
  // Below zero: the schedule was faster beside the flood, by chance.
  const loss = median(all.map(({ alone, flooded }) => 100 * (1 - flooded / alone)));
  process.exitCode = times >= 5 && loss <= 20 ? 0 : 1;
  say(
    `RESULT assess devices_per_s=${both.toFixed(1)} vs_ten_by_one=${times.toFixed(2)} schedule_loss_percent=${loss.toFixed(1)}`,
  );
}

const dir = await mkdtemp(join(tmpdir(), 'muster-assess-'));
// PostgreSQL runs as a user of its own and must be able to pass.
await chmod(dir, 0o711);
await install({ say });
const postgres = await startPostgres({ dir: join(dir, 'postgres') });
const ports = { api: await freePort(), snmp: await freePort() };
const words = [ports.api, ports.snmp, count - snmpCount, snmpCount, answerMs].map(String);
const peers = new Process({ name: 'devices', entry: join(import.meta.dirname, 'assess-devices.js'), words });
try {
  const ready = (): boolean => {
    if (peers.exitCode !== null) throw new Error(peers.output);
    return peers.output.includes('fingerprint');
  };
  await until('the devices are there', ready, 120_000);
  const { fingerprint } = JSON.parse(peers.output) as Ready;
  const assessing = await startAssessing(postgres.url, ports);
  const reset = (): void => void process.kill(peers.pid, 'SIGHUP');
  say(`${count} devices, ${answerMs} ms an answer, from the box in each part`);
  try {
    await run(new Bench({ assessing, devices: devicesOf(fingerprint), reset, say }));
  } finally {
    await assessing.stop();
  }
} finally {
  await peers.signal('SIGTERM');
  await postgres.kill();
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
