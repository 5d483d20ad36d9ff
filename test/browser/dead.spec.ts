// Dead deliveries on the page, in a real browser: found, read, replayed and dropped.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliveryDied, givenUpOf } from '#events/delivery';
import { deviceDiscovered } from '#events/device';
import type { Trial } from '../support/console.js';
import { until } from '../support/until.js';
import { phone, type Visitor } from './chromium.js';
import { visit, type Visit } from './visit.js';

const cursed = 'Unprocessable: its serial number is cursed <b>100%</b>';
const late = 'NotYet: no settings yet';

describe('dead deliveries on the page', () => {
  let visited: Visit | undefined;
  let trial: Trial;
  let visitor: Visitor;

  beforeAll(async () => {
    visited = await visit('/deliveries', 'Deliveries');
    ({ trial, visitor } = visited);
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  const die = async (count: number, reason: string, consumer: string): Promise<void> => {
    const events = Array.from({ length: count }, (_, n) => {
      const identity = { ...deviceDiscovered.example.identity, serial: `DEAD-${1000 + n}` };
      const lost = trial.event(
        'discovery',
        deviceDiscovered.draft({ ...deviceDiscovered.example, identity }),
      );
      const told = { consumer, eventId: lost.id, eventType: lost.type, attempts: 4, reason };
      return trial.event('licensing', deliveryDied.draft({ ...told, event: givenUpOf(lost) }));
    });
    const before = await listed();
    await trial.bus.publish(events);
    await until('all are listed', async () => (await listed()) === before + count);
  };
  const listed = async (): Promise<number> => {
    const [row] = await trial.database.query<{ n: number }>(
      'select count(*) as n from console.dead_delivery',
    );
    return row?.n ?? 0;
  };
  const row = (reason: string) => visitor.page.getByRole('row').filter({ hasText: reason });

  it('says that there is none, and shows those that die by themselves', async () => {
    const { page } = visitor;
    await page.getByRole('heading', { name: 'No dead delivery' }).waitFor();
    await die(60, cursed, 'licensing.seats');
    await die(3, late, 'assessment.intake');
    await page.getByText('1–50 of 63 deliveries').waitFor();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('51–63 of 63 deliveries').waitFor();
  }, 60_000);

  it('finds by reason and consumer, and keeps the filter in its address', async () => {
    const { page } = visitor;
    await page.getByLabel('Reason contains').fill('SETTINGS');
    await page.getByText('1–3 of 3 deliveries').waitFor();
    await page.getByLabel('Reason contains').fill('');
    await page.getByLabel('Consumer').selectOption('licensing.seats');
    await page.getByText('1–50 of 60 deliveries').waitFor();
    await page.reload();
    await page.getByText('1–50 of 60 deliveries').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('1–50 of 63 deliveries').waitFor();
  }, 60_000);

  it('is told on every page, and Status leads to those of a consumer', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: /Status\s*\d+ things? needs? a look/ }).click();
    await page.getByText(/60 events could not be handled and wait for a person/).waitFor();
    const line = page.getByRole('listitem').filter({ hasText: 'assessment.intake: 3 events' });
    await line.getByRole('link', { name: 'page Deliveries' }).click();
    await page.getByText('1–3 of 3 deliveries').waitFor();
    await visitor.goTo('/');
    await page.getByText(/things? needs? a look in Muster itself/).waitFor();
    await visitor.goTo('/deliveries');
    await page.getByText('1–50 of 63 deliveries').waitFor();
  }, 60_000);

  it('shows one with its reason and what it says, and replays it', async () => {
    const { page } = visitor;
    await row(late).first().getByText(late).click();
    await visitor.page.locator('details[open]').waitFor();
    await row(late).first().getByRole('link').click();
    await visitor.heading('device.discovered').waitFor();
    expect(await page.getByText(late).isVisible()).toBe(true);
    expect(await page.getByText(/"serial": "DEAD-100[012]"/).isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByRole('status').getByText('Replay of 1 delivery asked for').waitFor();
    await page.getByText('1–50 of 62 deliveries').waitFor();
  }, 60_000);

  it('drops what was chosen, with a reason only', async () => {
    const { page } = visitor;
    for (const at of [0, 1]) await row(late).nth(at).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Drop chosen' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Drop 2 deliveries?').waitFor();
    expect(await dialog.getByRole('button', { name: 'Drop', exact: true }).isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('settings were made since');
    await dialog.getByRole('button', { name: 'Drop', exact: true }).click();
    await page.getByRole('status').getByText('2 deliveries dropped').waitFor();
    await page.getByText('1–50 of 60 deliveries').waitFor();
    const [entry] = await trial.database.query<{ detail: object }>(
      `select detail from console.audit where action = 'delivery.drop' order by id desc limit 1`,
    );
    expect(entry?.detail).toMatchObject({ done: 2, reason: 'settings were made since' });
  }, 60_000);

  it('shows in the audit log which ones they were, when asked', async () => {
    const { page } = visitor;
    await visitor.goTo('/access');
    await page.getByText('2 deliveries', { exact: true }).click();
    await page
      .getByText(/^assessment\.intake [0-9a-f-]{36}/)
      .first()
      .waitFor();
    await visitor.goTo('/deliveries');
    await page.getByText('1–50 of 60 deliveries').waitFor();
  }, 60_000);

  it('decides about those that were there when the question was asked', async () => {
    const { page } = visitor;
    await page.getByRole('button', { name: 'Drop all' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Drop all 60 deliveries?').waitFor();
    await die(1, 'came while the question was read', 'licensing.seats');
    await page.getByText('1–50 of 61 deliveries').waitFor();
    await dialog.getByText('Drop all 60 deliveries?').waitFor();
    await dialog.getByLabel('Reason').fill('a test');
    await dialog.getByRole('button', { name: 'Drop', exact: true }).click();
    await page.getByRole('status').getByText('60 deliveries dropped').waitFor();
    await row('came while the question was read').waitFor();
    expect(await listed()).toBe(1);
    await die(59, cursed, 'licensing.seats');
    await page.getByText('1–50 of 60 deliveries').waitFor();
  }, 60_000);

  it('replays all that match, on a phone too', async () => {
    const { page } = visitor;
    await page.setViewportSize(phone);
    await page.getByLabel('Event type').selectOption('device.*');
    await page.getByRole('button', { name: 'Replay all that match' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Replay 60 deliveries that match?').waitFor();
    await dialog.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByRole('status').getByText('Replay of 60 deliveries asked for').waitFor();
    await page.getByRole('heading', { name: 'No dead delivery matches' }).waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(wide).toBe(false);
    expect(visitor.complaints).toEqual([]);
  }, 60_000);
});
