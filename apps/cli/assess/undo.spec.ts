// What was changed, listed and put back at the command line, a real console at the other end.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import { assessmentFinished, assessmentQueued, assessmentSkipped } from '#events/assessment';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import type { Draft, Event } from '#events/event';
import { assessmentUndone } from '#events/undo';
import { databases, Trial } from '../../../test/support/console.js';
import { ownFolder } from '../../../test/support/servers.js';
import { typed } from '../../../test/support/typed.js';
import { until } from '../../../test/support/until.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;

describe('muster undo --group, muster changes', () => {
  let trial: Trial;
  let folder: string;
  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    folder = await ownFolder('undo');
    const token = await trial.token('operator');
    await writeFile(join(folder, 'token'), token);
    const body = { kind: 'manual', priority: 10, filter: null, members: [], policyId: null };
    for (const name of ['office', 'lobby'])
      await trial.ask('PUT', `/api/groups/${name}`, { token, body: { version: 0, body: { ...body, name } } });
  });
  afterAll(() => trial.stop());

  const muster = (...words: readonly string[]) =>
    typed(runCommand, words, {
      MUSTER_CONSOLE_URL: trial.host.url,
      MUSTER_TOKEN_FILE: join(folder, 'token'),
    });
  const undo = (...words: readonly string[]) => muster('undo', ...words);
  const asked = async () =>
    (await trial.told('assessment.undoRequested')) as unknown as readonly {
      deviceId: string;
      taskId: string;
    }[];
  interface ChangedIn {
    /** Null: it is in none. */
    readonly group?: string | null;
    readonly settings?: readonly string[];
  }
  /** A device that was changed so many minutes ago. */
  async function changed(
    serial: string,
    minutesAgo: number,
    { group = 'office', settings = ['svc.telnet'] }: ChangedIn = {},
  ) {
    const identity = { ...deviceDiscovered.example.identity, serial };
    const of = { deviceId: randomUUID(), identity };
    const member = { kind: 'manual', priority: 10, policyId: null, added: true } as const;
    const groups = group === null ? [] : [{ groupId: group, name: group, ...member }];
    const taskId = randomUUID();
    const at = new Date(Date.now() - minutesAgo * 60_000).toISOString();
    const changes = settings.flatMap((setting) =>
      assessmentFinished.example.changes.map((change) => ({
        ...{ ...change, setting, at },
        title: settingsCatalogue.get(setting)?.title ?? setting,
      })),
    );
    const found = deviceDiscovered.draft({ ...deviceDiscovered.example, ...of, announcements: [] });
    const grouped = deviceGrouped.draft({ ...deviceGrouped.example, ...of, groups, announcements: [] });
    const finished = assessmentFinished.draft({ ...assessmentFinished.example, ...of, taskId, changes });
    await trial.bus.publish([
      trial.event('discovery', found),
      trial.event('autogroup', grouped),
      trial.event('assessment', finished),
    ]);
    await until('its change is listed', async () => {
      const rows = await trial.database.query('select 1 from console.change where task_id = $1', [taskId]);
      return rows.length > 0;
    });
    return { deviceId: of.deviceId, taskId };
  }

  it('asks for each device of the group that was changed since then, and no other', async () => {
    const [one, two] = [await changed('OFFICE-1', 5), await changed('OFFICE-2', 10)];
    await changed('OFFICE-3', 180);
    await changed('OTHER-1', 5, { group: null });
    expect(await undo('--group', 'office', '--since', '1m')).toMatchObject({
      status: 0,
      out: '0 devices.\n',
    });
    expect(await asked()).toEqual([]);
    expect(await undo('--group', 'office', '--since', '2h', '--no-wait')).toMatchObject({
      status: 0,
      out: 'Asked of 2 devices; their pages show how it ends.\n',
    });
    const both = (await asked()).map(({ deviceId, taskId }) => ({ deviceId, taskId }));
    expect(both).toHaveLength(2);
    expect(both).toEqual(expect.arrayContaining([one, two]));
    const last = await undo('--group', 'office', '--since', '7m', '--json', '--no-wait');
    expect(JSON.parse(last.out)).toEqual({ devices: 1 });
  });

  interface Of {
    readonly deviceId: string;
  }
  const requestsOf = (devices: readonly Of[], count: number) =>
    until('each is asked', async () => {
      const rows = await trial.database.query<{ id: string; deviceId: string; undoes: string }>(
        `select body->>'id' as id, body->'data'->>'deviceId' as "deviceId", body->'data'->>'taskId' as undoes
         from bus.event where type = 'assessment.undoRequested' and body->'data'->>'deviceId' = any($1)`,
        [devices.map(({ deviceId }) => deviceId)],
      );
      return rows.length === count && rows;
    });
  const event = (draft: Draft, causedBy: string | null = null): Event => ({
    ...trial.event('assessment', draft),
    causedBy,
  });

  it('waits until each has put back all that was asked of it', async () => {
    const [one, two, three] = [
      await changed('LATER-1', 3),
      await changed('LATER-2', 3),
      await changed('LATER-3', 3),
    ];
    const earlier = randomUUID();
    const at = new Date().toISOString();
    const changes = assessmentFinished.example.changes.map((made) => ({ ...made, setting: 'svc.ftp', at }));
    const again = { ...assessmentFinished.example, ...one, taskId: earlier, changes };
    await trial.hear(trial.event('assessment', assessmentFinished.draft(again)));
    const running = undo('--group', 'office', '--since', '4m');
    const requests = await requestsOf([one, two, three], 4);
    const tasks = new Map<string, string>([one, two, three].map(({ deviceId }) => [deviceId, randomUUID()]));
    const of = ({ deviceId }: Of) => ({
      deviceId,
      taskId: tasks.get(deviceId) ?? '',
    });
    for (const request of requests) {
      const data = { ...assessmentQueued.example, ...of(request), mode: 'undo' } as const;
      await trial.hear(event(assessmentQueued.draft(data), request.id));
    }
    const ended = (device: typeof one, undoes: string, end: object = {}) =>
      trial.hear(
        event(assessmentUndone.draft({ ...assessmentUndone.example, ...of(device), undoes, ...end })),
      );
    const secret = assessmentUndone.example.items.map((item) => {
      return { ...item, setting: 'credential.admin', title: 'Its password', outcome: 'leftOut' as const };
    });
    await ended(one, earlier, { items: [...assessmentUndone.example.items, ...secret] });
    await ended(two, two.taskId, { outcome: 'partly', detail: 'Telnet (it refuses)' });
    // Somebody else was faster.
    const nothing = {
      ...assessmentSkipped.example,
      ...of(three),
      reason: 'nothingToUndo',
      mode: 'undo',
    } as const;
    await trial.hear(event(assessmentSkipped.draft(nothing)));
    await ended(one, one.taskId);
    expect(await running).toMatchObject({
      status: 1,
      out: [
        'LATER-2: in part as before: Telnet (it refuses)',
        'LATER-1: secrets are not put back: Its password',
        '3 devices: 2 as before, 1 in part as before.\n',
      ].join('\n'),
    });
  });

  it('looks up an end that is too long for the event stream: a secret that stays is no fault, another setting is', async () => {
    const [whole, half] = [
      await changed('LONG-1', 3, { group: 'lobby', settings: ['svc.telnet', 'credential.snmpRead'] }),
      await changed('LONG-2', 3, { group: 'lobby', settings: ['svc.telnet', 'svc.ftp'] }),
    ];
    const running = undo('--group', 'lobby', '--since', '4m');
    // Telnet of both, and much of which the changes do not tell.
    const items = ['svc.telnet', ...Array.from({ length: 490 }, (_, n) => `x.${n}`)].flatMap((setting) =>
      assessmentUndone.example.items.map((item) => ({ ...item, setting })),
    );
    for (const { id, deviceId, undoes } of await requestsOf([whole, half], 2)) {
      const of = { deviceId, taskId: randomUUID() };
      const queued = { ...assessmentQueued.example, ...of, mode: 'undo' } as const;
      const undone = { ...assessmentUndone.example, ...of, undoes, items };
      await trial.hear(
        event(assessmentQueued.draft(queued), id),
        event(assessmentUndone.draft({ ...undone, changes: [] })),
      );
    }
    expect(await running).toMatchObject({
      status: 1,
      out: [
        'LONG-2: in part as before',
        `LONG-1: secrets are not put back: ${settingsCatalogue.get('credential.snmpRead')?.title}`,
        '2 devices: 1 as before, 1 in part as before.\n',
      ].join('\n'),
    });
  });

  it.each([
    [['--group', 'office'], '--group goes with --since'],
    [['--since', '2h'], '--group goes with --since'],
    [['--group', 'office', '--since', '2h', 'OFFICE-1'], '--group goes with --since'],
    [['--group', 'office', '--since', '2h', '--task', randomUUID()], '--group goes with --since'],
    [['--group', 'office', '--since', 'yesterday'], '--since must be a time'],
  ])('%j asks for nothing', async (words, reason) => {
    const before = await asked();
    const { status, text } = await undo(...words);
    expect([status, text]).toEqual([2, expect.stringContaining(reason)]);
    expect(await asked()).toEqual(before);
  });

  it('lists each change of a device, also of more tasks than a page has', async () => {
    const { deviceId, taskId } = await changed('MANY-1', 90);
    const identity = { ...deviceDiscovered.example.identity, serial: 'MANY-1' };
    const others = Array.from({ length: 29 }, () => randomUUID());
    const [change] = assessmentFinished.example.changes;
    if (!change) throw new Error('the example has one');
    const settings = ['svc.telnet', 'svc.ftp'];
    await trial.hear(
      ...others.map((id, nth) => {
        const at = new Date(Date.now() - nth * 1_000).toISOString();
        const changes = settings.map((setting) => ({ ...change, setting, title: setting, at }));
        const asked = nth === 0 ? { trigger: 'requested' as const, requestedBy: ['ada'] } : {};
        const data = { ...assessmentFinished.example, deviceId, identity, taskId: id, changes, ...asked };
        return trial.event('assessment', assessmentFinished.draft(data));
      }),
    );
    const { status, out } = await muster('changes', 'MANY-1');
    const lines = out.trimEnd().split('\n').slice(1);
    expect(status).toBe(0);
    const cells = lines.map((line) => line.split(/ {2,}/));
    const listed = cells.map(([, task, , setting]) => [task, setting]);
    expect(cells.map(([, , because]) => because)).toEqual(
      cells.map((_, nth) => (nth < 2 ? 'ada' : 'announcement')),
    );
    expect(listed).toEqual([
      ...others.flatMap((id) => settings.map((setting) => [id, setting])),
      [taskId, change.title],
    ]);
    const told = (await muster('changes', 'MANY-1', '--json')).out.trimEnd().split('\n');
    expect(told.map((line) => (JSON.parse(line) as { taskId: string }).taskId)).toEqual([...others, taskId]);
  });

  it('says that there is no such group', async () => {
    expect(await undo('--group', 'nobody', '--since', '2h')).toMatchObject({ status: 1 });
  });
});
