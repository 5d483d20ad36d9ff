// A printer that does not announce itself, in a network of its own: found by multicast, by an operator at the command line. What
// answers there nobody here wrote: avahi says where the printer is, and snmpd who it is (R35).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAvahi, withoutAvahi } from '../support/avahi.js';
import { withoutCurl } from '../support/curl.js';
import { password } from '../support/muster.js';
import type { Process } from '../support/process.js';
import { community, startSnmpd, withoutSnmpd } from '../support/snmpd.js';
import { until } from '../support/until.js';
import { whyNoWire, Wire, wireAddresses, wireNetwork } from '../support/wire.js';

const reason = whyNoWire() ?? withoutAvahi ?? withoutSnmpd ?? withoutCurl;
const printer = { serial: 'VNB3K12345', model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001' };
const url = 'http://127.0.0.1:3330';

describe.skipIf(reason !== null)(`a network${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let wire: Wire;
  let muster: Process;
  let snmpd: { stop(): Promise<void> } | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'muster-multicast-'));
  const cookies = join(folder, 'cookies');

  beforeAll(async () => {
    wire = new Wire();
    const avahi = mkdtempSync(join(folder, 'avahi-'));
    await startAvahi(wire, avahi, 'Second floor');
    const at = (program: string, words: readonly string[]) =>
      wire.start('printer', 'snmpd', program, ...words);
    snmpd = await startSnmpd(wireAddresses.printer, 161, printer, at);
    writeFileSync(join(folder, 'password'), password);
    const words = ['--data', join(folder, 'data'), '--http-port', '3330', '--announce-port', '3329'];
    muster = inServer('muster', 'apps/standalone/main.js', words, {
      MUSTER_ADMIN_PASSWORD_FILE: join(folder, 'password'),
      MUSTER_LOG_LEVEL: 'info',
    });
    await until(
      'Muster is ready',
      async () => {
        if (muster.exitCode !== null) throw new Error(muster.output);
        return (await curl('/health/ready')).code === 0;
      },
      120_000,
    );
    await ask('POST', '/api/session', { name: 'admin', password });
    const { version, body } = await ask<{ version: number; body: object }>('GET', '/api/settings');
    const change = { deviceNetworks: [wireNetwork], probeCommunity: community };
    await ask('PUT', '/api/settings', { version, body: { ...body, ...change } });
    const { token } = await ask<{ token: string }>('POST', '/api/tokens', { name: 'cli', role: 'operator' });
    writeFileSync(join(folder, 'token'), token);
  }, 240_000);
  afterAll(async () => {
    await muster?.signal('SIGTERM');
    await snmpd?.stop();
    await wire?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  function inServer(
    name: string,
    entry: string,
    words: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Process {
    const variables = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
    const program = [process.execPath, resolve('dist', entry), ...words];
    return wire.start('server', name, '/usr/bin/env', ...variables, ...program);
  }

  async function curl(path: string, ...words: readonly string[]) {
    const quiet = ['-sSf', '--max-time', '60', '-b', cookies, '-c', cookies];
    const run = wire.start('server', 'curl', '/usr/bin/curl', ...quiet, ...words, `${url}${path}`);
    return { code: await run.ended(), said: run.output };
  }
  async function ask<T = unknown>(method: string, path: string, body?: object): Promise<T> {
    const json = ['-H', 'content-type: application/json', '-H', 'x-muster: 1', '-X', method];
    const sent = body === undefined ? [] : ['-d', JSON.stringify(body)];
    const { code, said } = await curl(path, ...json, ...sent);
    if (code !== 0) throw new Error(`${method} ${path}: ${said}`);
    return JSON.parse(said === '' ? 'null' : said) as T;
  }
  async function discover(...words: readonly string[]) {
    const environment = { MUSTER_CONSOLE_URL: url, MUSTER_TOKEN_FILE: join(folder, 'token') };
    const run = inServer('discover', 'apps/cli/main.js', ['discover', ...words], environment);
    return { code: await run.ended(), said: run.output };
  }

  it('whose printer says by mDNS where it is: asked there, and found', async () => {
    expect(await discover('multicast:4')).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^Done: 1 found, 0 known before\.$/m) as unknown,
    });
    const { items } = await ask<{ items: readonly object[] }>('GET', '/api/devices');
    const { serial, model } = printer;
    expect(items).toMatchObject([{ serial, model, ip: wireAddresses.printer, autoDiscovered: false }]);
    expect((await discover('multicast')).said).toMatch(/^Done: 0 found, 1 known before\.$/m);
  }, 120_000);
});
