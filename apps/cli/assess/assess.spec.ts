// Devices assessed at the command line, a real console at the other end.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentQueued } from '#events/assessment';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import { databases, Trial } from '../../../test/support/console.js';
import { typist, type Typist } from '../../../test/support/typed.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;

describe('muster assess', () => {
  let trial: Trial;
  let muster: Typist;
  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    muster = await typist(trial, runCommand);
    const body = { name: 'Office', kind: 'manual', priority: 10, filter: null, members: [], policyId: null };
    const token = await trial.token('operator');
    await trial.ask('PUT', '/api/groups/office', { token, body: { version: 0, body } });
  });
  afterAll(() => trial.stop());

  /** A device of the group. */
  async function plugIn(serial: string) {
    const of = { deviceId: randomUUID(), identity: { ...deviceDiscovered.example.identity, serial } };
    const office = { groupId: 'office', name: 'Office', kind: 'manual', priority: 10 } as const;
    const groups = [{ ...office, policyId: null, added: true }];
    const found = deviceDiscovered.draft({ ...deviceDiscovered.example, ...of, announcements: [] });
    const grouped = deviceGrouped.draft({ ...deviceGrouped.example, ...of, groups, announcements: [] });
    await trial.hear(trial.event('discovery', found), trial.event('autogroup', grouped));
    return of;
  }

  it('--cancel says whether there was anything to stop', async () => {
    const of = await plugIn('STOP-1');
    const nothing = 'is known to run or to wait.';
    expect(await muster('assess', 'STOP-1', '--cancel')).toMatchObject({
      status: 1,
      text: `muster assess: Nothing of STOP-1 ${nothing}\n`,
    });
    expect(await muster('assess', '--group', 'office', '--cancel')).toMatchObject({
      status: 1,
      text: `muster assess: Nothing of any device of office ${nothing}\n`,
    });
    const data = { ...assessmentQueued.example, ...of, taskId: randomUUID() };
    await trial.hear(trial.event('assessment', assessmentQueued.draft(data)));
    expect(await muster('assess', 'STOP-1', '--cancel')).toMatchObject({
      status: 0,
      out: 'Asked to stop.\n',
    });
    expect(await muster('assess', '--group', 'office', '--cancel')).toMatchObject({
      status: 0,
      out: 'Asked 1 device to stop.\n',
    });
  });
});
