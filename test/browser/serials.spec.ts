// The serial-number list on the page (R33): as long as it may be, in a real browser.
import { readFile } from 'node:fs/promises';
import type { Download } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceDiscovered } from '#events/device';
import type { Trial } from '../support/console.js';
import { phone, type Visitor } from './chromium.js';
import { visit, type Visit } from './visit.js';

const most = 100_000;
const serial = (number: number): string => `LONG-${String(number).padStart(6, '0')}`;
const fileOf = (lines: readonly string[]) => ({
  name: 'serials.txt',
  mimeType: 'text/plain',
  buffer: Buffer.from(lines.map((line) => `${line}\r\n`).join('')),
});

describe('the list of serial numbers', () => {
  let visited: Visit | undefined;
  let trial: Trial;
  let visitor: Visitor;

  beforeAll(async () => {
    visited = await visit('/serials', 'Serial numbers');
    ({ trial, visitor } = visited);
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  /** The dialog, with a file chosen in it. */
  const choose = async (lines: readonly string[]) => {
    const dialog = visitor.page.getByRole('dialog');
    if (!(await dialog.isVisible())) await visitor.page.getByRole('button', { name: 'Import' }).click();
    await dialog.locator('input[type=file]').setInputFiles(fileOf(lines));
    return { dialog, send: dialog.getByRole('button', { name: 'Import' }) };
  };
  const saved = async (act: () => Promise<void>): Promise<string> => {
    const coming: Promise<Download> = visitor.page.waitForEvent('download');
    await act();
    return readFile(await (await coming).path(), 'utf8');
  };

  it('a file with a hundred thousand lines is read, and every bad line is named', async () => {
    const lines = Array.from({ length: most }, (_, at) => (at % 100 === 99 ? `BAD ${at}` : serial(at)));
    const { dialog, send } = await choose(lines);
    await dialog.getByRole('alert').getByText('1,000 lines are no serial number').waitFor();
    const named = dialog.getByRole('list', { name: 'Bad lines' }).getByRole('listitem');
    expect(await named.first().innerText()).toBe(
      'Line 100: BAD 99 has a space: only letters A to Z, digits and hyphens are taken',
    );
    expect(await named.last().innerText()).toBe('and 500 more');
    const text = await saved(() => dialog.getByRole('button', { name: 'Save all of them' }).click());
    const told = text.trimEnd().split('\n');
    expect(told).toHaveLength(1_000);
    expect(told.at(-1)).toMatch(/^Line 100000: BAD 99999 has a space/);
    expect(await send.isDisabled()).toBe(true);
    expect(await trial.told('serialList.changed')).toEqual([]);
  }, 60_000);

  it('one line more than is taken is said, and nothing is sent', async () => {
    const { dialog, send } = await choose(Array.from({ length: most + 1 }, (_, at) => serial(at)));
    await dialog.getByRole('alert').getByText('100,001 lines').waitFor();
    expect(await send.isDisabled()).toBe(true);
  });

  it('a good one is imported whole', async () => {
    const { dialog, send } = await choose(Array.from({ length: most }, (_, at) => serial(at)));
    await dialog.getByText('100,000 serial numbers in serials.txt').waitFor();
    await send.click();
    const { page } = visitor;
    await page.getByText('100,000 serial numbers added').waitFor({ timeout: 60_000 });
    await page.getByText('100,000 serial numbers wait').waitFor();
    const added = await trial.told('serialList.changed');
    expect(added.reduce((sum, event) => sum + event.added.length, 0)).toBe(most);
  }, 120_000);

  it('an entry leaves the list when its device is discovered, and stays in the filter', async () => {
    const { page } = visitor;
    const { example } = deviceDiscovered;
    const identity = { ...example.identity, serial: serial(7) };
    await trial.bus.publish([trial.event('discovery', deviceDiscovered.draft({ ...example, identity }))]);
    await page.getByText('99,999 serial numbers wait').waitFor();
    await page.getByLabel('Shown').selectOption('all');
    await page.getByRole('searchbox').fill(serial(7));
    await page.getByText('1 serial number matches').waitFor();
    const row = page.getByRole('row').filter({ hasText: serial(7) });
    expect(await row.getByText('not yet').count()).toBe(0);
  });

  it('is exported as it is shown', async () => {
    const { page } = visitor;
    const link = page.getByRole('link', { name: 'Export' });
    const all = await saved(() => link.click());
    expect(all.split('\r\n')).toHaveLength(most + 2);
    await page.getByLabel('Shown').selectOption('waiting');
    const waiting = await saved(() => link.click());
    expect(waiting).not.toContain(serial(7));
  });

  it('fits on a phone', async () => {
    const { page } = visitor;
    await page.setViewportSize(phone);
    await choose(['no', serial(1)]);
    await page.getByRole('alert', { name: /no serial number/ }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)).toBe(false);
  });

  it('heard no complaint of the browser in all of this', () => {
    expect(visitor.complaints).toEqual([]);
  });
});
