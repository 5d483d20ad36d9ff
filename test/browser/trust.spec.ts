// Trust in a real browser: whom to trust, what gateways present, what was issued and revoked.
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceReported } from '#events/service';
import type { AuthorityReport } from '#pki/authority/exchange';
import { validFor } from '#pki/certificate';
import { readRecipient, recipientText, seal } from '#pki/seal';
import { makeIssuing, makeRoot } from '#pki/authority/issue';
import { readPrivateKey } from '#pki/authority/key';
import { Authority } from '../support/authority.js';
import type { Trial } from '../support/console.js';
import { until } from '../support/until.js';
import { laptop, phone, type Visitor } from './chromium.js';
import { visit, type Visit } from './visit.js';

const authority = await Authority.create('Printers root');
const stranger = await Authority.create('Another root');
const front = await authority.issue({ commonName: 'muster.example' }, { validity: validFor(20) });
const sealing = readRecipient(
  generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
);
const serial = '5fa3c1d2e4b60718293a4b5c6d7e8f90';
const issued: AuthorityReport['certificates'][number] = {
  serial,
  issuer: 'issuing',
  profile: 'device',
  subject: 'CN=Device VNB3K12345, serialNumber=VNB3K12345',
  names: '',
  device: 'VNB3K12345',
  fingerprint: 'cd'.repeat(32),
  from: new Date(Date.now() - 3_600_000).toISOString(),
  until: new Date(Date.now() + 300 * 86_400_000).toISOString(),
  revoked: null,
};
const report: AuthorityReport = {
  chain: authority.certificate,
  url: 'http://trust.example:3333',
  list: { number: 7, until: new Date(Date.now() + 86_400_000).toISOString() },
  identities: [],
  certificates: [issued],
  cursor: `1:${serial}`,
  refused: [],
};

