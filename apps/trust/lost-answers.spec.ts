// A device whose answer was lost asks again, with the key that it keeps: it gets the same certificate, as often as it takes,
// and does not use up what it may have.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TrustProcess } from '../../test/support/trust-process.js';
import { Books } from './books.js';

let trust: TrustProcess;
beforeAll(async () => {
  trust = await TrustProcess.start();
});
afterAll(async () => {
  expect(await trust.stop()).toBe(0);
});

/** More than a device may have in force. */
const times = 12;

/** The certificate, in PEM. */
async function given(
  operation: string,
  body: string,
  proof: Readonly<Record<string, string>>,
): Promise<string> {
  const answer = await trust.est(operation, { method: 'POST', body, ...proof });
  expect(answer).toMatchObject({ status: 200 });
  trust.certificateIn(answer.body, 'given');
  return trust.openssl.read('given.pem');
}

const asked = (name: string): string => trust.openssl.bytes(`${name}.der`).toString('base64');
const enrolled = (auth: string, name: string): Promise<string> =>
  given('simpleenroll', asked(name), { auth });
const renewed = (name: string, key: string, cert: string): Promise<string> =>
  given('simplereenroll', asked(name), { key: trust.openssl.read(`${key}.key`), cert });

async function inForce(device: string): Promise<number> {
  const lines = (await trust.ca('list')).split('\n');
  return lines.filter((each) => each.includes(device) && !each.includes('revoked')).length;
}

it('to renew: the next one again for the same key, until that is shown itself, or revoked', async () => {
  for (const name of ['first', 'next']) trust.openssl.request(name, '/CN=x');
  const first = await enrolled(await trust.secretFor('VNB3K400'), 'first');
  const next = await renewed('next', 'first', first);
  for (let time = 0; time < times; time += 1) expect(await renewed('next', 'first', first)).toBe(next);
  expect(await inForce('VNB3K400')).toBe(2);
  // A key that stays from certificate to certificate.
  const third = await renewed('next', 'next', next);
  expect(third).not.toBe(next);
  expect(await renewed('next', 'next', next)).toBe(third);
  trust.openssl.file('third.pem', third);
  const serial =
    trust.openssl.run('x509', '-in', 'third.pem', '-noout', '-serial').trim().split('=')[1] ?? '';
  await trust.ca('revoke', serial);
  expect(await renewed('next', 'next', next)).not.toBe(third);
});

it('to enrol with a secret that is reusable: the same for the same key, with the names of today', async () => {
  for (const name of ['kept', 'lost']) trust.openssl.request(name, '/CN=x');
  const secret = await trust.secretFor('VNB3K401', '--reusable', '--names', 'DNS:one.example');
  const first = await enrolled(secret, 'kept');
  for (let time = 0; time < times; time += 1) expect(await enrolled(secret, 'kept')).toBe(first);
  expect(await enrolled(secret, 'lost')).not.toBe(first);
  expect(await inForce('VNB3K401')).toBe(2);
  const other = await trust.secretFor('VNB3K401', '--reusable', '--names', 'DNS:two.example');
  const second = await enrolled(other, 'kept');
  expect(second).not.toBe(first);
  expect(await enrolled(other, 'kept')).toBe(second);
});

it('and not one that is near its end, when a reusable secret is how a device renews', async () => {
  trust.openssl.request('old', '/CN=x');
  const secret = await trust.secretFor('VNB3K402', '--reusable');
  const first = await enrolled(secret, 'old');
  const books = new Books(trust.openssl.path('trust'));
  const halfAYearMs = 183 * 86_400_000;
  const sooner = 'update certificate set from_ms = from_ms - ?, until_ms = until_ms - ? where device = ?';
  books.run(sooner, halfAYearMs, halfAYearMs, 'VNB3K402');
  books.close();
  expect(await enrolled(secret, 'old')).not.toBe(first);
});

it('and nothing, not even what was given already, when the time of the secret is over', async () => {
  for (const name of ['in-time', 'late']) trust.openssl.request(name, '/CN=x');
  const secret = await trust.secretFor('VNB3K403', '--reusable');
  const first = await enrolled(secret, 'in-time');
  expect(await enrolled(secret, 'in-time')).toBe(first);
  const books = new Books(trust.openssl.path('trust'));
  books.run('update secret set until_ms = ? where name = ?', Date.now() - 1, 'VNB3K403');
  books.close();
  for (const name of ['in-time', 'late']) {
    const answer = await trust.est('simpleenroll', { method: 'POST', body: asked(name), auth: secret });
    expect(answer).toMatchObject({ status: 401, body: expect.stringContaining('still good') });
  }
});
