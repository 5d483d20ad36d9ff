// What operators wish at console, done by the authority: once each, within its setting, and said to openssl.
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { WishKind } from '#pki/authority/wish';
import { listeningLog } from '../../../test/support/silent.js';
import { TypedCa } from '../../../test/support/typed-ca.js';
import { newestList, TrustAuthority } from '../authority.js';
import { Books } from '../books.js';
import { identityNamed, openIdentity } from '../identities.js';
import { findSecret, useSecret } from '../secrets.js';
import { Link } from './link.js';
import { fulfil } from './wishes.js';

const ca = new TypedCa();
const { MUSTER_TRUST_DIR: dir } = ca.place;
const passphrase = readFileSync(ca.passphrase, 'utf8').trim();
const all: readonly WishKind[] = ['enrol', 'sign', 'issue', 'list'];
const password = 'a password of forty letters and no more..';
let books: Books;
beforeAll(async () => {
  await ca.done('init', '--subject', 'CN=Trial');
  await ca.done('export', '--authority', '--out', 'roots.pem');
  books = new Books(dir);
});
afterAll(() => {
  books.close();
  ca.remove();
});

const log = listeningLog();
const hear = (wish: object, does = all) => {
  const authority = new TrustAuthority(dir, books, passphrase);
  const heard = { id: randomUUID(), by: 'ada', kind: 'none', ...wish };
  return fulfil({ dir, books, authority, passphrase, does, kept: 'est', log }, heard);
};
const requestOf = (name: string, subject: string, ...words: readonly string[]): string => {
  ca.openssl.request(name, subject, ...words);
  return ca.openssl.run('req', '-inform', 'DER', '-in', `${name}.der`);
};
const enrolment = {
  kind: 'enrol',
  device: 'VNB3K500',
  user: 'VNB3K500',
  names: 'dns:printer.example',
  reusable: false,
  until: new Date(Date.now() + 3_600_000).toISOString(),
  hash: createHash('sha256').update(password).digest('hex'),
};
const signing = { kind: 'sign', profile: 'server', days: 30, subject: null, names: null };
const issuing = {
  kind: 'issue',
  name: 'front',
  profile: 'mutual',
  subject: 'CN=muster.example',
  names: 'IP:10.0.0.1',
  days: 30,
  key: 'p256',
  replace: false,
};
const countOf = (table: string) => Number(books.one(`select count(*) as n from ${table}`)?.['n']);

