// Fifty printers: what a dry run says, what the assessment then changes, and all of it put back; by REST and command line.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../../apps/agent/fleet.js';
import { plugIn, unplug } from '../support/fleet.js';
import { startMuster, type Muster } from '../support/muster.js';
import { Process } from '../support/process.js';
import { ownFolder } from '../support/servers.js';
import { until } from '../support/until.js';

const printers = 50;
const limitMs = 120_000;

interface Change {
  readonly setting: string;
  readonly before: unknown;
  readonly after: unknown;
}
interface DryRun {
  readonly serial: string;
  readonly deviceId: string;
  readonly outcome: string;
  readonly changes: readonly Change[];
}
interface Made extends Change {
  readonly taskId: string;
  readonly verified: boolean;
  readonly undoneBy: string | null;
}
interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
}

describe('fifty printers', () => {
  let muster: Muster;
  let fleet: Fleet | undefined;
  beforeAll(async () => {
    muster = await startMuster({ size: 'embedded' });
    const { operator } = muster;
    await operator.switchOn();
    await operator.changeSettings({ allowRemediation: false, maxNumberTasks: 50 });
    const filter = { field: 'serial', operator: 'startsWith', value: 'VNB3F' };
    await operator.ask('PUT', '/api/groups/office', {
      version: 0,
      body: { name: 'Office', kind: 'automatic', priority: 10, filter, members: [], policyId: null },
    });
    fleet = await plugIn(muster, { count: printers });
    const members = async () => operator.get<Page<object>>('/api/devices?group=office&limit=1');
    await until('all are known', async () => (await members()).total === printers, limitMs);
  }, 300_000);
  afterAll(async () => {
    await unplug(fleet);
    await muster.stop();
  }, 120_000);

  const settingsOf = (): ReadonlyMap<string, object> =>
    new Map((fleet?.printers ?? []).map(({ identity, device }) => [identity.serial, device.settings()]));
  const bySetting = (changes: readonly Change[]) =>
    Object.fromEntries(changes.map(({ setting, before, after }) => [setting, { before, after }]));
  const changesOf = async (deviceId: string): Promise<readonly Made[]> =>
    (await muster.operator.get<Page<Made>>(`/api/devices/${deviceId}/changes?limit=500`)).items;
  const dryRuns = () => muster.operator.get<Page<DryRun>>('/api/groups/office/dry-runs?limit=500');
  const cli = async (...words: readonly string[]) => {
    const { token } = await muster.operator.ask<{ token: string }>('POST', '/api/tokens', {
      name: `cli-${words.join('-')}`.slice(0, 60),
      role: 'operator',
    });
    const tokenFile = join(await ownFolder('token'), 'token');
    await writeFile(tokenFile, token);
    const environment = { MUSTER_CONSOLE_URL: muster.operator.url, MUSTER_TOKEN_FILE: tokenFile };
    const run = new Process({ name: 'muster', entry: 'apps/cli/main.js', words, environment });
    return { code: await run.ended(), said: run.output };
  };

  it('the diff before is what is changed after, and undoing restores every value', async () => {
    const { operator } = muster;
    const before = settingsOf();
    const group = { policyId: 'base', mode: 'dryRun' };
    expect(await operator.ask('POST', '/api/groups/office/assess', group)).toEqual({ devices: printers });
    await until('all dry runs ended', async () => (await dryRuns()).total === printers, limitMs);
    const foreseen = new Map((await dryRuns()).items.map((run) => [run.deviceId, run]));
    expect([...foreseen.values()].filter(({ changes }) => changes.length < 10)).toEqual([]);
    expect(settingsOf()).toEqual(before);
    expect((await operator.devices()).filter(({ status }) => status !== 'unassessed')).toEqual([]);

    await operator.changeSettings({ allowRemediation: true });
    await operator.ask('POST', '/api/groups/office/assess', { policyId: 'base' });
    const assessed = await operator.settled(printers, limitMs);
    expect(assessed.filter(({ status }) => status !== 'compliant')).toEqual([]);
    for (const { id, serial } of assessed) {
      const changes = await changesOf(id);
      expect([serial, bySetting(changes)]).toEqual([serial, bySetting(foreseen.get(id)?.changes ?? [])]);
      expect(changes.every(({ verified, undoneBy }) => verified && undoneBy === null)).toBe(true);
      expect(settingsOf().get(serial)).toEqual({
        ...before.get(serial),
        ...Object.fromEntries(changes.map(({ setting, after }) => [setting, after])),
      });
    }

    // As after a policy that was a mistake: nothing is remediated any more, and what was done is put back.
    await operator.changeSettings({ allowRemediation: false });
    for (const { id } of assessed) {
      const [{ taskId } = { taskId: '' }] = await changesOf(id);
      await operator.ask('POST', `/api/devices/${id}/undo`, { taskId });
    }
    for (const { id, serial } of assessed) {
      const undone = async (): Promise<boolean> => {
        const own = (await changesOf(id)).filter((made) => made.setting === 'svc.telnet');
        return own.some(({ undoneBy }) => undoneBy !== null);
      };
      await until(`${serial} is undone`, undone, limitMs);
    }
    expect(settingsOf()).toEqual(before);
    expect((await operator.devices()).filter(({ status }) => status !== 'unassessed')).toEqual([]);
  }, 400_000);

  it('the command line looks first, changes, tells what was changed, and puts it back', async () => {
    const [printer] = fleet?.printers ?? [];
    if (!printer) throw new Error('fifty were plugged in');
    const { serial } = printer.identity;
    const before = printer.device.settings();
    const look = await cli('assess', serial, '--policy', 'limited', '--dry-run');
    expect(look).toMatchObject({ code: 0 });
    expect(look.said).toMatch(/Telnet +true +false +api/);
    expect(look.said).toMatch(/\d+ settings would be changed on 1 of 1 devices\./);
    await muster.operator.changeSettings({ allowRemediation: true });
    expect((await cli('assess', serial, '--policy', 'limited')).said).toContain(
      'Assessment of 1 device asked for',
    );
    await until('it was changed', () => printer.device.settings()['svc.telnet'] === false, limitMs);
    const [one] = (await muster.operator.devices()).filter((device) => device.serial === serial);
    await until(
      'it is told',
      async () => (await changesOf(one?.id ?? '')).some(({ undoneBy }) => undoneBy === null),
      limitMs,
    );
    expect((await cli('changes', serial)).said).toMatch(/Telnet +true +false +api +verified/);
    const back = await cli('undo', serial);
    expect(back).toMatchObject({ code: 0 });
    expect(back.said).toMatch(/^(\d+) of \1 settings are as they were before\.$/m);
    expect(printer.device.settings()).toEqual(before);
  }, 400_000);
});
