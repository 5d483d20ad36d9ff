// What becomes of a device while its responder misbehaves: hard refuses whoever nobody speaks for, soft lets in, and nobody but
// the issuer can revoke. Real HTTP; answers as openssl's responder makes them, and as only a forger would.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OpensslAuthority } from '../../../test/support/openssl-authority.js';
import { ownFolder } from '../../../test/support/servers.js';
import type { Issuer } from '../authority/issue.js';
import { answerOcsp, type CertificateStatus } from '../authority/ocsp-answer.js';
import { OcspClient } from './ocsp-client.js';
import { Revocation, type RevocationFinding } from './revocation.js';
import type { Standing } from './standing.js';

const dayMs = 86_400_000;
const seconds = (count: number): Date => new Date(Date.now() + count * 1000);

let authority: OpensslAuthority;
let own: Issuer;
let stranger: Issuer;
let device: X509Certificate;
let site: Server;
/** A question of another day, whose nonce an answer may repeat. */
let oldQuestion: Buffer = Buffer.alloc(0);

beforeAll(async () => {
  authority = new OpensslAuthority(await ownFolder('responder'));
  own = issuerOf(authority);
  stranger = issuerOf(new OpensslAuthority(await ownFolder('responder')));
  device = new X509Certificate(authority.issue('device', 'RESPONDER-1').certificate);
  site = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const name = decodeURIComponent((request.url ?? '').slice(1));
      const row = rows.find(([what]) => what === name);
      asked.push(name);
      row?.[1](Buffer.concat(chunks), response);
    });
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  await judge('good', 'hard');
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

function issuerOf({ certificate, key }: OpensslAuthority): Issuer {
  return { certificate: new X509Certificate(certificate), key: createPrivateKey(key) };
}

const asked: string[] = [];
const at = (path: string): string =>
  `http://127.0.0.1:${(site.address() as AddressInfo).port}/${encodeURIComponent(path)}`;

interface Signing {
  readonly by?: Issuer;
  readonly status?: CertificateStatus;
  readonly now?: Date;
  readonly freshSeconds?: number;
}

/** As the authority would answer, but for what is said otherwise. */
function signed(
  question: Buffer,
  { by = own, status = 'good', now = new Date(), freshSeconds = 60 }: Signing = {},
): Buffer {
  const asAsked = { certificate: own.certificate, key: by.key };
  return answerOcsp(question, { issuer: asAsked, statusOf: () => status, now, freshSeconds }).der;
}

const revoked = { at: new Date(Date.now() - dayMs), reason: 'keyCompromise' } as const;
const answer =
  (make: (question: Buffer) => Buffer, type = 'application/ocsp-response') =>
  (question: Buffer, response: ServerResponse): void =>
    void response.writeHead(200, { 'content-type': type }).end(make(question));
const status =
  (code: number, headers: Readonly<Record<string, string>> = {}) =>
  (_: Buffer, response: ServerResponse): void =>
    void response.writeHead(code, headers).end('no');

type Row = readonly [
  name: string,
  respond: (question: Buffer, response: ServerResponse) => void,
  hard: 'accepted' | RevocationFinding['fault'],
  soft: 'accepted' | RevocationFinding['fault'],
  /** What an operator reads. */
  says: RegExp | null,
];

/** The serial number in a question, with another in its place. */
function aboutAnother(question: Buffer): Buffer {
  const serial = Buffer.from(device.serialNumber, 'hex');
  const other = Buffer.from(question);
  const place = other.indexOf(Buffer.concat([Buffer.from([2, serial.length]), serial]));
  other[place + 1 + serial.length] = (serial.at(-1) ?? 0) ^ 1;
  return other;
}

