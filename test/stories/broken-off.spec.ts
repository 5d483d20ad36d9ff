// Devices that were changed and then lost, and whatever ends their tasks before they are spoken with again: what was changed is
// told all the same, so that it is seen and can be put back.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Worker } from '#bus/worker';
import { openDeviceApi } from '#device/api';
import { policyTemplates } from '#documents/templates';
import {
  assessmentCancelRequested,
  assessmentFinished,
  assessmentRequested,
  assessmentSkipped,
  assessmentStarted,
} from '#events/assessment';
import { assessmentUndone, assessmentUndoRequested } from '#events/undo';
import { deviceRetired } from '#events/device';
import type { Event } from '#events/event';
import { policyChanged } from '#events/policy';
import {
  scheduleBody,
  scheduleCancelRequested,
  scheduleChanged,
  scheduleProgressed,
  scheduleRunRequested,
  type Schedule,
} from '#events/schedule';
import { assessWorker } from '../../apps/assessment/assess.js';
import type { Openers } from '../../apps/assessment/connect.js';
import { dryRunWorker } from '../../apps/assessment/dry-run.js';
import { chunkWorker } from '../../apps/assessment/runs/chunk.js';
import { runWorker } from '../../apps/assessment/runs/run.js';
import { undoWorker } from '../../apps/assessment/undo.js';
import { AssessedFleet, type FleetDevice } from '../support/assessed-fleet.js';
import { published, type Fed } from '../support/fed-delivery.js';
import { outboxBus } from '../support/outbox-bus.js';
import { silentLog } from '../support/silent.js';
import { until } from '../support/until.js';

const limitMs = 60_000;
const gone = { kind: 'unreachable', reason: 'gone', host: 'unknown' } as const;
type Device = FleetDevice;
const base = policyTemplates.find(({ id }) => id === 'base')?.body;
if (!base) throw new Error('there is a template base');

