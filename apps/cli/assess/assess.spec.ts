// Devices assessed at the command line, a real console at the other end.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  assessmentFinished,
  assessmentQueued,
  assessmentSkipped,
  type AssessmentFinished,
} from '#events/assessment';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import type { Draft, Event } from '#events/event';
import { freePort } from '../../../scripts/free-port.mjs';
import { databases, Trial } from '../../../test/support/console.js';
import { typist, type Typist } from '../../../test/support/typed.js';
import { until } from '../../../test/support/until.js';
import { answerMs } from '../client.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;

describe('muster assess', () => {
  let trial: Trial;
  let muster: Typist;
  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    muster = await typist(trial, runCommand);
    const body = { kind: 'manual', priority: 10, filter: null, members: [], policyId: null };
    const token = await trial.token('operator');
    for (const name of ['office', 'lobby', 'cellar', 'attic', 'empty'])
      await trial.ask('PUT', `/api/groups/${name}`, { token, body: { version: 0, body: { ...body, name } } });
  });
  afterAll(() => trial.stop());

  /** A device of the group. */
  async function plugIn(serial: string, group = 'office') {
    const of = { deviceId: randomUUID(), identity: { ...deviceDiscovered.example.identity, serial } };
    const member = { groupId: group, name: group, kind: 'manual', priority: 10 } as const;
    const groups = [{ ...member, policyId: null, added: true }];
    const found = deviceDiscovered.draft({ ...deviceDiscovered.example, ...of, announcements: [] });
    const grouped = deviceGrouped.draft({ ...deviceGrouped.example, ...of, groups, announcements: [] });
    await trial.hear(trial.event('discovery', found), trial.event('autogroup', grouped));
    return of;
  }

  it('--cancel says whether there was anything to stop', async () => {
    const of = await plugIn('STOP-1');
    const nothing = 'is known to run or to wait.';
    expect(await muster('assess', 'STOP-1', '--cancel')).toMatchObject({
      status: 1,
      text: `muster assess: Nothing of STOP-1 ${nothing}\n`,
    });
    expect(await muster('assess', '--group', 'office', '--cancel')).toMatchObject({
      status: 1,
      text: `muster assess: Nothing of any device of office ${nothing}\n`,
    });
    const data = { ...assessmentQueued.example, ...of, taskId: randomUUID() };
    await trial.hear(trial.event('assessment', assessmentQueued.draft(data)));
    expect(await muster('assess', 'STOP-1', '--cancel')).toMatchObject({
      status: 0,
      out: 'Asked to stop.\n',
    });
    expect(await muster('assess', '--group', 'office', '--cancel')).toMatchObject({
      status: 0,
      out: 'Asked 1 device to stop.\n',
    });
  });

  type Of = Awaited<ReturnType<typeof plugIn>>;

  /** The newest request for a device, another than this one. */
  const requestOf = ({ deviceId }: Of, before = '') =>
    until('it is asked for', async () => {
      const rows = await trial.database.query<{ id: string }>(
        `select body->>'id' as id from bus.event where type = 'assessment.requested'
         and body->'data'->>'deviceId' = $1 order by seq desc`,
        [deviceId],
      );
      return rows[0]?.id !== before && rows[0]?.id;
    });
  const event = (draft: Draft, causedBy: string | null = null): Event => ({
    ...trial.event('assessment', draft),
    causedBy,
  });
  const queued = (of: Of, taskId: string, causedBy: string | null) =>
    event(assessmentQueued.draft({ ...assessmentQueued.example, ...of, taskId }), causedBy);
  const finished = (of: Of, taskId: string, change: Partial<AssessmentFinished> = {}) =>
    event(assessmentFinished.draft({ ...assessmentFinished.example, ...of, taskId, ...change }));
  const skipped = (
    { deviceId }: Of,
    taskId: string | null,
    causedBy: string,
    mode: 'assess' | 'dryRun' = 'assess',
  ) => {
    const data = { ...assessmentSkipped.example, deviceId, taskId, mode, reason: 'notLicensed' } as const;
    return event(assessmentSkipped.draft(data), causedBy);
  };
  /** Asked for, made a task of, and ended. */
  const ends = async (of: Of, change: Partial<AssessmentFinished> = {}) => {
    const taskId = randomUUID();
    await trial.hear(queued(of, taskId, await requestOf(of)), finished(of, taskId, change));
  };

  it('waits until each device of a group has ended, and names those of which not all is well', async () => {
    const [well, wrong, silent, seatless, large] = [
      await plugIn('LOBBY-1', 'lobby'),
      await plugIn('LOBBY-2', 'lobby'),
      await plugIn('LOBBY-3', 'lobby'),
      await plugIn('LOBBY-4', 'lobby'),
      await plugIn('LOBBY-5', 'lobby'),
    ];
    const running = muster('assess', '--group', 'lobby');
    await ends(well);
    await ends(wrong, { outcome: 'nonCompliant', detail: 'Telnet (it refuses)' });
    // The end of a task before the word that there is one.
    const taskId = randomUUID();
    const away = { outcome: 'unreachable', detail: 'no answer within 5000 ms' } as const;
    await trial.hear(finished(silent, taskId, away));
    await trial.hear(queued(silent, taskId, await requestOf(silent)));
    await trial.hear(skipped(seatless, null, await requestOf(seatless)));
    // More than the event stream sends.
    const [result] = assessmentFinished.example.results;
    if (!result) throw new Error('it has one');
    const results = Array.from({ length: 200 }, (_, n) => ({ ...result, setting: `svc.${n}` }));
    await ends(large, { results });
    expect(await running).toMatchObject({
      status: 1,
      out: [
        'LOBBY-2: not compliant: Telnet (it refuses)',
        'LOBBY-3: not reached: no answer within 5000 ms',
        'LOBBY-4: Not assessed: it holds no licence.',
        '5 devices: 2 compliant, 1 not compliant, 1 not reached, 1 not assessed.\n',
      ].join('\n'),
    });
  });

  it('ends with 0 when all are compliant, whatever else ends meanwhile', async () => {
    const of = await plugIn('CELLAR-1', 'cellar');
    const earlier = randomUUID();
    await trial.hear(queued(of, earlier, randomUUID()));
    const running = muster('assess', 'CELLAR-1', '--json');
    const request = await requestOf(of);
    await trial.hear(finished(of, earlier, { outcome: 'failed', detail: 'that was another one' }));
    const taskId = randomUUID();
    // A part of a task that others share is left out, and the task goes on.
    await trial.hear(skipped(of, null, request), queued(of, taskId, request), finished(of, taskId));
    const { status, out } = await running;
    expect(status).toBe(0);
    const { deviceId } = of;
    expect(JSON.parse(out)).toEqual({ deviceId, serial: 'CELLAR-1', outcome: 'compliant', detail: null });
    expect(await muster('assess', '--group', 'empty')).toMatchObject({ status: 0, out: '0 devices.\n' });
  });

  it('names those of which nothing came in time', async () => {
    const of = await plugIn('CELLAR-2', 'cellar');
    const running = muster('assess', '--group', 'cellar', '--wait', '1');
    await trial.hear(queued(of, randomUUID(), await requestOf(of)));
    expect(await running).toMatchObject({
      status: 1,
      out: [
        'CELLAR-1: not heard of in time',
        'CELLAR-2: not heard of in time',
        '2 devices: 2 not heard of in time.\n',
      ].join('\n'),
    });
    const look = await muster('assess', 'CELLAR-2', '--dry-run', '--wait', '1');
    expect(look.status).toBe(1);
    expect(look.out).toMatch(/^CELLAR-2: not heard of in time$/m);
  });

  it('shows what a dry run says that was asked for, and why there was none', async () => {
    const of = await plugIn('DRY-1');
    const [result] = assessmentFinished.example.results;
    if (!result) throw new Error('it has one');
    const wouldWrite = {
      ...result,
      before: true,
      after: true,
      outcome: 'nonCompliant',
      wouldWrite: true,
    } as const;
    const dry: Partial<AssessmentFinished> = {
      mode: 'dryRun',
      outcome: 'nonCompliant',
      detail: 'a secret was not sent to it',
      results: [wouldWrite],
      changes: [],
    };
    const running = muster('assess', 'DRY-1', '--dry-run');
    await ends(of, dry);
    const { status, out } = await running;
    expect(status).toBe(0);
    expect(out).toMatch(/^DRY-1 +Telnet +true +false +api$/m);
    expect(out).toMatch(/^DRY-1: not compliant: a secret was not sent to it$/m);
    expect(out).toMatch(/^1 setting would be changed on 1 of 1 device\.$/m);
    const silent = await plugIn('DRY-2');
    const unread = muster('assess', 'DRY-2', '--dry-run');
    await ends(silent, { ...dry, outcome: 'unreachable', results: [] });
    expect((await unread).status).toBe(1);
    const before = await requestOf(of);
    const none = muster('assess', 'DRY-1', '--dry-run');
    await trial.hear(skipped(of, null, await requestOf(of, before), 'dryRun'));
    expect((await none).out).toMatch(/^DRY-1: No dry run: it holds no licence\.$/m);
  });

  /**
   * A proxy before console.
   *
   * @param each of the path of a request: passes it on, its answer not before what is given, or leaves it without an answer
   */
  async function before(
    each: (url: string, pass: (answer?: Promise<unknown>) => void) => void,
  ): Promise<string> {
    const port = await freePort();
    const server = createServer((near, answer) => {
      const { method, headers, url = '' } = near;
      each(url, (answered = Promise.resolve()) => {
        const far = request(new URL(url, trial.host.url), { method, headers }, (said) => {
          void answered.then(() => {
            answer.writeHead(said.statusCode ?? 0, said.headers);
            said.pipe(answer);
          });
        });
        answer.on('close', () => far.destroy());
        near.pipe(far);
      });
    }).listen(port, '127.0.0.1');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    await once(server, 'listening');
    return `http://127.0.0.1:${port}`;
  }

  it(
    'ends in time where console does not answer, and waits for nobody else because of it',
    { timeout: 60_000 },
    async () => {
      const ofGroup = await Promise.all([1, 2, 3].map((nth) => plugIn(`SLOW-${nth}`, 'attic')));
      const [last, ...silent] = ofGroup.toReversed();
      const silentEnded = Promise.withResolvers<void>();
      const lookedUp = new Set<string>();
      const url = await before((path, pass) => {
        if (path.endsWith('/assess')) return pass(silentEnded.promise);
        const of = silent.find(({ deviceId }) => path === `/api/devices/${deviceId}`);
        if (of) lookedUp.add(of.deviceId);
        else pass();
      });
      const running = muster('assess', '--group', 'attic', '--wait', '10', '--url', url);
      const [result] = assessmentFinished.example.results;
      if (!result || !last) throw new Error('it has one');
      // More than the event stream sends.
      const results = Array.from({ length: 200 }, (_, n) => ({ ...result, setting: `svc.${n}` }));
      for (const of of silent) await ends(of, { results });
      const since = performance.now();
      silentEnded.resolve();
      await until('they are looked up', () => lookedUp.size === silent.length);
      // It is heard of while the others are waited for.
      await ends(last, { results });
      expect(await running).toMatchObject({
        status: 1,
        out: [
          'SLOW-1: not heard of in time',
          'SLOW-2: not heard of in time',
          '3 devices: 1 compliant, 2 not heard of in time.\n',
        ].join('\n'),
      });
      expect(performance.now() - since, 'not as long as an answer is waited for').toBeLessThan(answerMs);
    },
  );

  it('asks once the event stream is open, so that the end of who ends at once is heard', async () => {
    const of = await plugIn('QUICK-1');
    const order: string[] = [];
    const asked = Promise.withResolvers<void>();
    const url = await before((url, pass) => {
      if (url.endsWith('/assess')) {
        order.push('asked');
        asked.resolve();
      }
      if (!url.startsWith('/api/events')) return pass();
      order.push('stream wanted');
      // As long as whoever does not wait for it would need to ask.
      void Promise.race([asked.promise, delay(1_000)]).then(() => {
        order.push('stream opened');
        pass();
      });
    });
    const running = muster('assess', 'QUICK-1', '--url', url);
    await ends(of);
    expect((await running).status).toBe(0);
    expect(order).toEqual(['stream wanted', 'stream opened', 'asked']);
  });

  it('--no-wait only asks', async () => {
    const { deviceId } = await plugIn('ASKED-1');
    expect(await muster('assess', 'ASKED-1', '--no-wait')).toMatchObject({
      status: 0,
      out: 'Assessment of 1 device asked for; their pages show how it ends.\n',
    });
    const told = (await trial.told('assessment.requested')) as readonly { readonly deviceId?: string }[];
    expect(told.filter((data) => data.deviceId === deviceId)).toHaveLength(1);
  });
});
