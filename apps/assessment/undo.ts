// The worker that puts back what a task has changed, the other way round, wherever the device still says what was written.
import { cut } from '#events/cut';
import { worker, type Beginning, type Finish, type Grip, type Worker } from '#bus/worker';
import { secretSettings } from '#device/catalogue';
import type { Setback } from '#device/device';
import type { Speaking } from '#device/ways/ways';
import { assessmentStarted } from '#events/assessment';
import { detailMax, type SettingChange } from '#events/device-setting';
import { assessmentUndone, type AssessmentUndone, type UndoneItem } from '#events/undo';
import type { Draft } from '#events/event';
import type { Log } from '#runtime/log';
import type { Store, Tx } from '#store/store';
import type { Task } from '#store/tasks';
import { changesOf, isAnythingLeft, keeper, markUndone, undoable, type Keep } from './changes.js';
import { connect, type Whom } from './connect.js';
import { readFrom } from './conversation.js';
import { rememberWays } from './devices.js';
import { wishRetryDelaysMs, type WishOptions } from './dry-run.js';
import { teller, toldOnce } from './notes.js';
import { putBack, secretsStay } from './put-back.js';
import { budget, undoPayload, type UndoPayload } from './task.js';
import { becauseOf, begunBy, skip } from './told.js';
import { DeviceTrouble, failureOf, mayPass, withLast, type Failure } from './trouble.js';
import { allowedBy, turnOf, whomOf } from './turn.js';
import { unreadable } from './unreadable.js';

interface UndoOptions extends WishOptions {
  readonly log: Pick<Log, 'info'>;
}

interface Begun {
  readonly startedAt: Date;
  readonly whom: Whom;
  /** Tasks that this run has put back by now, whatever becomes of the rest. */
  readonly done: Done[];
}

interface Done {
  readonly undoes: string;
  readonly event: Draft;
  /** Settings that it was about, and those of them that are as they were. */
  readonly settings: ReadonlySet<string>;
  readonly restored: readonly string[];
}

/**
 * An operator asks for each by name, so that it goes on while Allow Automatic Remediation is off: that is when what went
 * wrong is put back. Cancelling stops it.
 */
export function undoWorker({ store, openers, keyring, log }: UndoOptions): Worker {
  const begun = new WeakMap<Task<UndoPayload>, Begun>();
  const tell = teller(log);
  const keep = keeper(store);
  const told = (finish: Finish, { payload: { identity } }: Task<UndoPayload>): Finish =>
    toldOnce(finish, (events) => tell(events, identity.serial));
  return worker<UndoPayload>({
    kind: 'undo',
    keyIs: 'device',
    budget,
    retryDelaysMs: wishRetryDelaysMs,
    endsIfTooLong: true,
    payload: undoPayload,
    limit: allowedBy('maxNumberTasks'),
    begin: (tx, task) => begin(tx, task, begun),
    run: async (task, grip) => {
      const found = begun.get(task);
      if (!found) throw new Error('it was never begun');
      const device = connect(found.whom, openers, keyring);
      try {
        return told(await run(task, { store, keep, device, begun: found, grip }), task);
      } finally {
        device.close();
      }
    },
    unreadable: unreadable('undo'),
    failed: async (task, error) => {
      const changes = await changesOf(store, task.id);
      const { startedAt = begunBy(changes), done = [] } = begun.get(task) ?? {};
      return told(endOf(task, done, { startedAt, failure: failureOf(error), changes }), task);
    },
  });
}

interface Broken {
  readonly startedAt: Date;
  readonly failure: Failure;
  readonly changes: SettingChange[];
}

/** What was put back is told as it was, and of the rest that it is not. The newest of that may be changed in part. */
function endOf(
  task: Task<UndoPayload>,
  done: readonly Done[],
  { startedAt, failure, changes }: Broken,
): Finish {
  const left = task.payload.undoes.slice(0, task.payload.undoes.length - done.length);
  const own = changes.filter(({ setting }) => done.every(({ settings }) => !settings.has(setting)));
  const ends = left.map((undoes, place) => {
    const made = place === left.length - 1 ? own : [];
    return undone(task, { undoes, startedAt, ...withLast(failure, made), items: [], changes: made });
  });
  return { events: [...done.map(({ event }) => event), ...ends], save: (tx) => mark(tx, task.id, done) };
}

async function mark(tx: Tx, by: string, done: readonly Done[]): Promise<void> {
  for (const { undoes, restored } of done) await markUndone(tx, undoes, { by, settings: restored });
}

/** It is skipped, unless it has put something back already. */
async function neverAgain(
  tx: Tx,
  task: Task<UndoPayload>,
  reason: Exclude<keyof typeof becauseOf, 'remediationOff'>,
): Promise<readonly Draft[]> {
  const changes = await changesOf(tx, task.id);
  if (changes.length === 0) return [skip(task.key, [], reason, { taskId: task.id, mode: 'undo' })];
  const failure = { outcome: 'cancelled', detail: becauseOf[reason] } as const;
  return endOf(task, [], { startedAt: begunBy(changes), failure, changes }).events;
}