describe('a wish', () => {
  it('to let a device enrol keeps the hash, and a secret that was used is not good again when it is heard again', async () => {
    const wish = { ...enrolment, id: randomUUID() };
    expect(await hear(wish)).toEqual({ id: wish.id, refused: null, certificates: null });
    const now = new Date();
    const found = findSecret(books, 'VNB3K500', password, now);
    expect(found).toMatchObject({
      device: 'VNB3K500',
      names: 'DNS:printer.example',
      reusable: false,
      used: null,
    });
    if (found) expect(useSecret(books, found, now)).toBe(true);
    expect(await hear(wish)).toEqual({ id: wish.id, refused: null, certificates: null });
    expect(findSecret(books, 'VNB3K500', password, now)?.used).toEqual(now);
    expect(JSON.stringify(log.lines)).not.toContain(enrolment.hash);
  });

  it('to let a device enrol anew ends what was found right before, also where both are good until the same time', async () => {
    const now = new Date();
    await hear(enrolment);
    const leaked = findSecret(books, 'VNB3K500', password, now);
    const another = `${password}, and another`;
    await hear({ ...enrolment, hash: createHash('sha256').update(another).digest('hex') });
    expect(leaked && useSecret(books, leaked, now)).toBe(false);
    const found = findSecret(books, 'VNB3K500', another, now);
    expect(found && useSecret(books, found, new Date(enrolment.until))).toBe(false);
    expect(found && useSecret(books, found, now)).toBe(true);
  });

  it.each([
    [
      'for any device, again and again',
      { device: null, user: 'any-0123456789ab', reusable: true, names: '' },
    ],
    ['for any device, with names', { device: null, user: 'any-0123456789ab' }],
    ['under the name of another device', { user: 'VNB3K501' }],
    ['that is over', { until: new Date(Date.now() - 1_000).toISOString() }],
    ['without end', { until: new Date(Date.now() + 400 * 86_400_000).toISOString() }],
    ['without a hash', { hash: 'secret' }],
    ['with a name that is none', { names: 'URI:x' }],
  ])('for a secret %s is refused, whatever console thought of it', async (_, change) => {
    const before = countOf('secret');
    expect((await hear({ ...enrolment, ...change }))?.refused).toEqual(expect.stringMatching(/\w/));
    expect(countOf('secret')).toBe(before);
  });

  it('to sign a request gives a certificate that openssl verifies, and the same one when it is heard again', async () => {
    const san = ['-newkey', 'rsa:2048', '-addext', 'subjectAltName=DNS:www.example,IP:10.1.2.3'];
    const wish = { ...signing, id: randomUUID(), request: requestOf('web', '/CN=www.example', ...san) };
    const outcome = await hear(wish);
    expect(outcome?.refused).toBe(null);
    const certificates = outcome?.certificates ?? '';
    expect(certificates.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
    ca.openssl.file('web.pem', certificates);
    expect(ca.verify('web.pem', '-purpose', 'sslserver')).toBe('web.pem: OK\n');
    const text = ca.openssl.run('x509', '-in', 'web.pem', '-noout', '-text');
    expect(text).toContain('DNS:www.example, IP Address:10.1.2.3');
    const issued = countOf('certificate');
    expect(await hear(wish)).toEqual(outcome);
    expect(countOf('certificate')).toBe(issued);
  });

  it('is done once by two that hear it at once', async () => {
    const wish = { ...issuing, id: randomUUID(), name: 'twice', replace: true };
    const before = countOf('certificate');
    const outcomes = await Promise.all([hear(wish), hear(wish)]);
    expect(countOf('certificate')).toBe(before + 1);
    // The slower one hears of it the next time.
    expect(outcomes).toContainEqual({ id: wish.id, refused: null, certificates: null });
    expect(await hear(wish)).toEqual({ id: wish.id, refused: null, certificates: null });
  });

  it('to sign what is no good request is refused with the reason, and refused it stays', async () => {
    const request = requestOf(
      'odd',
      '/CN=www.example',
      '-newkey',
      'rsa:2048',
      '-addext',
      'subjectAltName=email:a@b.example',
    );
    const wish = { ...signing, id: randomUUID(), request };
    const outcome = await hear(wish);
    expect(outcome?.refused).toContain('neither a DNS name nor an IP address');
    expect(await hear({ ...wish, names: '' })).toEqual(outcome);
    expect((await hear({ ...signing, request: 'hello' }))?.refused).toContain('no certificate request');
    const short = requestOf('short', '/CN=www.example', '-newkey', 'rsa:1024');
    expect((await hear({ ...signing, request: short }))?.refused).toContain('too short');
    const nobody = requestOf('nobody', '/CN=not a host');
    expect((await hear({ ...signing, request: nobody }))?.refused).toContain('full DNS name');
    expect((await hear({ ...signing, request, days: 100_000 }))?.refused).toContain('days');
    expect((await hear({ ...signing, request, profile: 'authority' }))?.refused).toContain('profile');
  });

  it('for an identity makes one, takes no name that is in use, and never that of EST', async () => {
    expect(await hear(issuing)).toMatchObject({ refused: null, certificates: null });
    const { certificates } = openIdentity(identityNamed(books, 'front'), passphrase);
    ca.openssl.file('front.pem', String(certificates[0]));
    expect(ca.verify('front.pem', '-purpose', 'sslserver')).toBe('front.pem: OK\n');
    expect((await hear(issuing))?.refused).toContain('there is an identity "front" already');
    expect((await hear({ ...issuing, replace: true }))?.refused).toBe(null);
    expect(String(identityNamed(books, 'front').certificates)).not.toBe(String(certificates));
    expect((await hear({ ...issuing, name: 'est', replace: true }))?.refused).toContain('what EST shows');
    expect((await hear({ ...issuing, profile: 'client' }))?.refused).toContain('profile');
  });

  it('for a new list makes one', async () => {
    const before = newestList(books, 'issuing')?.number ?? 0;
    const wish = { kind: 'list', id: randomUUID() };
    await hear(wish, ['list']);
    await hear(wish, ['list']);
    expect(newestList(books, 'issuing')?.number).toBe(before + 1);
  });

  it('that the setting does not name, or that is not known yet, is refused and nothing is done', async () => {
    const before = countOf('certificate') + countOf('secret');
    expect((await hear(enrolment, ['list']))?.refused).toContain('name enrol in its MUSTER_TRUST_WISHES');
    expect((await hear(issuing, ['list', 'sign']))?.refused).toContain('muster ca issue');
    expect((await hear({ kind: 'destroy' }))?.refused).toContain('older than console');
    expect(countOf('certificate') + countOf('secret')).toBe(before);
  });

  it('that cannot be done now is neither done nor refused: it is heard again', async () => {
    const id = randomUUID();
    const request = requestOf('later', '/CN=later.example');
    books.run(
      `create trigger full before insert on certificate begin select raise(abort, 'the disk is full'); end`,
    );
    expect(await hear({ ...signing, id, request })).toBe(null);
    books.run('drop trigger full');
    expect(await hear({ ...signing, id, request })).toMatchObject({ id, refused: null });
  });
});

describe('console', () => {
  /** What it was told, when it answers these in turn. */
  const told = async (...answers: readonly object[]): Promise<readonly object[]> => {
    const heard: object[] = [];
    const server = createServer((request, response) => {
      const nothing = { cursor: null, identities: [], gateways: [], revoke: [] };
      void json(request).then((report) => {
        heard.push(Object(report) as object);
        response.end(JSON.stringify({ ...nothing, ...answers[heard.length - 1] }));
      });
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const authority = new TrustAuthority(dir, books, passphrase);
    const from = { dir, books, authority, passphrase, does: all, kept: null, log };
    const link = new Link({ ...from, console: { url, token: 'mst_x' } });
    for (let spoken = 0; spoken < answers.length; spoken += 1) await link.speak();
    return heard;
  };

  it('that is older, and knows of no wishes, is told nothing that it would refuse', async () => {
    const heard = await told({}, {});
    expect(heard).toHaveLength(2);
    expect(heard.flatMap(Object.keys)).not.toContain('does');
    expect(heard.flatMap(Object.keys)).not.toContain('outcomes');
  });

  it('that knows of them is told what is done for it, and what became of each, of all kinds it may know', async () => {
    const [known, unknown] = [randomUUID(), randomUUID()];
    const wishes = [
      { id: known, kind: 'list', by: 'ada' },
      { id: unknown, kind: 'destroy', what: 'all' },
    ];
    const [first, second, third] = await told({ wishes }, { wishes: [] }, { wishes: [] });
    expect(first).not.toHaveProperty('does');
    expect(second).toMatchObject({
      does: all,
      outcomes: [
        { id: known, refused: null },
        { id: unknown, refused: expect.stringContaining('older than console') },
      ],
    });
    expect(third).toMatchObject({ does: all, outcomes: [] });
  });
});
