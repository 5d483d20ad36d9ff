// Runs of schedules with real devices, on PostgreSQL, by two instances of assessment: cut into child tasks, stopped, cancelled,
// taken over, and never in the way of other tasks.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDeviceApi } from '#device/api';
import { policyTemplates } from '#documents/templates';
import {
  assessmentCancelRequested,
  assessmentFinished,
  assessmentSkipped,
  assessmentStarted,
} from '#events/assessment';
import type { Event } from '#events/event';
import { groupBody, groupChanged } from '#events/group';
import { policyChanged } from '#events/policy';
import {
  scheduleBody,
  scheduleCancelRequested,
  scheduleChanged,
  scheduleProgressed,
  scheduleRunRequested,
  type Schedule,
} from '#events/schedule';
import type { Openers } from '../../apps/assessment/connect.js';
import { assessWorker } from '../../apps/assessment/assess.js';
import { keeper } from '../../apps/assessment/changes.js';
import { chunkWorker } from '../../apps/assessment/runs/chunk.js';
import { runWorker } from '../../apps/assessment/runs/run.js';
import { AssessedFleet } from '../support/assessed-fleet.js';
import { published, type Fed } from '../support/fed-delivery.js';
import { outboxBus } from '../support/outbox-bus.js';
import { silentLog } from '../support/silent.js';
import { until } from '../support/until.js';

const count = 24;
const limitMs = 60_000;

