// What operators do with schedules, and what they see of runs: from REST to the bus, and back.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scheduleBody, scheduleProgressed, type ScheduleProgressed } from '#events/schedule';
import { databases, Trial } from '../../../test/support/console.js';
import { schemas } from '../../../libs/answers/answers.js';

describe.each(databases)('schedules on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('operator');
  });
  afterAll(() => trial.stop());

  const body = scheduleBody.parse({
    name: 'Nightly',
    groupId: 'all',
    policyId: 'base',
    every: 'daily',
    from: '2026-01-01',
    at: '03:00',
    timeZone: 'Europe/Berlin',
  });
  const get = (path: string) => trial.ask('GET', `/api/${path}`, { token });
  const post = (path: string) => trial.ask('POST', `/api/${path}`, { token });
  const put = (id: string, version: number, of: object = {}) =>
    trial.ask('PUT', `/api/schedules/${id}`, { token, body: { version, body: { ...body, ...of } } });
  const hear = async (progress: Partial<ScheduleProgressed>): Promise<void> => {
    const event = trial.event(
      'assessment',
      scheduleProgressed.draft({ ...scheduleProgressed.example, scheduleId: 'nightly', ...progress }),
    );
    await trial.hear(event);
  };

  it('are written, told with the group that they are for, and shown with their next time', async () => {
    const written = await put('nightly', 0);
    expect(written).toMatchObject({ status: 200, body: { version: 1, lastRun: null } });
    expect(schemas.Schedule.safeParse(written.body).error).toBeUndefined();
    const { next } = written.body;
    expect(new Date(next ?? '').getTime()).toBeGreaterThan(Date.now());
    expect(await trial.told('schedule.changed')).toMatchObject([{ id: 'nightly', body }]);
    expect((await trial.told('group.changed')).at(-1)).toMatchObject({ id: 'all', version: 1 });
    expect((await get('schedules')).body).toMatchObject({ total: 1 });
    expect((await get('schedules/nightly/versions')).body).toMatchObject({ total: 1 });
    expect((await put('nightly', 1, { enabled: false })).body.next).toBeNull();
  });

  it('are refused with each fault', async () => {
    const wrong = { groupId: 'nobody', policyId: 'none', timeZone: 'Mars/Olympus', every: 'weekly' };
    const { status, body: refusal } = await put('wrong', 0, wrong);
    expect(status).toBe(400);
    const paths = refusal.faults.map(({ path }) => path).toSorted();
    expect(paths).toEqual(['body.groupId', 'body.policyId', 'body.timeZone', 'body.weekdays']);
    expect((await put('wrong', 0, { at: '25:00' })).status).toBe(400);
  });

  it('keep what they need from being deleted', async () => {
    const group = { name: 'G', kind: 'manual', priority: 10, filter: null, members: [], policyId: null };
    await trial.ask('PUT', '/api/groups/needed', { token, body: { version: 0, body: group } });
    await put('needing', 0, { groupId: 'needed' });
    const remove = (path: string) => trial.ask('DELETE', `/api/${path}`, { token });
    const refused = await remove('groups/needed');
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringContaining('schedule Nightly')]);
    expect((await remove('schedules/needing')).status).toBe(204);
    expect((await remove('groups/needed')).status).toBe(204);
  });

  it('run when they are asked to, and their runs are shown and cancelled', async () => {
    expect((await post('schedules/nobody/run')).status).toBe(404);
    const asked = await post('schedules/nightly/run');
    const log = await trial.ask('GET', '/api/audit?limit=1', { token: await trial.token('admin') });
    expect(log.body.items).toMatchObject([{ target: 'schedule:nightly', detail: asked.body }]);
    expect(schemas.RunAsked.safeParse(asked.body).error).toBeUndefined();
    const [request] = (await trial.told('schedule.runRequested')) as unknown as readonly { runId: string }[];
    if (!request) throw new Error('it was told');
    const { runId } = request;
    expect(asked).toMatchObject({ status: 202, body: { runId } });
    expect((await get(`runs/${runId}`)).status).toBe(404);
    await hear({ runId, compliant: 110 });
    const run = await get(`runs/${runId}`);
    expect(schemas.Run.safeParse(run.body).error).toBeUndefined();
    expect(run.body).toMatchObject({ id: runId, state: 'running', compliant: 110 });
    expect((await get('schedules/nightly')).body).toMatchObject({ lastRun: { id: runId } });
    expect((await post(`runs/${runId}/cancel`)).status).toBe(202);
    expect(await trial.told('schedule.cancelRequested')).toMatchObject([{ runId }]);
    await hear({ runId, state: 'cancelled', endedAt: '2026-11-21T02:10:00.000Z' });
    expect((await post(`runs/${runId}/cancel`)).status).toBe(409);
    await hear({ runId: randomUUID(), scheduleId: 'other' });
    expect((await get('runs')).body).toMatchObject({ total: 2 });
    const ofOne = await get('runs?schedule=nightly');
    expect(schemas.RunList.safeParse(ofOne.body).error).toBeUndefined();
    expect(ofOne.body).toMatchObject({ total: 1, items: [{ id: runId, state: 'cancelled' }] });
  });
});
