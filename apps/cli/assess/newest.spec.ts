// Which task is put back on a device where none is named, a real console at the other end.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import { assessmentFinished, assessmentQueued } from '#events/assessment';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import type { Draft, Event } from '#events/event';
import { assessmentUndone } from '#events/undo';
import { databases, Trial } from '../../../test/support/console.js';
import { typist, type Typist } from '../../../test/support/typed.js';
import { until } from '../../../test/support/until.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;
const group = 'office';

describe('muster undo DEVICE', () => {
  let trial: Trial;
  let muster: Typist;
  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    muster = await typist(trial, runCommand);
    const body = { kind: 'manual', priority: 10, filter: null, members: [], policyId: null, name: group };
    const token = await trial.token('operator');
    await trial.ask('PUT', `/api/groups/${group}`, { token, body: { version: 0, body } });
  });
  afterAll(() => trial.stop());

  const event = (draft: Draft, causedBy: string | null = null): Event => ({
    ...trial.event('assessment', draft),
    causedBy,
  });
  const changesOf = (settings: readonly string[], at: string) =>
    settings.flatMap((setting) =>
      assessmentFinished.example.changes.map((change) => {
        const title = settingsCatalogue.get(setting)?.title ?? setting;
        return { ...change, setting, title, at };
      }),
    );
  const itemsOf = (settings: readonly string[]) =>
    changesOf(settings, '').flatMap(({ setting, title }) =>
      assessmentUndone.example.items.map((item) => {
        const stays = setting.startsWith('credential.');
        return { ...item, setting, title, outcome: stays ? ('leftOut' as const) : ('restored' as const) };
      }),
    );

  interface Task {
    readonly id: string;
    /** To the second, as it is said. */
    readonly at: string;
    readonly settings: readonly string[];
  }
  /** A device, and what its tasks do, each a second after the one before. */
  async function plugIn(serial: string) {
    const of = { deviceId: randomUUID(), identity: { ...deviceDiscovered.example.identity, serial } };
    const member = { groupId: group, name: group, kind: 'manual', priority: 10 } as const;
    const groups = [{ ...member, policyId: null, added: true }];
    const found = deviceDiscovered.draft({ ...deviceDiscovered.example, ...of, announcements: [] });
    const grouped = deviceGrouped.draft({ ...deviceGrouped.example, ...of, groups, announcements: [] });
    await trial.hear(trial.event('discovery', found), trial.event('autogroup', grouped));
    let seconds = Math.floor(Date.now() / 1_000) - 60;
    const next = (settings: readonly string[]): Task => {
      const at = `${new Date((seconds += 1) * 1_000).toISOString().slice(0, 19)}Z`;
      return { id: randomUUID(), at, settings };
    };
    return {
      deviceId: of.deviceId,
      changes: async (...settings: readonly string[]) => {
        const task = next(settings);
        const made = { taskId: task.id, changes: changesOf(settings, task.at) };
        const data = { ...assessmentFinished.example, ...of, ...made };
        await trial.hear(event(assessmentFinished.draft(data)));
        return task;
      },
      /** @param task may be given before, as that of a request */
      undoes: async (undone: Task, task: Task = next(undone.settings)) => {
        const written = undone.settings.filter((setting) => !setting.startsWith('credential.'));
        const back = { taskId: task.id, undoes: undone.id, items: itemsOf(undone.settings) };
        const data = {
          ...{ ...assessmentUndone.example, ...of, ...back },
          changes: changesOf(written, task.at),
        };
        await trial.hear(event(assessmentUndone.draft(data)));
        return task;
      },
      /** Makes a task of the request for it, and ends it. */
      async follows(undone: Task) {
        const request = await until('it is asked for', async () => {
          const [row] = await trial.database.query<{ id: string }>(
            `select body->>'id' as id from bus.event where type = 'assessment.undoRequested'
             and body->'data'->>'deviceId' = $1`,
            [of.deviceId],
          );
          return row?.id;
        });
        const task = next(undone.settings);
        const data = { ...assessmentQueued.example, ...of, taskId: task.id, mode: 'undo' } as const;
        await trial.hear(event(assessmentQueued.draft(data), request));
        await this.undoes(undone, task);
      },
    };
  }

  const undo = (...words: readonly string[]) => muster('undo', ...words);
  const asksFor = async (serial: string, { id, at }: Task) => {
    expect(await undo(serial, '--no-wait')).toMatchObject({
      status: 0,
      out: `Asked of 1 device to put back task ${id} of ${at}; their pages show how it ends.\n`,
    });
    const told = (await trial.told('assessment.undoRequested')) as unknown as readonly { taskId: string }[];
    expect(told.at(-1)?.taskId).toBe(id);
  };
  const refuses = async (serial: string, sentence: string) => {
    const before = await trial.told('assessment.undoRequested');
    expect(await undo(serial)).toMatchObject({ status: 1, out: '', text: `muster undo: ${sentence}\n` });
    expect(await trial.told('assessment.undoRequested')).toEqual(before);
  };

  it('is the newest; an undo is passed, an undo of an undo is what is put back', async () => {
    const device = await plugIn('TURNS-1');
    const older = await device.changes('svc.slp');
    const first = await device.changes('svc.telnet');
    await asksFor('TURNS-1', first);
    const undone = await device.undoes(first);
    await asksFor('TURNS-1', older);
    const redone = await device.undoes(undone);
    await asksFor('TURNS-1', redone);
    const again = await device.undoes(redone);
    await asksFor('TURNS-1', older);
    await asksFor('TURNS-1', await device.undoes(again));
  });

  it('says that there is none, and how an undo is put back', async () => {
    const device = await plugIn('NONE-1');
    const nothing =
      'Muster has changed nothing on NONE-1 that is not put back. An undo is put back by its own name: see muster changes, and --task.';
    await refuses('NONE-1', nothing);
    await device.undoes(await device.changes('svc.telnet'));
    await refuses('NONE-1', nothing);
  });

  it('passes no task with secrets: it names it, and the one before it', async () => {
    const device = await plugIn('SECRET-1');
    const whole = await device.changes('credential.admin', 'credential.snmpRead');
    const says = ({ id, at }: Task, secrets: string) =>
      `Nothing is put back: of the newest, task ${id} of ${at}, only secrets are left, and secrets are not put back: ${secrets}.`;
    const [password, community] = ['credential.admin', 'credential.snmpRead'].map(
      (setting) => settingsCatalogue.get(setting)?.title,
    );
    const both = says(whole, `${password}, ${community}`);
    await refuses('SECRET-1', `${both} No older task has anything to be put back.`);
    const first = await device.changes('svc.slp', 'svc.ftp');
    const mixed = await device.changes('svc.telnet', 'credential.admin');
    await asksFor('SECRET-1', mixed);
    await device.undoes(mixed);
    const older = `Before it came task ${first.id} of ${first.at}, which changed 2 settings: muster undo SECRET-1 --task ${first.id}`;
    await refuses('SECRET-1', `${says(mixed, password ?? '')} ${older}`);
    const named = await undo('SECRET-1', '--task', first.id, '--no-wait', '--json');
    expect(JSON.parse(named.out)).toEqual({
      devices: 1,
      taskId: first.id,
      at: new Date(first.at).toISOString(),
    });
  });

  it('says which task was put back, and which secrets stay', async () => {
    const device = await plugIn('SAYS-1');
    const task = await device.changes('svc.telnet', 'credential.admin');
    const running = undo('SAYS-1');
    await device.follows(task);
    const title = settingsCatalogue.get('credential.admin')?.title ?? '';
    expect(await running).toMatchObject({
      status: 0,
      out: `Of task ${task.id} of ${task.at}, 1 of 1 settings are as they were before; secrets are not put back: ${title}.\n`,
    });
    const other = await plugIn('SAYS-2');
    const second = await other.changes('svc.telnet', 'credential.admin');
    const asJson = undo('SAYS-2', '--json');
    await other.follows(second);
    const secrets = [{ setting: 'credential.admin', title }];
    expect(JSON.parse((await asJson).out)).toEqual({
      ...{ taskId: second.id, at: new Date(second.at).toISOString() },
      ...{ undone: 1, left: 0, secrets },
    });
  });
});
