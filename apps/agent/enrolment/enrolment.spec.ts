// The agent as a process against a real authority: `muster trust` and what is typed beside it. Runs what was built.
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { certificatesOnly } from '#pki/authority/certificates-only';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startAnnounceServer, type AnnounceServer } from '../../../test/support/announce-server.js';
import { Process } from '../../../test/support/process.js';
import { TrustProcess } from '../../../test/support/trust-process.js';
import { until } from '../../../test/support/until.js';
import { selfSigned } from '#pki/self-signed';
import { splitPem } from '../credentials.js';
import { enrol } from './enrol.js';

const faketime = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

let trust: TrustProcess;
let server: AnnounceServer;
let folder: string;
const agents: Process[] = [];

const names = ['--names', 'DNS:localhost, IP:127.0.0.1'];

beforeAll(async () => {
  trust = await TrustProcess.start({ MUSTER_TRUST_DEVICE_DAYS: '10' });
  const subject = ['--profile', 'mutual', '--subject', 'CN=gateway.example'];
  await trust.ca('issue', '--name', 'gateway', ...subject, ...names);
  await trust.ca('export', 'gateway', '--out', 'gateway.pem');
  server = await startAnnounceServer(undefined, {
    credentials: splitPem(trust.openssl.read('gateway.pem')),
  });
});
afterAll(async () => {
  await server.close();
  await trust.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(trust.openssl.dir, 'agent-'));
  writeFileSync(join(folder, 'ca.pem'), trust.openssl.read('roots.pem'));
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.signal('SIGKILL')));
  rmSync(folder, { recursive: true });
});

const est = () => `https://127.0.0.1:${trust.ports.est}`;
const words = (command: string, serial: string, ...more: readonly string[]) => [
  ...[command, '--state', folder, '--serial', serial, '--server', '127.0.0.1', '--port', String(server.port)],
  ...['--ip', '127.0.0.1', '--api-port', '0', '--est', est(), ...more],
];
const start = (
  serial: string,
  more: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
) => {
  const agent = new Process({
    name: 'agent',
    entry: 'apps/agent/main.js',
    words: words('run', serial, ...more),
    environment,
  });
  agents.push(agent);
  return agent;
};
const secretFor = async (serial: string, ...more: readonly string[]): Promise<void> =>
  writeFileSync(join(folder, 'enrol.secret'), `${await trust.ca('enrol', '--device', serial, ...more)}\n`, {
    mode: 0o600,
  });
/** What `enrol` says. */
const asksAgain = async (serial: string): Promise<string> => {
  const agent = new Process({
    name: 'enrol',
    entry: 'apps/agent/main.js',
    words: words('enrol', serial),
  });
  await agent.ended();
  return agent.output;
};
const held = (): X509Certificate => new X509Certificate(readFileSync(join(folder, 'identity.pem')));
const heardOf = (serial: string) =>
  server.heard.filter(({ announcement }) => announcement.identity.serial === serial);
const shownBy = (certificate: X509Certificate) =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase();
const typed = (...typing: readonly string[]) =>
  spawnSync(process.execPath, ['dist/apps/agent/main.js', ...typing], { encoding: 'utf8' });

