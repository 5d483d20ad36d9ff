// What operators ask of assessment, and what they see of it: from REST to the bus, and from the bus to REST.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  assessmentFinished,
  assessmentQueued,
  assessmentSkipped,
  assessmentStarted,
} from '#events/assessment';
import { scheduleProgressed } from '#events/schedule';
import { assessmentUndone } from '#events/undo';
import { deviceDiscovered, deviceGrouped, deviceRetired } from '#events/device';
import type { Event } from '#events/event';
import { Store } from '#store/store';
import { databases, Trial } from '../../../test/support/console.js';
import { until } from '../../../test/support/until.js';
import { schemas } from '../../../libs/answers/answers.js';
import { keepHouse } from '../housekeeping.js';

const saying = (part: string): unknown => expect.stringContaining(part);

describe.each(databases)('assessing on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('operator');
    const body = { name: 'Office', kind: 'automatic', priority: 10, members: [], policyId: null };
    const filter = { field: 'serial', operator: 'startsWith', value: 'OFFICE' };
    const put = { version: 0, body: { ...body, filter } };
    expect((await trial.ask('PUT', '/api/groups/office', { token, body: put })).status).toBe(200);
  });
  afterAll(() => trial.stop());

  const hear = (...events: readonly Event[]) => trial.hear(...events);
  const plugIn = async (serial: string) => {
    const of = {
      deviceId: randomUUID(),
      identity: { ...deviceDiscovered.example.identity, serial, ip: '10.0.0.9' },
    };
    const office = { groupId: 'office', name: 'Office', kind: 'automatic', priority: 10 } as const;
    const groups = serial.startsWith('OFFICE') ? [{ ...office, policyId: null, added: true }] : [];
    await hear(
      trial.event(
        'discovery',
        deviceDiscovered.draft({ ...deviceDiscovered.example, ...of, announcements: [] }),
      ),
      trial.event(
        'autogroup',
        deviceGrouped.draft({ ...deviceGrouped.example, ...of, groups, announcements: [] }),
      ),
    );
    return of;
  };
  const longAgo = '2020-01-01T00:00:00Z';
  type Of = Awaited<ReturnType<typeof plugIn>>;
  const finished = (of: Of, taskId: string, change: object = {}): Event =>
    trial.event(
      'assessment',
      assessmentFinished.draft({ ...assessmentFinished.example, ...of, taskId, ...change }),
    );
  const post = (path: string, body: object = {}) => trial.ask('POST', `/api/${path}`, { token, body });
  const get = (path: string) => trial.ask('GET', `/api/${path}`, { token });
  const told = async (type: string, id: string) =>
    (await trial.told(type)).filter((data) => (data as { deviceId?: string }).deviceId === id);

  const queued = (of: Of, taskId: string): Event =>
    trial.event('assessment', assessmentQueued.draft({ ...assessmentQueued.example, ...of, taskId }));
  const dropped = ({ deviceId }: Of, taskId: string): Event => {
    const data = { ...assessmentSkipped.example, deviceId, taskId, reason: 'cancelled' } as const;
    return trial.event('assessment', assessmentSkipped.draft(data));
  };
  const cancelled = (of: Of) => told('assessment.cancelRequested', of.deviceId);
  /** Stops in the audit log, the newest first: of whom, what came of them, and the devices they name. */
  const stopsOf = async (target: string) => {
    const admin = await trial.token('admin');
    const ofAdmin = async (path: string) => (await trial.ask('GET', `/api/${path}`, { token: admin })).body;
    const entries = schemas.AuditList.parse(await ofAdmin('audit')).items.filter(
      (entry) => entry.target === target && entry.action === 'assessment.cancelRequested',
    );
    return Promise.all(
      entries.map(async ({ id, outcome, devices, detail }) => {
        const { asked } = schemas.AuditEntryWhole.parse(await ofAdmin(`audit/${id}`));
        return { outcome, devices, detail, asked: asked.map(({ deviceId }) => deviceId) };
      }),
    );
  };
  /** A device that is asked to stop; what is heard meanwhile comes once assessment was told of it. */
  const cancel = async (of: Of, ...meanwhile: readonly Event[]) => {
    const before = (await cancelled(of)).length;
    const answer = post(`devices/${of.deviceId}/cancel`);
    await until('assessment is told', async () => (await cancelled(of)).length > before);
    await hear(...meanwhile);
    return answer;
  };

  it('a device is asked for, to be assessed or only looked at', async () => {
    const of = await plugIn('ASKED-1');
    const path = `devices/${of.deviceId}`;
    expect((await post(`${path}/assess`)).status).toBe(202);
    expect((await post(`${path}/assess`, { policyId: 'base', mode: 'dryRun' })).status).toBe(202);
    expect(await told('assessment.requested', of.deviceId)).toMatchObject([
      { policyId: null, mode: 'assess' },
      { policyId: 'base', mode: 'dryRun' },
    ]);
    expect((await post(`${path}/assess`, { mode: 'undo' })).status).toBe(400);
    expect((await post(`${path}/assess`, { policyId: 'nobody' })).status).toBe(404);
  });

  it('a device is asked for all its settings, which are a policy then; or said not to be there', async () => {
    const of = await plugIn('LIKE-1');
    const path = `devices/${of.deviceId}`;
    expect(await get(`${path}/policy`)).toMatchObject({ status: 404, body: { detail: saying('POST') } });
    expect((await post(`${path}/policy`)).status).toBe(202);
    expect(await told('assessment.requested', of.deviceId)).toMatchObject([
      { policyId: null, mode: 'dryRun', everything: true },
    ]);
    const read = { mode: 'dryRun', policies: [], changes: [] };
    const away = { outcome: 'unreachable', detail: 'no answer within 5000 ms', results: [] };
    await hear(finished(of, randomUUID(), { ...read, ...away }));
    const refused = await get(`${path}/policy`);
    expect(refused).toMatchObject({ status: 409, body: { detail: saying('no answer within 5000 ms') } });
    const taskId = randomUUID();
    await hear(finished(of, taskId, read));
    expect((await get(`${path}/policy`)).body).toMatchObject({
      name: 'Like LIKE-1',
      items: [{ setting: 'svc.telnet', required: true, remediate: true }],
    });
    const shown = await get(path);
    expect(shown.body).toMatchObject({ lastReadOut: { taskId, outcome: 'compliant' }, lastDryRun: null });
    expect(schemas.DeviceDetail.safeParse(shown.body).error).toBeUndefined();
    // What it said then still holds where nobody could read it again.
    await hear(finished(of, randomUUID(), { ...read, outcome: 'cancelled', results: [] }));
    expect((await get(`${path}/policy`)).body).toMatchObject({ items: [{ setting: 'svc.telnet' }] });
    expect((await get(path)).body).toMatchObject({ lastReadOut: { outcome: 'cancelled' } });
  });

  it('a group is asked for device by device', async () => {
    const members = [await plugIn('OFFICE-1'), await plugIn('OFFICE-2')];
    const answer = await post('groups/office/assess', { policyId: 'base', mode: 'dryRun' });
    expect(answer).toMatchObject({ status: 202, body: { devices: members.length } });
    const { asked } = schemas.Asked.parse(answer.body);
    expect(asked.map(({ serial, deviceId }) => [serial, deviceId])).toEqual(
      expect.arrayContaining(members.map(({ identity, deviceId }) => [identity.serial, deviceId])),
    );
    const requests = await trial.database.query<{ id: string }>(
      `select body->>'id' as id from bus.event where body->>'id' = any($1)`,
      [asked.map(({ requestId }) => requestId)],
    );
    expect(requests).toHaveLength(members.length);
    for (const { deviceId } of members)
      expect(await told('assessment.requested', deviceId)).toMatchObject([
        { policyId: 'base', mode: 'dryRun' },
      ]);
    expect((await post('groups/nobody/assess')).status).toBe(404);
    const [result] = assessmentFinished.example.results;
    const results = [{ ...result, before: true, after: true, outcome: 'nonCompliant', wouldWrite: true }];
    const run = { mode: 'dryRun', outcome: 'nonCompliant', results, changes: [] };
    const [one] = members;
    if (!one) throw new Error('two were plugged in');
    await hear(finished(one, randomUUID(), run));
    const runs = await get('groups/office/dry-runs');
    expect(schemas.DryRunList.safeParse(runs.body).error).toBeUndefined();
    expect(runs.body).toMatchObject({
      total: 1,
      items: [{ serial: 'OFFICE-1', changes: [{ setting: 'svc.telnet', before: true, after: false }] }],
    });
  });

  it('a dry run is shown beside the result, and changes nothing of it', async () => {
    const of = await plugIn('DRY-1');
    await hear(finished(of, randomUUID()));
    const before = await get(`devices/${of.deviceId}`);
    const dry = { mode: 'dryRun', outcome: 'nonCompliant', changes: [], agent: null } as const;
    const started = assessmentStarted.draft({
      ...assessmentStarted.example,
      ...of,
      taskId: randomUUID(),
      mode: 'dryRun',
    });
    const skipped = {
      ...assessmentSkipped.example,
      deviceId: of.deviceId,
      taskId: null,
      mode: 'dryRun',
    } as const;
    await hear(
      trial.event('assessment', started),
      finished(of, started.data.taskId, dry),
      trial.event('assessment', assessmentSkipped.draft(skipped)),
    );
    const { body } = await get(`devices/${of.deviceId}`);
    expect(schemas.DeviceDetail.safeParse(body).error).toBeUndefined();
    expect(body).toMatchObject({ lastDryRun: { taskId: started.data.taskId, outcome: 'nonCompliant' } });
    const { history: _, ...shown } = body;
    const { history: __, ...as } = before.body;
    expect(shown).toEqual({ ...as, lastDryRun: (body as { lastDryRun?: unknown }).lastDryRun });
  });

  it('what a task has changed is listed, and asked to be put back until it is', async () => {
    const of = await plugIn('OFFICE-UNDO-1');
    const [taskId, undoing] = [randomUUID(), randomUUID()];
    const path = `devices/${of.deviceId}`;
    expect((await post(`${path}/undo`, { taskId })).status).toBe(404);
    await hear(finished(of, taskId));
    const changes = await get(`${path}/changes`);
    expect(schemas.ChangeList.safeParse(changes.body).error).toBeUndefined();
    expect(changes.body.items).toMatchObject([
      {
        taskId,
        undoes: [],
        changes: [{ setting: 'svc.telnet', undoneBy: null, verified: true, secret: false }],
      },
    ]);
    expect((await post(`${path}/undo`, { taskId })).status).toBe(202);
    expect(await told('assessment.undoRequested', of.deviceId)).toMatchObject([{ taskId }]);
    const undone = { ...assessmentUndone.example, ...of, taskId: undoing, undoes: taskId };
    await hear(trial.event('assessment', assessmentUndone.draft(undone)));
    expect((await get(`${path}/changes`)).body.items).toMatchObject([
      { taskId: undoing, undoes: [taskId], changes: [{ before: false, after: true, undoneBy: null }] },
      { taskId, undoes: [], changes: [{ before: true, after: false, undoneBy: undoing }] },
    ]);
    expect(await post(`${path}/undo`, { taskId })).toMatchObject({ status: 409 });
    // Of a group, what undoing has written is left alone.
    expect((await post('groups/office/undo', { since: longAgo })).status).toBe(202);
    expect(await told('assessment.undoRequested', of.deviceId)).toHaveLength(1);
    expect((await post(`${path}/undo`, { taskId: undoing })).status).toBe(202);
    const { finishedAt, policies } = assessmentFinished.example;
    expect((await get(path)).body).toMatchObject({
      status: 'unassessed',
      lastAssessment: null,
      compliance: null,
      putBackAt: assessmentUndone.example.finishedAt,
      lastAssessedAt: finishedAt,
      lastPolicyUsed: policies[0]?.name,
    });
  });

  it('what a group was changed since a moment is asked to be put back, the newest first', async () => {
    const of = await plugIn('OFFICE-UNDO-3');
    const tasks = [randomUUID(), randomUUID()];
    const [change] = assessmentFinished.example.changes;
    const changedAt = (at: string, setting = 'svc.telnet') => ({ changes: [{ ...change, setting, at }] });
    const [older = '', newer = ''] = tasks;
    // Heard of in another order than they were made.
    await hear(finished(of, newer, changedAt('2026-02-01T00:00:00.000Z')));
    await hear(finished(of, older, changedAt('2026-01-01T00:00:00.000Z')));
    await hear(finished(of, randomUUID(), changedAt('2019-12-31T00:00:00.000Z')));
    await hear(finished(of, randomUUID(), changedAt('2026-03-01T00:00:00.000Z', 'credential.admin')));
    expect(await post('groups/nobody/undo', { since: longAgo })).toMatchObject({ status: 404 });
    expect(await post('groups/office/undo', { since: 'yesterday' })).toMatchObject({ status: 400 });
    const later = '2999-01-01T00:00:00Z';
    expect(await post('groups/office/undo', { since: later })).toMatchObject({ body: { devices: 0 } });
    expect((await post('groups/office/undo', { since: longAgo })).status).toBe(202);
    const asked = await told('assessment.undoRequested', of.deviceId);
    // What is asked for last is put back first.
    expect(asked).toMatchObject(tasks.map((taskId) => ({ taskId })));
  });

  it('of a task that put back two others, what it wrote last counts', async () => {
    const of = await plugIn('UNDO-2');
    const taskId = randomUUID();
    const undone = (after: string): Event => {
      const changes = assessmentUndone.example.changes.map((change) => ({
        ...change,
        setting: 'snmp.access',
        before: 'v3Only',
        after,
      }));
      const data = { ...assessmentUndone.example, ...of, taskId, undoes: randomUUID(), items: [], changes };
      return trial.event('assessment', assessmentUndone.draft(data));
    };
    const shown = async () => (await get(`devices/${of.deviceId}/changes`)).body.items;
    await hear(undone('v1v2ReadOnly'), undone('v1v2ReadWrite'));
    const changed = (after: string) => [{ taskId, changes: [{ before: 'v3Only', after }] }];
    expect(await shown()).toMatchObject(changed('v1v2ReadWrite'));
    await hear(undone('v1v2ReadOnly'));
    expect(await shown()).toMatchObject(changed('v1v2ReadOnly'));
  });

  it('what a device was changed for is told with the changes, and in its history', async () => {
    const of = await plugIn('CAUSE-1');
    const ids = Array.from({ length: 4 }, () => randomUUID());
    const [byAda = '', byRun = '', undoing = '', old = ''] = ids;
    const runId = randomUUID();
    const schedule = { scheduleId: 'nightly', name: 'Strict, each night' };
    const { changes } = assessmentFinished.example;
    const at = (hour: number) => ({
      changes: changes.map((change) => ({ ...change, at: `2026-11-21T0${hour}:00:00.000Z` })),
    });
    const subject = { ...assessmentQueued.example, ...of, policies: [] };
    const queued = (task: object) =>
      trial.event('assessment', assessmentQueued.draft({ ...subject, ...task }));
    const started = { ...assessmentStarted.example, ...of, taskId: byRun, runId, schedule, attempt: 2 };
    const undone = { ...assessmentUndone.example, ...of, taskId: undoing, undoes: byAda };
    await hear(
      finished(of, old, at(1)),
      queued({ taskId: byAda, trigger: 'requested', requestedBy: ['ada', 'bob'] }),
      finished(of, byAda, { ...at(2), trigger: 'requested', requestedBy: ['ada', 'bob'] }),
      queued({ taskId: undoing, trigger: 'requested', mode: 'undo', requestedBy: ['eve'] }),
      trial.event('assessment', assessmentUndone.draft({ ...undone, requestedBy: ['eve'], ...at(3) })),
      trial.event('assessment', assessmentStarted.draft({ ...started, requestedBy: ['ada'] })),
      finished(of, byRun, { ...at(4), trigger: 'requested', requestedBy: ['ada'], runId, schedule }),
      queued({ taskId: randomUUID(), requestedBy: ['ada'] }),
      trial.event(
        'assessment',
        assessmentSkipped.draft({
          ...{ ...assessmentSkipped.example, deviceId: of.deviceId, taskId: null },
          ...{ reason: 'cancelled', cancelledBy: 'bob' },
        }),
      ),
    );
    await trial.database.query('update console.change set cause = null where task_id = $1', [old]);
    const { items } = schemas.ChangeList.parse((await get(`devices/${of.deviceId}/changes`)).body);
    expect(items.map(({ taskId, cause }) => ({ taskId, cause }))).toEqual([
      { taskId: byRun, cause: { trigger: 'requested', requestedBy: ['ada'], run: { runId, ...schedule } } },
      { taskId: undoing, cause: { trigger: 'requested', requestedBy: ['eve'], run: null } },
      { taskId: byAda, cause: { trigger: 'requested', requestedBy: ['ada', 'bob'], run: null } },
      { taskId: old, cause: null },
    ]);
    const { history } = schemas.DeviceDetail.parse((await get(`devices/${of.deviceId}`)).body);
    const texts = history.map(({ text }) => text);
    for (const text of [
      'Waits for its assessment with none, because of a request of ada and bob.',
      'Waits for what a task has changed to be put back, because of a request of eve.',
      'Assessment with Muster Base started by a run of the schedule Strict, each night that ada asked for, attempt 2.',
      'Waits for its assessment with none, because of its announcement and a request of ada.',
      'Not assessed: bob cancelled it.',
    ])
      expect(texts).toContain(text);
  });

  it('the audit log names the device, the devices of a group, and the task that came of it', async () => {
    const admin = await trial.token('admin');
    const ofAdmin = async (path: string) => (await trial.ask('GET', `/api/${path}`, { token: admin })).body;
    const newest = async (target: string) =>
      schemas.AuditList.parse(await ofAdmin('audit')).items.find((entry) => entry.target === target);
    const [one, two] = [await plugIn('AUDIT-1'), await plugIn('AUDIT-2')];
    const body = { name: 'Audited', kind: 'manual', priority: 20, members: [], filter: null, policyId: null };
    await trial.ask('PUT', '/api/groups/audited', { token, body: { version: 0, body } });
    const audited = { groupId: 'audited', name: 'Audited', kind: 'manual', priority: 20 } as const;
    const groups = [{ ...audited, policyId: null, added: true }];
    const grouped = { ...deviceGrouped.example, announcements: [], groups };
    await hear(
      ...[one, two].map((of) => trial.event('autogroup', deviceGrouped.draft({ ...grouped, ...of }))),
    );
    await post(`devices/${one.deviceId}/assess`);
    await post('groups/audited/assess');
    const target = `device:${one.deviceId}`;
    const device = { id: one.deviceId, serial: 'AUDIT-1', model: one.identity.model, listed: true };
    expect(await newest(target)).toMatchObject({ device, devices: 1, taskId: null });
    const requests = await trial.database.query<{ id: string }>(
      `select body->>'id' as id from bus.event where type = 'assessment.requested' and body->>'subject' = $1 order by seq`,
      [one.deviceId],
    );
    const tasks = requests.map(() => randomUUID());
    await hear(
      ...requests.map(({ id }, nth) => {
        const of = { ...one, taskId: tasks[nth] ?? '', requestedBy: ['ada'] };
        const draft = assessmentQueued.draft({ ...assessmentQueued.example, ...of });
        return { ...trial.event('assessment', draft), causedBy: id };
      }),
    );
    expect(await newest(target)).toMatchObject({ device, devices: 1, taskId: tasks[0] });
    const entry = await newest('group:audited');
    expect(entry).toMatchObject({ device: null, devices: 2, taskId: null });
    const whole = schemas.AuditEntryWhole.parse(await ofAdmin(`audit/${entry?.id}`));
    expect(whole).toMatchObject({ target: 'group:audited' });
    expect(whole.asked).toEqual([
      { deviceId: one.deviceId, serial: 'AUDIT-1', listed: true, taskId: tasks[1] },
      { deviceId: two.deviceId, serial: 'AUDIT-2', listed: true, taskId: null },
    ]);
    // Of one that was deleted the serial number is still told.
    const gone = { ...deviceRetired.example, deviceId: one.deviceId, serial: one.identity.serial };
    await hear(trial.event('discovery', deviceRetired.draft(gone)));
    const deleted = { ...device, listed: false };
    expect(await newest(target)).toMatchObject({ device: deleted, devicesKept: true });
    const { asked } = schemas.AuditEntryWhole.parse(await ofAdmin(`audit/${entry?.id}`));
    expect(asked).toMatchObject([{ listed: false }, { listed: true }]);
    expect(whole).toMatchObject({ devicesKept: true });
    // Where there were too many since, how many they were is all that is left.
    await keepHouse(new Store(trial.database, 'console'), 0);
    expect(await newest('group:audited')).toMatchObject({ devices: 2, devicesKept: false });
    expect(await newest(target)).toMatchObject({
      device: deleted,
      devices: 1,
      devicesKept: false,
      taskId: null,
    });
    const left = schemas.AuditEntryWhole.parse(await ofAdmin(`audit/${entry?.id}`));
    expect(left).toMatchObject({ devicesKept: false, asked: [] });
  });

  it('of many tasks a page has whole ones, and the pages have each of them once', async () => {
    const of = await plugIn('MANY-1');
    const [change] = assessmentFinished.example.changes;
    // Two of them ended with the same millisecond, and on the border of two pages.
    const seconds = [50, 40, 30, 30, 10];
    const tasks = seconds.map((second) => ({
      taskId: randomUUID(),
      changes: ['svc.telnet', 'svc.ftp', 'snmp.access'].map((setting, place) => ({
        ...{ ...change, setting },
        at: `2026-11-21T08:00:${second}.${place}00Z`,
      })),
    }));
    await hear(...tasks.map(({ taskId, changes }) => finished(of, taskId, { changes })));
    const path = `devices/${of.deviceId}/changes`;
    const seen: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const { body } = await get(`${path}?limit=3&after=${after}`);
      const page = schemas.ChangeList.parse(body);
      expect(page).toMatchObject({ total: tasks.length });
      for (const task of page.items) {
        expect(task.changes.map(({ setting }) => setting)).toEqual(['svc.telnet', 'svc.ftp', 'snmp.access']);
        expect(task.at).toBe(task.changes.at(-1)?.at);
        seen.push(task.taskId);
      }
      after = page.next;
    }
    expect(seen.toSorted()).toEqual(tasks.map(({ taskId }) => taskId).toSorted());
    const oldest = tasks.at(-1)?.taskId;
    expect([seen[0], seen.at(-1)]).toEqual([tasks[0]?.taskId, oldest]);
    const alone = schemas.ChangeList.parse((await get(`${path}?task=${oldest}`)).body);
    expect(alone).toMatchObject({ items: [{ taskId: oldest }], total: 1, next: null });
    expect((await get(`${path}?task=${randomUUID()}`)).body).toEqual({ items: [], total: 0, next: null });
    for (const query of ['after=yesterday', `after=2026-13-45T08:00:00Z~${oldest}`, 'limit=101', 'task=1'])
      expect([query, (await get(`${path}?${query}`)).status]).toEqual([query, 400]);
  });

  it('a device of which nothing runs or waits is said to have nothing to stop, and assessment is told', async () => {
    const of = await plugIn('STOP-1');
    const taskId = randomUUID();
    await hear(finished(of, taskId));
    expect(await cancel(of)).toMatchObject({
      status: 409,
      body: { title: 'Nothing to stop', detail: 'Nothing of STOP-1 is known to run or to wait.' },
    });
    expect(await stopsOf(`device:${of.deviceId}`)).toEqual([
      {
        outcome: 'refused',
        devices: null,
        detail: { reason: 'Nothing of STOP-1 is known to run or to wait.' },
        asked: [],
      },
    ]);
  });

  it('a device is stopped of which a task waits, or is heard of in that moment', async () => {
    const of = await plugIn('STOP-2');
    const taskId = randomUUID();
    await hear(queued(of, taskId));
    expect((await cancel(of)).status).toBe(202);
    await hear(dropped(of, taskId));
    const late = await cancel(of, queued(of, randomUUID()));
    expect(late.status).toBe(202);
    const done = { outcome: 'done', devices: 1, detail: null, asked: [of.deviceId] };
    expect(await stopsOf(`device:${of.deviceId}`)).toEqual([done, done]);
    const other = await plugIn('STOP-3');
    const short = randomUUID();
    // Nobody sees it wait.
    expect((await cancel(other, queued(other, short), dropped(other, short))).status).toBe(202);
    const nothing = cancel(other);
    const outcomes = async () => (await stopsOf(`device:${other.deviceId}`)).map(({ outcome }) => outcome);
    // Whether there is something is not known yet.
    await until('it is asked', async () => (await outcomes()).join() === 'asked,done');
    expect((await nothing).status).toBe(409);
    expect(await outcomes()).toEqual(['refused', 'done']);
  });

  it('of a group it is said of how many something ran or waited, also for its turn in a run', async () => {
    const [one, two] = [await plugIn('OFFICE-STOP-1'), await plugIn('OFFICE-STOP-2')];
    const taskId = randomUUID();
    await hear(queued(one, taskId));
    expect(await post('groups/office/cancel')).toMatchObject({ status: 202, body: { devices: 1 } });
    for (const of of [one, two]) expect(await cancelled(of)).toHaveLength(1);
    await hear(dropped(one, taskId));
    const refused = await post('groups/office/cancel');
    expect(refused).toMatchObject({ status: 409 });
    // The audit log names who had something, and not who was told.
    expect(await stopsOf('group:office')).toEqual([
      { outcome: 'refused', devices: null, detail: { reason: refused.body.detail }, asked: [] },
      { outcome: 'done', devices: 1, detail: null, asked: [one.deviceId] },
    ]);
    expect((await post('groups/nobody/cancel')).status).toBe(404);
    const runId = randomUUID();
    const run = { ...scheduleProgressed.example, runId, groupId: 'office' };
    const at = (beganAt: string, endedAt: string | null = null): Event =>
      trial.event('assessment', scheduleProgressed.draft({ ...run, beganAt, endedAt }));
    const { finishedAt } = assessmentFinished.example;
    await hear(finished(one, randomUUID()), at(finishedAt.replace('2026', '2025')));
    expect((await cancel(two)).status).toBe(202);
    // It has its result of that run.
    expect((await cancel(one)).status).toBe(409);
    await hear(at(finishedAt.replace('2026', '2027')));
    expect((await cancel(one)).status).toBe(202);
    await hear(at(finishedAt, finishedAt));
    expect((await cancel(two)).status).toBe(409);
  });

  it('of more devices than one entry of the audit log names there are several', async () => {
    await trial.database.query(
      `insert into console.device (id, listed, queued, group_ids, state)
       select gen_random_uuid(), true, (n > 4)::int, '{crowd}', '{}' from generate_series(1, 1005) as n`,
    );
    const body = { name: 'Crowd', kind: 'manual', priority: 30, members: [], filter: null, policyId: null };
    await trial.ask('PUT', '/api/groups/crowd', { token, body: { version: 0, body } });
    const before = (await trial.told('assessment.cancelRequested')).length;
    expect(await post('groups/crowd/cancel')).toMatchObject({ status: 202, body: { devices: 1001 } });
    expect(await trial.told('assessment.cancelRequested')).toHaveLength(before + 1005);
    const stops = await stopsOf('group:crowd');
    expect(stops.map(({ outcome, devices }) => [outcome, devices])).toEqual([
      ['done', 1],
      ['done', 1000],
    ]);
    expect(new Set(stops.flatMap(({ asked }) => asked)).size).toBe(1001);
  });
});
