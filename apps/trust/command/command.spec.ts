// `muster ca` from day to day, as a person types it, rightly and wrongly.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TypedCa } from '../../../test/support/typed-ca.js';
import { Books } from '../books.js';

const ca = new TypedCa();
const { openssl } = ca;
afterAll(() => ca.remove());

beforeAll(async () => {
  await ca.done('init', '--subject', 'CN=Trial, O=Example, C=DE', '--url', 'http://trust.example:3333/');
  await ca.done('export', '--authority', '--out', 'roots.pem');
});

it('sign certifies a request of openssl; revoke puts it on the list, which OpenSSL obeys', async () => {
  const files = ['-keyout', 'k.pem', '-out', 'r.pem', '-subj', '/CN=Printer 7/serialNumber=VNB3K12345'];
  openssl.run('req', '-new', '-newkey', 'rsa:2048', '-nodes', ...files);
  const serial = /^(\w+): device for CN=Printer 7, serialNumber=VNB3K12345/m.exec(
    (await ca.type('sign', 'r.pem', '--profile', 'device', '--out', 'device.pem')).text,
  )?.[1];
  const checked = async (): Promise<string> => {
    await ca.done('crl', '--out', 'lists.pem');
    openssl.file('lists.pem', openssl.read('lists.pem') + (await ca.done('crl', '--root')));
    return ca.verify('device.pem', '-purpose', 'sslclient', '-crl_check_all', '-CRLfile', 'lists.pem');
  };
  expect(await checked()).toBe('device.pem: OK\n');
  expect(await ca.done('revoke', '--device', 'VNB3K12345', '--reason', 'keyCompromise')).toContain(
    `${serial ?? ''} is revoked`,
  );
  expect(await checked()).toContain('certificate revoked');
  expect(openssl.run('crl', '-in', 'lists.pem', '-noout', '-crlnumber').trim()).toBe('crlNumber=0x02');
  expect(await ca.type('revoke', serial ?? '')).toMatchObject({
    status: 1,
    text: expect.stringContaining('was revoked already, on'),
  });
  expect(await ca.done('list', '--revoked')).toMatch(/^\w+ {2}device .*revoked .* GMT \(keyCompromise\)\n$/);
  await ca.done('crl', '--renew', '--out', 'list.crl');
  expect(openssl.run('crl', '-inform', 'DER', '-in', 'list.crl', '-noout', '-crlnumber').trim()).toBe(
    'crlNumber=0x03',
  );
});

it('enrol prints a secret once, and keeps what it means', async () => {
  expect(await ca.done('enrol', '--device', 'VNB3K777')).toMatch(/^VNB3K777 [\w-]{27}\n$/);
  expect(await ca.done('list', '--secrets')).toMatch(/^VNB3K777 {2}VNB3K777, once, until .* GMT\n$/);
  await ca.done('enrol', '--remove', 'VNB3K777');
  expect(await ca.done('list', '--secrets')).toBe('none\n');
});

it('revoke ends what only that device could enrol with, and says what is good still', async () => {
  const device = 'VNB3K888';
  const sign = async (name: string): Promise<string> => {
    openssl.request(name, `/CN=${name}/serialNumber=${device}`);
    openssl.file(`${name}-asked.pem`, openssl.run('req', '-inform', 'DER', '-in', `${name}.der`));
    const signed = await ca.type(
      'sign',
      `${name}-asked.pem`,
      '--profile',
      'device',
      '--out',
      `${name}-signed.pem`,
    );
    return /^(\w+): device for/m.exec(signed.text)?.[1] ?? signed.text;
  };
  const [first, second] = [await sign('first'), await sign('second')];
  await ca.done('enrol', '--device', device, '--reusable');
  const [any = ''] = (await ca.done('enrol', '--any')).split(' ');
  expect(await ca.done('revoke', first)).toMatch(
    new RegExp(
      `^${first} is revoked: .*\\n${device} has others in force: muster ca revoke --device ${device} .*\\n$`,
    ),
  );
  expect(await ca.done('list', '--secrets')).toContain(`${device}, reusable`);
  const stillGood = `still good: secrets for any device \\(1: ${any}\\)\\. .* muster ca enrol --remove USER\\n`;
  const ended = `${device}: the secret with which it could enrol is ended\\n`;
  expect(await ca.done('revoke', second)).toMatch(
    new RegExp(`^${second} is revoked: .*\\n${ended}${stillGood}$`),
  );
  expect(await ca.done('list', '--secrets')).toMatch(new RegExp(`^${any} .*\\n$`));
  await ca.done('enrol', '--device', device);
  expect(await ca.done('revoke', '--device', device)).toMatch(new RegExp(`^${ended}${stillGood}$`));
  await ca.done('enrol', '--remove', any);
  expect(await ca.type('revoke', '--device', device)).toMatchObject({
    status: 1,
    text: expect.stringContaining('is in force, and no secret of its own'),
  });
});