test('a device without certificate gets one before it announces, and needs it: mutual authentication (R6, R85)', async () => {
  await secretFor('EST-0001');
  const agent = start('EST-0001', ['--require-mutual']);
  await until('it announced', () => heardOf('EST-0001').length > 0 || agent.exitCode !== null);
  const [heard] = heardOf('EST-0001');
  expect(heard?.announcement.reason).toBe('boot');
  expect(heard?.fingerprint).toBe(shownBy(held()));
  expect(held().subject).toBe('CN=Device EST-0001\nserialNumber=EST-0001');
  expect(statSync(join(folder, 'identity.pem')).mode & 0o777).toBe(0o600);
  // Shown with what leads to the root: a server that knows the root alone can follow.
  expect(readFileSync(join(folder, 'identity.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  expect(existsSync(join(folder, 'own', 'enrolling.pem'))).toBe(false);
  expect(agent.output).not.toMatch(/PRIVATE KEY/);
  const { stdout } = typed('status', '--state', folder);
  expect(stdout).toMatch(/^certificate {3}installed, in force until /m);
  expect(stdout).toMatch(/^enrolment {5}done: enrolled, in force until /m);
  expect(stdout).toMatch(/^agent {9}runs, in \d+ MB of memory$/m);
});

test('a cold reset keeps certificates, settings it does not (R8)', async () => {
  await secretFor('EST-0002');
  start('EST-0002');
  await until('it announced', () => heardOf('EST-0002').length > 0);
  const before = held().fingerprint256;
  await Process.run({ name: 'reset', entry: 'apps/agent/main.js', words: words('reset', 'EST-0002') });
  expect(heardOf('EST-0002').at(-1)).toMatchObject({
    announcement: { reason: 'coldReset' },
    fingerprint: shownBy(held()),
  });
  expect(held().fingerprint256).toBe(before);
  expect(existsSync(join(folder, 'ca.pem'))).toBe(true);
});

test('asked for, it gets its next certificate, announces with that, and the one before can be revoked', async () => {
  await secretFor('EST-0003');
  start('EST-0003');
  await until('it announced', () => heardOf('EST-0003').length > 0);
  const before = held();
  const said = await Process.run({
    name: 'enrol',
    entry: 'apps/agent/main.js',
    words: words('enrol', 'EST-0003'),
  });
  expect(said).toMatch(/^done: renewed, in force until /);
  expect(held().fingerprint256).not.toBe(before.fingerprint256);
  expect(held().publicKey.equals(before.publicKey)).toBe(false);
  await until(
    'it announced with the next',
    () => heardOf('EST-0003').at(-1)?.fingerprint === shownBy(held()),
  );
  await trust.ca('revoke', '--device', 'EST-0003');
  const refused = await asksAgain('EST-0003');
  expect(refused).toMatch(
    /^failed: the EST server answers 403: the certificate was revoked; .* with a new secret/,
  );
  // What it has stays in force: the server that it announces to judges that.
  expect(existsSync(join(folder, 'identity.pem'))).toBe(true);
  // The operator lets it come back.
  const revoked = held();
  await secretFor('EST-0003');
  expect(await asksAgain('EST-0003')).toMatch(/^done: enrolled, in force until /);
  expect(held().publicKey.equals(revoked.publicKey)).toBe(false);
  expect(await asksAgain('EST-0003')).toMatch(/^done: renewed, in force until /);
});

test('a secret that is good many times does not undo a revocation; a new one does', async () => {
  await secretFor('EST-0011', '--reusable');
  expect(await asksAgain('EST-0011')).toMatch(/^done: enrolled/);
  await trust.ca('revoke', '--device', 'EST-0011');
  expect(await asksAgain('EST-0011')).toContain('it enrols anew with a new secret in enrol.secret');
  await secretFor('EST-0011', '--reusable');
  expect(await asksAgain('EST-0011')).toMatch(/^done: enrolled/);
});

describe('what it is refused (in this process)', () => {
  const enrolled = async (serial: string, url = est()) => {
    const signal = AbortSignal.timeout(60_000);
    const got = await enrol({ folder, serial, url: new URL(url), revocation: 'hard', signal }, true);
    return got?.certificate.fingerprint256;
  };

  test.each([
    { what: 'no secret', secret: null, says: 'there is no secret to enrol with' },
    { what: 'a wrong secret', secret: 'EST-0004 wrong', says: 'answers 401' },
    { what: 'what is no secret', secret: 'one two three', says: 'must hold user and password' },
  ])('with $what there is no certificate', async ({ secret, says }) => {
    if (secret !== null) writeFileSync(join(folder, 'enrol.secret'), secret);
    await expect(enrolled('EST-0004')).rejects.toThrow(says);
    expect(existsSync(join(folder, 'identity.pem'))).toBe(false);
  });

  test('a secret for another device is good for nothing here', async () => {
    await secretFor('EST-0008');
    await expect(enrolled('EST-0009')).rejects.toThrow(
      'answers 403: the request names another serial number',
    );
  });

  test('an answer that was lost is had again, for the same key and for no other', async () => {
    await secretFor('EST-0006');
    const key = trust.openssl.run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256');
    mkdirSync(join(folder, 'own'), { recursive: true });
    // As a device that died between the request and the disk: the key is there, the certificate is not.
    const again = (pending: string | null) => {
      rmSync(join(folder, 'identity.pem'), { force: true });
      if (pending !== null) writeFileSync(join(folder, 'own', 'enrolling.pem'), pending);
      return enrolled('EST-0006');
    };
    const first = await again(key);
    expect(first).toMatch(/^[0-9A-F:]+$/);
    expect(await again(key)).toBe(first);
    await expect(again(null)).rejects.toThrow('used already');
  });

  test('without a CA certificate, or with another, no secret leaves the device', async () => {
    await secretFor('EST-0005');
    const { key, certificate } = await selfSigned({ commonName: 'Strange', ipAddresses: ['127.0.0.1'] });
    const asked: string[] = [];
    const impostor = createServer({ key, cert: certificate }, ({ url = '' }, response) => {
      asked.push(url);
      response.end();
    });
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    const address = impostor.address();
    const there = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    await expect(enrolled('EST-0005', there)).rejects.toThrow('cannot be asked');
    rmSync(join(folder, 'ca.pem'));
    await expect(enrolled('EST-0005')).rejects.toThrow('ca.pem is missing');
    expect(asked).toEqual([]);
    await new Promise((resolve) => impostor.close(resolve));
  });
});

describe('where its next certificate is refused (in this process)', () => {
  const open: { close(): unknown }[] = [];
  afterEach(() => open.splice(0).map((each) => each.close()));

  /** A device that has its certificate, and a secret that was put in since; resolves to what it asks then, and why it fails. */
  async function refusedWith(serial: string, status: number, body: string) {
    const signal = AbortSignal.timeout(120_000);
    const enrolled = (url: string) =>
      enrol({ folder, serial, url: new URL(url), revocation: 'hard', signal }, true);
    await secretFor(serial);
    await enrolled(est());
    writeFileSync(join(folder, 'enrol.secret'), `${serial} another`);
    const asked: string[] = [];
    const { key, certificate } = splitPem(trust.openssl.read('gateway.pem'));
    const server = createServer({ key, cert: certificate }, ({ url = '' }, response) => {
      const operation = url.slice(url.lastIndexOf('/') + 1);
      asked.push(operation);
      if (operation === 'cacerts') return response.end(certificatesOnly([held().raw]).toString('base64'));
      if (operation === 'simpleenroll') return response.writeHead(401).end('this secret ended');
      return response.writeHead(status).end(body);
    });
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const there = `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    const why = await enrolled(there).then(
      () => '',
      (error: Error) => error.message,
    );
    return { asked, why };
  }

  test.each([
    ['EST-0012', 400, 'bad request', 'the EST server answers 400: bad request'],
    ['EST-0013', 404, 'no such path', 'the EST server answers 404: no such path'],
    ['EST-0014', 200, 'AAAA', 'the answer of the EST server cannot be read: '],
  ])(
    'for what is not about its certificate, no secret is spent: %s, %d',
    async (serial, status, body, says) => {
      const { asked, why } = await refusedWith(serial, status, body);
      expect(asked).toEqual(['cacerts', 'simplereenroll']);
      expect(why).toContain(says);
      expect(why).not.toContain('secret');
    },
  );

  test.each([
    ['EST-0015', 401],
    ['EST-0016', 403],
  ])('and its secret as well, both reasons are told: %s, %d', async (serial, status) => {
    const { asked, why } = await refusedWith(serial, status, 'it was revoked');
    expect(asked).toEqual(['cacerts', 'simplereenroll', 'simpleenroll']);
    expect(why).toBe(
      `the EST server answers ${status}: it was revoked; by the new secret: the EST server answers 401: this secret ended`,
    );
  });
});

test('a server for enrolment that was revoked gets no secret', async () => {
  await secretFor('EST-0010');
  const url = new URL(est());
  const enrolled = () =>
    enrol({ folder, serial: 'EST-0010', url, revocation: 'hard', signal: AbortSignal.timeout(60_000) }, true);
  await trust.ca('revoke', '--name', 'est');
  await expect(enrolled()).rejects.toThrow(
    'it is not trusted: its certificate, or an issuer of it, was revoked',
  );
  const subject = ['--profile', 'server', '--subject', 'CN=est.example'];
  await trust.ca('issue', '--name', 'est', '--replace', ...subject, ...names);
  // The process shows the new one soon, and the secret is as good as before.
  await until('it shows another', () =>
    enrolled().catch((error: Error) => {
      if (error.message.includes('was revoked')) return null;
      throw error;
    }),
  );
});

describe.skipIf(faketime === undefined)('as time goes by (skipped without libfaketime)', () => {
  const inDays = (days: number) => ({
    LD_PRELOAD: faketime ?? '',
    FAKETIME: `+${days}d`,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });

  test('it renews by itself in the last third, and not before', async () => {
    await secretFor('EST-0007');
    start('EST-0007');
    await until('it announced', () => heardOf('EST-0007').length > 0);
    const first = held().fingerprint256;
    const on = async (days: number) => {
      await Promise.all(agents.splice(0).map((agent) => agent.signal('SIGKILL')));
      const before = heardOf('EST-0007').length;
      // Of that day the authority here knows nothing yet.
      start('EST-0007', ['--revocation', 'soft'], inDays(days));
      await until('it announced again', () => heardOf('EST-0007').length > before);
      return held().fingerprint256;
    };
    expect(await on(6)).toBe(first);
    const second = await on(9);
    expect(second).not.toBe(first);
    expect(heardOf('EST-0007').at(-1)?.fingerprint).toBe(shownBy(held()));
  });
});
