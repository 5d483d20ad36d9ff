// npm run bench:folder: the data folder of an embedded Muster stays bounded. A million events through its bus: devices that
// announce again and again, each time carried to device.grouped. What grows with the number of devices is theirs and stays;
// what grows with events must not. Above 400 MB it exits with 1.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { carryEmbedded, startEmbedded } from './embedded.js';

const events = Number(process.argv[2] ?? 1_000_000);
const devices = Math.min(10_000, events / 20);
const mbMax = 400;

const run = promisify(execFile);
const say = (line: string) => process.stdout.write(`${line}\n`);
const dir = await mkdtemp(join(tmpdir(), 'muster-folder-'));

async function mbOf(folder: string): Promise<number> {
  const { stdout } = await run('du', ['-sk', folder]);
  return Number.parseInt(stdout, 10) / 1024;
}

try {
  const muster = await startEmbedded(dir);
  let done = 0;
  let most = 0;
  try {
    for (let round = 1; done < events; round += 1) {
      const { perSecond } = await carryEmbedded(muster, 0, devices);
      done = (await muster.state()).events;
      const [mb, logMb] = [await mbOf(dir), await mbOf(join(dir, 'database', 'pg_wal'))];
      most = Math.max(most, mb);
      say(
        `round ${round}: ${done} events, ${mb.toFixed(0)} MB (${logMb.toFixed(0)} MB of them its log), ${perSecond.toFixed(0)} devices/s`,
      );
    }
    const parts = await run('du', ['-k', '--max-depth=1', join(dir, 'database')]);
    say(parts.stdout.replaceAll(`${dir}/`, ''));
    for (const { name, mb } of await muster.tables()) say(`  ${name} ${mb} MB`);
  } finally {
    await muster.stop();
  }
  process.exitCode = most <= mbMax ? 0 : 1;
  say(`RESULT folder events=${done} mb=${most.toFixed(0)}`);
} finally {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
