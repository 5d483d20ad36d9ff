// An operator at the command line with schedules, a real console at the other end.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scheduleProgressed } from '#events/schedule';
import { databases, Trial } from '../../../test/support/console.js';
import { typist, type Typist } from '../../../test/support/typed.js';
import { until } from '../../../test/support/until.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;

describe('schedules at the command line', () => {
  let trial: Trial;
  let type: Typist;
  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    type = await typist(trial, runCommand);
  });
  afterAll(() => trial.stop());

  const muster = (...words: readonly string[]) => type('schedule', ...words);
  const bodyOf = async () => {
    const { out } = await muster('show', 'nightly', '--json');
    return (JSON.parse(out) as { body: object }).body;
  };

  it('are written in words, and what is left out stays', async () => {
    expect((await muster()).out).toBe('There are no schedules.\n');
    expect((await muster('set', 'nightly', '--group', 'all')).status).toBe(2);
    const first = ['--group', 'all', '--weekly', 'sun,mon@03:00', '--zone', 'Europe/Berlin'];
    const set = await muster('set', 'nightly', ...first, '--stages', '5,25,100');
    expect(set.status).toBe(0);
    expect(set.out).toContain('weekly mon,sun 03:00 Europe/Berlin; next: ');
    expect(set.out).toContain('Stages: 5, 25, 100 %, stopped when more than 10 % fail.');
    expect(await bodyOf()).toMatchObject({ weekdays: [1, 7], policyId: null, remediate: true });
    await muster(
      'set',
      'nightly',
      '--monthly',
      '31@04:30',
      '--policy',
      'base',
      '--report-only',
      '--stages',
      '-',
      '--off',
    );
    expect(await bodyOf()).toMatchObject({
      every: 'monthly',
      at: '04:30',
      dayOfMonth: 31,
      weekdays: [],
      policyId: 'base',
      remediate: false,
      enabled: false,
      timeZone: 'Europe/Berlin',
      rollout: null,
    });
    expect((await muster('list')).out).toMatch(
      /^nightly +all +monthly day 31 04:30 Europe\/Berlin +off +-$/m,
    );
  });

  it('are refused in words', async () => {
    const wrong = await muster('set', 'nightly', '--zone', 'Mars/Olympus');
    expect([wrong.status, wrong.text]).toEqual([
      1,
      expect.stringContaining('there is no time zone Mars/Olympus'),
    ]);
    expect((await muster('set', 'nightly', '--weekly', 'someday@03:00')).status).toBe(2);
    expect((await muster('set', 'nightly', '--daily', '03:00', '--once', '2026-01-01@03:00')).status).toBe(2);
    expect((await muster('set', 'nightly', '--on', '--off')).status).toBe(2);
    expect((await muster('show', 'nobody')).status).toBe(1);
    expect((await muster('dance', 'nightly')).status).toBe(2);
  });

  it('run, are followed to their end, and are cancelled', async () => {
    const ran = muster('run', 'nightly');
    const asked = async () =>
      (await trial.told('schedule.runRequested')) as unknown as readonly { runId: string }[];
    await until('it is asked for', async () => (await asked()).length === 1);
    const [{ runId = '' } = {}] = await asked();
    const none = { waiting: 0, running: 0, skipped: 0, failed: 0, unreachable: 0 };
    const over = { state: 'done', endedAt: '2026-11-21T02:10:00.000Z', stage: 3 } as const;
    const progress = { ...scheduleProgressed.example, runId, scheduleId: 'nightly', ...none };
    const publish = (change: object) =>
      trial.bus.publish([trial.event('assessment', scheduleProgressed.draft({ ...progress, ...change }))]);
    await publish({ ...over, devices: 114 });
    const { status, out } = await ran;
    expect([status, out]).toEqual([
      1,
      'Run of 2026-11-21T02:00:01Z: done, stage 3 of 3. 114 devices: 110 compliant, 4 not compliant.\n',
    ]);
    expect((await muster('runs', 'nightly')).out).toContain(`${runId}  nightly`);
    expect((await muster('cancel', runId)).text).toContain('This run is over.');
    expect((await muster('delete', 'nightly')).out).toBe('Deleted.\n');
  });
});
