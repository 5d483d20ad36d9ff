// From the page to the authority and back, with a real `muster trust`, a browser and openssl: a device enrols with a secret
// that was made on the page, a request is signed, an identity comes sealed to a gateway, a list is published.
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SealedIdentity } from '#events/certificate';
import { serviceReported } from '#events/service';
import { open, readRecipient, recipientText } from '#pki/seal';
import { databases, Trial } from '../support/console.js';
import { ownFolder } from '../support/servers.js';
import { TrustProcess } from '../support/trust-process.js';
import { until } from '../support/until.js';
import { launch, password, phone, Visitor } from './chromium.js';

const [PGlite] = databases;
const pair = generateKeyPairSync('x25519');
const sealing = readRecipient(pair.publicKey.export({ type: 'spki', format: 'pem' }).toString());

describe('wishes on the page', () => {
  let trial: Trial;
  let trust: TrustProcess;
  let browser: Browser;
  let visitor: Visitor;

  beforeAll(async () => {
    const folder = await ownFolder('wishes');
    const [passwordFile, tokenFile] = [join(folder, 'password'), join(folder, 'token')];
    await writeFile(passwordFile, password);
    trial = await Trial.start(await PGlite.open(), { MUSTER_ADMIN_PASSWORD_FILE: passwordFile });
    await writeFile(tokenFile, await trial.token('trust'));
    const starting = TrustProcess.start({
      MUSTER_CONSOLE_URL: trial.host.url,
      MUSTER_TOKEN_FILE: tokenFile,
      MUSTER_TRUST_WISHES: 'enrol, sign,issue',
    });
    await Promise.all([
      starting.then((started) => (trust = started)),
      launch().then((launched) => (browser = launched)),
    ]);
    visitor = await Visitor.open(browser, trial.host.url, { expected: [400] });
    await visitor.goTo('/certificates');
    await visitor.signIn('admin');
    await visitor.heading('Certificates').waitFor();
  }, 240_000);
  afterAll(async () => {
    await browser?.close();
    await trust?.stop();
    await trial?.stop();
  }, 60_000);

  const limitMs = 60_000;
  const asked = () => visitor.page.getByRole('table', { name: 'Asked of the authority' });
  const rowOf = (text: string) => asked().getByRole('row').filter({ hasText: text });
  const settled = (text: string, word: string) =>
    rowOf(text).getByText(word, { exact: true }).first().waitFor({ timeout: limitMs });
  const dialog = () => visitor.page.getByRole('dialog');
  const send = () => dialog().getByRole('button', { name: 'Ask the authority' }).click();
  const verify = (file: string, ...words: readonly string[]) =>
    trust.openssl.run('verify', '-x509_strict', ...words, '-CAfile', 'roots.pem', file);
  const picture = (name: string) => visitor.picture(name);

  it('a device enrols by EST with a secret that was made there, shown once', async () => {
    const { page } = visitor;
    await page.getByText('No private key and no passphrase ever passes through this page.').waitFor();
    await page.getByRole('button', { name: 'Let a device enrol' }).click({ timeout: limitMs });
    await dialog().getByLabel('Serial number').fill('vnb3k700');
    await dialog().getByLabel('Other names for its certificate').fill('printer.example');
    await send();
    await page
      .getByText(/"printer.example" does not begin with DNS: or IP:/)
      .first()
      .waitFor();
    await dialog().getByLabel('Other names for its certificate').fill('DNS:printer.example');
    await picture('wish-enrol');
    await send();
    const shown = page.getByRole('alert').filter({ hasText: 'Copy the secret now' });
    const secret = (await shown.locator('code').first().textContent()) ?? '';
    expect(secret).toMatch(/^VNB3K700 [\w-]{27}$/);
    await settled('VNB3K700, once', 'Done');
    await picture('wish-secret');
    await page.getByRole('button', { name: 'Hide the secret' }).click();
    await visitor.goTo('/certificates');
    await settled('VNB3K700, once', 'Done');
    expect(await page.content()).not.toContain(secret.split(' ')[1]);
    trust.openssl.request('printer', '/CN=whatever');
    const body = trust.openssl.bytes('printer.der').toString('base64');
    const enrol = () => trust.est('simpleenroll', { method: 'POST', auth: secret.replace(' ', ':'), body });
    const { status, body: given } = await enrol();
    expect(status).toBe(200);
    const text = trust.certificateIn(given, 'printer');
    expect(text).toContain('serialNumber = VNB3K700');
    expect(text).toContain('DNS:printer.example');
    expect(verify('printer.pem', '-purpose', 'sslclient')).toBe('printer.pem: OK\n');
    trust.openssl.request('other', '/CN=whatever');
    const other = trust.openssl.bytes('other.der').toString('base64');
    const again = { method: 'POST', auth: secret.replace(' ', ':'), body: other };
    expect((await trust.est('simpleenroll', again)).status).toBe(401);
  });

  it('a request is signed once the authority is there again, and the certificate downloaded', async () => {
    const { page } = visitor;
    await trust.process.signal('SIGKILL');
    trust.openssl.request('web', '/CN=www.example');
    const pem = trust.openssl.run('req', '-inform', 'DER', '-in', 'web.der');
    const file = (text: string) => ({ name: 'web.csr', mimeType: 'text/plain', buffer: Buffer.from(text) });
    await page.getByRole('button', { name: 'Sign a request' }).click();
    await page.locator('input[type=file]').setInputFiles(file('no request'));
    await send();
    await page
      .getByText(/holds no certificate request in PEM form/)
      .first()
      .waitFor();
    await page.locator('input[type=file]').setInputFiles(file(pem));
    await dialog().getByLabel('Days').fill('30');
    await picture('wish-sign');
    await send();
    await settled('CN=www.example', 'Waits for the authority');
    await trust.again();
    await settled('CN=www.example', 'Done');
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: /^Download the certificate of CN=www.example/ }).click();
    const given = await readFile(await (await downloading).path(), 'utf8');
    trust.openssl.file('web.pem', given);
    expect(verify('web.pem', '-purpose', 'sslserver', '-verify_hostname', 'www.example')).toBe(
      'web.pem: OK\n',
    );
    expect(new X509Certificate(given).publicKey.export({ type: 'spki', format: 'pem' })).toBe(
      trust.openssl.run('req', '-in', trust.openssl.file('web.csr', pem), '-noout', '-pubkey'),
    );
    await page.getByRole('table', { name: 'Certificates' }).getByText('CN=www.example').waitFor();
  });

  it('a list is published at once', async () => {
    const { page } = visitor;
    const numberOf = async () => {
      const list = await fetch(`${trust.lists}/issuing.crl`, { cache: 'no-store' });
      trust.openssl.file('now.crl', Buffer.from(await list.arrayBuffer()));
      const text = trust.openssl.run('crl', '-inform', 'DER', '-in', 'now.crl', '-noout', '-crlnumber');
      return Number.parseInt(text.split('=')[1] ?? '', 16);
    };
    const before = await numberOf();
    await page.getByRole('button', { name: 'Publish the list now' }).click();
    await settled('The list of what was revoked', 'Done');
    await until('it is there', async () => (await numberOf()) === before + 1);
    await picture('wishes');
  });

  it('an identity comes sealed to the gateway that was admitted; its name is not taken twice', async () => {
    const { page } = visitor;
    const identity = {
      name: null,
      subject: 'CN=muster',
      fingerprint: 'ab'.repeat(32),
      until: '2036-01-01T00:00:00.000Z',
    };
    const edge = { sealingKey: recipientText(sealing), identity, problem: null };
    const said = { ...serviceReported.example, service: 'gateway', instance: 'trial', edge };
    await trial.bus.publish([trial.event('gateway', serviceReported.draft(said))]);
    await until(
      'trust has heard of it',
      async () => (await trust.ca('gateways')).includes(sealing.fingerprint),
      limitMs,
    );
    await trust.ca('gateways', '--admit', sealing.fingerprint);
    await visitor.goTo('/identities');
    const wish = async () => {
      await page.getByRole('button', { name: 'Issue identity' }).click();
      await dialog().getByLabel('Friendly name').fill('front');
      await dialog().getByLabel('DNS name that devices announce to').fill('muster.example');
      await dialog().getByLabel('Other names').fill('IP:10.0.0.1');
    };
    await wish();
    await picture('wish-issue');
    await send();
    await dialog().waitFor({ state: 'detached' });
    // The second one is heard with the first, or after it.
    await wish();
    await send();
    await settled('front: CN=muster.example', 'Done');
    await page.getByText('1 of 1 gateways').waitFor({ timeout: limitMs });
    const [row] = await trial.database.query<SealedIdentity>(
      `select name, certificates, sealed from console.identity where name = 'front'`,
    );
    const { name = '', certificates = '', sealed = [] } = row ?? {};
    const key = open(
      sealed[0]?.box ?? '',
      { ...sealing, privateKey: pair.privateKey },
      { name, certificates },
    );
    expect(new X509Certificate(certificates).checkPrivateKey(key)).toBe(true);
    trust.openssl.file('front.pem', certificates);
    expect(verify('front.pem', '-purpose', 'sslserver', '-verify_ip', '10.0.0.1')).toBe('front.pem: OK\n');
    await page.getByText('there is an identity "front" already').waitFor({ timeout: limitMs });
    await picture('wishes-identities');
  });

  it('fits a phone', async () => {
    const { page } = visitor;
    await page.setViewportSize(phone);
    for (const path of ['/identities', '/certificates']) {
      await visitor.goTo(path);
      await asked().waitFor();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect(wide, path).toBe(false);
      await picture(`wishes-phone${path.replaceAll('/', '-')}`);
    }
  });

  it('heard no complaint of the browser in all of this', () => {
    expect(visitor.complaints).toEqual([]);
  });
});
