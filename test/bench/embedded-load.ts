// npm run bench:embedded-load: how long an honest device waits for its acknowledge (from TCP connect to the line) at an
// embedded Muster that knows 10,000 devices: idle, then beside consumers that work off a backlog and a page that is open.
// Both are measured in turns, so that what else the machine does meets both. It exits with 1 when the p99 under load is
// above 100 ms.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { carryEmbedded, startEmbedded, type Embedded } from './embedded.js';
import { load } from './load.js';
import { openPage } from './page.js';

const devices = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 3);
const backlog = 1_000;
const count = 500;
const perSecond = 50;
const p99MsMax = 100;

const say = (line: string) => process.stdout.write(`${line}\n`);
const accepted = (line: string) => line.includes('"result":"accepted"');
const dir = await mkdtemp(join(tmpdir(), 'muster-load-'));
const passwordFile = join(dir, 'password');
await writeFile(passwordFile, 'correct horse battery staple');

let known = 0;
async function honest(muster: Embedded): Promise<readonly number[]> {
  const server = { port: muster.announcePort, pid: muster.pid };
  const { answeredMs } = await load(server, { first: known, count, perSecond }, accepted);
  known += count;
  return answeredMs;
}

/** A backlog that is renewed before it is worked off. */
async function keepBusy(muster: Embedded, signal: AbortSignal): Promise<number> {
  let published = 0;
  while (!signal.aborted) {
    await muster.publish(devices + published, backlog);
    published += backlog;
    const enough = async () => (await muster.state()).waiting < backlog;
    while (!signal.aborted && !(await enough())) await delay(250);
  }
  return published;
}

async function loaded(muster: Embedded): Promise<readonly number[]> {
  const page = await openPage(muster.url, passwordFile);
  const ending = new AbortController();
  const busy = keepBusy(muster, ending.signal);
  const took = await honest(muster);
  ending.abort();
  await Promise.all([busy, page.close()]);
  while (!(await muster.state()).idle) await delay(100);
  say(
    `  the page asked ${page.asked()} times and heard ${page.heard()} events; ${await busy} devices beside`,
  );
  return took;
}

function told(what: string, times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  const [p50, p99, max] = [at(0.5), at(0.99), at(1)];
  say(`${what}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, at most ${max.toFixed(1)} ms`);
  return { p50, p99 };
}

try {
  const muster = await startEmbedded(dir, { MUSTER_ADMIN_PASSWORD_FILE: passwordFile });
  try {
    const { perSecond: carried } = await carryEmbedded(muster, 0, devices);
    say(`${devices} devices are known (${carried.toFixed(0)}/s); warming up`);
    await honest(muster);
    const [idle, under]: [number[], number[]] = [[], []];
    for (let round = 1; round <= rounds; round += 1) {
      say(`round ${round}`);
      idle.push(...(await honest(muster)));
      under.push(...(await loaded(muster)));
    }
    const [quiet, busy] = [told('idle', idle), told('under load', under)];
    process.exitCode = busy.p99 <= p99MsMax ? 0 : 1;
    say(
      `RESULT embedded-load ack_p99_ms=${busy.p99.toFixed(0)} ack_p50_ms=${busy.p50.toFixed(0)} ` +
        `idle_p99_ms=${quiet.p99.toFixed(0)} idle_p50_ms=${quiet.p50.toFixed(0)} p99_vs_idle=${(busy.p99 / quiet.p99).toFixed(1)}`,
    );
  } finally {
    await muster.stop();
  }
} finally {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
