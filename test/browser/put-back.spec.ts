// A device that was put back after it was assessed, on each page that says how it is, in a real browser.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentFinished } from '#events/assessment';
import { deviceDiscovered } from '#events/device';
import { assessmentUndone } from '#events/undo';
import type { Visitor } from './chromium.js';
import { visit, type Visit } from './visit.js';

const { deviceId } = deviceDiscovered.example;

describe('a device that was put back', () => {
  let visited: Visit | undefined;
  let visitor: Visitor;

  beforeAll(async () => {
    visited = await visit('/devices', 'Devices');
    const { trial } = visited;
    ({ visitor } = visited);
    const never = { deviceId: '0193f2a0-0000-7000-8000-000000000002' };
    const identity = { ...deviceDiscovered.example.identity, serial: 'NEVER-0001' };
    await trial.bus.publish([
      trial.event('discovery', deviceDiscovered.draft(deviceDiscovered.example)),
      trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, ...never, identity })),
      trial.event('assessment', assessmentFinished.draft(assessmentFinished.example)),
      trial.event('assessment', assessmentUndone.draft(assessmentUndone.example)),
    ]);
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  it('is told from one that was never assessed in the list, and keeps the policy used last', async () => {
    const { page } = visitor;
    const { serial } = deviceDiscovered.example.identity;
    const row = page.getByRole('row').filter({ hasText: serial });
    await row.getByText(/^put back/).waitFor();
    expect(await row.innerText()).toMatch(/Not assessed[\s\S]*Muster Base/);
    expect(await page.getByText(/^put back/).count()).toBe(1);
    await visitor.picture('put-back-list');
  });

  it('says on its page since when nothing has been compared, and at a glance how many are so', async () => {
    const { page } = visitor;
    await visitor.goTo(`/devices/${deviceId}`);
    await page.getByText(/was put back .*, and no policy has been compared with it since/).waitFor();
    await page.getByRole('heading', { name: 'Not assessed since it was put back' }).waitFor();
    await visitor.picture('put-back-device');
    await visitor.goTo('/');
    const figure = page.getByRole('link').filter({ hasText: 'Not assessed' });
    await figure.getByText('1 of them put back').waitFor();
    expect(await figure.locator('strong').innerText()).toBe('2');
    await visitor.picture('put-back-overview');
  });
});
