// Mutual authentication: what OpenSSL and our own layer say of real certificates in real handshakes.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  dial,
  gatewayBench,
  heard,
  line,
  say,
  type Answer,
  type Client,
  type GatewayBench,
} from '../../test/support/gateway.js';
import { until } from '../../test/support/until.js';
import { Authority } from '../../test/support/authority.js';
import { validFor, type Credentials, type Purpose, type Validity } from '#pki/certificate';
import { selfSigned, type Holder } from '#pki/self-signed';

const authority = await Authority.create('Trusted root');
const stranger = await Authority.create('Trusted root');
const serial = 'VNB3K12345';
const device: Holder = { commonName: 'printer', serialNumber: serial };
const dayMs = 86_400_000;
const past: Validity = { notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - 1000) };
const future: Validity = {
  notBefore: new Date(Date.now() + dayMs),
  notAfter: new Date(Date.now() + 2 * dayMs),
};

let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench();
  await bench.configure({ authentication: 'mutual', trustedAuthorities: authority.certificate });
});
afterAll(() => bench.stop());

const show = ({ key, certificate }: Credentials): Client => ({ key, cert: certificate });
const issued = async (holder: Holder, purposes?: readonly Purpose[], validity = validFor(1)) =>
  show(await authority.issue(holder, { validity, ...(purposes && { purposes }) }));
const outcome = ([answer]: readonly Answer[]) => [
  answer?.['authentication'],
  answer?.['reason'] ?? answer?.['result'],
];

describe('in mutual mode', () => {
  it.each<[string, () => Promise<Client>, string, string]>([
    ['its own certificate', () => issued(device), 'verified', 'accepted'],
    [
      'its own, spelt in lower case',
      () => issued({ ...device, serialNumber: serial.toLowerCase() }),
      'verified',
      'accepted',
    ],
    ['its own, for clients only', () => issued(device, ['clientAuth']), 'verified', 'accepted'],
    [
      'the serial as a DNS name',
      () => issued({ commonName: 'x', dnsNames: ['x.example', serial] }),
      'verified',
      'accepted',
    ],
    ['no certificate', () => Promise.resolve({ key: undefined, cert: undefined }), 'failed', 'noCertificate'],
    ['a self-signed one', async () => show(await selfSigned(device)), 'failed', 'untrusted'],
    [
      'one of a stranger of the same name',
      async () => show(await stranger.issue(device)),
      'failed',
      'untrusted',
    ],
    ['an expired one', () => issued(device, ['clientAuth'], past), 'failed', 'expired'],
    ['one of tomorrow', () => issued(device, ['clientAuth'], future), 'failed', 'notYetValid'],
    ['one for servers', () => issued(device, ['serverAuth']), 'failed', 'wrongPurpose'],
    ['one for nothing', () => issued(device, []), 'failed', 'wrongPurpose'],
    [
      "another device's",
      () => issued({ commonName: serial, serialNumber: 'VNB3K12346' }),
      'failed',
      'serialMismatch',
    ],
    [
      "another device's that begins alike",
      () => issued({ ...device, serialNumber: `${serial}0` }),
      'failed',
      'serialMismatch',
    ],
    [
      'one with the serial in its common name',
      () => issued({ commonName: serial }),
      'failed',
      'serialMissing',
    ],
    ['a wildcard', () => issued({ commonName: 'x', dnsNames: ['*'] }), 'failed', 'serialMissing'],
    [
      'the serial as a part of a DNS name',
      () => issued({ commonName: 'x', dnsNames: [`${serial}.example`] }),
      'failed',
      'serialMissing',
    ],
  ])('with %s', async (_, client, authentication, result) => {
    const before = bench.stored().length;
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const answers = await say(bench.port, line({ serial }), { ...(await client()), maxVersion });
      expect(outcome(answers)).toEqual([authentication, result]);
    }
    if (authentication === 'verified')
      await until('both are stored', () => bench.stored().length === before + 2);
    else expect(bench.stored()).toHaveLength(before);
  });

  it('a verified event says so', async () => {
    const [answer] = await say(bench.port, line({ serial }), await issued(device));
    const event = await until('it is stored', () =>
      bench.stored().find(({ id }) => id === answer?.['event']),
    );
    expect(event.data.authentication).toEqual({ mode: 'mutual', outcome: 'verified' });
  });

  it('each announcement of a connection is judged by itself', async () => {
    const answers = await say(
      bench.port,
      line({ serial: 'OTHER-1' }) + line({ serial }),
      await issued(device),
    );
    expect(answers.map(({ reason }) => reason)).toEqual(['serialMismatch', null]);
  });

  it('a certificate that expires while the connection is open counts no more', async () => {
    const notAfter = new Date(Math.ceil(Date.now() / 1000 + 1) * 1000);
    const socket = await dial(bench.port, await issued(device, undefined, { ...validFor(1), notAfter }));
    socket.write(line({ serial }));
    await until('it has expired', () => Date.now() > notAfter.getTime() + 50);
    socket.end(line({ serial }));
    expect((await heard(socket)).map(({ reason }) => reason)).toEqual([null, 'expired']);
  });

  it('whoever failed is named once in the log, with the reason', async () => {
    await say(bench.port, line({ serial }), { key: undefined, cert: undefined });
    const told = bench.lines.filter(({ fields }) => 'reason' in fields && fields.reason === 'noCertificate');
    expect(told).toHaveLength(1);
    expect(told[0]?.fields).toMatchObject({ peer: '127.0.0.1', serial });
  });
});

