// npm run services, as typed: each service a process with its own account on the broker and role in the database.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLog } from '#runtime/log';
import { startFleet } from '../apps/agent/fleet.js';
import { freePort } from '../scripts/servers.mjs';
import { Operator } from './support/operator.js';
import { ownFolder } from './support/servers.js';
import { until } from './support/until.js';
import { root } from './tidy/sources.js';

/** Of this file alone: others have their printers elsewhere. */
const networkPrefix = '127.19';
const log = openLog({ level: 'silent', fields: {} });
const startLimitMs = 400_000;

describe('npm run services', () => {
  let dir: string;
  let announcePort: number;
  let services: ChildProcess;
  let output = '';

  beforeAll(async () => {
    dir = await ownFolder('services');
    announcePort = await freePort();
    const ports = ['--http-port', `${await freePort()}`, '--announce-port', `${announcePort}`];
    services = spawn(process.execPath, ['scripts/services.mjs', '--data', dir, ...ports], { cwd: root });
    for (const stream of [services.stdout, services.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    await until(
      'all services are ready',
      () => {
        if (services.exitCode !== null) throw new Error(output);
        return output.includes('Muster runs, 7 processes');
      },
      startLimitMs,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${output}`);
    });
  }, startLimitMs + 10_000);

  afterAll(async () => {
    services.kill('SIGKILL');
  });

  it('carries a device to its end with no more rights than each service has', async () => {
    const [, url = ''] = /Page and API +(\S+)/.exec(output) ?? [];
    const operator = await Operator.signIn(url, readFileSync(path.join(dir, 'secrets', 'admin'), 'utf8'));
    await operator.switchOn();
    await operator.changeSettings({ deviceNetworks: [`${networkPrefix}.0.0/16`] });
    const stateDir = path.join(dir, 'fleet');
    const server = { host: '127.0.0.1', port: announcePort };
    const fleet = await startFleet({ count: 2, stateDir, server, networkPrefix, log });
    const devices = await operator.settled(2, 60_000);
    await fleet.stop();
    expect(devices.map(({ status, licensed }) => ({ status, licensed }))).toEqual(
      devices.map(() => ({ status: 'compliant', licensed: true })),
    );
    const refusals = output
      .split('\n')
      .filter((line) => /permission denied|ACCESS_REFUSED|access refused/i.test(line));
    expect(refusals).toEqual([]);
  }, 240_000);

  it('ends whole, and well, at one signal', async () => {
    services.kill('SIGTERM');
    const [code] = (await once(services, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(output).toContain('Stopping.');
  }, 240_000);
});