describe('trust on the page', () => {
  let visited: Visit | undefined;
  let trial: Trial;
  let visitor: Visitor;

  beforeAll(async () => {
    visited = await visit('/trust-sets', 'Trust sets', { expected: [400] });
    ({ trial, visitor } = visited);
  }, 120_000);
  afterAll(() => visited?.stop(), 60_000);

  const picture = (name: string) => visitor.picture(name);
  const speak = async (change: Partial<AuthorityReport>): Promise<void> => {
    const token = await trial.token('trust');
    const { status } = await trial.ask('POST', '/api/authority', { token, body: { ...report, ...change } });
    expect(status).toBe(200);
  };
  const file = (name: string, text: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });

  it('a trust set is taken from a PEM file, refused with the reason, and chosen in the settings', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: 'New trust set' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('Second site');
    const wrong = `${authority.certificate}\n${stranger.certificate}`;
    await page.locator('input[type=file]').setInputFiles(file('wrong.pem', wrong));
    await until(
      'the file is read',
      async () => (await page.getByRole('textbox', { name: 'Certificates' }).inputValue()) === wrong,
    );
    await page.getByLabel('Policy').selectOption('hard');
    await page.getByRole('button', { name: 'Save' }).click();
    await page
      .getByText(/certificate 1 \(CN=Printers root\) was issued by/)
      .first()
      .waitFor();
    await page
      .getByText(/needs the address of a list of revoked certificates/)
      .first()
      .waitFor();
    await picture('trust-set-refused');
    await page.locator('input[type=file]').setInputFiles(file('right.pem', authority.certificate));
    await page.getByText(/Asked about the certificate of each device .*the lists count too/).waitFor();
    await page.getByLabel('Lists (CRL)').fill('http://trust.example:3333/issuing.crl');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('cell', { name: 'Hard: refused unless known to be good' }).waitFor();
    await visitor.goTo('/settings');
    await page.getByLabel('Authentication').selectOption('mutual');
    await page.getByLabel('Trust set').selectOption('second-site');
    await picture('settings');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Settings saved.').waitFor();
    await visitor.goTo('/trust-sets');
    await page.getByText('In use', { exact: true }).waitFor();
    await picture('trust-sets');
    await page.getByRole('link', { name: 'Second site' }).click();
    await page.getByRole('cell', { name: 'CN=Printers root' }).waitFor();
    await picture('trust-set');
  });

  it('a trust set can be chosen for verified primaries alone, too', async () => {
    const { page } = visitor;
    await visitor.goTo('/settings');
    await page.getByLabel('Trust set').waitFor();
    await page.getByLabel('Authentication').selectOption('none');
    await page.getByLabel('Trust set').waitFor({ state: 'detached' });
    await page.getByLabel('From Primary Listeners').selectOption('verified');
    await page.getByLabel('Trust set').selectOption('second-site');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Settings saved.').waitFor();
    await visitor.goTo('/trust-sets');
    await page.getByText('In use', { exact: true }).waitFor();
  });

  it('an identity is installed, presented, and cannot be opened by a gateway that it was not sealed to', async () => {
    const { page } = visitor;
    await visitor.goTo('/identities');
    await page.getByText('No identity in the store').waitFor();
    const name = 'front';
    const certificates = front.certificate;
    const box = seal(readPrivateKey(front.key, null, 'the test'), sealing, { name, certificates });
    const sealed = JSON.stringify({ name, certificates, sealed: [{ to: sealing.fingerprint, box }] });
    await page.getByRole('button', { name: 'Install identity' }).click();
    const input = page.locator('input[type=file]');
    await input.setInputFiles(file('front.json', 'no JSON'));
    await page.getByRole('dialog').getByRole('button', { name: 'Install' }).click();
    await page.getByText('This is no sealed identity').waitFor();
    await input.setInputFiles(file('front.json', sealed));
    await page.getByRole('dialog').getByRole('button', { name: 'Install' }).click();
    await page.getByText('front installed.').waitFor();
    await page.getByRole('button', { name: 'Present front' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Present', exact: true }).click();
    await page.getByText('The gateways present front from now on.').waitFor();
    await page.getByRole('table').getByText('Chosen', { exact: true }).waitFor();
    expect((await trial.told('edge.configured')).at(-1)).toMatchObject({ identity: { name } });
    const identity = {
      name: null,
      subject: 'CN=muster',
      fingerprint: 'ab'.repeat(32),
      until: new Date(Date.now() + 3_000 * 86_400_000).toISOString(),
    };
    const problem = 'the identity "front" cannot be presented: its key is not sealed to this gateway';
    const edge = { sealingKey: recipientText(sealing), identity, problem };
    const said = { ...serviceReported.example, service: 'gateway', instance: 'trial', edge };
    await trial.bus.publish([trial.event('gateway', serviceReported.draft(said))]);
    await page.getByText(problem).waitFor();
    await page.getByText('Chosen, presented by 0 of 1').waitFor();
    await page.getByText(sealing.fingerprint).waitFor();
    await picture('identities');
  });

  it('what ends soon is on the status page, with its date in GMT', async () => {
    const { page } = visitor;
    await visitor.goTo('/status');
    await page.getByText(/the identity front: the certificate CN=muster.example ends on .* GMT/).waitFor();
    await picture('status');
  });

  it('what was issued is listed, and revoked once the authority has done it', async () => {
    const { page } = visitor;
    await visitor.goTo('/certificates');
    await page.getByText('No certificate yet').waitFor();
    await speak({});
    await page.getByText('serialNumber=VNB3K12345').waitFor();
    await page.getByRole('link', { name: 'http://trust.example:3333/issuing.crl' }).waitFor();
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download its certificates' }).click();
    expect(await readFile(await (await downloading).path(), 'utf8')).toBe(authority.certificate);
    await page.getByRole('button', { name: /^Revoke CN=Device/ }).click();
    await page.getByRole('dialog').getByLabel('Reason').selectOption('keyCompromise');
    await page
      .getByRole('dialog')
      .getByText('secrets to enrol that were made for VNB3K12345 end with it')
      .waitFor();
    await picture('certificate-revoke');
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('Being revoked, as admin asked').waitFor();
    await speak({
      certificates: [{ ...issued, revoked: { at: new Date().toISOString(), reason: 'keyCompromise' } }],
    });
    await page.getByRole('table').getByText('Revoked', { exact: true }).waitFor();
    await picture('certificates');
    await page.getByLabel('State').selectOption('valid');
    await page.getByText('No certificate matches').waitFor();
  });

  /** As a laptop and a phone show it. */
  const pictures = async (name: string): Promise<void> => {
    await picture(name);
    if (process.env['MUSTER_SCREENSHOTS'] === undefined) return;
    await visitor.page.setViewportSize(phone);
    await picture(`phone-${name}`);
    await visitor.page.setViewportSize(laptop);
  };

  it('what gateways present is not revoked like any other: it is said, and which one it is', async () => {
    const { page } = visitor;
    const [kept] = await trial.database.query<{ fingerprint: string }>(
      `select fingerprint from console.identity where name = 'front'`,
    );
    const { fingerprint = '' } = kept ?? {};
    const subject = 'CN=muster.example';
    const own = { ...issued, serial: '77aa', profile: 'server', subject, device: null, fingerprint } as const;
    await speak({ certificates: [own], cursor: '2:77aa' });
    const identity = { name: 'front', subject, fingerprint, until: own.until };
    const edge = { sealingKey: recipientText(sealing), identity, problem: null };
    const said = { ...serviceReported.example, service: 'gateway', instance: 'trial', edge };
    await trial.bus.publish([trial.event('gateway', serviceReported.draft(said))]);
    await visitor.goTo('/certificates');
    await page.getByRole('button', { name: 'Revoke CN=muster.example' }).click();
    const dialog = page.getByRole('dialog', { name: 'Revoke the identity front?' });
    await dialog.getByText('1 gateway presents this now: choose another first').waitFor();
    await dialog.getByText('77aa', { exact: true }).waitFor();
    await pictures('identity-revoke');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
  });

  it('what was asked of the authority is read back to the first, whose certificate is downloaded', async () => {
    const { page } = visitor;
    await trial.database.query(
      `insert into console.wish (id, kind, about, body, asked_by, state, certificates)
       select gen_random_uuid(), case n when 1 then 'sign' else 'list' end, 'Wish ' || n, '{}', 'admin', 'done',
         case n when 1 then $1 end
       from generate_series(1, 41) n order by n`,
      [authority.certificate],
    );
    await visitor.goTo('/certificates');
    const section = page.getByRole('region', { name: 'Asked of the authority' });
    const next = section.getByRole('button', { name: 'Next' });
    await section.getByText('Wish 41', { exact: true }).waitFor();
    await pictures('wishes-pages');
    await next.click();
    await section.getByText('Wish 21', { exact: true }).waitFor();
    await next.click();
    const downloading = page.waitForEvent('download');
    await section.getByRole('link', { name: 'Download the certificate of Wish 1' }).click();
    expect(await readFile(await (await downloading).path(), 'utf8')).toBe(authority.certificate);
    expect(await next.isDisabled()).toBe(true);
    await section.getByRole('button', { name: 'Previous' }).click();
    await section.getByText('Wish 2', { exact: true }).waitFor();
    await section.getByRole('button', { name: 'First' }).click();
    await section.getByText('Wish 41', { exact: true }).waitFor();
  });

  it("Muster's own authority brings its lists, responder and Hard into a new trust set, and Off is warned of", async () => {
    const { page } = visitor;
    const pair = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const [key, issuingKey] = [pair(), pair()];
    const validity = validFor(30);
    const root = { key, certificate: makeRoot({ subject: { CN: 'Own root' }, key, validity }) };
    const issuing = (list: string | null) =>
      makeIssuing(root, { subject: { CN: 'Own' }, publicKey: createPublicKey(issuingKey), validity }, list);
    const chainWith = (list: string | null) => `${issuing(list).toString()}${root.certificate.toString()}`;
    const lists = page.getByLabel('Lists (CRL)');
    const own = ['http://trust.example:3333/issuing.crl', 'http://trust.example:3333/root.crl'];
    const missing = page.getByText(/name the list that this root publishes too/);
    const warning = page.getByText(/Nobody is asked who was revoked/);

    await speak({ chain: chainWith('http://trust.example:3333/root.crl') });
    await visitor.goTo('/trust-sets/new');
    await page.getByRole('button', { name: "Take Muster's own authority" }).click();
    expect(await lists.inputValue()).toBe(own.join('\n'));
    expect(await page.getByLabel('OCSP responder').inputValue()).toBe('http://trust.example:3333/ocsp');
    expect(await page.getByLabel('Policy').inputValue()).toBe('hard');
    expect(await warning.count()).toBe(0);
    await page.getByLabel('Policy').selectOption('off');
    await warning.waitFor();
    await picture('trust-set-off');
    await page.getByLabel('Policy').selectOption('hard');
    await page.getByRole('textbox', { name: 'Name' }).fill('Own');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Own', exact: true }).waitFor();

    await speak({ chain: chainWith(null) });
    await visitor.goTo('/trust-sets/new');
    // Of others it is not known who publishes what.
    await page.getByRole('textbox', { name: 'Certificates' }).fill(authority.certificate);
    await warning.waitFor();
    expect(await lists.inputValue()).toBe('');
    await page.getByRole('button', { name: "Take Muster's own authority" }).click();
    await missing.waitFor();
    expect(await lists.inputValue()).toBe(own[0]);
    await lists.fill(`${own[0]}\nfile:corporate.crl`);
    await missing.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Cancel' }).click();
    await visitor.heading('Trust sets').waitFor();
  });

  it('fits a phone', async () => {
    const { page } = visitor;
    await page.setViewportSize(phone);
    for (const path of ['/trust-sets', '/trust-sets/second-site', '/identities', '/certificates']) {
      await visitor.goTo(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByRole('table').first().waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect(wide, path).toBe(false);
      await picture(`phone${path.replaceAll('/', '-')}`);
    }
  });

  it('an authority that is gone is given up, and missed no more', async () => {
    const { page } = visitor;
    await page.setViewportSize(laptop);
    await visitor.goTo('/certificates');
    await page.getByRole('heading', { name: 'The authority', exact: true }).waitFor();
    const gone = page.getByRole('button', { name: 'This authority is gone' });
    expect(await gone.count()).toBe(0);
    await trial.database.query(`update console.authority set heard_at = heard_at - interval '1 hour'`);
    const late = page.getByText(/the authority \(muster trust\) was not heard/);
    await visitor.goTo('/status');
    await late.waitFor();
    await visitor.goTo('/certificates');
    await pictures('authority-silent');
    await gone.click();
    const dialog = page.getByRole('dialog', { name: 'Give this authority up?' });
    await dialog.waitFor();
    await pictures('authority-gone');
    await dialog.getByRole('button', { name: 'Give it up' }).click();
    await page.getByText('No certificate yet').waitFor();
    await page.getByRole('heading', { name: 'The authority', exact: true }).waitFor({ state: 'detached' });
    await visitor.goTo('/status');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await late.waitFor({ state: 'detached' });
  });

  it('heard no complaint of the browser in all of this', () => {
    expect(visitor.complaints).toEqual([]);
  });
});