describe('a primary, when verified ones are taken', () => {
  const origin = { server: '0193f2a0-0000-7000-8000-0000000000c2', hops: 1, fingerprint: 'b'.repeat(64) };
  const forwarded = line({ ip: '10.20.30.40', origin });
  beforeAll(async () => {
    await bench.configure({ fromPrimaries: 'verified', trustedAuthorities: authority.certificate });
  });

  it.each<[string, () => Promise<Client>, string, string]>([
    [
      'shows a server certificate',
      () => issued({ commonName: 'm1', dnsNames: ['m1.example'] }),
      'verified',
      'accepted',
    ],
    [
      'shows a self-signed one',
      async () => show(await selfSigned({ commonName: 'm1' })),
      'failed',
      'untrusted',
    ],
    ['shows none', () => Promise.resolve({ key: undefined, cert: undefined }), 'failed', 'noCertificate'],
    ['is a device', () => issued(device), 'failed', 'deviceCertificate'],
    [
      'is a device by a DNS name',
      () => issued({ commonName: 'x', dnsNames: [serial] }),
      'failed',
      'deviceCertificate',
    ],
    [
      'is a device by one of its DNS names',
      () => issued({ commonName: 'x', dnsNames: ['x.example', serial.toLowerCase()] }),
      'failed',
      'deviceCertificate',
    ],
    [
      'is a device that has a full name too',
      () => issued({ ...device, dnsNames: ['x.example'] }),
      'failed',
      'deviceCertificate',
    ],
    ['names no server', () => issued({ commonName: 'm1.example' }), 'failed', 'deviceCertificate'],
  ])('that %s', async (_, client, authentication, result) => {
    expect(outcome(await say(bench.port, forwarded, await client()))).toEqual([authentication, result]);
  });

  it('is believed about the certificate that the device showed it', async () => {
    const [answer] = await say(
      bench.port,
      forwarded,
      await issued({ commonName: 'm1', dnsNames: ['m1.example'] }),
    );
    const event = await until('it is stored', () =>
      bench.stored().find(({ id }) => id === answer?.['event']),
    );
    expect(event.data.transport.fingerprint).toBe(origin.fingerprint);
    expect(event.data.authentication).toEqual({ mode: 'none', outcome: 'anonymous' });
  });
});

describe('a change to mutual mode', () => {
  it('holds for the very next announcement, on old and on new connections', async () => {
    await bench.configure({ authentication: 'none' });
    const sockets = await Promise.all(Array.from({ length: 10 }, () => dial(bench.port)));
    const flood = sockets.map((socket) => setInterval(() => socket.writable && socket.write(line()), 5));
    await until('announcements flow', () =>
      bench.stored().some(({ data }) => data.identity.serial === 'TEST-0001'),
    );
    const version = await bench.configure({
      authentication: 'mutual',
      trustedAuthorities: authority.certificate,
    });
    await until('all are closed', () => sockets.every(({ closed }) => closed));
    for (const timer of flood) clearInterval(timer);
    expect(outcome(await say(bench.port, line()))).toEqual(['failed', 'untrusted']);
    await say(bench.port, line({ serial }), await issued(device));
    const anonymousSince = await until('the last one is stored', () => {
      const stored = bench.stored();
      const first = stored.findIndex(({ data }) => data.configVersion === version);
      return first >= 0 && stored.slice(first).filter(({ data }) => data.authentication.mode === 'none');
    });
    expect(anonymousSince).toEqual([]);
  });

  it('with authorities that cannot be read lets nobody in, and says so', async () => {
    await bench.configure({ authentication: 'mutual', trustedAuthorities: 'not PEM' });
    expect(outcome(await say(bench.port, line({ serial }), await issued(device)))).toEqual([
      'failed',
      'untrusted',
    ]);
    expect(bench.gateway.problems?.()).toEqual([
      'the trusted authorities cannot be read: nobody can be verified',
    ]);
    await bench.configure({ authentication: 'mutual', trustedAuthorities: authority.certificate });
    expect(bench.gateway.problems?.()).toEqual([]);
    expect(outcome(await say(bench.port, line({ serial }), await issued(device)))).toEqual([
      'verified',
      'accepted',
    ]);
  });
});
