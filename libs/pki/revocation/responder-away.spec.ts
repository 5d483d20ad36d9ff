// What lists are worth beside a responder: while they speak for all devices, one that is away is no trouble; and of an issuing
// authority nothing is known but by its own issuer's list. Real HTTP, an authority of two levels and another beside it.
import type { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownFolder } from '../../../test/support/servers.js';
import { issue, type Issuer, makeIssuing, makeRoot } from '../authority/issue.js';
import { generateKey } from '../authority/key.js';
import { answerOcsp } from '../authority/ocsp-answer.js';
import { makeList } from '../authority/revocation-list.js';
import { validFor } from '../certificate.js';
import { Revocation } from './revocation.js';
import type { ChainStanding } from './standing.js';

const dayMs = 86_400_000;
const inDays = (days: number): Date => new Date(Date.now() + days * dayMs);

let root: Issuer;
let issuing: Issuer;
/** The root has signed it, too. */
let other: Issuer;
let device: X509Certificate;
/** Of a bundle: it has a root of its own, and nobody publishes lists there. */
let old: readonly Issuer[];
let folder: string;
let site: Server;

beforeAll(async () => {
  folder = await ownFolder('lists');
  const validity = validFor(30);
  const [rootKey, issuingKey, otherKey, oldKey, own] = await Promise.all([
    generateKey('p256'),
    generateKey('p256'),
    generateKey('p256'),
    generateKey('p256'),
    generateKey('p256'),
  ]);
  const key = rootKey.privateKey;
  root = { key, certificate: makeRoot({ subject: { CN: 'Root' }, key, validity }) };
  const signed = (CN: string, { publicKey, privateKey }: typeof issuingKey, by = root): Issuer => ({
    key: privateKey,
    certificate: makeIssuing(by, { subject: { CN }, publicKey, validity }, null),
  });
  const oldRoot = { key, certificate: makeRoot({ subject: { CN: 'Old root' }, key, validity }) };
  old = [signed('Old issuing', oldKey, oldRoot), oldRoot];
  issuing = signed('Issuing', issuingKey);
  other = signed('Other', otherKey);
  device = issue(issuing, {
    profile: 'client',
    subject: { CN: 'Somebody' },
    names: [],
    validity: validFor(3),
    publicKey: own.publicKey,
    addresses: null,
  });
  await list('issuing.crl', issuing, {});
  await list('again.crl', issuing, {});
  await list('newer.crl', issuing, { number: 2 });
  await list('old.crl', issuing, { until: inDays(-1) });
  await list('other.crl', other, {});
  await list('root.crl', root, {});
  await list('against.crl', root, { revoked: issuing.certificate });
  site = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url !== '/ocsp') return void response.writeHead(503).end();
      const by = { issuer: issuing, statusOf: () => 'good' as const, now: new Date(), freshSeconds: 60 };
      response.end(answerOcsp(Buffer.concat(chunks), by).der);
    });
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

interface Said {
  readonly number?: number;
  readonly until?: Date;
  readonly revoked?: X509Certificate;
}

async function list(
  name: string,
  by: Issuer,
  { number = 1, until = inDays(1), revoked }: Said,
): Promise<void> {
  const entries = revoked
    ? [{ serial: revoked.serialNumber, at: inDays(-1), reason: 'cACompromise' as const }]
    : [];
  const said = { number, thisUpdate: inDays(-2), nextUpdate: until, revoked: entries };
  await writeFile(join(folder, name), makeList(by, said));
}

interface Judging {
  readonly policy?: 'hard' | 'soft';
  readonly trusted?: readonly Issuer[];
}

async function judge(
  path: '/ocsp' | '/away' | null,
  lists: readonly string[],
  { policy = 'hard', trusted = [issuing, root] }: Judging = {},
) {
  const { port } = site.address() as AddressInfo;
  const crlUrls = lists.map((name) => `file:${name}`);
  const revocation = new Revocation({
    settings: { policy, crlUrls, ocspUrl: path && `http://127.0.0.1:${port}${path}` },
    authorities: trusted.map(({ certificate }) => certificate),
    folder,
    keptIn: null,
    heard: () => undefined,
    notKept: () => undefined,
  });
  try {
    const { fault, parts } = await revocation.judge(device, new Date());
    const [problems, unspoken] = [revocation.problems(new Date()), await revocation.unspoken()];
    return { outcome: fault ?? 'accepted', parts, problems, unspoken };
  } finally {
    await revocation.stop();
  }
}

