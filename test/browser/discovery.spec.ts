// Devices are looked for on the page (R35), in a real browser: by hand and by a list, with what is wrong in it and how it goes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discoveryProgressed } from '#events/discovery';
import type { Trial } from '../support/console.js';
import { until } from '../support/until.js';
import { phone, type Visitor } from './chromium.js';
import { visit, type Visit } from './visit.js';

describe('the page Discovery', () => {
  let visited: Visit | undefined;
  let trial: Trial;
  let visitor: Visitor;

  beforeAll(async () => {
    visited = await visit('/discovery', 'Discovery', { expected: [400] });
    ({ trial, visitor } = visited);
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  it('names every bad line of a list, and takes nothing of it', async () => {
    const { page } = visitor;
    await page.getByText('Nothing was looked for yet').waitFor();
    const csv = 'address,serial\r\n10.1.2.3,AB-12\r\n10.1.2.300,\r\n3c:52:82:aa:00:01,\r\n192.0.2.1,no\r\n';
    const file = { name: 'printers.csv', mimeType: 'application/vnd.ms-excel', buffer: Buffer.from(csv) };
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByRole('button', { name: 'Look for them' }).click();
    await page.getByRole('alert').getByText('3 lines are wrong; nothing was imported.').waitFor();
    const named = page.getByRole('list', { name: 'Bad lines' }).getByRole('listitem');
    expect(await named.allInnerTexts()).toEqual([
      expect.stringMatching(/^Line 3: 10\.1\.2\.300, is no address: /),
      expect.stringMatching(/^Line 4: 3c:52:82:aa:00:01, is a MAC address/),
      expect.stringMatching(/^Line 5: 192\.0\.2\.1,no /),
    ]);
    expect(await trial.told('discovery.requested')).toEqual([]);
    await page.getByRole('button', { name: 'Without a file' }).click();
  });

  it('takes what is typed, shows how it goes, and what came of it', async () => {
    const { page } = visitor;
    await page
      .getByLabel('Addresses, ranges or host names')
      .fill('10.1.2.3 # lobby\n10.1.2.4\n10.1.3.0/28\n');
    await page.getByRole('button', { name: 'Look for them' }).click();
    await visitor.heading('Discovery of 3 entries').waitFor();
    await page.getByText('0 found, 16 waiting').waitFor();
    const [told] = await until('discovery is told', async () => {
      const all = (await trial.told('discovery.requested')) as unknown as readonly { discoveryId: string }[];
      return all.length === 1 && all;
    });
    const discoveryId = told?.discoveryId ?? '';
    const deviceId = '0193f2a0-0000-7000-8000-000000000001';
    const found = {
      line: 1,
      address: '10.1.2.3',
      outcome: 'found',
      serial: 'AB-12',
      deviceId,
      reason: null,
    } as const;
    const failed = {
      line: 2,
      address: '10.1.2.4',
      outcome: 'notReached',
      serial: null,
      deviceId: null,
    } as const;
    const results = [found, { ...failed, reason: 'open device API: no answer within 5000 ms' }];
    const draft = discoveryProgressed.draft({ discoveryId, results, nobody: 14, named: 0, ended: 'done' });
    await trial.bus.publish([trial.event('discovery', draft)]);
    await page.getByText('1 found, 1 failed, 14 with nobody there').waitFor();
    await page.getByText('Done', { exact: true }).waitFor();
    const row = page.getByRole('row').filter({ hasText: '10.1.2.4' });
    expect(await row.innerText()).toContain('no answer within 5000 ms');
    await page.getByLabel('Shown').selectOption('found');
    await page
      .getByRole('row')
      .filter({ hasText: '10.1.2.3' })
      .getByRole('link', { name: 'AB-12' })
      .waitFor();
    await page.getByRole('navigation', { name: 'Path' }).getByRole('link').click();
    await page.getByRole('table').getByRole('link', { name: '10.1.2.3', exact: true }).waitFor();
    await page.getByText('and 2 more').waitFor();
  });

  it('stops what goes on, once it is asked twice', async () => {
    const { page } = visitor;
    await page.getByLabel('Addresses, ranges or host names').fill('10.1.4.0/24');
    await page.getByRole('button', { name: 'Look for them' }).click();
    await visitor.heading('Discovery of 1 entry').waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop it' }).click();
    await page.getByText('Being stopped').waitFor();
    expect(await trial.told('discovery.cancelRequested')).toHaveLength(1);
  });

  it('asks whoever answers to multicast, as far as it may', async () => {
    const { page } = visitor;
    await visitor.goTo('/discovery');
    await visitor.heading('Discovery').waitFor();
    const before = (await trial.told('discovery.requested')).length;
    await page.getByLabel('Whoever answers to multicast').check();
    await page.getByLabel('Hops').fill('7');
    await page.getByRole('button', { name: 'Look for them' }).click();
    await visitor.heading('Discovery of 1 entry').waitFor();
    const told = await until('discovery is told', async () => {
      const all = await trial.told('discovery.requested');
      return all.length > before && all.at(-1);
    });
    expect(told).toMatchObject({ wanted: [{ line: 1, at: 'multicast:7', serial: null }] });
  });

  it('fits on a phone', async () => {
    const { page } = visitor;
    await page.setViewportSize(phone);
    await visitor.goTo('/discovery');
    await visitor.heading('Discovery').waitFor();
    await page.getByRole('table').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
  });

  it('heard no complaint of the browser in all of this', () => {
    expect(visitor.complaints).toEqual([]);
  });
});
