import { randomUUID } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { metrics } from '@opentelemetry/api';
import { runWorkers } from '#bus/worker';
import {
  assessmentCancelRequested,
  assessmentFinished,
  assessmentQueued,
  assessmentRequested,
  assessmentSkipped,
} from '#events/assessment';
import { assessmentUndoRequested } from '#events/undo';
import {
  deviceFlapping,
  deviceGrouped,
  deviceRetired,
  deviceUnlicensed,
  type DeviceGrouped,
  type Membership,
} from '#events/device';
import type { Event } from '#events/event';
import { exampleIdentity } from '#events/identity';
import { policyChanged } from '#events/policy';
import { defaultSettings, settingsChanged, type Settings } from '#events/settings';
import { policyTemplates } from '#documents/templates';
import type { Store } from '#store/store';
import { activeTasks } from '#store/tasks';
import { databases, openFor, published, startFed, type Fed } from '../../test/support/fed-delivery.js';
import { outboxBus } from '../../test/support/outbox-bus.js';
import { until } from '../../test/support/until.js';
import { assessWorker } from './assess.js';
import { assessment } from './assessment.js';
import { openersOn } from './connect.js';
import { budget, payload, undoPayload } from './task.js';
import { undoWorker } from './undo.js';

const on: Settings = { ...defaultSettings, allowRemediation: true, initialPolicy: 'base' };
const settings = (version: number, body: Settings) =>
  published(settingsChanged.draft({ id: 'settings', version, changedBy: 'admin', body }));
const policy = (id: string, version = 1) =>
  published(policyChanged.draft({ id, version, changedBy: 'admin', body: policyTemplates[0]?.body ?? null }));

const grouped = (
  deviceId: string,
  of: Partial<DeviceGrouped> = {},
  stamped: Partial<Event<DeviceGrouped>> = {},
) =>
  published(
    deviceGrouped.draft({
      deviceId,
      identity: exampleIdentity,
      trigger: 'announced',
      announcements: [randomUUID()],
      fingerprint: 'a'.repeat(64),
      fresh: true,
      groups: [],
      left: [],
      licensedSequence: 1,
      ...of,
    }),
    stamped,
  );
const asked = (deviceId: string, policyId: string | null = null, requestedBy = 'admin') =>
  published(
    assessmentRequested.draft({
      deviceId,
      policyId,
      requestedBy,
      mode: 'assess',
      everything: false,
    }),
  );

const said: object[] = [];
const note = (fields: object): void => void said.push(fields);
const log = { info: note, warn: note, error: note };

