// npm run bench:pipeline: devices that are announced on the bus, carried to device.grouped. On RabbitMQ and PostgreSQL of
// its own with each service a process, beside the same one event per transaction, and a bare insert of the rows that are
// kept of it; then embedded. What is counted are devices per second, from the first announcement published to the last
// device grouped: each of them is four events of the chain (announced, discovered, licensed, grouped). Console, assessment
// and forwarding run and do what they do; beside the bare insert of all rows stands the rate until they were done, too.
// Floors: 5 times batch size 1, a tenth of the bare insert; below them it exits with 1.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { insertBare } from './bare-insert.js';
import { startChain, type Carried, type Chain } from './chain.js';
import { carryEmbedded, startEmbedded } from './embedded.js';

const devices = Number(process.argv[2] ?? 20_000);
const devicesSingly = Math.max(200, devices / 50);
const warmUp = 1_000;

const say = (line: string) => process.stdout.write(`${line}\n`);
const dir = await mkdtemp(join(tmpdir(), 'muster-pipeline-'));
// The servers run as users of their own and must be able to pass.
await chmod(dir, 0o711);

function tell(what: string, { perSecond, allPerSecond, cpuMsEach }: Carried): void {
  const total = Object.values(cpuMsEach).reduce((sum, ms) => sum + ms, 0);
  say(
    `${what}: ${perSecond.toFixed(0)} devices grouped per second, ${allPerSecond.toFixed(0)}/s until all was quiet`,
  );
  const each = Object.entries(cpuMsEach).toSorted(([, a], [, b]) => b - a);
  say(
    `  CPU ${total.toFixed(2)} ms a device: ${each.map(([name, ms]) => `${name} ${ms.toFixed(2)}`).join(', ')}`,
  );
}

/** One by one before and after, so that whatever else the machine does meets both. */
async function measure(whole: Chain, singly: Chain) {
  await whole.carry(0, warmUp);
  await singly.carry(0, 100);
  const before = await singly.carry(1_000, devicesSingly);
  tell('one event per transaction', before);
  const batches = await whole.carry(warmUp, devices);
  tell('batches of 200', batches);
  const bare = await insertBare(whole.database, devices / 2);
  const barePerSecond = (devices + warmUp) / bare.seconds;
  say(
    `bare insert of ${bare.rows} rows: ${barePerSecond.toFixed(0)} devices per second (${bare.byTable.join(', ')})`,
  );
  const after = await singly.carry(100_000, devicesSingly);
  tell('one event per transaction', after);
  return { batches, singlyPerSecond: (before.perSecond + after.perSecond) / 2, barePerSecond };
}

async function distributed() {
  say('Muster twice on RabbitMQ and PostgreSQL of its own; warming up');
  const whole = await startChain(join(dir, 'whole'), 200);
  try {
    const singly = await startChain(join(dir, 'singly'), 1);
    try {
      return await measure(whole, singly);
    } finally {
      await singly.stop();
    }
  } finally {
    await whole.stop();
  }
}

async function embedded() {
  const muster = await startEmbedded(join(dir, 'embedded'));
  try {
    await carryEmbedded(muster, 0, warmUp);
    const carried = await carryEmbedded(muster, warmUp, devices);
    tell('embedded', { ...carried, cpuMsEach: { muster: carried.cpuMsEach } });
    return carried.perSecond;
  } finally {
    await muster.stop();
  }
}

try {
  const { batches, singlyPerSecond, barePerSecond } = await distributed();
  const embeddedPerSecond = await embedded();
  const speedUp = batches.perSecond / singlyPerSecond;
  // Like with like: among the rows are those that console, assessment and forwarding write after the last device is grouped.
  const ofBare = batches.allPerSecond / barePerSecond;
  const groupedOfBare = batches.perSecond / barePerSecond;
  say(
    `grouped per second, when not all rows are written yet, over the bare insert of all rows: ${groupedOfBare.toFixed(2)}`,
  );
  process.exitCode = speedUp >= 5 && ofBare >= 0.1 ? 0 : 1;
  say(
    `RESULT pipeline events_per_s=${batches.perSecond.toFixed(0)} vs_single=${speedUp.toFixed(1)} ` +
      `vs_bare=${ofBare.toFixed(2)} embedded_events_per_s=${embeddedPerSecond.toFixed(0)}`,
  );
} finally {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
