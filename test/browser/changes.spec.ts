// What Muster has changed on a device, on its page: whole tasks, page by page, and what an undo is said to put back.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished } from '#events/assessment';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import { laptop, phone } from './chromium.js';
import { visit, type Visit } from './visit.js';

const of = {
  deviceId: randomUUID(),
  identity: { ...deviceDiscovered.example.identity, serial: 'VNB3F00005' },
};
const settingsEach = 27;
const tasks = Array.from({ length: 12 }, () => randomUUID());
const [newest = ''] = tasks;
const [before = '', oldest = ''] = tasks.slice(-2);

/** The newest first; of the others an announcement. */
const causes = [
  { trigger: 'requested' as const, requestedBy: ['ada'] },
  {
    ...{ trigger: 'requested' as const, requestedBy: [] },
    ...{ runId: randomUUID(), schedule: { scheduleId: 'nightly', name: 'Each night' } },
  },
];

describe('changes of a device', () => {
  let visited: Visit | undefined;

  beforeAll(async () => {
    visited = await visit('/devices', 'Devices');
    const { trial, visitor } = visited;
    const { example } = assessmentFinished;
    const [change] = example.changes;
    if (!change) throw new Error('the example has one');
    await trial.hear(
      trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, ...of })),
      trial.event('autogroup', deviceGrouped.draft({ ...deviceGrouped.example, ...of })),
      ...tasks.map((taskId, nth) => {
        const at = new Date(Date.parse(change.at) - nth * 3_600_000).toISOString();
        const settings = Array.from({ length: settingsEach - 1 }, (_, place) => `setting.${nth}.${place}`);
        const changes = [...settings, 'credential.admin'].map((setting) => ({
          ...{ ...change, setting, title: setting },
          at,
        }));
        const data = { ...example, ...of, taskId, changes, ...(causes[nth] ?? {}) };
        return trial.event('assessment', assessmentFinished.draft(data));
      }),
    );
    await visitor.goTo(`/devices/${of.deviceId}`);
    await visitor.page.getByRole('heading', { name: 'Changes' }).waitFor();
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  const opened = () => {
    if (!visited) throw new Error('the page is not open');
    const { page } = visited.visitor;
    const section = page.getByRole('region', { name: 'Changes', exact: true }).first();
    return { ...visited, page, section };
  };

  it('are shown by whole tasks, with older ones on the next page', async () => {
    const { page, section } = opened();
    const task = (id: string) => page.locator(`section[aria-labelledby="task-${id}"]`);
    await section.getByText('12 tasks changed something').waitFor();
    expect(await task(newest).locator('tbody tr:visible').count()).toBe(settingsEach);
    await task(newest).getByText('Asked for by ada').waitFor();
    const run = task(tasks[1] ?? '').getByText('Run of the schedule Each night');
    await run.getByRole('link', { name: 'Each night' }).waitFor();
    await task(tasks[2] ?? '')
      .getByText('Announcement', { exact: true })
      .waitFor();
    expect(await task(before).count()).toBe(0);
    await section.getByRole('button', { name: 'Next' }).click();
    await task(before).waitFor();
    expect(await task(before).locator('tbody tr').count()).toBe(settingsEach);
    expect(await section.getByRole('button', { name: 'Next' }).isDisabled()).toBe(true);
  });

  it('the way back of an older task says how many settings it puts back, and asks for that task', async () => {
    const { page, trial, visitor } = opened();
    const last = page.locator(`section[aria-labelledby="task-${oldest}"]`);
    await last.getByRole('button', { name: /^Undo/ }).click();
    const dialog = page.getByRole('dialog', { name: `Put back ${settingsEach - 1} settings?` });
    await dialog.getByRole('button', { name: 'Put back' }).click();
    await page.getByText('Asked for. What became of it').waitFor();
    expect(await trial.told('assessment.undoRequested')).toMatchObject([{ taskId: oldest }]);
    expect(visitor.complaints).toEqual([]);
  });

  it('the audit log leads from who asked for it to the device', async () => {
    const { page, trial, visitor } = opened();
    const nothing = 'Nothing of VNB3F00005 is known to run or to wait.';
    await trial.database.query(
      `insert into console.audit (who, action, target, outcome, detail, devices_gone)
       select 'ada', action, target, outcome, detail::jsonb, gone from (values
         ('assessment.cancelRequested', $1, 'refused', $2, null),
         ('assessment.cancelRequested', 'group:lobby', 'asked', null, null),
         ('assessment.requested', 'group:office', 'done', '{"mode": "assess"}', 1000),
         ('assessment.requested', $1, 'done', null, 1)) as entry (action, target, outcome, detail, gone)`,
      [`device:${of.deviceId}`, JSON.stringify({ reason: nothing })],
    );
    await trial.database.query(
      `with stop as (insert into console.audit (who, action, target, outcome)
         values ('ada', 'assessment.cancelRequested', 'group:cellar', 'done') returning id)
       insert into console.asked (request, audit, device_id) select gen_random_uuid(), id, $1 from stop`,
      [of.deviceId],
    );
    await visitor.goTo('/access');
    const log = page.getByRole('region', { name: 'Audit log, newest first' });
    const line = (text: string) => log.getByRole('row').filter({ hasText: text });
    await line(nothing).getByText('Refused').waitFor();
    await line('group:lobby').getByText('Asked').waitFor();
    await line('group:office').getByText('1,000 devices: which ones is kept no longer').waitFor();
    await line('its task is kept no longer').getByText('VNB3F00005').waitFor();
    await line('group:cellar').getByText('1 device', { exact: true }).click();
    const stopped = line('group:cellar').getByRole('listitem');
    await stopped.getByRole('link', { name: 'VNB3F00005' }).waitFor();
    expect(await stopped.allTextContents()).toEqual(['VNB3F00005']);
    const entry = log.getByRole('row').filter({ hasText: 'assessment.undoRequested' });
    await entry.waitFor();
    for (const [name, size] of Object.entries({ laptop, phone })) {
      await page.setViewportSize(size);
      await visitor.picture(`audit-${name}`);
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect([name, Math.max(0, beyond)]).toEqual([name, 0]);
    }
    await entry.getByRole('link', { name: of.identity.serial }).click();
    await page.getByRole('heading', { name: 'Changes' }).waitFor();
  });

  it.each([
    ['a laptop', laptop],
    ['a phone', phone],
  ])('fit %s', async (name, viewport) => {
    const { page, section, visitor } = opened();
    await page.setViewportSize(viewport);
    await section.getByRole('button', { name: 'Undo' }).first().waitFor();
    await visitor.picture(`changes-${name.replace('a ', '')}`);
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(Math.max(0, beyond)).toBe(0);
  });
});