describe('a task that is broken off after it has changed devices', () => {
  let fleet: AssessedFleet;
  let store: AssessedFleet['store'];
  let peers: AssessedFleet['peers'];
  let fed: Fed;
  /** By address: who is not there any more. */
  const lost = new Set<string>();
  /** Writes that it stays there for. */
  let survives = 0;
  /** Whoever is asked at this address who it is waits for it. */
  let gate: { readonly address: string; readonly opens: Promise<void> } | null = null;
  beforeAll(async () => {
    fleet = await AssessedFleet.start({ count: 3, prefix: '127.47', serialPrefix: 'BROKEN' });
    ({ store, peers } = fleet);
  });
  afterAll(() => peers.stop());

  const openers: Openers = ({ identity: { ip: address }, fingerprint, networks }) => ({
    api: () => {
      const driver = openDeviceApi({ address, port: fleet.port, fingerprint, networks, mutual: null });
      return {
        ...driver,
        identify: async (signal) => {
          if (gate?.address === address) await gate.opens;
          return lost.has(address) ? gone : driver.identify(signal);
        },
        read: async (keys, signal) => (lost.has(address) ? gone : driver.read(keys, signal)),
        write: async (changes, signal) => {
          if (lost.has(address)) return gone;
          const said = await driver.write(changes, signal);
          if (survives <= 0) lost.add(address);
          survives -= 1;
          return said;
        },
      };
    },
  });
  const document: AssessedFleet['document'] = (of, id, body) => fleet.document(of, id, body);
  const settings: AssessedFleet['settings'] = (change) => fleet.settings(change);
  const grouped: AssessedFleet['grouped'] = (device, serial) => fleet.grouped(device, serial);
  const retired = ({ id: deviceId, identity: { serial } }: Device): Event =>
    published(deviceRetired.draft({ deviceId, serial, retiredBy: 'ada' }));
  const cancelled = ({ id: deviceId }: Device): Event =>
    published(assessmentCancelRequested.draft({ deviceId, requestedBy: 'ada' }));
  const nth = (place: number): Device => {
    const device = peers.devices[place];
    if (!device) throw new Error('there are three');
    return device;
  };

  beforeEach(async () => {
    lost.clear();
    [survives, gate] = [0, null];
    fed = await fleet.begin();
  });
  afterEach(() => fleet.end());
  const stop = () => fleet.stopWork();
  const start = (...workers: readonly Worker[]): void => fleet.work(workers);
  const assesses = () => assessWorker({ store, openers, keyring: null, log: silentLog });
  const chunks = () => chunkWorker({ store, bus: outboxBus, openers, keyring: null, log: silentLog });
  const undoes = () => undoWorker({ store, openers, keyring: null, log: silentLog });
  const waits = (kind: string) =>
    until(
      `its ${kind} waits for another try`,
      async () =>
        (
          await store.query(
            `select 1 as one from assessment.task where kind = $1 and state = 'waiting' and attempt > 0`,
            [kind],
          )
        ).length === 1,
      limitMs,
    );
  const isOver = () =>
    until(
      'no task is left',
      async () => (await store.query('select 1 as one from assessment.task')).length === 0,
      limitMs,
    );
  const kept = async (taskId: string | undefined): Promise<number> =>
    (await store.query('select 1 as one from assessment.change where task_id = $1', [taskId])).length;

  /** It was told of once, with all that was changed, by which policy, and since when. */
  const isTold = async ({ id }: Device, end: { readonly outcome: string; readonly detail: unknown }) => {
    const finished = (await fed.told(assessmentFinished)).filter(({ deviceId }) => deviceId === id);
    expect(finished).toMatchObject([{ ...end, policies: [{ policyId: 'base' }] }]);
    const [only] = finished;
    expect(only?.changes.length).toBeGreaterThan(5);
    expect(only?.changes).toHaveLength(await kept(only?.taskId));
    const began = (await fed.told(assessmentStarted)).findLast(({ deviceId }) => deviceId === id);
    expect(only?.taskId).toBe(began?.taskId);
    return { only, began };
  };
  const has = (text: string): unknown => expect.stringContaining(text) as unknown;

  it.each<[string, (device: Device) => Event, string, string]>([
    ['the kill switch', () => settings({ allowRemediation: false }), 'cancelled', 'was switched off'],
    ['an operator', cancelled, 'cancelled', 'ada has cancelled it'],
    ['the deletion of the device', retired, 'cancelled', 'was deleted'],
    ['the deletion of its policy', () => document(policyChanged, 'base', null), 'failed', 'were deleted'],
  ])('tells what it has changed when it is ended by %s', async (_, ending, outcome, detail) => {
    start(assesses());
    await fed.feed(grouped(nth(0)));
    await waits('assess');
    await fed.feed(ending(nth(0)));
    await isOver();
    await isTold(nth(0), { outcome, detail: has(detail) });
    expect((await fed.told(assessmentSkipped)).filter(({ taskId }) => taskId !== null)).toEqual([]);
  });

  it('tells what it has changed though the process stopped, and the device needs nothing more', async () => {
    start(assesses());
    await fed.feed(grouped(nth(0)));
    await waits('assess');
    await stop();
    // As a run that was stopped with its process leaves it: that is no attempt.
    await store.query(`update assessment.task set attempt = 0, not_before = now()`);
    lost.clear();
    survives = Infinity;
    // Somebody else did the rest.
    const { device } = nth(0);
    const has = device.settings();
    const rest = base.items.filter(({ setting, required }) => setting in has && has[setting] !== required);
    await device.write(Object.fromEntries(rest.map(({ setting, required }) => [setting, required])));
    start(assesses());
    await isOver();
    await isTold(nth(0), { outcome: 'compliant', detail: null });
  });

  it('tells what it has changed, and what was put back, when the task is of another version', async () => {
    const unreadable = `update assessment.task set payload = '{}', not_before = now()`;
    start(assesses(), undoes());
    await fed.feed(grouped(nth(0)));
    await waits('assess');
    await store.query(unreadable);
    await isOver();
    const [first, ...none] = await fed.told(assessmentFinished);
    expect([first, none]).toMatchObject([
      { outcome: 'cancelled', mode: 'assess', detail: has('another version') },
      [],
    ]);
    expect(first?.changes.length).toBeGreaterThan(5);
    expect(first?.changes).toHaveLength(await kept(first?.taskId));
    lost.clear();
    const asked = { deviceId: nth(0).id, taskId: first?.taskId ?? '', requestedBy: 'ada' };
    await fed.feed(published(assessmentUndoRequested.draft(asked)));
    await waits('undo');
    await store.query(unreadable);
    await isOver();
    const [, second, ...others] = await fed.told(assessmentFinished);
    expect([second, others]).toMatchObject([{ outcome: 'cancelled', mode: 'undo' }, []]);
    expect(second?.changes.length).toBeGreaterThan(0);
    expect(second?.changes).toHaveLength(await kept(second?.taskId));
    expect((await fed.told(assessmentSkipped)).filter(({ taskId }) => taskId !== null)).toEqual([]);
  });

  it('tells what was put back when the device is deleted in the middle of an undoing', async () => {
    survives = Infinity;
    start(assesses(), undoes());
    await fed.feed(grouped(nth(0)));
    await isOver();
    const [{ taskId = '' } = {}] = await fed.told(assessmentFinished);
    survives = 0;
    const asked = { deviceId: nth(0).id, taskId, requestedBy: 'ada' };
    await fed.feed(published(assessmentUndoRequested.draft(asked)));
    await waits('undo');
    // As when its word comes while nobody holds the task.
    await store.query(`update assessment.device set standing = 'retired' where id = $1`, [nth(0).id]);
    await isOver();
    const ends = await fed.told(assessmentUndone);
    expect(ends).toMatchObject([{ undoes: taskId, outcome: 'cancelled', detail: has('was deleted') }]);
    expect(ends[0]?.changes.length).toBeGreaterThan(0);
    expect(ends[0]?.changes).toHaveLength(await kept(ends[0]?.taskId));
  });

  it('tells of two tasks that are put back which of them was, when the device is lost in the midst of the second', async () => {
    survives = Infinity;
    start(assesses());
    await fed.feed(grouped(nth(0)));
    await isOver();
    const { id: deviceId, device } = nth(0);
    await device.write({ 'svc.ftp': true });
    await fed.feed(grouped(nth(0)));
    await until('both have ended', async () => (await fed.told(assessmentFinished)).length === 2, limitMs);
    const [first, second] = await fed.told(assessmentFinished);
    expect(second?.changes.map(({ setting }) => setting)).toEqual(['svc.ftp']);
    const undo = ({ taskId }: { readonly taskId: string }): Event =>
      published(assessmentUndoRequested.draft({ deviceId, taskId, requestedBy: 'ada' }));
    if (!first || !second) throw new Error('there are two');
    await fed.feed(undo(first), undo(second));
    survives = 1;
    start(undoes());
    await isOver();
    const [newest, older, ...none] = await fed.told(assessmentUndone);
    expect([newest, none]).toMatchObject([
      { undoes: second.taskId, outcome: 'undone', items: [{ setting: 'svc.ftp', outcome: 'restored' }] },
      [],
    ]);
    expect(newest?.changes.map(({ setting }) => setting)).toEqual(['svc.ftp']);
    expect(older).toMatchObject({ undoes: first.taskId, outcome: 'unreachable', items: [] });
    expect(older?.changes.length).toBeGreaterThan(0);
    expect(older?.changes.map(({ setting }) => setting)).not.toContain('svc.ftp');
    expect(device.settings()['svc.ftp']).toBe(true);
    const marked = await store.query(
      'select task_id as "taskId" from assessment.change where undone_by is not null',
    );
    expect(marked).toEqual([{ taskId: second.taskId }]);
  });

  it('tells of a dry run that was cancelled between two tries which policies it was about', async () => {
    lost.add(nth(0).identity.ip);
    start(dryRunWorker({ store, openers, keyring: null }));
    const wish = { deviceId: nth(0).id, requestedBy: 'ada', mode: 'dryRun' } as const;
    await fed.feed(
      published(assessmentRequested.draft({ ...wish, policyId: 'base', everything: false })),
      published(assessmentRequested.draft({ ...wish, policyId: null, everything: true })),
    );
    await waits('dryRun');
    await fed.feed(cancelled(nth(0)));
    await isOver();
    expect(await fed.told(assessmentFinished)).toMatchObject([
      { outcome: 'cancelled', mode: 'dryRun', policies: [{ policyId: 'base', name: 'Muster Base' }] },
      { outcome: 'cancelled', mode: 'dryRun', policies: [] },
    ]);
  });

  const beginRun = async (change: Partial<Schedule> = {}): Promise<string> => {
    const times = { every: 'daily', from: '2026-01-01', at: '03:00', enabled: false };
    const body = scheduleBody.parse({ name: 'x', groupId: 'all', policyId: 'base', ...times, ...change });
    await fed.feed(document(scheduleChanged, 'x', body));
    start(runWorker({ stepMs: 50 }), chunks());
    const runId = randomUUID();
    await fed.feed(published(scheduleRunRequested.draft({ runId, scheduleId: 'x', requestedBy: 'ada' })));
    return runId;
  };
  const rowsWait = (count: number) =>
    until(
      `${count} devices wait for another try`,
      async () =>
        (
          await store.query(
            `select 1 as one from assessment.run_device where state = 'waiting' and attempt > 0`,
          )
        ).length === count,
      limitMs,
    );
  const ended = async () => {
    await until(
      'the run has ended',
      async () => (await fed.told(scheduleProgressed)).some(({ endedAt }) => endedAt !== null),
      limitMs,
    );
    return (await fed.told(scheduleProgressed)).at(-1);
  };

  it('tells what a run has changed on devices that wait, when they are cancelled one by one or with the run', async () => {
    const runId = await beginRun();
    await rowsWait(3);
    await fed.feed(cancelled(nth(0)), retired(nth(1)));
    await until('two are told of', async () => (await fed.told(assessmentFinished)).length === 2, limitMs);
    await fed.feed(published(scheduleCancelRequested.draft({ runId, requestedBy: 'bob' })));
    expect(await ended()).toMatchObject({ state: 'cancelled', cancelled: 3 });
    for (const [place, detail] of [
      'ada has cancelled it',
      'the device was deleted',
      'bob has cancelled it',
    ].entries()) {
      const { only, began } = await isTold(nth(place), { outcome: 'cancelled', detail });
      expect(only).toMatchObject({ runId, startedAt: began?.startedAt });
    }
  });

  it('tells of one that was cancelled by itself before its run was by whom', async () => {
    const runId = await beginRun();
    await rowsWait(3);
    await stop();
    await fed.feed(
      cancelled(nth(0)),
      published(scheduleCancelRequested.draft({ runId, requestedBy: 'bob' })),
    );
    start(runWorker({ stepMs: 50 }));
    const states = () => store.query<{ state: string }>('select state from assessment.run');
    await until('the run ends', async () => (await states())[0]?.state === 'ending', limitMs);
    start(chunks());
    await ended();
    await isTold(nth(0), { outcome: 'cancelled', detail: 'ada has cancelled it' });
    await isTold(nth(1), { outcome: 'cancelled', detail: 'bob has cancelled it' });
  });

  it('tells what a run has changed on devices that wait, when it is stopped by its own limit', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = { address: nth(0).identity.ip, opens: promise };
    await fed.feed(grouped(nth(0), 'WRONG-1'));
    await store.query('delete from assessment.task');
    await beginRun({ rollout: { stages: [100], failedPercentMax: 20 } });
    await rowsWait(2);
    resolve();
    expect(await ended()).toMatchObject({ state: 'stopped', failed: 1, cancelled: 2 });
    for (const place of [1, 2])
      await isTold(nth(place), { outcome: 'cancelled', detail: has('failed or could not be reached') });
  });
});
