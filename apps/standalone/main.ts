// `npm start`: the embedded Muster, and with --demo a fleet of virtual printers to try it on.
//
//   main.ts          npm start               options.ts  what it is told      standalone.ts  all services in one process
//   services.ts      every service there is, imported together here alone
//   folder-fault.ts  what is wrong with the data folder, in words
//   demo.ts          the fleet of the demo; session.ts: it acts as an operator does
//   command.ts       a command that does one thing and ends:
//   migrate.ts       muster migrate          topology.ts  muster topology     integrator.ts  muster integrator
//   replay.ts        muster events replay, with replay-options.ts
//   management.ts    the broker's HTTP API, for two of them; broker-trouble.ts: what keeps from the broker, in words
//   similar-keys.ts  which setting --refuse means
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openLog } from '#runtime/log';
import { startTelemetry, type Telemetry } from '#runtime/telemetry';
import { FolderFault, folderFault } from './folder-fault.js';
import { help, readOptions, UsageError, type Options } from './options.js';
import type { Standalone } from './standalone.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** How long a demo may take to settle before --once gives up. */
const settleLimitMs = 180_000;

async function main(): Promise<number> {
  // Whatever is written is its owner's alone, in a folder that others may read as well.
  process.umask(0o077);
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    say(help);
    return 0;
  }
  const data = resolve(options.data);
  try {
    return await start({ ...options, data });
  } catch (error) {
    throw isExpected(error) ? error : await folderFault(error, data);
  }
}

/** Its message says all that an operator needs. */
const isExpected = (error: unknown): error is Error =>
  error instanceof UsageError ||
  error instanceof FolderFault ||
  (error instanceof Error && ['ConfigError', 'FolderLocked', 'PortUnavailable'].includes(error.name));

async function start(options: Options): Promise<number> {
  await mkdir(options.data, { recursive: true, mode: 0o700 });
  if (options.demo !== null) await startAnew(options.data);
  const telemetry = startTelemetry('muster', process.env);
  try {
    return await run(options, telemetry);
  } finally {
    await telemetry.stop();
  }
}

/** What an earlier demo left in its folder would be taken for what this one does. Another's folder is left as it is. */
async function startAnew(data: string): Promise<void> {
  const mark = join(data, 'demo');
  if (existsSync(mark)) {
    const { lockFolder } = await import('#store/lock-folder');
    const unlock = await lockFolder(data);
    for (const name of ['database', 'fleet', 'gateway'])
      await rm(join(data, name), { recursive: true, force: true });
    await unlock();
  } else if ((await readdir(data)).length === 0) {
    await writeFile(mark, 'The next demo in this folder starts anew.\n');
  }
}

async function run(options: Options, telemetry: Telemetry): Promise<number> {
  const password = await passwordFile(options);
  const environment = { ...process.env, ...(password && { MUSTER_ADMIN_PASSWORD_FILE: password }) };
  const { startStandalone } = await import('./standalone.js');
  const muster = await startStandalone({ ...options, environment, telemetry });
  try {
    introduce(options, muster, password);
    const asked = new Promise<0>((stop) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(0));
    });
    if (options.demo === null || !password) return await asked;
    return await runDemo(options, muster, password, asked);
  } finally {
    await muster.stop();
  }
}

/** The demo's own password lies beside its data; otherwise console makes one and prints it once. */
async function passwordFile({ data, demo }: Options): Promise<string | null> {
  const given = process.env['MUSTER_ADMIN_PASSWORD_FILE'];
  if (given || demo === null) return given ?? null;
  const file = join(data, 'admin-password');
  if (!existsSync(file)) await writeFile(file, randomBytes(12).toString('base64url'), { mode: 0o600 });
  return file;
}

function introduce({ demo, data }: Options, muster: Standalone, password: string | null): void {
  const { url, announcePort, accepting, sealingFingerprint } = muster;
  const on = accepting || demo !== null;
  say(`
Muster runs, all services in this process.
  Page and API   ${url}   (name admin${password ? `, password in ${password}` : ''})
  Announcements  TLS on port ${announcePort}${on ? '' : ', if you switch them on'}
  Data           ${data}   (survives the death of the process; power loss only on PostgreSQL)`);
  if (demo === null && sealingFingerprint !== null)
    say(`  Gateway's key  ${sealingFingerprint}   (compare it before muster ca gateways --admit)`);
  if (on) return;
  say(`
This Muster takes no announcements yet. To switch it on:
  1. sign in, Settings, Accept Device Announcements; TCP ${announcePort} must be open in the firewall
  2. let the name hp-print-mgmt lead here in your DNS, or configure this address on the printers
To look first: npm start -- --demo 20
`);
}

async function runDemo(
  options: Options,
  { url, announcePort }: Standalone,
  passwordIn: string,
  asked: Promise<0>,
): Promise<number> {
  const { startDemo } = await import('./demo.js');
  const password = await readFile(passwordIn, 'utf8');
  const { data, refuse } = options;
  const printers = options.demo ?? 0;
  const log = openLog({ level: 'warn', fields: { service: 'fleet' } });
  const devicePort = Number(process.env['MUSTER_DEVICE_PORT'] ?? 7627);
  const demo = await startDemo({
    url,
    devicePort,
    password: password.trim(),
    data,
    announcePort,
    printers,
    refuse,
    say,
    log,
  });
  try {
    const settled = await Promise.race([demo.settled(settleLimitMs), asked]);
    if (settled === 0) return 0;
    const { devices, licensed, compliant, seconds } = settled;
    const result = `RESULT demo devices=${devices} licensed=${licensed} compliant=${compliant} seconds=${seconds}`;
    if (!options.once) {
      say(`Demo: settled after ${seconds} s. Ctrl-C ends it.`);
      return await asked;
    }
    say(result);
    return devices === printers && licensed === printers && compliant === printers ? 0 : 1;
  } finally {
    await demo.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(
    `${isExpected(error) ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  if (error instanceof UsageError) process.stderr.write('See npm start -- --help\n');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
