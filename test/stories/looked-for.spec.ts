// Printers that do not announce themselves: found by a range and by a list, licensed, grouped, and put right by the policy of the
// group that they are new in, where the switch for that is on (R35, R52). Then, at the command line: looked at, changed, put back.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import type { Fleet } from '../../apps/agent/fleet.js';
import { plugIn, unplug } from '../support/fleet.js';
import { startMuster, type Muster } from '../support/muster.js';
import { Process } from '../support/process.js';
import { ownFolder } from '../support/servers.js';
import { until } from '../support/until.js';

const inRange = 4;
const printers = 6;
const network = '127.8.0';

interface Run {
  readonly id: string;
  readonly endedAt: string | null;
  readonly found: number;
  readonly known: number;
  readonly notReached: number;
  readonly nobody: number;
}

describe('printers that do not announce themselves', () => {
  let muster: Muster;
  let fleet: Fleet | undefined;
  beforeAll(async () => {
    muster = await startMuster({ size: 'embedded' });
    // Nobody takes their announcements.
    const server = { host: '127.0.0.1', port: await freePort() };
    fleet = await plugIn(muster, { count: printers, server });
    await muster.operator.changeSettings({
      allowRemediation: true,
      initialPolicy: 'base',
      deviceNetworks: ['127.8.0.0/16'],
      autoGroupDiscoveryAutoRemediationEnable: true,
    });
    const filter = { field: 'ip', operator: 'inNetwork', value: `${network}.0/24` };
    const body = { name: 'Found', kind: 'automatic', priority: 10, filter, members: [], policyId: 'base' };
    await muster.operator.ask('PUT', '/api/groups/found', { version: 0, body });
  }, 400_000);
  afterAll(async () => {
    await unplug(fleet);
    await muster?.stop();
  }, 240_000);

  const lookFor = async (entries: readonly object[]): Promise<Run> => {
    const { id } = await muster.operator.ask<Run>('POST', '/api/discoveries', { entries });
    return until('it is over', async () => {
      const run = await muster.operator.get<Run>(`/api/discoveries/${id}`);
      return run.endedAt !== null && run;
    });
  };

  it('are found in a range, and made compliant', async () => {
    const run = await lookFor([
      { address: `${network}.1-${network}.${inRange}` },
      { address: `${network}.240/28` },
    ]);
    // On loopback every address refuses connections, so that somebody is there.
    expect(run).toMatchObject({ found: inRange, known: 0, notReached: 14, nobody: 0 });
    const devices = await muster.operator.settled(inRange, 120_000);
    expect(
      devices.map(({ status, licensed, autoDiscovered, lastPolicyUsed }) => [
        status,
        licensed,
        autoDiscovered,
        lastPolicyUsed,
      ]),
    ).toEqual(
      Array.from({ length: inRange }, () => ['compliant', true, false, expect.any(String) as unknown]),
    );
    expect((await muster.operator.get<{ total: number }>('/api/devices?group=found')).total).toBe(inRange);
  }, 240_000);

  it('are found by a list, next to those that are known and one that is not there', async () => {
    const list = Array.from({ length: printers + 1 }, (_, n) => ({
      address: `${network}.${n + 1}`,
      name: `Printer ${n + 1}`,
    }));
    const run = await lookFor(list);
    expect(run).toMatchObject({ found: printers - inRange, known: inRange, notReached: 1 });
    const devices = await muster.operator.settled(printers, 120_000);
    expect(new Set(devices.map(({ status }) => status))).toEqual(new Set(['compliant']));
    // Those that were known are compliant as before, and nothing says otherwise.
    const told = await Promise.all(
      devices.map(({ id }) => muster.operator.get<{ notAssessed: object | null }>(`/api/devices/${id}`)),
    );
    expect(told.map(({ notAssessed }) => notAssessed)).toEqual(devices.map(() => null));
    const { items } = await muster.operator.get<{ items: object[] }>(`/api/discoveries/${run.id}/results`);
    expect(items).toMatchObject([
      { line: printers + 1, name: `Printer ${printers + 1}`, outcome: 'notReached' },
    ]);
  }, 240_000);

  let tokenFile: string | null = null;
  const tokened = async (): Promise<string> => {
    const asked = { name: 'cli', role: 'operator' };
    const { token } = await muster.operator.ask<{ token: string }>('POST', '/api/tokens', asked);
    const file = join(await ownFolder('token'), 'token');
    await writeFile(file, token);
    return file;
  };
  const cli = async (...words: readonly string[]) => {
    tokenFile ??= await tokened();
    const environment = { MUSTER_CONSOLE_URL: muster.operator.url, MUSTER_TOKEN_FILE: tokenFile };
    const run = new Process({ name: 'muster', entry: 'apps/cli/main.js', words, environment });
    return { code: await run.ended(), said: run.output };
  };

  it('are looked at, changed and put back at the command line', async () => {
    const [printer] = fleet?.printers ?? [];
    if (!printer) throw new Error('six were plugged in');
    const { serial } = printer.identity;
    await printer.device.write({ 'svc.telnet': true });
    const before = printer.device.settings();
    const look = await cli('assess', '--group', 'found', '--policy', 'limited', '--dry-run');
    expect(look).toMatchObject({
      code: 0,
      said: expect.stringMatching(/Telnet +true +false +api/) as unknown,
    });
    expect(look.said).toMatch(new RegExp(`^1 setting would be changed on 1 of ${printers} devices\\.$`, 'm'));
    const newest = async (): Promise<readonly string[]> => {
      const [, row = ''] = (await cli('changes', serial)).said.split('\n');
      return /([0-9a-f-]{36}) +\S.*? {2,}(\w+) +(\w+) +(\w+) +api +verified/.exec(row) ?? [];
    };
    const [, earlier] = await newest();
    expect(await cli('assess', '--group', 'found', '--policy', 'limited')).toMatchObject({
      code: 0,
      said: expect.stringMatching(
        new RegExp(`^${printers} devices: ${printers} compliant\\.$`, 'm'),
      ) as unknown,
    });
    const [, task = '', ...change] = await newest();
    expect(task).not.toBe(earlier);
    expect(change).toEqual(['Telnet', 'true', 'false']);
    const back = await cli('undo', serial, '--task', task);
    expect(back).toMatchObject({ code: 0 });
    expect(back.said).toMatch(
      new RegExp(`^Of task ${task} of \\S+Z, 1 of 1 settings are as they were before\\.$`, 'm'),
    );
    expect(printer.device.settings()).toEqual(before);
    const since = new Date().toISOString();
    expect(await cli('assess', serial, '--policy', 'limited')).toMatchObject({ code: 0 });
    expect(await cli('undo', '--group', 'found', '--since', since)).toMatchObject({
      code: 0,
      said: expect.stringMatching(/^1 device: 1 as before\.$/m) as unknown,
    });
    expect(printer.device.settings()['svc.telnet']).toBe(true);
    expect(await cli('assess', serial, '--cancel')).toMatchObject({ code: 1 });
    const taken = await cli('policy', 'from-device', serial);
    expect(taken).toMatchObject({ code: 0, said: expect.stringMatching(/^name: Like /m) as unknown });
    expect(taken.said).toMatch(/setting: svc\.telnet\n +required: true$/m);
    await unplug(fleet);
    fleet = undefined;
    const gone = await cli('policy', 'from-device', serial);
    expect(gone).toMatchObject({
      code: 1,
      said: expect.stringContaining(`${serial} could not be read: unreachable`) as unknown,
    });
  }, 400_000);
});
