// What a program that calls muster compliance, or a dry run, reads off the exit code: 0 means known and right.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished, type AssessmentFinished } from '#events/assessment';
import { deviceDiscovered } from '#events/device';
import type { Event } from '#events/event';
import { databases, Trial } from '../../../test/support/console.js';
import { typist, type Typist } from '../../../test/support/typed.js';
import { until } from '../../../test/support/until.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;
const good = { deviceId: randomUUID(), identity: { ...deviceDiscovered.example.identity, serial: 'GOOD-1' } };
const silent = { deviceId: randomUUID(), identity: { ...good.identity, serial: 'SILENT-1' } };

describe('exit codes of compliance and of a dry run', () => {
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
      out: expect.stringContaining('2 devices, score 100; 1 without one') as string,
    });
    expect((await muster('compliance', silent.deviceId)).status).toBe(1);
    expect((await muster('compliance', 'NOBODY-1')).text).toContain('there is no device');
  });

  it('a dry run that could not read a device is no good one', async () => {
    const dry = async (one: typeof good, more: Partial<AssessmentFinished>) => {
      const run = muster('assess', one.identity.serial, '--dry-run');
      await until('it is asked for', async () => {
        const told = await trial.told('assessment.requested');
        return told.some((event) => JSON.stringify(event).includes(one.deviceId));
      });
      await hear(ended(one, { mode: 'dryRun', ...more }));
      return (await run).status;
    };
    expect(await dry(good, { outcome: 'compliant', results })).toBe(0);
    expect(await dry(silent, { outcome: 'unreachable', results: [] })).toBe(1);
  });
});
