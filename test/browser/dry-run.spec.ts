// What an assessment would change: a dry run of a group, asked for and read, in a real browser.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished, type AssessmentFinished } from '#events/assessment';
import { deviceDiscovered, deviceGrouped } from '#events/device';
import type { Event } from '#events/event';
import { until } from '../support/until.js';
import type { Visitor } from './chromium.js';
import { visit, type Visit } from './visit.js';

const held = 'The password of the device pages was not sent: its certificate proves nobody.';
const unread = 'no answer within 5000 ms';

describe('a dry run of a group', () => {
  let visited: Visit | undefined;
  let visitor: Visitor;
  const differs = member('DRY-0001');
  const silent = member('DRY-0002');

  beforeAll(async () => {
    visited = await visit('/groups', 'Groups');
    const { trial } = visited;
    ({ visitor } = visited);
    const token = await trial.token('operator');
    const group = { kind: 'manual', priority: 10, filter: null, members: [], policyId: null };
    const body = { version: 0, body: { ...group, name: 'Office' } };
    await trial.ask('PUT', '/api/groups/office', { token, body });
    await trial.hear(...[differs, silent].flatMap(({ found, grouped }) => [event(found), event(grouped)]));
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  /** A device of the office. */
  function member(serial: string) {
    const of = { deviceId: randomUUID(), identity: { ...deviceDiscovered.example.identity, serial } };
    const office = { groupId: 'office', name: 'Office', kind: 'manual', priority: 10 } as const;
    const groups = [{ ...office, policyId: null, added: true }];
    const found = deviceDiscovered.draft({ ...deviceDiscovered.example, ...of, announcements: [] });
    const grouped = deviceGrouped.draft({ ...deviceGrouped.example, ...of, groups, announcements: [] });
    return { of, found, grouped };
  }

  function event(draft: Parameters<Visit['trial']['event']>[1]): Event {
    if (!visited) throw new Error('no console');
    return visited.trial.event('assessment', draft);
  }

  const looked = ({ of }: ReturnType<typeof member>, what: Partial<AssessmentFinished>): Event =>
    event(
      assessmentFinished.draft({
        ...{ ...assessmentFinished.example, ...of, taskId: randomUUID(), mode: 'dryRun' },
        ...{ finishedAt: new Date().toISOString(), changes: [], ...what },
      }),
    );

  it('is asked for on the page of the group', async () => {
    const { page } = visitor;
    await visitor.goTo('/groups/office');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByText('Dry run of 2 devices asked for.').waitFor();
    const asked = await until('both are asked for', async () => {
      const rows = await visited?.trial.database.query<{ data: object }>(
        `select body->'data' as data from bus.event where type = 'assessment.requested'`,
      );
      return rows?.length === 2 && rows;
    });
    for (const { data } of asked) expect(data).toMatchObject({ mode: 'dryRun', policyId: null });
  });

  it('shows of each device what would change, what it was not sent, and why it could not be read', async () => {
    const { page } = visitor;
    const [result] = assessmentFinished.example.results;
    if (!result) throw new Error('it has one');
    const would = { ...result, outcome: 'nonCompliant', after: true, wouldWrite: true } as const;
    const right = {
      ...result,
      setting: 'svc.ftp',
      title: 'FTP',
      before: false,
      outcome: 'compliant',
    } as const;
    await visited?.trial.hear(
      looked(differs, { outcome: 'nonCompliant', detail: held, results: [would, right] }),
      looked(silent, { outcome: 'unreachable', detail: unread, results: [] }),
    );
    const table = page.getByRole('table', { name: 'Dry runs of this group' });
    const [first, second] = ['DRY-0001', 'DRY-0002'].map((serial) =>
      table.getByRole('row').filter({ hasText: serial }),
    );
    await first?.getByText('Telnet').waitFor();
    expect(await first?.innerText()).toMatch(/1 setting[\s\S]*Telnet: On\s*Off[\s\S]*proves nobody\./);
    expect(await first?.innerText()).not.toContain('FTP');
    expect(await second?.innerText()).toContain('Unreachable: no answer within 5000 ms');
    await visitor.picture('dry-run-group');
  });

  it('is held against what would be done instead before it is done', async () => {
    const { page } = visitor;
    await page.getByRole('button', { name: 'Assess now' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The newest dry run compared with Muster Base, version 1').waitFor();
    await visitor.picture('dry-run-confirm');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
  });

  it('is on the page of the device as well', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: 'DRY-0001' }).click();
    const card = page.getByRole('region', { name: 'Last dry run' });
    await card.getByText('1 setting would be changed; nothing was.').waitFor();
    await card.getByText(held).waitFor();
    await card.getByRole('row').filter({ hasText: 'Telnet' }).waitFor();
    await visitor.picture('dry-run-device');
    await visitor.goTo(`/devices/${silent.of.deviceId}`);
    await card.getByText(unread).waitFor();
    expect(await card.innerText()).toContain('Unreachable: no answer within 5000 ms');
    expect(visitor.complaints).toEqual([]);
  });
});