async function begin(
  tx: Tx,
  task: Task<UndoPayload>,
  begun: WeakMap<Task<UndoPayload>, Begun>,
): Promise<Beginning> {
  const turn = await turnOf(tx, task);
  if (turn.left) return { end: { events: await neverAgain(tx, task, turn.left) } };
  if (turn.busyUntil) return { end: { events: [], againAt: turn.busyUntil } };
  const { undoes } = task.payload;
  if (task.attempt === 1 && !(await isAnythingLeft(tx, task.key, undoes)))
    return { end: { events: [skip(task.key, [], 'nothingToUndo', { taskId: task.id, mode: 'undo' })] } };
  const whom = await whomOf(tx, { ...task.payload, deviceId: task.key }, turn);
  begun.set(task, { startedAt: turn.now, whom, done: [] });
  const { identity, requestedBy } = task.payload;
  const started = {
    taskId: task.id,
    deviceId: task.key,
    identity,
    trigger: 'requested' as const,
    policies: [],
    covers: [],
    mode: 'undo' as const,
    requestedBy,
    startedAt: turn.now.toISOString(),
    attempt: task.attempt,
  };
  return { run: [assessmentStarted.draft(started)] };
}

interface Run {
  readonly store: Store;
  readonly keep: Keep;
  readonly device: Speaking;
  readonly begun: Begun;
  readonly grip: Grip;
}

/** The newest first: what two tasks have changed ends as it was before the first. */
async function run(task: Task<UndoPayload>, on: Run): Promise<Finish> {
  const { store, device, begun } = on;
  const wanted = await Promise.all(
    task.payload.undoes.map((taskId) => undoable(store, { deviceId: task.key, taskId })),
  );
  const readable = wanted.flat().filter(({ setting }) => !secretSettings.has(setting));
  const read = () => readFrom(device, readable, on.grip.signal);
  for (const undoes of task.payload.undoes.toReversed()) {
    const reading = await read();
    if (reading.kind !== 'answered') return hindered(task, on, reading);
    const changes = await undoable(store, { deviceId: task.key, taskId: undoes });
    const ended = await putBack(task, on, { changes, undoes, reading: reading.value });
    if ('kind' in ended) return hindered(task, on, ended);
    const made = await changesOf(store, task.id);
    const settings = new Set(ended.items.map(({ setting }) => setting));
    const result = {
      ...summaryOf(ended.items),
      items: [...ended.items],
      changes: made.filter(({ setting }) => settings.has(setting)),
    };
    const event = undone(task, { undoes, startedAt: begun.startedAt, ...result });
    begun.done.push({ undoes, event, settings, restored: restoredIn(ended.items) });
  }
  return {
    events: begun.done.map(({ event }) => event),
    save: async (tx) => {
      await mark(tx, task.id, begun.done);
      await rememberWays(tx, task.key, device.known());
    },
  };
}

function summaryOf(items: readonly UndoneItem[]): Pick<AssessmentUndone, 'outcome' | 'detail'> {
  if (items.length === 0)
    return { outcome: 'undone', detail: 'nothing that it had changed is left to be put back' };
  const left = items.filter(({ outcome }) => outcome === 'leftOut').map(({ title }) => title);
  const [first, ...others] = items.filter(({ outcome }) => outcome !== 'restored' && outcome !== 'leftOut');
  if (!first && left.length > 0)
    return { outcome: 'undone', detail: `${secretsStay}: ${left.join(', ')}`.slice(0, 512) };
  if (!first) return { outcome: 'undone', detail: null };
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return { outcome: 'partly', detail: cut(`${first.title} (${first.detail})${more}`, detailMax) };
}

const restoredIn = (items: readonly UndoneItem[]): readonly string[] =>
  items.filter(({ outcome }) => outcome === 'restored').map(({ setting }) => setting);

/** Throws what another try may mend, where nothing is put back yet: another try would find it so, and tell it once more. */
async function hindered(
  task: Task<UndoPayload>,
  { store, begun: { startedAt, done } }: Run,
  setback: Setback,
): Promise<Finish> {
  const trouble = new DeviceTrouble(setback);
  if (mayPass(setback, task) && done.length === 0) throw trouble;
  const changes = await changesOf(store, task.id);
  return endOf(task, done, { startedAt, failure: failureOf(trouble), changes });
}

interface Ending extends Pick<AssessmentUndone, 'undoes' | 'outcome' | 'detail' | 'items' | 'changes'> {
  readonly startedAt: Date;
}

const undone = (task: Task<UndoPayload>, { startedAt, ...result }: Ending): Draft =>
  assessmentUndone.draft({
    taskId: task.id,
    deviceId: task.key,
    identity: task.payload.identity,
    requestedBy: task.payload.requestedBy,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date(Math.max(Date.now(), startedAt.getTime())).toISOString(),
    ...result,
  });