const rows: readonly Row[] = [
  [
    'good',
    (question, response) => ((oldQuestion = question), answer((it) => signed(it))(question, response)),
    'accepted',
    'accepted',
    null,
  ],
  ['good, by openssl', answer((it) => authority.answer(it)), 'accepted', 'accepted', null],
  ['revoked', answer((it) => signed(it, { status: revoked })), 'revoked', 'revoked', null],
  ['unknown', answer((it) => signed(it, { status: 'unknown' })), 'revocationUnknown', 'accepted', null],
  ['nothing, for ever', () => undefined, 'revocationUnknown', 'accepted', /not answer within 3000 ms/],
  [
    'half an answer, then nothing',
    (question, response) => void response.writeHead(200).write(signed(question).subarray(0, 50)),
    'revocationUnknown',
    'accepted',
    /not answer within 3000 ms/,
  ],
  [
    'hangs up',
    (_, response) => void response.destroy(),
    'revocationUnknown',
    'accepted',
    /cannot be reached/,
  ],
  ['500', status(500), 'revocationUnknown', 'accepted', /status 500/],
  ['404', status(404), 'revocationUnknown', 'accepted', /status 404/],
  [
    'a redirect to a good one',
    (_, response) => status(302, { location: at('good') })(_, response),
    'revocationUnknown',
    'accepted',
    /status 302/,
  ],
  [
    'a redirect that keeps the question',
    (_, response) => status(307, { location: at('good') })(_, response),
    'revocationUnknown',
    'accepted',
    /status 307/,
  ],
  [
    'good, by a wrong signer',
    answer((it) => signed(it, { by: stranger })),
    'revocationUnknown',
    'accepted',
    /not signed by the issuer/,
  ],
  [
    'revoked, by a wrong signer',
    answer((it) => signed(it, { by: stranger, status: revoked })),
    'revocationUnknown',
    'accepted',
    /not signed by the issuer/,
  ],
  [
    'good, for another serial number',
    answer((it) => signed(aboutAnother(it))),
    'revocationUnknown',
    'accepted',
    /another certificate/,
  ],
  [
    'revoked, for another serial number',
    answer((it) => signed(aboutAnother(it), { status: revoked })),
    'revocationUnknown',
    'accepted',
    /another certificate/,
  ],
  [
    'good, to a question of another day',
    answer(() => signed(oldQuestion)),
    'revocationUnknown',
    'accepted',
    /to another question/,
  ],
  [
    'good, as of yesterday and over',
    answer((it) => signed(it, { now: seconds(-86_400) })),
    'revocationUnknown',
    'accepted',
    /not in force any more/,
  ],
  [
    'revoked, as of yesterday and over',
    answer((it) => signed(it, { now: seconds(-86_400), status: revoked })),
    'revoked',
    'revoked',
    null,
  ],
  [
    'good, as of tomorrow',
    answer((it) => signed(it, { now: seconds(86_400) })),
    'revocationUnknown',
    'accepted',
    /of the future/,
  ],
  [
    'a megabyte',
    answer(() => Buffer.alloc(1_000_000)),
    'revocationUnknown',
    'accepted',
    /more than 65536 bytes/,
  ],
  [
    'a web page',
    answer(() => Buffer.from('<html>sign in</html>'), 'text/html'),
    'revocationUnknown',
    'accepted',
    /cannot be read/,
  ],
  [
    'a good one, cut short',
    answer((it) => signed(it).subarray(0, -9)),
    'revocationUnknown',
    'accepted',
    /cannot be read/,
  ],
  [
    'a good one, and more',
    answer((it) => Buffer.concat([signed(it), Buffer.from([0])])),
    'revocationUnknown',
    'accepted',
    /cannot be read/,
  ],
  [
    'a good one, with a bit turned',
    answer((it) => turned(signed(it))),
    'revocationUnknown',
    'accepted',
    /not signed by the issuer/,
  ],
  ['nothing at all', answer(() => Buffer.alloc(0)), 'revocationUnknown', 'accepted', /cannot be read/],
  [
    'tryLater',
    answer(() => Buffer.from('30030a0103', 'hex')),
    'revocationUnknown',
    'accepted',
    /refuses to answer/,
  ],
  [
    'internalError',
    answer(() => Buffer.from('30030a0102', 'hex')),
    'revocationUnknown',
    'accepted',
    /refuses to answer/,
  ],
  ['good, called something else', answer((it) => signed(it), 'text/plain'), 'accepted', 'accepted', null],
];

/** In the signature, which is what ends an answer without certificates. */
function turned(der: Buffer): Buffer {
  const other = Buffer.from(der);
  other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
  return other;
}

interface Judged {
  readonly outcome: Row[2];
  readonly standing: Standing;
  readonly problem: string;
}

async function judge(path: string, policy: 'hard' | 'soft'): Promise<Judged> {
  const revocation = new Revocation({
    settings: { policy, crlUrls: [], ocspUrl: at(path) },
    authorities: [own.certificate],
    folder: null,
    keptIn: null,
    heard: () => undefined,
    notKept: () => undefined,
  });
  try {
    const { fault, standing } = await revocation.judge(device, new Date());
    return { outcome: fault ?? 'accepted', standing, problem: revocation.problems(new Date()).join() };
  } finally {
    await revocation.stop();
  }
}

describe('a responder that answers', () => {
  // What hangs does so beside the others.
  it.concurrent.each(rows)('%s', async (name, _, hard, soft, says) => {
    const [strict, lenient] = await Promise.all([judge(name, 'hard'), judge(name, 'soft')]);
    expect([strict.outcome, lenient.outcome]).toEqual([hard, soft]);
    // Its own word that it does not know is an answer; whoever heard none may come again.
    const unknown = name === 'unknown' ? 'absent' : 'unanswered';
    if (hard === 'revocationUnknown') expect([strict.standing, lenient.standing]).toEqual([unknown, unknown]);
    if (says) expect(strict.problem).toMatch(says);
    else expect(strict.problem).toBe('');
  });

  it('with a redirect is not followed', async () => {
    asked.length = 0;
    await judge('a redirect to a good one', 'hard');
    expect(asked).toEqual(['a redirect to a good one']);
  });
});

describe('a responder that failed', () => {
  it('is told of for a minute: a gateway that is not ready is asked nothing, and would never find out', async () => {
    const client = new OcspClient(at('500'), new AbortController().signal);
    expect(await client.standingOf(device, own.certificate, new Date())).toBe('unanswered');
    expect(client.problem).toContain('status 500');
    const later = performance.now() + 61_000;
    const clock = vi.spyOn(performance, 'now').mockReturnValue(later);
    expect(client.problem).toBeNull();
    clock.mockRestore();
  });
});
