// The page for everyone: by keyboard alone, on a phone, in the dark, as a viewer, and with devices that mean harm.
import { existsSync, readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleIpsecRule } from '#events/ipsec';
import type { Fleet } from '../../apps/agent/fleet.js';
import { plugIn, unplug } from '../support/fleet.js';
import { startMuster, type Muster } from '../support/muster.js';
import { until } from '../support/until.js';
import { launch, password, phone, Visitor, type VisitorOptions } from './chromium.js';
import { announceHostile, hostileSerial } from './hostile.js';

const strings = new URL('../../../shared/suites/blns.json', import.meta.url);
const paths = [
  ...['/', '/devices', '/approval', '/live', '/tasks', '/policies', '/policies/base', '/policies/new'],
  ...['/groups', '/groups/all', '/groups/new', '/serials', '/listeners', '/listeners/new'],
  ...['/settings', '/licences', '/trust-sets', '/trust-sets/new', '/identities', '/certificates'],
  ...['/credentials', '/discovery', '/schedules'],
  ...['/status', '/deliveries', '/access'],
];

describe('the page for everyone', () => {
  let muster: Muster;
  let browser: Browser;
  let fleet: Fleet;
  let devicePath: string;

  beforeAll(async () => {
    [muster, browser] = await Promise.all([startMuster({ size: 'embedded' }), launch()]);
    for (const [name, role] of [
      ['ada', 'admin'],
      ['vera', 'viewer'],
    ]) {
      await muster.operator.ask('POST', '/api/users', { name, role, password });
    }
    // Rules are sentences, and the widest that a table of results and changes has to hold.
    const { version, body } = await muster.operator.get<{ version: number; body: object }>(
      '/api/policies/base',
    );
    const rules = Array.from({ length: 3 }, (_, at) => ({
      ...exampleIpsecRule,
      name: `print-servers-${at}`,
      remote: `10.1.${at}.10, 10.2.${at}.16/28, fd00:${at}::10`,
    }));
    const ipsec = { severity: 'high', remediate: true, unsupported: 'ignore', rules };
    await muster.operator.ask('PUT', '/api/policies/base', { version, body: { ...body, ipsec } });
    await muster.operator.switchOn();
    fleet = await plugIn(muster, { count: 2 });
    const [device] = await muster.operator.settled(2, 60_000);
    devicePath = `/devices/${device?.id}`;
  }, 400_000);

  afterAll(async () => {
    await browser?.close();
    await unplug(fleet);
    await muster?.stop();
  }, 240_000);

  const enter = async (name: string, options?: VisitorOptions): Promise<Visitor> => {
    const visitor = await Visitor.open(browser, muster.operator.url, options);
    await visitor.goTo('/');
    await visitor.signIn(name);
    await visitor.heading('Overview').waitFor();
    return visitor;
  };

  it('is worked by keyboard alone', async () => {
    const visitor = await Visitor.open(browser, muster.operator.url);
    const { page } = visitor;
    const { keyboard } = page;
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
    const tabTo = async (text: string) => {
      for (let step = 0; step < 60; step += 1) {
        await keyboard.press('Tab');
        if ((await focused()) === text) return;
      }
      throw new Error(`60 tabs did not lead to ${text}`);
    };
    await visitor.goTo('/');
    await page.getByLabel('Name').waitFor();
    await keyboard.type('ada');
    await keyboard.press('Tab');
    await keyboard.type(password);
    await keyboard.press('Enter');
    await visitor.heading('Overview').waitFor();
    await tabTo('Skip to content');
    await tabTo('Devices');
    await keyboard.press('Enter');
    await visitor.heading('Devices').waitFor();
    expect(await focused()).toBe('Devices');
    // The table around it has its words too, and so has the page.
    const device = page.getByRole('row').nth(1).getByRole('link').first();
    await tabTo((await device.textContent())?.trim() ?? '');
    await keyboard.press('Enter');
    await page.getByRole('button', { name: 'Delete', exact: true }).waitFor();
    await tabTo('Delete');
    await keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    expect(await focused()).toBe('Cancel');
    await keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe('Delete');
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  }, 400_000);

  it('has one heading, landmarks and named controls on every page', async () => {
    const visitor = await enter('ada');
    for (const path of [...paths, devicePath]) {
      await visitor.goTo(path);
      await visitor.heading(/./).waitFor();
      await visitor.page.getByText('Loading', { exact: true }).first().waitFor({ state: 'detached' });
      expect({ path, ...(await visitor.page.evaluate(unnamed)) }).toEqual({
        path,
        headings: 1,
        mains: 1,
        controls: [],
        ids: [],
      });
    }
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  }, 240_000);

  it('is dark when the system is, and stays as chosen', async () => {
    const visitor = await enter('ada', { colorScheme: 'dark' });
    const { page } = visitor;
    const brightness = () =>
      page.evaluate(() => Number(/\d+/.exec(getComputedStyle(document.body).backgroundColor)?.[0]));
    expect(await brightness()).toBeLessThan(60);
    await page.getByLabel('Colours').selectOption('light');
    expect(await brightness()).toBeGreaterThan(200);
    await page.reload();
    await visitor.heading('Overview').waitFor();
    expect(await brightness()).toBeGreaterThan(200);
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  });

  it('fits a laptop: no table ends beyond its frame', async () => {
    const visitor = await enter('ada');
    const { page } = visitor;
    for (const path of ['/devices', '/policies', '/groups', '/tasks', '/status', '/access', devicePath]) {
      await visitor.goTo(path);
      await visitor.heading(/./).waitFor();
      await page.getByText('Loading', { exact: true }).first().waitFor({ state: 'detached' });
      const beyond = await page
        .locator('.table-box')
        .evaluateAll((boxes) => boxes.map((box) => box.scrollWidth - box.clientWidth));
      expect({ path, beyond: beyond.filter((pixels) => pixels > 0) }).toEqual({ path, beyond: [] });
    }
    await visitor.leave();
  }, 120_000);

  it('fits a phone: nothing beyond its width, the menu behind a button', async () => {
    const visitor = await enter('ada', { viewport: phone });
    const { page } = visitor;
    for (const path of [...paths, devicePath]) {
      await visitor.goTo(path);
      await visitor.heading(/./).waitFor();
      await page.getByText('Loading', { exact: true }).first().waitFor({ state: 'detached' });
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect({ path, beyond: Math.max(0, beyond) }).toEqual({ path, beyond: 0 });
    }
    const menu = page.getByRole('navigation', { name: 'Pages' });
    expect(await menu.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Menu' }).click();
    await menu.getByRole('link', { name: 'Tasks' }).click();
    await visitor.heading('Tasks').waitFor();
    expect(await menu.isVisible()).toBe(false);
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  }, 240_000);

  it('shows a viewer no control that writes', async () => {
    const visitor = await enter('vera');
    const writing = /save|delete|remove|add|assess now|import|install|replay|drop|^new |switch on/i;
    for (const path of [...paths.filter((one) => !one.endsWith('/new')), devicePath]) {
      await visitor.goTo(path);
      await visitor.heading(/./).waitFor();
      await visitor.page.getByText('Loading', { exact: true }).first().waitFor({ state: 'detached' });
      const buttons = visitor.page.locator('main').getByRole('button', { name: writing });
      const links = visitor.page.locator('main').getByRole('link', { name: /^new /i });
      expect([path, await buttons.allInnerTexts(), await links.count()]).toEqual([path, [], 0]);
    }
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  }, 240_000);

  it('tells a viewer in the dark what is on and what is off, and with which words', async () => {
    const visitor = await enter('vera', { colorScheme: 'dark' });
    const { page } = visitor;
    const shown = (label: string) =>
      page.locator('.shown').filter({ has: page.getByText(label, { exact: true }) });
    await visitor.goTo('/settings');
    await shown('Accept Device Announcements').getByText('On', { exact: true }).waitFor();
    await shown('Serial-number filter').getByText('Off', { exact: true }).waitFor();
    await shown('Initial Assessment Policy').getByText('Muster Base').waitFor();
    expect(await page.locator('main').locator('input:disabled, select:disabled').count()).toBe(0);
    await visitor.goTo('/policies/base');
    await page.getByRole('group', { name: 'IPP printing' }).getByText('IPPS only').waitFor();
    await page.getByRole('group', { name: 'Held jobs are deleted after' }).getByText('240 minutes').waitFor();
    expect(await page.locator('main').locator('input:disabled, select:disabled').count()).toBe(0);
    expect(visitor.complaints).toEqual([]);
    await visitor.leave();
  });

  it.skipIf(!existsSync(strings))(
    'shows what a hostile device says as text, and nothing else (needs ../shared/suites/blns.json)',
    async () => {
      const naughty = (JSON.parse(readFileSync(strings, 'utf8')) as string[]).filter((text) =>
        /[<>'"&(]/.test(text),
      );
      const said = await announceHostile(muster.announcePorts[0] ?? 0, naughty);
      expect(said.length).toBeGreaterThan(100);
      await until(
        'they are all listed',
        async () => (await muster.operator.devices()).length === said.length + 2,
        60_000,
      );
      const visitor = await enter('ada');
      const { page } = visitor;
      const plain = await rowsAt(visitor, '/devices?search=VNB3F');
      const skeletons = new Set(plain.map(({ skeleton }) => skeleton));
      const shown = new Map<string, string>();
      await visitor.goTo(`/devices?search=${hostileSerial(0).slice(0, 8)}`);
      for (;;) {
        const rows = await rowsOf(visitor);
        for (const row of rows) {
          expect(skeletons).toContain(row.skeleton);
          shown.set(row.serial, row.model);
        }
        const next = page.getByRole('button', { name: 'Next' });
        if (await next.isDisabled()) break;
        await next.click();
        await until('the next page', async () => (await rowsOf(visitor))[0]?.serial !== rows[0]?.serial);
      }
      expect(shown.size).toBe(said.length);
      for (const [index, text] of said) expect(shown.get(hostileSerial(index))).toBe(text);
      for (const path of ['/live', devicePath]) {
        await visitor.goTo(path);
        await visitor.heading(/./).waitFor();
      }
      expect(visitor.complaints).toEqual([]);
      await visitor.leave();
    },
    180_000,
  );
});

async function rowsAt(visitor: Visitor, path: string) {
  await visitor.goTo(path);
  return rowsOf(visitor);
}

/** Each row's words, and its elements without them: what a device says must not change those. */
async function rowsOf({ page }: Visitor) {
  await page.getByRole('row').nth(1).waitFor();
  return page.locator('tbody tr').evaluateAll((rows) =>
    rows.map((row) => {
      const [device, network] = row.querySelectorAll('td');
      return {
        model: device?.querySelector('a')?.textContent ?? '',
        serial: device?.querySelector('.mono')?.textContent ?? '',
        skeleton: [device, network]
          .flatMap((cell) => [...(cell?.querySelectorAll('*') ?? [])])
          .map((element) => element.tagName)
          .join(' '),
      };
    }),
  );
}

/** Runs in the page: what a screen reader would stumble over. */
function unnamed() {
  const nameOf = (control: Element): string => {
    const labelled = control.getAttribute('aria-labelledby')?.split(' ') ?? [];
    const labels =
      control instanceof HTMLInputElement ||
      control instanceof HTMLSelectElement ||
      control instanceof HTMLTextAreaElement
        ? [...(control.labels ?? [])]
        : [];
    return [
      control.getAttribute('aria-label') ?? '',
      ...labelled.map((id) => document.getElementById(id)?.textContent ?? ''),
      ...labels.map((label) => label.textContent ?? ''),
      control.textContent ?? '',
    ].join('');
  };
  /** For whoever hears the page, too: a choice of files is made by a button of its own. */
  const isThere = (control: Element): boolean =>
    !control.closest('[hidden], [aria-hidden=true]') && getComputedStyle(control).display !== 'none';
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  return {
    headings: document.querySelectorAll('h1').length,
    mains: document.querySelectorAll('main').length,
    controls: [...document.querySelectorAll('a, button, input, select, textarea')]
      .filter((control) => isThere(control) && nameOf(control).trim() === '')
      .map((control) => control.outerHTML.slice(0, 200)),
    ids: ids.filter((id, index) => ids.indexOf(id) !== index),
  };
}