describe.each(Object.keys(databases))('assessment on %s', (name) => {
  let store: Store;
  let fed: Fed;
  beforeAll(async () => {
    store = await openFor(name, 'assessment');
  });
  beforeEach(async () => {
    for (const table of ['device', 'task', 'outbox', 'inbox', 'parked', 'document']) {
      await store.query(`delete from assessment.${table}`);
    }
    fed = await startFed(store, assessment.consumers);
    await fed.feed(settings(1, on), policy('base'), policy('limited'));
  });
  afterEach(() => fed.stop());
  const tasks = async () =>
    (await activeTasks(store, 'assessment', { budget, limit: 100 })).map((task) => ({
      ...task,
      payload: payload.parse(task.payload),
    }));

  it('a grouped device waits for its assessment: one task, told with what it covers', async () => {
    const event = grouped(randomUUID());
    await fed.feed(event);
    const [task, ...others] = await tasks();
    expect(others).toEqual([]);
    expect(task).toMatchObject({ key: event.data.deviceId, state: 'queued', causedBy: event.id });
    expect(task?.payload).toMatchObject({ policies: ['base'], covers: event.data.announcements });
    expect(await fed.told(assessmentQueued)).toMatchObject([
      { taskId: task?.id, covers: event.data.announcements },
    ]);
  });

  it('more causes join it, in one batch and in later ones; the newest says where the device is', async () => {
    const id = randomUUID();
    const events = [1, 2, 3].map((last) =>
      grouped(id, { identity: { ...exampleIdentity, ip: `10.0.0.${last}` } }),
    );
    const [first, second, third] = events;
    if (!first || !second || !third) throw new Error('three were made');
    await fed.feed(first, second);
    await fed.feed(third);
    const [task, ...others] = await tasks();
    expect(others).toEqual([]);
    expect(task?.payload.covers).toEqual(events.flatMap(({ data }) => data.announcements));
    expect(task?.payload.identity.ip).toBe('10.0.0.3');
    const told = await fed.told(assessmentQueued);
    expect(told.map(({ taskId }) => taskId)).toEqual([task?.id, task?.id, task?.id]);
  });

  it('one that comes late is covered, but does not say where the device is', async () => {
    const id = randomUUID();
    const late = grouped(id, { identity: { ...exampleIdentity, ip: '10.0.0.1' } });
    await fed.feed(grouped(id, { identity: { ...exampleIdentity, ip: '10.0.0.2' } }));
    await fed.feed(late);
    const [task] = await tasks();
    expect(task?.payload.identity.ip).toBe('10.0.0.2');
    expect(task?.payload.covers).toHaveLength(2);
  });

  it.each<[string, Partial<Settings>]>([
    ['remediationOff', { allowRemediation: false }],
    ['noPolicy', { initialPolicy: null }],
    ['outsideNetworks', { deviceNetworks: ['192.168.0.0/16'] }],
  ])('no task, but the reason: %s', async (reason, changed) => {
    await fed.feed(settings(2, { ...on, ...changed }));
    const event = grouped(randomUUID());
    await fed.feed(event);
    expect(await tasks()).toEqual([]);
    expect(await fed.told(assessmentSkipped)).toEqual([
      {
        deviceId: event.data.deviceId,
        taskId: null,
        covers: event.data.announcements,
        reason,
        mode: 'assess',
      },
    ]);
  });

  it('a chosen policy that has not come yet is waited for, and nobody is told of an error', async () => {
    await fed.feed(settings(2, { ...on, initialPolicy: 'late' }));
    await fed.feed(grouped(randomUUID()));
    expect(await fed.parked()).toEqual([expect.stringContaining('NotYet')]);
  });

  describe('a policy that has yet to come', () => {
    const inGroup = (of: Partial<Membership> = {}): Partial<DeviceGrouped> => ({
      groups: deviceGrouped.example.groups.slice(0, 1).map((group) => {
        const lobby = {
          ...group,
          kind: 'automatic',
          policyId: 'new',
          policyVersion: 1,
          added: true,
        } as const;
        return { ...lobby, ...of };
      }),
    });
    const gone = (id: string, version: number) =>
      published(policyChanged.draft({ id, version, changedBy: 'admin', body: null }));
    const policies = async () => (await tasks()).map(({ payload: { policies } }) => policies);
    const lacks = expect.stringContaining('the policy new has not come here yet') as string;

    it('is waited for where it was asked for, or an automatic group has it', async () => {
      const id = randomUUID();
      await fed.feed(grouped(id));
      const before = await policies();
      await fed.feed(asked(id, 'new'), grouped(randomUUID(), inGroup()));
      expect([await policies(), await fed.parked()]).toEqual([before, [lacks, lacks]]);
      await fed.feed(policy('new'));
      await until('none waits', async () => (await fed.parked()).length === 0);
      expect((await policies()).toSorted()).toEqual([
        ['base', 'new'],
        ['base', 'new'],
      ]);
    });

    it('is waited for under the name of one that was deleted, and not in place of a newer one', async () => {
      await fed.feed(policy('new', 1), gone('new', 2), grouped(randomUUID(), inGroup({ policyVersion: 3 })));
      expect(await fed.parked()).toEqual([lacks]);
      await fed.feed(policy('new', 3));
      await until('none waits', async () => (await fed.parked()).length === 0);
      expect(await policies()).toEqual([['base', 'new']]);
    });

    it('is not waited for where it would not be applied', async () => {
      await fed.feed(grouped(randomUUID(), inGroup({ kind: 'manual' })));
      await fed.feed(settings(2, { ...on, allowRemediation: false }), grouped(randomUUID(), inGroup()));
      expect([await policies(), await fed.parked()]).toEqual([[['base']], []]);
    });

    it('is waited for a minute and no longer: the device is known then, and gets what is there', async () => {
      const [announced, found] = [randomUUID(), randomUUID()];
      await fed.feed(settings(2, { ...on, autoGroupDailyRefreshAutoRemediationEnable: true }));
      await fed.feed(
        grouped(announced, inGroup()),
        grouped(found, { ...inGroup(), trigger: 'refresh', announcements: [] }),
      );
      await store.query(`update assessment.parked set attempts = 60, due_at = now()`);
      await until('none waits', async () => (await fed.parked()).length === 0);
      expect(await policies()).toEqual([['base']]);
      const unknown = { deviceId: found, reason: 'policyUnknown' };
      expect(await fed.told(assessmentSkipped)).toMatchObject([unknown]);
      await fed.feed(asked(announced, 'new'), asked(found));
      await store.query(`update assessment.parked set attempts = 60, due_at = now()`);
      await until('none waits', async () => (await fed.parked()).length === 0);
      expect(await policies()).toEqual([['base'], ['base']]);
      expect(await fed.told(assessmentSkipped)).toMatchObject([
        unknown,
        { deviceId: announced, reason: 'policyUnknown' },
      ]);
    });

    it('brings nothing once all that was asked for was called off', async () => {
      const id = randomUUID();
      await fed.feed(settings(2, { ...on, allowRemediation: false }), grouped(id), asked(id, 'new'));
      expect(await fed.parked()).toEqual([lacks]);
      const late = asked(id, 'limited');
      await fed.feed(published(assessmentCancelRequested.draft({ deviceId: id, requestedBy: 'bob' })), late);
      await until('none waits', async () => (await fed.parked()).length === 0);
      expect(await policies()).toEqual([]);
      const of = (reason: string) => ({ deviceId: id, reason, taskId: null });
      expect(await fed.told(assessmentSkipped)).toMatchObject([
        of('remediationOff'),
        of('cancelled'),
        of('cancelled'),
      ]);
      await fed.feed(asked(id, 'limited'));
      expect(await policies()).toEqual([['limited']]);
    });
  });

  it('an operator may ask for a known device, with a policy by name, while nothing is remediated', async () => {
    const id = randomUUID();
    await fed.feed(settings(2, { ...on, allowRemediation: false }), grouped(id));
    await fed.feed(asked(id, 'limited'));
    expect((await tasks()).map((task) => task.payload)).toMatchObject([
      { policies: ['limited'], trigger: 'requested' },
    ]);
  });

  describe('what operators wish besides', () => {
    const dryRun = (deviceId: string, policyId: string | null = null, requestedBy = 'admin') =>
      published(
        assessmentRequested.draft({
          deviceId,
          policyId,
          requestedBy,
          mode: 'dryRun',
          everything: false,
        }),
      );
    const undo = (deviceId: string, taskId: string, requestedBy = 'admin') =>
      published(assessmentUndoRequested.draft({ deviceId, taskId, requestedBy }));
    const all = () => activeTasks(store, 'assessment', { budget, limit: 100 });
    const known = async (): Promise<string> => {
      const event = grouped(randomUUID());
      await fed.feed(event);
      return event.data.deviceId;
    };

    it('has a task of its own, under the same budget; wishes of one kind share it', async () => {
      const id = await known();
      const [one, two] = [randomUUID(), randomUUID()];
      await fed.feed(dryRun(id), dryRun(id, 'limited'), undo(id, one));
      await fed.feed(dryRun(id, null, 'bob'), undo(id, two, 'bob'), undo(id, one, 'bob'));
      const waiting = new Map((await all()).map((task) => [task.kind, task]));
      expect([...waiting.keys()].toSorted()).toEqual(['assess', 'dryRun', 'undo']);
      expect(waiting.get('dryRun')?.payload).toMatchObject({ wishes: [['base'], ['limited']] });
      expect(waiting.get('undo')?.payload).toMatchObject({
        undoes: [one, two],
        requestedBy: ['admin', 'bob'],
      });
      expect(waiting.get('dryRun')?.payload).toMatchObject({ requestedBy: ['admin', 'bob'] });
      const told = (await fed.told(assessmentQueued)).filter(({ mode }) => mode !== 'assess');
      expect(new Set(told.map(({ mode, taskId }) => `${mode} ${taskId}`))).toEqual(
        new Set(['dryRun', 'undo'].map((mode) => `${mode} ${waiting.get(mode)?.id}`)),
      );
    });

    it('is asked for while nothing is remediated, and told why not where it cannot be', async () => {
      const id = await known();
      await fed.feed(settings(2, { ...on, allowRemediation: false }));
      await fed.feed(dryRun(id));
      expect((await all()).map(({ kind }) => kind)).toContain('dryRun');
      await fed.feed(settings(3, { ...on, deviceNetworks: ['192.168.0.0/16'] }));
      await fed.feed(dryRun(id), undo(id, randomUUID()), dryRun(randomUUID()));
      const told = (await fed.told(assessmentSkipped)).map(({ mode, reason }) => `${mode} ${reason}`);
      expect(told.toSorted()).toEqual([
        'dryRun notLicensed',
        'dryRun outsideNetworks',
        'undo outsideNetworks',
      ]);
    });

    it('is stopped with all that waits for the device; what waits for another try ends as cancelled', async () => {
      const id = await known();
      await store.query(`update assessment.task set state = 'waiting', attempt = 1`);
      await fed.feed(dryRun(id), undo(id, randomUUID()), asked(id));
      await fed.feed(published(assessmentCancelRequested.draft({ deviceId: id, requestedBy: 'ada' })));
      const left = await store.query(`select kind, cancelled_because as because from assessment.task`);
      expect(left).toEqual([{ kind: 'assess', because: 'ada has cancelled it' }]);
      const told = await fed.told(assessmentSkipped);
      expect(told.map(({ mode, reason }) => `${mode} ${reason}`).toSorted()).toEqual([
        'assess cancelled',
        'dryRun cancelled',
        'undo cancelled',
      ]);
      expect(told.every(({ taskId, cancelledBy }) => taskId !== null && cancelledBy === 'ada')).toBe(true);
    });

    it('waits while another task speaks with the device', async () => {
      const id = await known();
      await fed.feed(undo(id, randomUUID()));
      await store.query(
        `update assessment.task set state = 'running', lease_token = gen_random_uuid(),
           lease_until = now() + interval '1 minute' where kind = 'assess'`,
      );
      const [task] = (await all()).filter(({ kind }) => kind === 'undo');
      if (!task) throw new Error('it was queued');
      const work = undoWorker({ store, openers: openersOn({ devicePort: 1 }), keyring: null, log });
      const first = { ...task, attempt: 1 };
      const begin = () => store.transaction((tx) => Promise.resolve(work.begin?.(tx, first)));
      expect(await begin()).toMatchObject({ end: { events: [], againAt: expect.any(Date) as unknown } });
      await store.query(`delete from assessment.task where kind = 'assess'`);
      const nothing = { data: { mode: 'undo', reason: 'nothingToUndo', taskId: task.id } };
      expect(await begin()).toMatchObject({ end: { events: [nothing] } });
      const payload = undoPayload.parse(task.payload);
      await store.query(
        `insert into assessment.change (device_id, task_id, setting, before, after, driver)
         values ($1, $2, 'svc.telnet', 'true', 'false', 'api')`,
        [id, payload.undoes[0]],
      );
      expect(await begin()).toMatchObject({ run: [{ data: { mode: 'undo', requestedBy: ['admin'] } }] });
    });
  });

  it('a device that is to get a changed policy waits until it has come', async () => {
    await fed.feed(settings(2, { ...on, autoGroupEditAutoRemediationEnable: true }), policy('strict'));
    const groups = [
      {
        groupId: 'x',
        name: 'x',
        kind: 'automatic',
        priority: 1,
        policyId: 'strict',
        added: false,
        policyVersion: 2,
      },
    ] as const;
    await fed.feed(grouped(randomUUID(), { trigger: 'policyEdited', groups: [...groups] }));
    expect(await tasks()).toEqual([]);
    expect(await fed.parked()).toEqual([expect.stringContaining('version 2 of the policy strict')]);
  });

  describe('causes that share a task', () => {
    const member = (groupId: string, policyId: string): DeviceGrouped['groups'][number] => {
      return { groupId, name: groupId, kind: 'automatic', priority: 1, policyId, added: false };
    };
    const edits: Settings = { ...on, autoGroupEditAutoRemediationEnable: true };
    const only = async () =>
      (await tasks()).map(({ payload: { trigger, policies } }) => ({ trigger, policies }));
    const begin = async () => {
      const [task] = await activeTasks(store, 'assessment', { budget, limit: 1 });
      if (!task) throw new Error('one was queued');
      const work = assessWorker({ store, openers: openersOn({ devicePort: 1 }), keyring: null, log });
      const beginning = await store.transaction((tx) => Promise.resolve(work.begin?.(tx, task)));
      return { task, beginning };
    };

    it('an edit that joins an announcement takes no policy from it, and brings the new one', async () => {
      const id = randomUUID();
      await fed.feed(settings(2, edits), policy('strict'));
      await fed.feed(grouped(id, { groups: [member('lobby', 'limited')] }));
      await fed.feed(
        grouped(id, { trigger: 'policyEdited', announcements: [], groups: [member('lobby', 'strict')] }),
      );
      expect(await only()).toEqual([{ trigger: 'announced', policies: ['base', 'strict'] }]);
      expect((await fed.told(assessmentQueued)).at(-1)).toMatchObject({ trigger: 'announced', covers: [] });
    });

    it('an announcement that joins an edit brings its own policies', async () => {
      const id = randomUUID();
      const groups = [member('lobby', 'limited')];
      await fed.feed(settings(2, edits));
      await fed.feed(grouped(id, { trigger: 'policyEdited', announcements: [], groups }));
      expect(await only()).toEqual([{ trigger: 'policyEdited', policies: ['limited'] }]);
      await fed.feed(grouped(id, { groups }));
      expect(await only()).toEqual([{ trigger: 'announced', policies: ['base', 'limited'] }]);
    });

    it('what an operator asked for by name stays in it, whoever comes first', async () => {
      const [one, two] = [randomUUID(), randomUUID()];
      await fed.feed(policy('strict'), grouped(one), grouped(two));
      await store.query(`delete from assessment.task`);
      await fed.feed(asked(one, 'strict'));
      await fed.feed(grouped(one), grouped(two));
      await fed.feed(asked(two, 'strict'));
      const both = { trigger: 'announced', policies: ['base', 'strict'] };
      expect(await only()).toEqual([both, both]);
    });

    it('says who asked for it, each of them once, the newest last', async () => {
      const id = randomUUID();
      await fed.feed(grouped(id), asked(id, null, 'ada'));
      await fed.feed(asked(id, 'limited', 'bob'), grouped(id));
      await fed.feed(asked(id, null, 'ada'));
      const told = (await fed.told(assessmentQueued)).map(({ requestedBy }) => requestedBy);
      expect(told).toEqual([[], ['ada'], ['ada', 'bob'], ['ada', 'bob'], ['bob', 'ada']]);
      const { beginning } = await begin();
      expect(beginning).toMatchObject({ run: [{ data: { requestedBy: ['bob', 'ada'] } }] });
      // As one that was queued by an older version.
      await store.query(`update assessment.task set payload = payload - 'requestedBy'`);
      await fed.feed(asked(id, null, 'eve'));
      expect((await tasks()).map(({ payload }) => payload.requestedBy)).toEqual([['eve']]);
    });

    it('while nothing may be remediated, only what an operator asked for is left of it', async () => {
      const event = grouped(randomUUID());
      await fed.feed(event);
      await fed.feed(asked(event.data.deviceId, 'limited'));
      await fed.feed(settings(2, { ...on, allowRemediation: false }));
      const { beginning } = await begin();
      expect(beginning).toMatchObject({
        run: [
          { data: { reason: 'remediationOff', covers: event.data.announcements, taskId: null } },
          { data: { trigger: 'requested', policies: [{ policyId: 'limited' }], covers: [] } },
        ],
      });
    });

    it('a task that may not begin any more ends by its id', async () => {
      await fed.feed(grouped(randomUUID()));
      await fed.feed(settings(2, { ...on, allowRemediation: false }));
      const { task, beginning } = await begin();
      const data = { taskId: task.id, reason: 'remediationOff' };
      expect(beginning).toMatchObject({ end: { events: [{ data }] } });
    });
  });

  it('one that waits for another try ends as cancelled when its device is deleted', async () => {
    const event = grouped(randomUUID());
    const { deviceId } = event.data;
    await fed.feed(event);
    await store.query(
      `update assessment.task set state = 'waiting', attempt = 1, not_before = now() + interval '1 minute'`,
    );
    await fed.feed(
      published(deviceRetired.draft({ deviceId, serial: exampleIdentity.serial, retiredBy: 'admin' })),
    );
    const running = runWorkers({
      store,
      bus: outboxBus,
      workers: [assessWorker({ store, openers: openersOn({ devicePort: 1 }), keyring: null, log })],
      log,
      meter: metrics.getMeter('test'),
      service: 'assessment',
      instance: 'test',
    });
    await until('it has ended', async () => (await tasks()).length === 0);
    await running.stop();
    expect(await fed.told(assessmentFinished)).toMatchObject([
      { deviceId, outcome: 'cancelled', detail: 'the device was deleted', covers: event.data.announcements },
    ]);
    expect(said).toContainEqual({
      serial: exampleIdentity.serial,
      device: deviceId,
      outcome: 'cancelled',
      changed: 0,
      detail: 'the device was deleted',
    });
  });

  it('an operator who asks for a device without a licence is told so', async () => {
    const id = randomUUID();
    await fed.feed(asked(id));
    expect(await fed.told(assessmentSkipped)).toMatchObject([{ deviceId: id, reason: 'notLicensed' }]);
    expect(fed.noted()).toContainEqual({
      fields: { serial: null, device: id, outcome: 'skipped', reason: 'notLicensed' },
      message: 'A device was not assessed',
    });
  });

  it('a device that loses its seat waits no more; one that gets it back does', async () => {
    const event = grouped(randomUUID());
    const { deviceId, identity, trigger, announcements, fingerprint } = event.data;
    const lost = deviceUnlicensed.draft({
      deviceId,
      identity,
      trigger,
      announcements,
      fingerprint,
      reason: 'licenceExpired',
    });
    await fed.feed(event);
    const [waited] = await tasks();
    await fed.feed(published(lost, { sequence: 2 }));
    expect(await tasks()).toEqual([]);
    expect(await fed.told(assessmentSkipped)).toMatchObject([
      { reason: 'notLicensed', covers: announcements, taskId: waited?.id },
    ]);
    // Neither the clock of autogroup nor that of licensing has a say, only the order in which licensing spoke.
    await fed.feed(grouped(deviceId, { licensedSequence: 1 }, { occurredAt: '2099-01-01T00:00:00.000Z' }));
    expect(await tasks()).toEqual([]);
    const early = { occurredAt: '2001-01-01T00:00:00.000Z' };
    await fed.feed(grouped(deviceId, { licensedSequence: 3 }, early));
    expect(await tasks()).toHaveLength(1);
    await fed.feed(
      published({ ...lost, id: randomUUID() }, { sequence: 2, occurredAt: '2099-01-01T00:00:00.000Z' }),
    );
    expect(await tasks()).toHaveLength(1);
  });

  it('a deleted device is forgotten, and what was on its way about it changes nothing', async () => {
    const before = grouped(randomUUID());
    const { deviceId } = before.data;
    const stale = grouped(deviceId, {}, { occurredAt: '2099-01-01T00:00:00.000Z' });
    await fed.feed(before);
    await fed.feed(
      published(deviceRetired.draft({ deviceId, serial: exampleIdentity.serial, retiredBy: 'admin' })),
    );
    await fed.feed(stale);
    expect(await tasks()).toEqual([]);
  });

  it('a deleted device is forgotten altogether long after', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    const { serial } = exampleIdentity;
    await fed.feed(grouped(first), grouped(second));
    await fed.feed(published(deviceRetired.draft({ deviceId: first, serial, retiredBy: 'admin' })));
    await store.query(`update assessment.device set retired_at = retired_at - interval '100 days'`);
    await fed.feed(published(deviceRetired.draft({ deviceId: second, serial, retiredBy: 'admin' })));
    expect(await store.query(`select id from assessment.device`)).toEqual([{ id: second }]);
  });

  it('a flapping device that was just assessed is put off', async () => {
    const id = randomUUID();
    await fed.feed(grouped(id));
    await store.query(`delete from assessment.task`);
    await store.query(`update assessment.device set last_started_at = now()`);
    const flapping = { deviceId: id, serial: exampleIdentity.serial, announcedPerMinute: 20 };
    await fed.feed(published(deviceFlapping.draft(flapping)), grouped(id));
    const [task] = await tasks();
    expect(task?.notBefore.getTime()).toBeGreaterThan(Date.now() + 240_000);
    await fed.feed(asked(id));
    expect((await tasks())[0]?.notBefore.getTime()).toBeLessThanOrEqual(Date.now() + 1000);
  });

  it('200 devices in one batch', async () => {
    const events = Array.from({ length: 200 }, () => grouped(randomUUID()));
    await fed.feed(...events, ...events.slice(0, 50).map(({ data }) => grouped(data.deviceId)));
    expect(await store.query(`select count(*)::int as count from assessment.task`)).toEqual([{ count: 200 }]);
  });
});
