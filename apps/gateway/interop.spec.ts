// Clients that nobody here wrote, each with whatever they may show, in both modes, by both versions of TLS, with RSA and with
// ECDSA on both sides: what they hear, and what is told on the bus. The table is in libs/pki/README.md, held against this.
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  foreignClients,
  tlsVersions,
  type ForeignClient,
  type TlsVersion,
} from '../../test/support/foreign-clients.js';
import { gatewayBench, line, type GatewayBench } from '../../test/support/gateway.js';
import {
  OpensslAuthority,
  type CredentialFiles,
  type OpensslKey,
} from '../../test/support/openssl-authority.js';
import { ownFolder } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import { announcementsRefused } from '#events/refusal';
import { fingerprintOf } from '#pki/certificate';
import type { PeerFault } from '#pki/verdict';
import type { Gateway } from './gateway.js';

const serial = 'INTEROP-01';
const past = ['20240101000000Z', '20240102000000Z'] as const;
const future = ['20400101000000Z', '20400102000000Z'] as const;

/** What a client shows, and what that comes to in mutual mode. In mode none all of it is the same. */
const cases: readonly { readonly shows: string; readonly mutual: PeerFault | 'verified' }[] = [
  { shows: 'its own', mutual: 'verified' },
  { shows: 'a self-signed one', mutual: 'untrusted' },
  { shows: 'an expired one', mutual: 'expired' },
  { shows: 'one that is not valid yet', mutual: 'notYetValid' },
  { shows: 'a revoked one', mutual: 'revoked' },
  { shows: 'one for servers', mutual: 'wrongPurpose' },
  { shows: 'one of another authority of the same name', mutual: 'untrusted' },
  { shows: 'none', mutual: 'noCertificate' },
  { shows: 'one of another serial number', mutual: 'serialMismatch' },
];

const keys = { rsa2048: 'RSA', p256: 'ECDSA' } as const satisfies Record<OpensslKey, string>;
const kinds = ['rsa2048', 'p256'] as const;
const modes = ['none', 'mutual'] as const;
type Mode = (typeof modes)[number];
const atATime = 8;

interface Cell {
  readonly client: ForeignClient;
  readonly mode: Mode;
  readonly version: TlsVersion;
  readonly kind: OpensslKey;
  readonly shows: string;
  /** As the model in the announcement. */
  readonly name: string;
}

const cells: readonly Cell[] = modes.flatMap((mode) =>
  foreignClients
    .filter(({ there }) => there)
    .flatMap((client) =>
      tlsVersions.flatMap((version) =>
        kinds.flatMap((kind) =>
          cases.map(({ shows }) => {
            const name = `${client.name}, ${mode}, ${version}, ${keys[kind]}, ${shows}`;
            return { client, mode, version, kind, shows, name };
          }),
        ),
      ),
    ),
);

let bench: GatewayBench;
const gateways = new Map<OpensslKey, Gateway>();
const shown = new Map<string, CredentialFiles | null>();
let authorities = '';

beforeAll(async () => {
  const lists = await ownFolder('lists');
  bench = await gatewayBench();
  for (const kind of kinds) {
    const authority = new OpensslAuthority(await ownFolder(kind), { key: kind, commonName: `Root ${kind}` });
    const stranger = new OpensslAuthority(await ownFolder(kind), { key: kind, commonName: `Root ${kind}` });
    for (const { shows } of cases) shown.set(`${kind} ${shows}`, certify(shows, authority, stranger));
    mkdirSync(lists, { recursive: true });
    writeFileSync(join(lists, `${kind}.crl`), authority.crl());
    authorities += authority.certificate;
    const { keyFile, certificateFile } = authority.issue('gateway', 'GATEWAY', { purpose: 'server' });
    const gateway = await bench.another({
      MUSTER_GATEWAY_KEY_FILE: keyFile,
      MUSTER_GATEWAY_CERTIFICATE_FILE: certificateFile,
      MUSTER_GATEWAY_CRL_DIR: lists,
    });
    gateways.set(kind, gateway);
  }
});
afterAll(() => bench.stop());

function certify(
  shows: string,
  authority: OpensslAuthority,
  stranger: OpensslAuthority,
): CredentialFiles | null {
  switch (shows) {
    case 'none':
      return null;
    case 'a self-signed one':
      return authority.selfSigned('self', serial);
    case 'an expired one':
      return authority.issue('expired', serial, { times: past });
    case 'one that is not valid yet':
      return authority.issue('early', serial, { times: future });
    case 'one for servers':
      return authority.issue('server', serial, { purpose: 'server' });
    case 'one of another authority of the same name':
      return stranger.issue('stranger', serial);
    case 'one of another serial number':
      return authority.issue('other', 'INTEROP-02');
    case 'a revoked one': {
      const revoked = authority.issue('revoked', serial);
      authority.revoke('revoked');
      return revoked;
    }
    default:
      return authority.issue('own', serial);
  }
}