describe('a responder that is away', () => {
  it('is no trouble while lists in force speak for all devices', async () => {
    const lists = ['issuing.crl', 'root.crl'];
    expect(await judge('/away', lists)).toMatchObject({ outcome: 'accepted', problems: [], unspoken: [] });
  });

  it.each([
    ['of the root only', ['root.crl'], 'revocationUnknown'],
    ['that is out of date', ['old.crl', 'root.crl'], 'revocationUnknown'],
  ])('is one beside a list %s', async (_, lists, outcome) => {
    const judged = await judge('/away', lists);
    expect(judged.outcome).toBe(outcome);
    expect(judged.problems.join()).toMatch(/\/away: .*status 503/);
  });
});

describe('of lists alone', () => {
  const noRoot = /no list of CN=Root is held, which would say whether CN=Issuing was revoked/;
  const noDevices = /^no list is held that speaks for devices: of CN=Issuing or CN=Other$/;

  it.each([
    ['each brings its own', ['issuing.crl', 'root.crl'], 'accepted', null],
    ['one comes twice, and the other too', ['issuing.crl', 'again.crl', 'root.crl'], 'accepted', null],
    ['the only one is of the issuing authority', ['issuing.crl'], 'revocationUnknown', noRoot],
    ['the same comes from two addresses', ['issuing.crl', 'again.crl'], 'revocationUnknown', noRoot],
    ['one was typed twice', ['issuing.crl', 'issuing.crl'], 'revocationUnknown', noRoot],
    ['an older one stands where another should', ['newer.crl', 'issuing.crl'], 'revocationUnknown', noRoot],
    ['another’s stands where the root’s should', ['issuing.crl', 'other.crl'], 'revocationUnknown', noRoot],
    ['the only one is of the root', ['root.crl'], 'revocationUnknown', noDevices],
  ])('%s: an authority is good by the list of its issuer alone', async (_, lists, hard, problem) => {
    const trusted = [issuing, other, root];
    const judged = await judge(null, lists, { trusted });
    expect(judged.outcome).toBe(hard);
    if (problem === null) expect(judged.problems).toEqual([]);
    else expect(judged.problems.join('\n')).toMatch(problem);
    expect((await judge(null, lists, { policy: 'soft', trusted })).outcome).toBe('accepted');
  });

  it.each<[string, readonly string[], ChainStanding]>([
    ['their issuer’s list only', ['issuing.crl'], { device: 'good', authority: 'absent' }],
    ['the root’s list only', ['root.crl'], { device: 'absent', authority: 'good' }],
    [
      'a list that is out of date, and the root’s',
      ['old.crl', 'root.crl'],
      { device: 'stale', authority: 'good' },
    ],
  ])(
    'soft, with %s: what is known of devices is told apart from that of authorities',
    async (_, lists, parts) => {
      expect(await judge(null, lists, { policy: 'soft' })).toMatchObject({ outcome: 'accepted', parts });
    },
  );
});

describe('a bundle', () => {
  const oldOne = 'no list of CN=Old root is held, which would say whether CN=Old issuing was revoked';
  const bundle = () => ({ trusted: [issuing, root, ...old] });

  it.each<[string, '/ocsp' | null, readonly string[]]>([
    ['lists', null, ['issuing.crl', 'root.crl']],
    ['a responder', '/ocsp', ['root.crl']],
  ])('is no trouble by %s, though one of its authorities publishes nothing', async (_, path, lists) => {
    expect(await judge(path, lists, bundle())).toMatchObject({
      outcome: 'accepted',
      problems: [],
      unspoken: [oldOne],
    });
  });

  it('of which no authority is spoken for is one', async () => {
    const { outcome, problems } = await judge(null, ['issuing.crl'], bundle());
    expect(outcome).toBe('revocationUnknown');
    expect(problems).toEqual([expect.stringContaining('CN=Root is held'), oldOne]);
  });
});

describe('an issuing authority', () => {
  it.each([
    ['no list at all', [], 'revocationUnknown', 'accepted'],
    ['the list of its root', ['root.crl'], 'accepted', 'accepted'],
    ['a list that names it', ['against.crl'], 'revoked', 'revoked'],
  ])('is looked up in lists only: with %s beside a good responder', async (_, lists, hard, soft) => {
    expect((await judge('/ocsp', lists)).outcome).toBe(hard);
    expect((await judge('/ocsp', lists, { policy: 'soft' })).outcome).toBe(soft);
  });
});
