// A device whose words are markup, on the pages that show what devices said: each of them shows the words, and makes nothing of them.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKeyFile } from '#pki/key-file';
import { assessmentFinished } from '#events/assessment';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import { discoveryProgressed } from '#events/discovery';
import type { Event } from '#events/event';
import { scheduleProgressed } from '#events/schedule';
import { databases, Trial } from '../support/console.js';
import { ownFolder } from '../support/servers.js';
import { until } from '../support/until.js';
import { launch, password, Visitor } from './chromium.js';

const [PGlite] = databases;
/** Long enough to end a name, an attribute, a comment and a script before it. */
const words = `"'--></script><b class=stolen>x</b><img src=/stolen onerror="window.stolen = true">`;
const deviceId = '0193f2a0-0000-7000-8000-00000000e711';
/** Markup of a stranger, made into elements. */
const stolen = (): readonly string[] => [
  ...[...document.querySelectorAll('.stolen, [src*=stolen]')].map(({ outerHTML }) => outerHTML),
  ...('stolen' in window ? ['a script ran'] : []),
];

describe('words of a device that are markup', () => {
  let trial: Trial;
  let browser: Browser;
  let visitor: Visitor;
  let token: string;
  let discoveryId = '';

  beforeAll(async () => {
    const folder = await ownFolder('markup');
    const [passwordFile, keys] = [join(folder, 'password'), join(folder, 'keys')];
    await writeFile(passwordFile, password);
    await makeKeyFile(keys);
    const environment = { MUSTER_ADMIN_PASSWORD_FILE: passwordFile, MUSTER_CREDENTIALS_KEY_FILE: keys };
    trial = await Trial.start(await PGlite.open(), environment, [{ service: 'assessment', on: [] }]);
    token = await trial.token('admin');
    await tell();
    browser = await launch();
    visitor = await Visitor.open(browser, trial.host.url);
    await visitor.goTo('/');
    await visitor.signIn('admin');
    await visitor.heading('Overview').waitFor();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await trial?.stop();
  }, 60_000);

  const ask = async <T>(method: string, path: string, body: unknown): Promise<T> => {
    const answer = await trial.ask(method, `/api/${path}`, { token, body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return JSON.parse(answer.text) as T;
  };

  /** All that a device can say, and an operator have in a list, wherever it is shown. */
  async function tell(): Promise<void> {
    const identity = { ...deviceDiscovered.example.identity, model: words, hostname: words, firmware: words };
    const of = { deviceId, identity };
    const office = { groupId: 'office', name: 'Office', kind: 'manual', priority: 10 } as const;
    const groups = [{ ...office, policyId: null, added: true }];
    const { example } = assessmentFinished;
    const [result] = example.results;
    const [change] = example.changes;
    if (!result || !change) throw new Error('the example has one of each');
    const results = ['nonCompliant', 'failed'].map((outcome, at) => ({
      ...{ ...result, setting: ['svc.telnet', 'snmp.access'][at] ?? '' },
      ...{ before: words, after: words, detail: words, outcome: outcome as 'failed' },
    }));
    const changes = [{ ...change, before: words, after: words }];
    const ended = { ...example, ...of, outcome: 'nonCompliant', detail: words, results, changes } as const;
    const sentence = { at: '10.1.2.3', name: words, location: words };
    const run = await ask<{ id: string }>('POST', 'discoveries', {
      entries: [{ address: sentence.at, name: words, location: words }],
    });
    discoveryId = run.id;
    const found = { line: 1, address: words, serial: null, deviceId: null, reason: words } as const;
    const progressed = { discoveryId, nobody: 0, named: 0, ended: 'done' } as const;
    const { dueAt: _, ...going } = scheduleProgressed.example;
    const body = { name: 'Office', kind: 'manual', priority: 10, filter: null, members: [], policyId: null };
    await ask('PUT', 'groups/office', { version: 0, body });
    await hear(
      trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, ...of })),
      trial.event('autogroup', deviceGrouped.draft({ ...deviceGrouped.example, ...of, groups })),
      trial.event('assessment', assessmentFinished.draft({ ...ended, taskId: randomUUID() })),
      trial.event(
        'assessment',
        assessmentFinished.draft({ ...ended, taskId: randomUUID(), mode: 'dryRun', runId: undefined }),
      ),
      trial.event(
        'discovery',
        discoveryProgressed.draft({ ...progressed, results: [{ ...found, outcome: 'notReached' }] }),
      ),
      trial.event(
        'assessment',
        scheduleProgressed.draft({
          ...going,
          dueAt: null,
          requestedBy: words,
          name: words,
          detail: words,
          state: 'stopped',
        }),
      ),
    );
    await ask('PUT', 'credentials', {
      scope: 'device',
      id: deviceId,
      credential: {
        kind: 'snmpUser',
        user: 'a<b class=stolen>',
        auth: 'sha256',
        authPassword: 'x'.repeat(9),
        priv: 'aes128',
        privPassword: 'y'.repeat(9),
      },
    });
  }

  async function hear(...events: readonly Event[]): Promise<void> {
    await trial.bus.publish(events);
    const ids = events.map(({ id }) => id);
    await until('all events are projected', async () => {
      const rows = await trial.database.query(
        `select 1 from console.feed where event->>'id' = any($1::text[])`,
        [ids],
      );
      return rows.length === ids.length;
    });
  }

  it.each([
    {
      where: 'the device: identity, last assessment, changes, dry run, history',
      path: () => `/devices/${deviceId}`,
      times: 6,
    },
    { where: 'Credentials', path: () => '/credentials', times: 1 },
    { where: 'Schedules', path: () => '/schedules', times: 2 },
    { where: 'a group: members, dry runs', path: () => '/groups/office', times: 1 },
    { where: 'a policy: dry runs', path: () => '/policies/base', times: 0 },
    { where: 'Discovery', path: () => '/discovery', times: 0 },
    { where: 'what came of a discovery', path: () => `/discovery/${discoveryId}`, times: 2 },
    { where: 'Devices', path: () => '/devices', times: 1 },
    { where: 'Tasks', path: () => '/tasks', times: 0 },
    { where: 'Live', path: () => '/live', times: 0 },
    { where: 'Overview', path: () => '/', times: 0 },
  ])('are words on the page of $where', async ({ path, times }) => {
    const { page } = visitor;
    await visitor.goTo(path());
    await visitor.heading(/./).waitFor();
    await page.getByText('Loading', { exact: true }).first().waitFor({ state: 'detached' });
    if (times > 0)
      await page
        .getByText('<b class=stolen>')
        .nth(times - 1)
        .waitFor();
    expect(await page.evaluate(stolen)).toEqual([]);
    expect(visitor.complaints.splice(0)).toEqual([]);
  });
});
