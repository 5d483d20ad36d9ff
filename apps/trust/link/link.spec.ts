// What the authority tells console, and what becomes of a record that console does not take: by a real folder, and something
// that answers by HTTP as another version of console may.
import { randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { authorityReport, type AuthorityReport } from '#pki/authority/exchange';
import { generateKey } from '#pki/authority/key';
import { fingerprintOf, validFor } from '#pki/certificate';
import { recipientText, sealingKeyIn } from '#pki/seal';
import { freePort } from '../../../scripts/free-port.mjs';
import { TypedCa } from '../../../test/support/typed-ca.js';
import { TrustAuthority } from '../authority.js';
import { Books } from '../books.js';
import { admitGateway, noteGateways } from '../gateways.js';
import { serialHexOf } from '../issued.js';
import { makeSecret, secrets } from '../secrets.js';
import { Link } from './link.js';

const ca = new TypedCa();
const passphrase = 'correct horse battery staple';
const pair = await generateKey('p256');
let books: Books;
let authority: TrustAuthority;
let link: Link;
let site: Server;
let told: { readonly fields: object; readonly message: string }[] = [];

/** What console has, and what it does not take. */
let there: {
  cursor: string | null;
  readonly certificates: Map<string, AuthorityReport['certificates'][number]>;
  readonly identities: Map<string, { name: string; fingerprint: string; sealedTo: string[] }>;
  revoke: { serial: string; reason: 'keyCompromise' }[];
  /** Why something was not revoked. */
  readonly refused: string[];
  wishes: { id: string; kind: string; by: string }[];
  refuses: (report: AuthorityReport) => boolean;
  /** It does not keep what it takes. */
  forgets: boolean;
};

function take(text: string): { readonly status: number; readonly answer: object } {
  const parsed = authorityReport.safeParse(JSON.parse(text));
  if (!parsed.success) return { status: 400, answer: { detail: parsed.error.message } };
  const report = parsed.data;
  if (there.refuses(report)) return { status: 400, answer: { detail: 'not this one' } };
  there.cursor = report.cursor ?? there.cursor;
  for (const each of report.certificates) there.certificates.set(each.serial, each);
  for (const { name, certificates, sealed } of report.identities) {
    const fingerprint = fingerprintOf(new X509Certificate(certificates).raw);
    there.identities.set(name, { name, fingerprint, sealedTo: sealed.map(({ to }) => to) });
  }
  there.refused.push(...report.refused.map(({ message }) => message));
  const revoke = there.revoke.filter(({ serial }) => !there.certificates.get(serial)?.revoked);
  const identities = [...there.identities.values()];
  there.wishes = there.wishes.filter(({ id }) => !report.outcomes?.some((outcome) => outcome.id === id));
  const { wishes } = there;
  const { cursor, has } = there.forgets
    ? { cursor: null, has: [] }
    : { cursor: there.cursor, has: identities };
  return { status: 200, answer: { cursor, identities: has, gateways: [], revoke, wishes } };
}

beforeAll(async () => {
  await ca.done('init', '--subject', 'CN=Trial');
  books = new Books(ca.place.MUSTER_TRUST_DIR);
  authority = new TrustAuthority(ca.place.MUSTER_TRUST_DIR, books, passphrase);
  site = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { status, answer } = take(String(Buffer.concat(chunks)));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await once(site.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
  books.close();
  ca.remove();
});
beforeEach(() => {
  told = [];
  there = {
    cursor: null,
    certificates: new Map(),
    identities: new Map(),
    revoke: [],
    refused: [],
    wishes: [],
    refuses: () => false,
    forgets: false,
  };
  link = linkTo(`http://127.0.0.1:${(site.address() as AddressInfo).port}`);
});

function linkTo(url: string): Link {
  const note = (fields: object, message: string): void => void told.push({ fields, message });
  const log = { info: note, warn: note, error: note };
  const dir = ca.place.MUSTER_TRUST_DIR;
  const console = { url, token: 'x' };
  return new Link({ dir, books, authority, passphrase, console, kept: null, does: ['list'], log });
}

/** Until there is nothing left to tell. */
async function speak(): Promise<void> {
  // What it hears first is what there is already.
  await link.speak();
  while ((await link.speak()) > 0);
}

function issue(name: string, names: readonly string[] = []): string {
  const alternatives = names.map((value) => ({ kind: 'DNS' as const, value }));
  const wanted = { profile: 'client' as const, subject: { CN: name }, names: alternatives };
  return serialHexOf(authority.issue({ ...wanted, publicKey: pair.publicKey, validity: validFor(1) }));
}

const count = (): number => Number(books.one('select count(*) as n from certificate')?.['n']);
const reasonOf = (serial: string): unknown =>
  books.one('select reason from certificate where serial = ?', serial)?.['reason'];
const codes = (): readonly unknown[] => told.flatMap(({ fields }) => ('code' in fields ? [fields.code] : []));

it('a certificate with as many and as long names as there can be is told, and what comes after it', async () => {
  const rest = ['b', 'c'].map((letter) => letter.repeat(63)).join('.');
  const names = Array.from(
    { length: 100 },
    (_, index) => `${String(index).padStart(3, '0')}${'a'.repeat(60)}.${rest}.${'d'.repeat(61)}`,
  );
  const long = issue('long', names);
  const after = issue('after');
  await speak();
  expect(there.certificates.get(long)?.names.length).toBeGreaterThan(25_000);
  expect(there.certificates.has(after)).toBe(true);
  expect(codes()).toEqual([]);
});

it('one that console does not take is set aside and told of; the rest goes on, and is not told twice', async () => {
  const before = Array.from({ length: 20 }, (_, index) => issue(`before ${index}`));
  const bad = issue('bad');
  const after = Array.from({ length: 20 }, (_, index) => issue(`after ${index}`));
  there.refuses = ({ certificates }) => certificates.some(({ serial }) => serial === bad);
  await speak();
  expect(there.certificates.size).toBe(count() - 1);
  expect([...before, ...after].every((serial) => there.certificates.has(serial))).toBe(true);
  expect(told.filter(({ fields }) => 'record' in fields)).toMatchObject([
    {
      fields: {
        code: 'recordAside',
        record: `certificate ${bad}`,
        reason: expect.stringContaining('not this one'),
      },
    },
  ]);
  there.certificates.clear();
  const later = issue('later');
  there.revoke = [{ serial: after[0] ?? '', reason: 'keyCompromise' }];
  await speak();
  expect([...there.certificates.keys()].toSorted()).toEqual([later, after[0]].toSorted());
  expect(told.filter(({ fields }) => 'record' in fields)).toHaveLength(1);
});

it('an identity that it does not take, or whose key cannot be opened, keeps no other one from being told', async () => {
  const sealing = await sealingKeyIn(ca.openssl.path('gateway'));
  noteGateways(books, [{ gateway: 'one', key: recipientText(sealing) }], new Date());
  admitGateway(books, sealing.fingerprint, new Date());
  for (const name of ['good', 'refused'])
    await ca.done('issue', '--name', name, '--profile', 'server', '--subject', `CN=${name}.example`);
  // Its key is another's.
  books.run(
    `insert into identity select 'broken', (select key from identity where name = 'refused'), null, certificates, 0
     from identity where name = 'good'`,
  );
  there.refuses = ({ identities }) => identities.some(({ name }) => name === 'refused');
  await speak();
  expect([...there.identities.keys()]).toEqual(['good']);
  expect(there.certificates.size).toBe(count());
  expect(told.filter(({ fields }) => 'record' in fields)).toMatchObject([
    {
      fields: {
        record: expect.stringContaining('identity "broken"'),
        reason: expect.stringContaining('do not belong together'),
      },
    },
    { fields: { record: expect.stringContaining('identity "refused"') } },
  ]);
  books.run("delete from identity where name = 'broken'");
});

it('what became of a wish, and is not taken, holds up neither other wishes nor records', async () => {
  const [bad, good] = [randomUUID(), randomUUID()];
  there.wishes = [bad, good].map((id) => ({ id, kind: 'list', by: 'ada' }));
  there.refuses = ({ outcomes = [] }) => outcomes.some(({ id }) => id === bad);
  await speak();
  expect(there.wishes.map(({ id }) => id)).toEqual([bad]);
  expect(there.certificates.size).toBe(count());
  expect(told.filter(({ fields }) => 'record' in fields)).toMatchObject([
    { fields: { record: `outcome of the wish ${bad}` } },
  ]);
});

it('where it takes none at all, none is set aside for good, and its wishes are done all the same', async () => {
  const unwanted = issue('unwanted');
  for (let more = count(); more < 20; more += 1) issue(`one of ${more}`);
  there.refuses = ({ certificates, identities }) => certificates.length + identities.length > 0;
  for (let round = 0; round < 100 && !codes().includes('recordsRefused'); round += 1) await link.speak();
  expect(codes().at(-1)).toBe('recordsRefused');
  there.revoke = [{ serial: unwanted, reason: 'keyCompromise' }];
  expect(await link.speak()).toBe(1);
  expect(reasonOf(unwanted)).toBe('keyCompromise');
  // It wants that again and again, as it cannot be told: nobody hurries for it.
  expect(await link.speak()).toBe(0);
  expect([there.cursor, there.certificates.size, there.refused]).toEqual([null, 0, []]);
});

it('what there is to tell follows its first answer without a pause', async () => {
  issue('told at once');
  expect(await link.speak()).toBe(1);
  expect(there.certificates.size).toBe(0);
  await link.speak();
  expect(there.certificates.size).toBeGreaterThan(0);
});

it('a revocation that it wants ends what the device could enrol with, and the log names that', async () => {
  const device = 'VNB3K900';
  const serial = serialHexOf(
    authority.issue({
      profile: 'device',
      subject: { CN: 'Device', serialNumber: device },
      names: [],
      publicKey: pair.publicKey,
      validity: validFor(1),
    }),
  );
  const until = new Date(Date.now() + 3_600_000);
  const [own, others] = [device, 'VNB3K901'];
  for (const name of [own, others])
    makeSecret(books, { name, device: name, names: '', reusable: true, until });
  await speak();
  there.revoke = [{ serial, reason: 'keyCompromise' }];
  await speak();
  expect(reasonOf(serial)).toBe('keyCompromise');
  expect(secrets(books).map(({ name }) => name)).toEqual([others]);
  expect(told.map(({ fields }) => fields)).toContainEqual(
    expect.objectContaining({ certificate: serial, secretsEnded: [own] }),
  );
});

it('a revocation whose record it does not take is said to be refused, and nobody hurries for what it wants again', async () => {
  const bad = issue('bad and revoked');
  there.refuses = ({ certificates }) => certificates.some(({ serial }) => serial === bad);
  await speak();
  there.revoke = [{ serial: bad, reason: 'keyCompromise' }];
  await speak();
  expect(reasonOf(bad)).toBe('keyCompromise');
  expect([...new Set(there.refused)]).toEqual([expect.stringContaining('it is revoked, and console has')]);
  expect([await link.speak(), await link.speak()]).toEqual([0, 0]);
});

it('what it takes, and has forgotten by the next time, is told again without hurry', async () => {
  await speak();
  there.forgets = true;
  await link.speak();
  expect(await link.speak()).toBeGreaterThanOrEqual(count());
  there.certificates.clear();
  expect(await link.speak()).toBe(0);
  expect(there.certificates.size).toBe(count());
});

it.each([
  { what: 'nobody listens', url: async () => `http://127.0.0.1:${await freePort()}`, says: 'ECONNREFUSED' },
  {
    what: 'no TLS is spoken',
    url: async () => `https://127.0.0.1:${(site.address() as AddressInfo).port}`,
    says: 'wrong version number',
  },
])('where $what, the trouble says so', async ({ url, says }) => {
  expect(await linkTo(await url()).speak()).toBe(0);
  expect(told).toMatchObject([{ fields: { trouble: expect.stringMatching(`^fetch failed: .*${says}`) } }]);
});