it('revoke of a certificate that is over already takes no secret from a device that is to come back', async () => {
  const device = 'VNB3K999';
  openssl.request('over', `/CN=over/serialNumber=${device}`);
  openssl.file('over-asked.pem', openssl.run('req', '-inform', 'DER', '-in', 'over.der'));
  const words = ['--profile', 'device', '--out', 'over-signed.pem'];
  const { text } = await ca.type('sign', 'over-asked.pem', ...words);
  const serial = /^(\w+): device for/m.exec(text)?.[1] ?? text;
  const books = new Books(ca.place.MUSTER_TRUST_DIR);
  books.run('update certificate set until_ms = ? where serial = ?', Date.now() - 1_000, serial);
  books.close();
  await ca.done('enrol', '--device', device);
  expect(await ca.done('revoke', serial)).toMatch(new RegExp(`^${serial} is revoked: .*\\n$`));
  expect(await ca.done('list', '--secrets')).toContain(`${device}, once`);
  await ca.done('enrol', '--remove', device);
});

describe('typed wrongly', () => {
  it.each([
    { words: ['frob'], status: 2, says: 'There is no command frob' },
    { words: ['issue', '--speed', '9'], status: 2, says: "Unknown option '--speed'" },
    {
      words: ['issue', '--name', 'a', '--subject', 'CN=a'],
      status: 2,
      says: '--profile is one of server, client',
    },
    {
      words: ['issue', '--name', 'a', '--profile', 'server', '--subject', 'CN=a'],
      status: 1,
      says: 'CN of a server is its full DNS name',
    },
    {
      words: ['issue', '--name', 'a', '--profile', 'client', '--subject', 'CN=a', '--names', 'IP:1'],
      status: 1,
      says: '"1" is no IP address',
    },
    {
      words: ['issue', '--name', 'a', '--profile', 'client', '--subject', 'CN=a', '--days', '0'],
      status: 2,
      says: '--days is a whole number',
    },
    {
      words: ['issue', '--name', '../a', '--profile', 'client', '--subject', 'CN=a'],
      status: 2,
      says: 'is no name for an identity',
    },
    { words: ['sign', 'nowhere.pem', '--profile', 'client'], status: 1, says: 'nowhere.pem cannot be read' },
    {
      words: ['sign', ca.passphrase, '--profile', 'client'],
      status: 1,
      says: 'passphrase holds no certificate request',
    },
    {
      words: ['revoke', 'ffff'],
      status: 1,
      says: 'no certificate with the serial number ffff was issued here',
    },
    {
      words: ['revoke', 'ffff', '--reason', 'bored'],
      status: 2,
      says: '--reason is one of unspecified, keyCompromise',
    },
    { words: ['export', 'nobody', '--out', 'x'], status: 1, says: 'there is no identity "nobody"' },
    {
      words: ['list', '--dir', '/nonexistent'],
      status: 1,
      says: '/nonexistent holds no authority: make one with muster ca init',
    },
    {
      words: ['crl', '--renew', '--passphrase-file', ca.password],
      status: 1,
      says: 'has fewer than 20 characters',
    },
    {
      words: ['init', '--dir', 'x', '--url', 'https://a'],
      status: 2,
      says: '--url is an address such as http://trust.example:3333',
    },
    {
      words: ['enrol', '--any', '--names', 'DNS:a'],
      status: 2,
      says: '--names and --reusable are for one device',
    },
    { words: ['--help'], status: 0, says: 'muster ca sign REQUEST.pem' },
    { words: ['crl', '--help'], status: 0, says: 'prints the newest list' },
  ])('$words ends with $status', async ({ words, status, says }) => {
    const answer = await ca.type(...words);
    expect(answer.text).toContain(says);
    expect(answer.status).toBe(status);
  });

  it('the wrong passphrase opens nothing', async () => {
    const wrong = openssl.file('wrong', 'some other words of some length\n');
    expect((await ca.type('crl', '--renew', '--passphrase-file', wrong)).text).toContain(
      'the passphrase does not open the key in',
    );
  });
});
