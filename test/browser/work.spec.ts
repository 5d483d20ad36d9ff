// An operator's work on the page, from the first sign-in to a fleet put right, in a real browser on a real Muster.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fleet } from '../../apps/agent/fleet.js';
import { plugIn, unplug } from '../support/fleet.js';
import { startMuster, type Muster } from '../support/muster.js';
import { launch, password, Visitor } from './chromium.js';

const printers = 5;

describe('an operator at work', () => {
  let muster: Muster;
  let browser: Browser;
  let visitor: Visitor;
  let fleet: Fleet | undefined;

  beforeAll(async () => {
    [muster, browser] = await Promise.all([startMuster({ size: 'embedded' }), launch()]);
    await muster.operator.ask('POST', '/api/users', { name: 'ada', role: 'admin', password });
    visitor = await Visitor.open(browser, muster.operator.url, { expected: [400, 409] });
  }, 400_000);

  afterAll(async () => {
    await browser?.close();
    await unplug(fleet);
    await muster?.stop();
  }, 240_000);

  it('is told when the password is wrong, and let in when it is right', async () => {
    const { page } = visitor;
    await visitor.goTo('/');
    await visitor.signIn('ada', 'not the password');
    await page.getByRole('alert').getByText('Name or password is wrong').waitFor();
    await visitor.signIn('ada');
    await visitor.heading('Overview').waitFor();
    await page.getByRole('heading', { name: 'Accept Device Announcements is off' }).waitFor();
    expect(await page.getByText('hp-print-mgmt').first().isVisible()).toBe(true);
  });

  it('switches announcements on and is reminded of the port', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: 'Go to Instant-On settings' }).click();
    await visitor.heading('Instant-On settings').waitFor();
    const remediation = page.getByRole('switch', { name: 'Allow Automatic Remediation' });
    expect(await remediation.isDisabled()).toBe(true);
    await page.getByLabel('Initial Assessment Policy', { exact: true }).selectOption('base');
    await remediation.check();
    await page.getByRole('switch', { name: 'Accept Device Announcements' }).check();
    await page.getByRole('status').getByText(`TCP port ${muster.announcePorts[0]}`).waitFor();
    await page.getByLabel('Networks', { exact: true }).fill('127.8.0.0/16');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText(String(muster.announcePorts[0])).waitFor();
    const { body } = await muster.operator.get<{ body: object }>('/api/settings');
    expect(body).toMatchObject({
      acceptAnnouncements: true,
      allowRemediation: true,
      initialPolicy: 'base',
      deviceNetworks: ['127.8.0.0/16'],
    });
  });

  it('is shown what is wrong with a network, at its place', async () => {
    const { page } = visitor;
    await page.getByLabel('Networks', { exact: true }).fill('10.0.0.0/99');
    await page.getByRole('button', { name: 'Save' }).click();
    const place = page.getByLabel('Networks', { exact: true });
    await page.getByText('must be a network such as').first().waitFor();
    expect(await place.getAttribute('aria-invalid')).toBe('true');
    await page.getByRole('button', { name: 'Undo' }).click();
    expect(await place.inputValue()).toBe('127.8.0.0/16');
  });

  it('sees devices appear by themselves and become compliant', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: 'Devices', exact: true }).click();
    await page.getByRole('heading', { name: 'No device yet' }).waitFor();
    const faults = [{ kind: 'refuseWrite', printer: printers, setting: 'svc.telnet' }] as const;
    fleet = await plugIn(muster, { count: printers, faults });
    await page.getByText(`1–${printers} of ${printers} devices`).waitFor({ timeout: 60_000 });
    await page.getByRole('row').filter({ hasText: 'Not compliant' }).waitFor({ timeout: 60_000 });
    const compliant = page.getByRole('cell', { name: 'Compliant', exact: true });
    await compliant.nth(printers - 2).waitFor({ timeout: 60_000 });
    expect(await compliant.count()).toBe(printers - 1);
  }, 240_000);

  it('sees on a device what was changed, from what to what, and what refused', async () => {
    const { page } = visitor;
    await page.getByRole('row').filter({ hasText: 'Not compliant' }).getByRole('link').click();
    await page.getByRole('heading', { name: 'Last assessment' }).waitFor();
    // Its changes are told below, too, a moment later.
    const row = (setting: string) => page.getByRole('row').filter({ hasText: setting }).first();
    const changed = row('FTP printing');
    expect(await changed.getByRole('img', { name: 'changed to' }).isVisible()).toBe(true);
    expect(await changed.innerText()).toMatch(/On\s*Off\s+Off\s+High\s+Changed and verified/);
    const refused = await row('Telnet').innerText();
    expect(refused).toMatch(/Not compliant/);
    expect(refused).toMatch(/refused it/i);
    await row('IPP printing').getByText('IPPS only').first().waitFor();
    await row('Held jobs').getByText('at most 240 minutes').waitFor();
    await page.getByText(/Score \d\d of 100/).waitFor();
    expect(
      await page
        .locator('main')
        .getByText(/ippsOnly|v3Only|secureFast/)
        .count(),
    ).toBe(0);
    expect(await page.getByRole('heading', { name: 'History' }).isVisible()).toBe(true);
  });

  it('asks for an assessment, and its result comes by itself', async () => {
    const { page } = visitor;
    const before = await page.getByText(/^Assessed: /).count();
    await page.getByRole('button', { name: 'Assess now' }).click();
    await page.getByRole('status').getByText('Assessment asked for').waitFor();
    await page
      .getByText(/^Assessed: /)
      .nth(before)
      .waitFor({ timeout: 30_000 });
  }, 400_000);

  it('follows announcements live, and pauses them', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: 'Live', exact: true }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
    const threads = page.getByRole('list', { name: 'Announcements, newest first' }).locator('> li');
    await threads.nth(printers - 1).waitFor();
    const [printer] = fleet?.printers ?? [];
    await printer?.coldReset();
    await threads.first().getByText('Cold reset').waitFor();
    await threads
      .first()
      .getByText(/^Compliant, \d+ settings changed$/)
      .waitFor({ timeout: 30_000 });
    const shown = await threads.count();
    await page.getByRole('button', { name: 'Pause' }).click();
    await printer?.coldReset();
    await page.getByText(/Paused; \d+ events? since/).waitFor();
    expect(await threads.count()).toBe(shown);
    await page.getByRole('button', { name: 'Go on' }).click();
    await threads.nth(shown).waitFor();
  }, 240_000);

  it('is shown the fault of a policy at its item, and saves when it is mended', async () => {
    const { page } = visitor;
    await visitor.goTo('/policies/base');
    const item = page.getByRole('group', { name: 'Held jobs are deleted after' });
    const value = item.getByLabel('Required value');
    await value.fill('99999');
    await page.getByRole('button', { name: 'Save' }).click();
    await item.getByText('must be a whole number of minutes from 0 to 10080').waitFor();
    await value.fill('120');
    await item.getByLabel('Compared').selectOption('At least');
    await item.getByLabel('Compared').selectOption('At most');
    await item.getByLabel('Severity').selectOption('low');
    await page.getByRole('button', { name: 'Save' }).click();
    await visitor.heading('Policies').waitFor();
    await page.getByRole('status').getByText('Devices keep their last result until they announce').waitFor();
    const { body } = await muster.operator.get<{ body: { items: readonly object[] } }>('/api/policies/base');
    expect(body.items).toContainEqual(
      expect.objectContaining({
        ...{ setting: 'jobs.holdTimeoutMinutes', required: 120, compare: 'atMost', severity: 'low' },
      }),
    );
  });

  it('requires rules of IPsec, is shown the fault of one, and takes them out again', async () => {
    const { page } = visitor;
    const ipsecOf = async (): Promise<unknown> =>
      (await muster.operator.get<{ body: { ipsec?: object } }>('/api/policies/limited')).body.ipsec;
    await visitor.goTo('/policies/limited');
    await page.getByRole('button', { name: 'Require IPsec rules' }).click();
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByLabel('Rule', { exact: true }).fill('hosts');
    const rule = page.getByRole('group', { name: 'Rule hosts' });
    await rule.getByLabel('Hosts', { exact: true }).fill('10.1.0.300');
    await rule.getByLabel('Pre-shared key, by name').fill('print-servers');
    await page.getByRole('button', { name: 'Save' }).click();
    await rule.getByText('is neither an address, a range').waitFor();
    expect(await rule.getByLabel('Hosts', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await rule.getByLabel('Hosts', { exact: true }).fill('10.1.0.10');
    await page.getByLabel('When the rules differ').selectOption('Report only');
    await page.getByRole('button', { name: 'Save' }).click();
    await visitor.heading('Policies').waitFor();
    expect(await ipsecOf()).toMatchObject({
      remediate: false,
      rules: [{ name: 'hosts', remote: '10.1.0.10', certificate: 'ecdsa256', preSharedKey: 'print-servers' }],
    });
    await visitor.goTo('/policies/limited');
    await page.getByRole('button', { name: 'Ask for no rules' }).click();
    await page.getByRole('button', { name: 'Take out' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await visitor.heading('Policies').waitFor();
    expect(await ipsecOf()).toBeUndefined();
  }, 240_000);

  it('is told why a device is not assessed, and led to where that is mended', async () => {
    const { page } = visitor;
    const setNetworks = async (deviceNetworks: readonly string[]) => {
      const { version, body } = await muster.operator.get<{ version: number; body: object }>('/api/settings');
      await muster.operator.ask('PUT', '/api/settings', { version, body: { ...body, deviceNetworks } });
    };
    await setNetworks(['10.0.0.0/8']);
    await visitor.goTo('/devices?search=00003');
    await page.getByRole('row').nth(1).getByRole('link').click();
    await page.getByRole('button', { name: 'Assess now' }).click();
    await page.getByRole('alert').getByText('outside the device networks').waitFor();
    await fleet?.printers[2]?.coldReset();
    const reason = page.getByRole('alert', { name: 'Not assessed' });
    await reason.getByRole('link', { name: 'Instant-On settings, Device networks' }).click();
    await page.getByLabel('Networks', { exact: true }).waitFor();
    expect(await page.getByRole('heading', { name: 'Device networks' }).isVisible()).toBe(true);
    await setNetworks(['127.8.0.0/16']);
    await page.getByText('127.8.0.0/16').waitFor();
  }, 400_000);

  it('sees on a device that its result is of an older version of the policy', async () => {
    const { page } = visitor;
    await visitor.goTo('/devices?search=00004');
    await page.getByRole('row').nth(1).getByRole('link').click();
    await page.getByRole('alert', { name: 'The policy is newer than this result' }).waitFor();
    await page.getByText(/is at version \d+ now; this result is of version \d+/).waitFor();
  });

  it('is asked before changes are left behind, and only then', async () => {
    const { page } = visitor;
    await visitor.goTo('/settings');
    const tasks = page.getByLabel('Tasks at a time', { exact: true });
    const before = await tasks.inputValue();
    await tasks.fill('7');
    await page.getByRole('link', { name: 'Devices', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await question.getByRole('button', { name: 'Stay here' }).click();
    await question.waitFor({ state: 'detached' });
    expect([await tasks.inputValue(), new URL(page.url()).pathname]).toEqual(['7', '/settings']);
    await tasks.fill(before);
    await page.getByRole('link', { name: 'Groups', exact: true }).click();
    await visitor.heading('Groups').waitFor();
    await page.getByRole('link', { name: 'Policies', exact: true }).click();
    await page.getByRole('link', { name: 'Muster Base', exact: true }).click();
    expect(await page.evaluate(closingIsAsked)).toBe(false);
    await page.getByLabel('Description').fill('Other words');
    expect(await page.evaluate(closingIsAsked)).toBe(true);
    await page.evaluate(() => history.back());
    await question.getByRole('button', { name: 'Leave without saving' }).click();
    await visitor.heading('Policies').waitFor();
    expect(await question.count()).toBe(0);
  });

  it('keeps what is typed while somebody else saves', async () => {
    const { page } = visitor;
    await visitor.goTo('/policies/limited');
    const description = page.getByLabel('Description');
    await description.fill('Mine');
    const { version, body } = await muster.operator.get<{ version: number; body: object }>(
      '/api/policies/limited',
    );
    await muster.operator.ask('PUT', '/api/policies/limited', {
      version,
      body: { ...body, name: 'Limited by somebody else' },
    });
    await visitor.heading('Limited by somebody else').waitFor();
    expect(await description.inputValue()).toBe('Mine');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await visitor.heading('Policies').waitFor();
  });

  it('sees which devices a filter matches before the group is saved', async () => {
    const { page } = visitor;
    await visitor.goTo('/groups/new');
    await page.getByLabel('Name', { exact: false }).fill('Third printer');
    await page.getByLabel('Attribute').selectOption('serial');
    await page.getByLabel('Value').fill('00003');
    await page.getByRole('status').getByText('1 device matches').waitFor();
    await page.getByRole('button', { name: 'Condition', exact: true }).click();
    await page.getByLabel('Value').nth(1).fill('no such model');
    await page.getByRole('status').getByText('0 devices match').waitFor();
    await page.getByLabel('A device belongs when').selectOption('any');
    await page.getByRole('status').getByText('1 device matches').waitFor();
    expect(await muster.operator.get('/api/groups')).toMatchObject({ total: 1 });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Third printer', exact: true }).waitFor();
    expect(await muster.operator.get('/api/groups/third-printer')).toMatchObject({
      body: { kind: 'automatic' },
    });
  });

  it('is told when somebody else saved meanwhile, and can reload', async () => {
    const { page } = visitor;
    await visitor.goTo('/groups/third-printer');
    const name = page.getByRole('textbox', { name: 'Name' });
    await name.fill('Mine');
    const { version, body } = await muster.operator.get<{ version: number; body: object }>(
      '/api/groups/third-printer',
    );
    await muster.operator.ask('PUT', '/api/groups/third-printer', {
      version,
      body: { ...body, name: 'Theirs' },
    });
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('Somebody else changed this meanwhile').waitFor();
    expect(await name.inputValue()).toBe('Mine');
    await page.getByRole('button', { name: 'Reload' }).click();
    await visitor.heading('Theirs').waitFor();
    expect(await name.inputValue()).toBe('Theirs');
  });

  it('sees every bad line of an import before anything is sent', async () => {
    const { page } = visitor;
    await visitor.goTo('/serials');
    await page.getByRole('button', { name: 'Import' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Or type or paste them').fill('PHB00001\nno\nPHB 0002\nPHB00003\n');
    await dialog.getByRole('alert').getByText('2 lines are no serial number').waitFor();
    expect(await dialog.getByRole('list', { name: 'Bad lines' }).innerText()).toBe(
      'Line 2: no has 2 characters: at least 4 are needed\nLine 3: PHB 0002 has a space: only letters A to Z, digits and hyphens are taken',
    );
    expect(await dialog.getByRole('button', { name: 'Import' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Or type or paste them').fill('PHB00001\nPHB00003\n');
    await dialog.getByRole('button', { name: 'Import' }).click();
    await page.getByText('2 serial numbers added').waitFor();
    await page.getByRole('cell', { name: 'PHB00003', exact: true }).waitFor();
  });

  it('is shown a token once', async () => {
    const { page } = visitor;
    await visitor.goTo('/access');
    const form = page.getByRole('form', { name: 'Add a token' });
    await form.getByLabel('Name').fill('inventory');
    await form.getByRole('button', { name: 'Add token' }).click();
    const token = await page.getByRole('alert').getByText(/^mst_/).innerText();
    const answer = await fetch(`${muster.operator.url}/api/devices`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
    await page.reload();
    await page.getByRole('button', { name: 'Delete token inventory' }).waitFor();
    expect(await page.getByText(/^mst_/).count()).toBe(0);
  });

  it('sees in the audit log who saved what', async () => {
    const { page } = visitor;
    await visitor.goTo('/access');
    const log = page.getByRole('table', { name: 'Audit log, newest first' });
    await log.getByRole('columnheader', { name: 'Detail' }).waitFor();
    await log.getByRole('row').filter({ hasText: 'policy:limited' }).first().waitFor();
  });

  it('sees what the announcement agents do, and sets them by a policy (R9)', async () => {
    const { page } = visitor;
    await visitor.goTo('/devices?agent=enabled');
    await page.getByText(`1–${printers} of ${printers} devices`).waitFor();
    await page.getByText('found by name').first().waitFor();
    await visitor.goTo('/policies/new');
    await page.getByRole('textbox', { name: 'Name' }).fill('Agents');
    await page.getByLabel('Add a setting').selectOption('announce.server');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    const item = page.getByRole('group', { name: 'Server that the device announces itself to' });
    await item.getByLabel('Required value').fill('not a name!');
    await page.getByRole('button', { name: 'Save' }).click();
    await item.getByText('must be a host name, an address, or empty').waitFor();
    await item.getByLabel('Required value').fill('muster.example');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Agents', exact: true }).waitFor();
    const { items } = await muster.operator.get<{ items: readonly { id: string }[] }>(
      '/api/devices?search=00004',
    );
    await muster.operator.ask('POST', `/api/devices/${items[0]?.id}/assess`, { policyId: 'agents' });
    await visitor.goTo('/devices?agent=enabled');
    const row = page.getByRole('row').filter({ hasText: 'muster.example' });
    await row.getByRole('link').click({ timeout: 60_000 });
    await page.getByRole('heading', { name: 'Announcement agent' }).waitFor();
    await visitor.goTo('/devices?agent=notSupported');
    await page.getByRole('heading', { name: 'No device matches' }).waitFor();
  }, 400_000);

  it('deletes a device after a question', async () => {
    const { page } = visitor;
    await visitor.goTo('/devices?search=00002');
    await page.getByRole('row').nth(1).getByRole('link').click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete device' }).click();
    await visitor.heading('Devices').waitFor();
    await page.getByText(`1–${printers - 1} of ${printers - 1} devices`).waitFor({ timeout: 20_000 });
  }, 400_000);

  it('heard no complaint of the browser in all of this', () => {
    expect(visitor.complaints).toEqual([]);
  });
});

/** Runs in the page: whether the browser would ask before its tab is closed. */
const closingIsAsked = (): boolean => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