/** Resolves when every gateway judges by it. */
async function configure(mode: Mode): Promise<void> {
  const crlUrls = kinds.map((kind) => `file:${kind}.crl`);
  const version = await bench.tell({
    authentication: mode,
    trustedAuthorities: authorities,
    revocation: { policy: 'hard', crlUrls, ocspUrl: null },
  });
  const followed = (): number =>
    bench.lines.filter(({ fields }) => 'version' in fields && fields.version === version).length;
  await until('all gateways follow', () => followed() === gateways.size + 1);
}

/** What a cell came to, by the acknowledge and by what is on the bus. */
async function outcomeOf(cell: Cell): Promise<object> {
  const files = shown.get(`${cell.kind} ${cell.shows}`) ?? null;
  const answer = await cell.client.announce({
    port: gateways.get(cell.kind)?.port ?? 0,
    version: cell.version,
    shown: files,
    line: line({ serial, model: cell.name }),
  });
  const { result, authentication, reason, event } = answer;
  if (event === null) return { cell: cell.name, result, authentication, reason, event };
  const { data } = await until(`${cell.name} is stored`, () => bench.stored().find(({ id }) => id === event));
  const certificate = files && new X509Certificate(readFileSync(files.certificateFile));
  const right =
    data.identity.model === cell.name &&
    data.transport.tlsVersion === cell.version &&
    data.transport.fingerprint === (certificate && fingerprintOf(certificate.raw));
  return { cell: cell.name, result, authentication, reason, event: right ? data.authentication : data };
}

function expectedOf({ name, mode, shows }: Cell): object {
  const mutual = cases.find((each) => each.shows === shows)?.mutual;
  if (mode === 'mutual' && mutual !== 'verified')
    return { cell: name, result: 'refused', authentication: 'failed', reason: mutual, event: null };
  const authentication = mode === 'mutual' ? 'verified' : 'anonymous';
  return {
    cell: name,
    result: 'accepted',
    authentication,
    reason: null,
    event: { mode, outcome: authentication },
  };
}

/** In order, some at a time. */
async function outcomesOf(some: readonly Cell[]): Promise<readonly object[]> {
  const outcomes: object[] = [];
  const waiting = [...some.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      outcomes[next[0]] = await outcomeOf(next[1]);
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return outcomes;
}

describe.each(modes)('mode %s', (mode) => {
  beforeAll(() => configure(mode));

  it.each(foreignClients.filter(({ there }) => there))('with $name', { timeout: 240_000 }, async (client) => {
    const own = cells.filter((cell) => cell.mode === mode && cell.client === client);
    expect(await outcomesOf(own)).toEqual(own.map(expectedOf));
  });

  it.skip.each(foreignClients.filter(({ there }) => !there))(
    'with $name, which is not installed',
    () => undefined,
  );
});

describe('afterwards', () => {
  it('nothing is stored but what was accepted, and each refusal was told with its reason', async () => {
    // What was noted last is told still.
    for (const gateway of gateways.values()) await gateway.stop();
    const expected = cells.map(expectedOf) as readonly { cell: string; result: string; reason: string }[];
    const accepted = expected.filter(({ result }) => result === 'accepted').map(({ cell }) => cell);
    expect(
      bench
        .stored()
        .map(({ data }) => data.identity.model)
        .toSorted(),
    ).toEqual(accepted.toSorted());
    const told = (await bench.told(announcementsRefused)).flatMap(({ refusals }) => refusals);
    const counted = Map.groupBy(told, ({ reason }) => reason);
    const sums = [...counted].map(([reason, some]) => [
      reason,
      some.reduce((sum, { count }) => sum + count, 0),
    ]);
    const refused = Map.groupBy(
      expected.filter(({ result }) => result === 'refused'),
      ({ reason }) => reason,
    );
    expect(Object.fromEntries(sums)).toEqual(
      Object.fromEntries([...refused].map(([reason, some]) => [reason, some.length])),
    );
    expect(new Set(told.map((refusal) => refusal.serial))).toEqual(new Set([serial]));
  });

  it('the page says the same', () => {
    const page = readFileSync('libs/pki/README.md', 'utf8');
    const part = page.slice(page.indexOf('## Clients nobody here wrote')).split(/\n## /)[0] ?? '';
    const rows = part
      .split('\n')
      .filter((row) => row.startsWith('| '))
      .slice(2)
      .map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
    expect(rows.map(([, shows, none, mutual]) => [shows, none, mutual])).toEqual(
      cases.map(({ shows, mutual }) => [
        shows,
        'accepted, anonymous',
        mutual === 'verified' ? 'accepted, verified' : `refused, failed, ${mutual}`,
      ]),
    );
  });
});
