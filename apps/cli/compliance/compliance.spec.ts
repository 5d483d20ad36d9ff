// What a program that calls muster compliance reads off the exit code: 0 means known and right.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished, type AssessmentFinished } from '#events/assessment';
import { deviceDiscovered } from '#events/device';
import { assessmentUndone } from '#events/undo';
import type { Event } from '#events/event';
import { databases, Trial } from '../../../test/support/console.js';
import { typist, type Typist } from '../../../test/support/typed.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;
const good = { deviceId: randomUUID(), identity: { ...deviceDiscovered.example.identity, serial: 'GOOD-1' } };
const silent = { deviceId: randomUUID(), identity: { ...good.identity, serial: 'SILENT-1' } };

describe('exit codes of compliance', () => {
  let trial: Trial;
  let muster: Typist;
  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    muster = await typist(trial, runCommand);
  });
  afterAll(() => trial.stop());

  const hear = (...events: readonly Event[]) => trial.hear(...events);
  const found = (one: typeof good): Event =>
    trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, ...one }));
  const results = assessmentFinished.example.results
    .slice(0, 1)
    .map((one) => ({ ...one, outcome: 'compliant' as const, before: false, after: false }));
  const ended = (one: typeof good, more: Partial<AssessmentFinished>): Event => {
    const data = { ...assessmentFinished.example, ...one, taskId: randomUUID(), changes: [], ...more };
    return trial.event('assessment', assessmentFinished.draft(data));
  };

  it('nobody is not everybody: without a device nothing is right', async () => {
    expect(await muster('compliance')).toMatchObject({ status: 1, out: '0 devices, no score\n' });
    const nobody = await muster('compliance', '--group', 'typo');
    expect([nobody.status, nobody.text]).toEqual([1, expect.stringContaining('There is no group typo')]);
  });

  it('one that is not reached is not right, and neither are all with it', async () => {
    await hear(found(good), ended(good, { outcome: 'compliant', results }));
    expect((await muster('compliance')).status).toBe(0);
    expect((await muster('compliance', 'GOOD-1')).status).toBe(0);
    await hear(found(silent), ended(silent, { outcome: 'unreachable', results: [] }));
    expect(await muster('compliance')).toMatchObject({
      status: 1,
      out: expect.stringContaining(
        '1 of 2 devices has a score: 100\n1 without one: 1 not read at the last try\n',
      ) as string,
    });
    expect((await muster('compliance', silent.deviceId)).status).toBe(1);
    expect((await muster('compliance', 'NOBODY-1')).text).toContain('there is no device');
  });

  it('a fleet that was put back is no 100 at first sight', async () => {
    const open = { deviceId: randomUUID(), identity: { ...good.identity, serial: 'OPEN-1' } };
    await hear(found(open), ended(open, { outcome: 'compliant', results }));
    const undone = { ...assessmentUndone.example, ...open };
    await hear(trial.event('assessment', assessmentUndone.draft(undone)));
    const all = await muster('compliance');
    expect(all.out.split('\n').slice(0, 2)).toEqual([
      '1 of 3 devices has a score: 100',
      '2 without one: 1 put back since they were last assessed, 1 not read at the last try',
    ]);
    expect(await muster('compliance', 'OPEN-1')).toMatchObject({
      status: 1,
      out: 'no score: not assessed since it was put back, 2026-11-21T09:00:02Z\n',
    });
    await hear(ended(open, { outcome: 'compliant', results }));
    expect((await muster('compliance')).out).toContain('2 of 3 devices have a score: 100\n1 without one');
  });

  it('a row is wrong where a policy has switched Telnet on, and it is said why', async () => {
    const told = { deviceId: randomUUID(), identity: { ...good.identity, serial: 'TELNET-1' } };
    const policy = { policyId: 'telnet', category: '', severity: 'high', detail: null } as const;
    const [on, off] = [true, false].map((value) => ({ required: value, before: null, after: value }));
    const said = [
      { ...policy, ...on, setting: 'svc.telnet', title: 'Telnet', outcome: 'remediated' },
      { ...policy, ...off, setting: 'svc.ftp', title: 'FTP', outcome: 'compliant' },
      { ...policy, setting: 'jobs.heldMax', title: 'Held', outcome: 'nonCompliant' },
    ];
    const held = { required: 10, compare: 'atMost', before: 20, after: 20 };
    const judged = said.map((one) => ({ ...held, ...one })) as AssessmentFinished['results'];
    await hear(found(told), ended(told, { outcome: 'nonCompliant', results: judged }));
    const { out } = await muster('compliance', 'TELNET-1');
    const rows = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows.filter(([id]) => id === 'STIG V-6783' || id === 'NIST SC-5')).toEqual([
      ['STIG V-6783', 'wrong', 'svc.telnet remediated (it is On, asked for is Off), svc.ftp compliant'],
      ['NIST SC-5', 'right', 'jobs.heldMax nonCompliant (it is 20 jobs, asked for is at most 32 jobs)'],
    ]);
  });
});
