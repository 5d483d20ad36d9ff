// What an operator decides about devices, in a real browser: conflicts, approval; and who was turned away.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceApprovalDecided, deviceQuarantined } from '#events/approval';
import { deviceConflictDecided, deviceConflicted } from '#events/conflict';
import { deviceDiscovered, deviceReconciled } from '#events/device';
import { announcementsRefused } from '#events/refusal';
import { assessmentVouched } from '#events/vouch';
import type { Trial } from '../support/console.js';
import { until } from '../support/until.js';
import { laptop, phone, type Visitor } from './chromium.js';
import { visit, type Visit } from './visit.js';

const { deviceId } = deviceDiscovered.example;
const serials = ['HELD-0001', 'HELD-0002', 'HELD-0003', 'HELD-0004'];

describe('decisions on the page', () => {
  let visited: Visit | undefined;
  let trial: Trial;
  let visitor: Visitor;

  beforeAll(async () => {
    visited = await visit('/devices', 'Devices', { expected: [400] });
    ({ trial, visitor } = visited);
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  const picture = (name: string) => visitor.picture(name);
  const told = (type: string) => until(`${type} is told`, async () => (await trial.told(type)).at(-1));

  it('a conflict shows both sides, and is dismissed', async () => {
    const { page } = visitor;
    await trial.bus.publish([
      trial.event('discovery', deviceDiscovered.draft(deviceDiscovered.example)),
      trial.event('discovery', deviceConflicted.draft(deviceConflicted.example)),
    ]);
    await page.getByRole('cell', { name: 'Conflict', exact: true }).waitFor();
    await visitor.goTo(`/devices/${deviceId}`);
    await page.getByRole('region', { name: 'Known' }).getByText('3c:52:82:aa:00:01').waitFor();
    await page.getByRole('region', { name: 'Claimed' }).getByText('3c:52:82:aa:00:99').waitFor();
    await page.getByText(/At the known address something still answers/).waitFor();
    await page.getByRole('button', { name: 'Keep the known one' }).click();
    await page.getByText('The claim of 10.9.9.9 is being dismissed.').waitFor();
    expect(await told('device.conflictDecisionRequested')).toMatchObject({ deviceId, decision: 'keep' });
    const decided = { ...deviceConflictDecided.example, decision: 'keep', outcome: 'kept' } as const;
    await trial.bus.publish([trial.event('discovery', deviceConflictDecided.draft(decided))]);
    const dismissed = page.getByRole('region', { name: 'Dismissed claims' });
    await dismissed.getByText('3c:52:82:aa:00:99').waitFor();
    await dismissed.getByText('b'.repeat(64)).waitFor();
    await page.getByText('Two parties claim this serial number').waitFor({ state: 'detached' });
  });

  it('what was dismissed is moved to after all, after a question', async () => {
    const { page } = visitor;
    await page.getByRole('button', { name: /Move after all/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(/what is kept to open the device is sent to it/).waitFor();
    await dialog.getByText('3c:52:82:aa:00:99').waitFor();
    await dialog.getByText('b'.repeat(64)).waitFor();
    await picture('move-after-all');
    await dialog.getByRole('button', { name: 'Move' }).click();
    await until('it is asked for', async () =>
      (await trial.told('device.conflictDecisionRequested')).some(
        (data) => 'decision' in data && data.decision === 'move',
      ),
    );
  });

  it('of who was taken as the device without a proof, an operator says that it is the device', async () => {
    const { page } = visitor;
    const { example } = deviceReconciled;
    const who = { ip: '10.9.9.9', fingerprint: 'c'.repeat(64) };
    const identity = { ...example.identity, ip: who.ip };
    const taken = { ...example, identity, fingerprint: who.fingerprint, fresh: true } as const;
    const draft = deviceReconciled.draft({ ...taken, proof: 'oldAddressSilent' });
    await trial.bus.publish([trial.event('discovery', draft)]);
    await page.getByText('Nobody vouches for who is there now').waitFor();
    await picture('moved');
    await page.getByRole('button', { name: 'It is the device' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(who.fingerprint).waitFor();
    await picture('moved-vouch');
    await dialog.getByRole('button', { name: 'It is the device' }).click();
    expect(await told('assessment.vouchRequested')).toMatchObject({ deviceId, who });
    const word = { deviceId, who, outcome: 'vouched', vouchedBy: 'admin' } as const;
    await trial.bus.publish([trial.event('assessment', assessmentVouched.draft(word))]);
    await page.getByText('Nobody vouches for who is there now').waitFor({ state: 'detached' });
    await page.getByText('admin vouches for who is at 10.9.9.9').waitFor();
  });

  it('a known address that was not asked is told as such, and a certificate of many on both sides', async () => {
    const { page } = visitor;
    const factory = 'f'.repeat(64);
    const { example } = deviceConflicted;
    const conflict = {
      ...example,
      claim: 'd'.repeat(64),
      known: { ...example.known, fingerprint: null },
      claimed: { ...example.claimed, fingerprint: factory },
      because: 'outsideNetworks',
      shared: { known: factory, claimed: factory },
    } as const;
    await trial.bus.publish([trial.event('discovery', deviceConflicted.draft(conflict))]);
    await visitor.goTo(`/devices/${deviceId}`);
    const note = page.getByRole('alert').filter({ hasText: 'Two parties claim this serial number' });
    await note.getByText(/is outside the device networks and was not asked/).waitFor();
    await note.getByRole('link', { name: 'Instant-On settings, Device networks' }).waitFor();
    for (const side of ['Known', 'Claimed']) {
      const shown = page.getByRole('region', { name: side, exact: true });
      await shown.getByText(factory).waitFor();
      await shown.getByText('shared by several devices, proves nothing').waitFor();
    }
    await picture('conflict');
    await page.setViewportSize(phone);
    await picture('conflict-phone');
    await page.setViewportSize(laptop);
  });

  it('devices that wait are counted in the menu, and admitted or refused one, some or all that match', async () => {
    const { page } = visitor;
    const { example } = deviceQuarantined;
    const events = serials.map((serial, at) => {
      const identity = { ...example.identity, serial, model: at === 3 ? 'Plotter 9' : 'LaserJet 4' };
      return trial.event(
        'discovery',
        deviceQuarantined.draft({ ...example, serial, identity, others: [], refused: [] }),
      );
    });
    await trial.bus.publish(events);
    await page.getByRole('link', { name: 'Approval 4 devices wait' }).click();
    await page.getByRole('cell', { name: 'Plotter 9' }).waitFor();
    await page.getByRole('button', { name: 'Admit HELD-0001' }).click();
    await page.getByText('1 device is being admitted').waitFor();
    await page.getByRole('row').filter({ hasText: 'HELD-0001' }).waitFor({ state: 'detached' });
    expect(await told('device.approvalRequested')).toMatchObject({
      serials: ['HELD-0001'],
      decision: 'admit',
    });
    await page.getByRole('checkbox', { name: 'Choose HELD-0002' }).check();
    await page.getByRole('checkbox', { name: 'Choose HELD-0003' }).check();
    await page.getByRole('button', { name: 'Refuse chosen' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Refuse' }).click();
    await page.getByText('2 devices are refused').waitFor();
    await page.getByRole('searchbox', { name: 'Search' }).fill('plotter');
    await page.getByRole('button', { name: 'Admit all that match' }).click();
    await page.getByRole('dialog').getByText('Admit 1 device that match?').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Admit' }).click();
    await page.getByText('No device matches').waitFor();
    const { example: decided } = deviceApprovalDecided;
    const refused = { ...decided, serial: 'HELD-0002', outcome: 'refused', name: 'admin' } as const;
    await trial.bus.publish([trial.event('discovery', deviceApprovalDecided.draft(refused))]);
    await visitor.goTo('/approval?state=refused');
    await page.getByRole('row').filter({ hasText: 'HELD-0002' }).getByText('by admin').waitFor();
  });

  it('who else announced a serial number that waits is shown, and what a decision came too late for', async () => {
    const { page } = visitor;
    const serial = 'HELD-0005';
    const { example } = deviceQuarantined;
    const identity = { ...example.identity, serial };
    const named = (parties: typeof example.others) =>
      parties.map((one) => ({ ...one, identity: { ...one.identity, serial } }));
    const [others, refused] = [named(example.others), named(example.refused)];
    await trial.bus.publish([
      trial.event('discovery', deviceQuarantined.draft({ ...example, serial, identity, others, refused })),
    ]);
    await visitor.goTo(`/approval?search=${serial}`);
    const row = page.getByRole('row').filter({ hasText: serial });
    await row.getByText('Others announced this serial number too').waitFor();
    await picture('approval');
    await page.setViewportSize(phone);
    await row.locator('[data-label="MAC address"]').waitFor();
    await row.locator('[data-label="Authentication"]').waitFor();
    await picture('approval-phone');
    await page.setViewportSize(laptop);
    await row
      .getByRole('list', { name: `Refused with ${serial}` })
      .getByText('10.9.9.8')
      .waitFor();
    await page.getByRole('button', { name: `Refuse ${serial} from 10.9.9.9` }).waitFor();
    await page.getByRole('button', { name: 'Admit all that match' }).click();
    await page.getByRole('dialog').getByText('Left out are serial numbers').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Admit' }).click();
    await page.getByText('1 serial number was left out').waitFor();
    await page.getByRole('button', { name: `Admit ${serial} from 10.9.9.9` }).click();
    await row.waitFor({ state: 'detached' });
    const [other] = others;
    expect(await told('device.approvalRequested')).toMatchObject({ seen: [{ serial, claim: other?.claim }] });
    const missed = { ...deviceApprovalDecided.example, serial, outcome: 'another' } as const;
    await trial.bus.publish([trial.event('discovery', deviceApprovalDecided.draft(missed))]);
    await row.getByText('It changed before your decision took effect').waitFor();
    const oneParty = deviceQuarantined.draft({
      ...example,
      serial: 'HELD-0006',
      identity: { ...example.identity, serial: 'HELD-0006' },
      others: [],
      refused: [],
    });
    await trial.bus.publish([trial.event('discovery', oneParty)]);
    await visitor.goTo('/approval');
    const alone = page.getByRole('row').filter({ hasText: 'HELD-0006' });
    await alone.waitFor();
    await page.getByLabel('Serial number', { exact: true }).selectOption('Contested');
    await alone.waitFor({ state: 'detached' });
    await row.waitFor();
    await picture('approval-contested');
  });

  it('a rule is written in the settings, and its fault is shown at its place', async () => {
    const { page } = visitor;
    await visitor.goTo('/settings');
    await page.getByRole('switch', { name: 'Approve unknown devices' }).check();
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByLabel('Name of the rule').fill('Second floor');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Fill in every condition of this rule').waitFor();
    const rule = page.getByRole('group', { name: 'Rule Second floor' });
    await rule.getByLabel('Value').fill('LaserJet');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Settings saved.').waitFor();
    expect(await told('settings.changed')).toMatchObject({
      body: { approval: true, approvalRules: [{ name: 'Second floor', filter: { value: 'LaserJet' } }] },
    });
    await page.getByRole('switch', { name: 'Approve unknown devices' }).uncheck();
    await page.getByText('all devices that wait are admitted').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
  });

  it('who was turned away is shown on Live, on a phone too', async () => {
    await trial.bus.publish([
      trial.event('gateway', announcementsRefused.draft(announcementsRefused.example)),
    ]);
    const { page } = visitor;
    await page.setViewportSize(phone);
    await visitor.goTo('/live');
    await page.getByRole('heading', { name: 'Turned away' }).waitFor();
    await page.getByText('10.9.9.9').waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(wide).toBe(false);
  });

  it('heard no complaint of the browser in all of this', () => {
    expect(visitor.complaints).toEqual([]);
  });
});