describe('a schedule with two dozen devices', () => {
  let fleet: AssessedFleet;
  let store: AssessedFleet['store'];
  let peers: AssessedFleet['peers'];
  let fed: Fed;
  /** Devices that are spoken with at the moment, and at most. */
  let [busy, busiest] = [0, 0];
  /** By address: who was asked for its settings. */
  const asked = new Set<string>();
  /** Whoever is read waits for it. */
  let gate: Promise<void> = Promise.resolve();
  beforeAll(async () => {
    fleet = await AssessedFleet.start({ count, prefix: '127.42', serialPrefix: 'SCHED' });
    ({ store, peers } = fleet);
  });
  afterAll(() => peers.stop());

  const openers: Openers = ({ identity: { ip: address }, fingerprint, networks }) => ({
    api: () => {
      const driver = openDeviceApi({ address, port: fleet.port, fingerprint, networks, mutual: null });
      busy += 1;
      busiest = Math.max(busiest, busy);
      return {
        ...driver,
        read: async (keys, signal) => {
          asked.add(address);
          const said = await driver.read(keys, signal);
          await gate;
          return said;
        },
        close: () => {
          busy -= 1;
          driver.close();
        },
      };
    },
  });
  const document: AssessedFleet['document'] = (of, id, body) => fleet.document(of, id, body);
  const settings: AssessedFleet['settings'] = (change) => fleet.settings(change);
  const schedule = (change: Partial<Schedule> = {}): Event => {
    const times = { every: 'daily', from: '2026-01-01', at: '03:00', enabled: false };
    const body = scheduleBody.parse({ name: 'x', groupId: 'all', policyId: 'base', ...times, ...change });
    return document(scheduleChanged, 'x', body);
  };
  const grouped: AssessedFleet['grouped'] = (device, serial) => fleet.grouped(device, serial);

  beforeEach(async () => {
    [busy, busiest, gate] = [0, 0, Promise.resolve()];
    asked.clear();
    fed = await fleet.begin();
  });
  afterEach(() => fleet.end());

  const start = (
    instance: string,
    kinds: readonly ('run' | 'chunk' | 'assess')[] = ['run', 'chunk'],
    awaitMs = limitMs,
  ): void => {
    const all = [
      runWorker({ stepMs: 50, awaitMs }),
      assessWorker({ store, openers, keyring: null, log: silentLog }),
      chunkWorker({ store, bus: outboxBus, openers, keyring: null, log: silentLog }),
    ];
    const workers = all.filter(({ kind }) => kinds.some((wanted) => wanted === kind));
    fleet.work(workers, instance);
  };
  const run = async (): Promise<string> => {
    const runId = randomUUID();
    await fed.feed(published(scheduleRunRequested.draft({ runId, scheduleId: 'x', requestedBy: 'ada' })));
    return runId;
  };
  const newest = async (runId: string) =>
    (await fed.told(scheduleProgressed)).findLast((progress) => progress.runId === runId);
  const ended = async (runId: string) => {
    await until('the run has ended', async () => ((await newest(runId))?.endedAt ?? null) !== null, limitMs);
    return newest(runId);
  };
  const wrote = (): number =>
    peers.devices.filter(({ device }) => device.settings()['svc.telnet'] === false).length;
  const rows = () => store.query<{ state: string }>(`select state, outcome from assessment.run_device`);

  it('is cut into child tasks, as many at a time as may be, and every device has its turn once', async () => {
    await fed.feed(settings({ scheduledTasksMax: 2, scheduledDevicesPerTask: 4 }), schedule());
    start('one');
    start('two');
    const runId = await run();
    const last = await ended(runId);
    expect(last).toMatchObject({ state: 'done', devices: count, compliant: count, waiting: 0, running: 0 });
    expect(busiest).toBeLessThanOrEqual(8);
    expect(busiest).toBeGreaterThan(1);
    expect(wrote()).toBe(count);
    const finished = await fed.told(assessmentFinished);
    expect(new Set(finished.map(({ deviceId }) => deviceId)).size).toBe(count);
    expect(finished).toHaveLength(count);
    expect(finished.every((end) => end.runId === runId && end.outcome === 'compliant')).toBe(true);
    const of = [...(await fed.told(assessmentStarted)), ...finished].filter((told) => told.runId === runId);
    expect(new Set(of.map(({ requestedBy, schedule }) => JSON.stringify({ requestedBy, schedule })))).toEqual(
      new Set([JSON.stringify({ requestedBy: ['ada'], schedule: { scheduleId: 'x', name: 'x' } })]),
    );
    expect(await store.query('select 1 as one from assessment.task')).toEqual([]);
    expect(await rows()).toEqual([]);
    // When it began and with which policy, for the next cause; by which ways it answers, for the next task.
    const kept = await store.query<{ startedAt: Date }>(
      `select id as "deviceId", last_started_at as "startedAt", last_policy as "lastPolicy", ways is not null as known
       from assessment.device order by id`,
    );
    expect(kept.map((row) => ({ ...row, startedAt: row.startedAt.toISOString() }))).toEqual(
      finished
        .map(({ deviceId, startedAt }) => ({ deviceId, startedAt, lastPolicy: 'base', known: true }))
        .toSorted((one, other) => (one.deviceId < other.deviceId ? -1 : 1)),
    );
  });

  it('waits for a group and a policy of which word has yet to come', async () => {
    await fed.feed(settings({}), schedule({ groupId: 'new', policyId: 'late' }));
    start('one');
    const runId = await run();
    await until('it has looked for them', async () => {
      const [task] = await store.query<{ later: boolean }>(
        `select not_before > created_at as later from assessment.task where kind = 'run'`,
      );
      return task?.later === true;
    });
    await fed.feed(document(policyChanged, 'late', policyTemplates[0]?.body ?? null));
    const members = [peers.devices[0]?.id ?? ''];
    await fed.feed(document(groupChanged, 'new', groupBody.parse({ name: 'New', kind: 'manual', members })));
    expect(await ended(runId)).toMatchObject({ state: 'done', devices: 1, skipped: 0 });
  });

  it('waits no longer than it may for what does not come, and its schedule goes on', async () => {
    await fed.feed(settings({}), schedule({ groupId: 'new' }));
    start('one', ['run', 'chunk'], 200);
    expect(await ended(await run())).toMatchObject({ state: 'stopped', detail: 'there is no group new' });
    await fed.feed(schedule({ policyId: 'late' }));
    expect(await ended(await run())).toMatchObject({ state: 'done', skipped: count });
    const skipped = (await fed.told(assessmentSkipped)).filter(({ runId }) => runId !== undefined);
    expect(skipped).toMatchObject(peers.devices.map(() => ({ reason: 'policyUnknown' })));
    await fed.feed(schedule());
    expect(await ended(await run())).toMatchObject({ state: 'done', compliant: count });
  });

  it('only reports where it is to, and where nothing may be remediated any more', async () => {
    await fed.feed(schedule({ remediate: false }));
    start('one');
    expect(await ended(await run())).toMatchObject({ state: 'done', nonCompliant: count });
    // Compared with a policy that is not its own: what it is told to comply with stays what it was.
    const audits = (await fed.told(assessmentFinished)).map(({ mode }) => mode);
    expect(audits).toEqual(audits.map(() => 'dryRun'));
    const kept = await store.query(`select distinct last_policy as policy from assessment.device`);
    expect(kept).toEqual([{ policy: null }]);
    await fed.feed(schedule());
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    asked.clear();
    const runId = await run();
    await until('all are read', () => asked.size === count, limitMs);
    await fed.feed(settings({ allowRemediation: false }));
    resolve();
    expect(await ended(runId)).toMatchObject({ state: 'done', nonCompliant: count });
    expect(wrote()).toBe(0);
  });

  it('writes nothing more once it is cancelled, or the device is', async () => {
    await fed.feed(schedule());
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    start('one');
    const runId = await run();
    await until('all are read', () => asked.size === count, limitMs);
    const [first] = peers.devices;
    if (!first) throw new Error('there are two dozen');
    await fed.feed(published(assessmentCancelRequested.draft({ deviceId: first.id, requestedBy: 'ada' })));
    await fed.feed(published(scheduleCancelRequested.draft({ runId, requestedBy: 'bob' })));
    resolve();
    expect(await ended(runId)).toMatchObject({
      state: 'cancelled',
      detail: 'bob has cancelled it',
      cancelled: count,
    });
    expect(wrote()).toBe(0);
    const ends = await fed.told(assessmentFinished);
    expect(ends.find(({ deviceId }) => deviceId === first.id)?.detail).toBe('ada has cancelled it');
  });

  it('goes stage by stage, and no further when too many fail', async () => {
    const rollout = { stages: [10, 100], failedPercentMax: 20 };
    await fed.feed(
      schedule({ rollout }),
      ...peers.devices.map((one) => grouped(one, `WRONG-${one.identity.hostname}`)),
    );
    await store.query('delete from assessment.task');
    start('one');
    const stopped = await ended(await run());
    expect(stopped).toMatchObject({ state: 'stopped', stage: 1, stages: 2, failed: 3, cancelled: count - 3 });
    expect(stopped?.detail).toContain('of the 3 devices of stage 1 failed');
    expect((await fed.told(assessmentStarted)).filter(({ runId }) => runId !== undefined)).toHaveLength(3);
    await fed.feed(...peers.devices.map((one) => grouped(one)));
    await store.query('delete from assessment.task');
    expect(await ended(await run())).toMatchObject({ state: 'done', stage: 2, compliant: count });
  });

  const [one, two, three] = [3, 8, 20];
  const namedBy = (change: object): Event =>
    document(groupChanged, 'some', groupBody.parse({ name: 'Some', ...change }));
  it.each([
    {
      kind: 'manual',
      group: () => namedBy({ kind: 'manual', members: [one, two, three].map((n) => peers.devices[n]?.id) }),
    },
    {
      kind: 'automatic',
      group: () => {
        const filters = [one, two, three].map((n) => {
          return { field: 'ip', operator: 'equals', value: peers.devices[n]?.identity.ip };
        });
        return namedBy({ kind: 'automatic', filter: { any: filters } });
      },
    },
  ])('has the devices of its group and no other, where that is $kind', async ({ group }) => {
    await fed.feed(group(), schedule({ groupId: 'some' }));
    start('one');
    expect(await ended(await run())).toMatchObject({ state: 'done', devices: 3, compliant: 3 });
    const meant = [one, two, three].map((n) => peers.devices[n]?.identity.ip);
    expect([...asked].toSorted()).toEqual(meant.toSorted());
    expect(wrote()).toBe(3);
  });

  it('takes nothing of the budget of instant-on, and instant-on nothing of its own', async () => {
    const [alone, ...others] = peers.devices;
    if (!alone) throw new Error('there are two dozen');
    await fed.feed(
      namedBy({ kind: 'manual', members: others.map(({ id }) => id) }),
      settings({ maxNumberTasks: 1, scheduledTasksMax: 1, scheduledDevicesPerTask: count }),
      schedule({ groupId: 'some' }),
    );
    // As many tasks of instant-on as there may be, of a device that is not its.
    await store.query(
      `insert into assessment.task (id, kind, key, budget, payload, not_before, state, lease_token, lease_until)
       values ($1, 'assess', $2, 'instantOn', '{}', now(), 'running', $1, now() + interval '1 hour')`,
      [randomUUID(), randomUUID()],
    );
    start('one', ['run', 'chunk', 'assess']);
    expect(await ended(await run())).toMatchObject({ state: 'done', compliant: others.length });
    await store.query('delete from assessment.task');
    peers.reset();
    asked.clear();
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const runId = await run();
    await until('its only child task is at work', () => asked.size === others.length, limitMs);
    await fed.feed(grouped(alone));
    await until('instant-on has its turn beside it', () => asked.has(alone.identity.ip), limitMs);
    resolve();
    expect(await ended(runId)).toMatchObject({ state: 'done', compliant: others.length });
    const ends = await until('both have ended', async () => {
      const told = await fed.told(assessmentFinished);
      return told.some(({ deviceId }) => deviceId === alone.id) && told;
    });
    expect(ends.find(({ deviceId }) => deviceId === alone.id)).toMatchObject({ outcome: 'compliant' });
  });

  it('leaves a device alone that another task speaks with, until that has ended', async () => {
    await fed.feed(schedule());
    const [first] = peers.devices;
    if (!first) throw new Error('there are two dozen');
    await store.query(
      `insert into assessment.task (id, kind, key, budget, payload, not_before, state, lease_token, lease_until)
       values ($1, 'assess', $2, 'instantOn', '{}', now(), 'running', $1, now() + interval '1 hour')`,
      [randomUUID(), first.id],
    );
    start('one');
    const runId = await run();
    await until(
      'the others had their turn',
      async () => (await newest(runId))?.compliant === count - 1,
      limitMs,
    );
    expect(asked.has(first.identity.ip)).toBe(false);
    await store.query(`delete from assessment.task where key = $1`, [first.id]);
    expect(await ended(runId)).toMatchObject({ state: 'done', compliant: count });
  });

  it('goes on without a child task of another version, and tells of each of its devices', async () => {
    await fed.feed(settings({ scheduledDevicesPerTask: 4 }), schedule());
    start('one', ['run']);
    const runId = await run();
    await until('its child tasks wait', async () => {
      const tasks = await store.query(`select 1 as one from assessment.task where kind = 'chunk'`);
      return tasks.length === Math.ceil(count / 4);
    });
    const [changed] = await store.query<{ id: string; taskId: string }>(
      `update assessment.run_device set attempt = 1, started_at = now() where (run_id, device_id) in (
         select run_id, device_id from assessment.run_device where chunk = 1 limit 1)
       returning device_id as id, task_id as "taskId"`,
    );
    // Somebody has called off the turn of another, which was not changed.
    await store.query(
      `update assessment.run_device set cancelled_because = 'bob has cancelled it' where (run_id, device_id) in (
         select run_id, device_id from assessment.run_device where chunk = 1 and attempt = 0 limit 1)`,
    );
    const keep = keeper(store);
    const change = { setting: 'svc.telnet', before: true, after: false } as const;
    await keep({
      deviceId: changed?.id ?? '',
      taskId: changed?.taskId ?? '',
      changes: [{ ...change, driver: 'api' }],
      asked: false,
    });
    await store.query(
      `update assessment.task set payload = '{}' where kind = 'chunk' and payload->>'chunk' = '1'`,
    );
    start('two', ['chunk']);
    expect(await ended(runId)).toMatchObject({
      ...{ state: 'done', compliant: count - 4, skipped: 2, cancelled: 2, waiting: 0 },
    });
    const skipped = (await fed.told(assessmentSkipped)).filter((skip) => skip.runId === runId);
    expect(skipped).toMatchObject(Array.from({ length: 2 }, () => ({ reason: 'unreadable' })));
    const cancelled = (await fed.told(assessmentFinished)).filter(({ outcome }) => outcome === 'cancelled');
    const ends = cancelled.filter(({ deviceId }) => deviceId === changed?.id);
    const schedulesName = { schedule: { name: 'x' }, requestedBy: ['ada'] };
    expect(ends).toMatchObject([{ deviceId: changed?.id, runId, changes: [change], ...schedulesName }]);
  });

  it('goes on where an instance died, and says why it skips a device', async () => {
    await fed.feed(schedule());
    start('one', ['run']);
    const runId = await run();
    await until('its child tasks wait', async () => {
      const tasks = await store.query(`select 1 as one from assessment.task where kind = 'chunk'`);
      return tasks.length === Math.ceil(count / 25);
    });
    const [first] = peers.devices;
    await store.query(
      `update assessment.run_device set state = 'running', holder = gen_random_uuid(), attempt = 1 where chunk = 1`,
    );
    await store.query(
      `update assessment.task set state = 'running', attempt = 1, lease_token = gen_random_uuid(),
         lease_until = now() - interval '1 second' where kind = 'chunk' and payload->>'chunk' = '1'`,
    );
    await store.query(`update assessment.device set standing = 'unlicensed' where id = $1`, [first?.id]);
    start('two', ['chunk']);
    expect(await ended(runId)).toMatchObject({ state: 'done', compliant: count - 1, skipped: 1 });
    const skipped = (await fed.told(assessmentSkipped)).filter((skip) => skip.runId === runId);
    expect(skipped).toMatchObject([{ deviceId: first?.id, reason: 'notLicensed' }]);
  });
});
