import { createHash, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exampleIdentity } from '#events/identity';
import { Authority } from '../../test/support/authority.js';
import { openLog } from '#runtime/log';
import {
  accepted,
  refused,
  retry,
  startAnnounceServer,
  type AnnounceServer,
} from '../../test/support/announce-server.js';
import { OpenSsl } from '../../test/support/openssl.js';
import { until } from '../../test/support/until.js';
import { installedFiles } from './credentials.js';
import { Machine, type MachineOptions } from './machine.js';
import { StateFolder } from './state.js';

const log = openLog({ level: 'silent', fields: {} });
let stateDir: string;
const open: Machine[] = [];
const servers: AnnounceServer[] = [];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'agent-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((machine) => machine.down()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await rm(stateDir, { recursive: true });
});

async function serve(...how: Parameters<typeof startAnnounceServer>): Promise<AnnounceServer> {
  const server = await startAnnounceServer(...how);
  servers.push(server);
  return server;
}

async function start(port: number, part: Partial<MachineOptions> = {}): Promise<Machine> {
  const machine = await Machine.open({
    stateDir,
    identity: { ...exampleIdentity, ip: '127.0.0.1' },
    server: {
      address: '127.0.0.1',
      port,
      name: 'hp-print-mgmt',
      localDomain: null,
      searchDomains: [],
      ipv6: true,
      dnsServers: null,
    },
    apiPort: 0,
    apiHost: () => '127.0.0.1',
    log,
    pace: { firstMs: 20, longestMs: 100, attemptsMax: 50 },
    ...part,
  });
  open.push(machine);
  return machine;
}

/** A port on which nothing listens now. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address ? address.port : 0;
}

const fingerprint = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

test('the first start is a boot, the next a power cycle, with the same certificate (R4, R5)', async () => {
  const server = await serve();
  const first = await start(server.port);
  expect(await first.boot()).toMatchObject({ state: 'success', answer: 'accepted', server: '127.0.0.1' });
  await first.down();
  await (await start(server.port)).boot();
  expect(server.heard.map(({ announcement }) => announcement.reason)).toEqual(['boot', 'powerCycle']);
  expect(server.heard[0]?.announcement.identity).toEqual({ ...exampleIdentity, ip: '127.0.0.1' });
  const { certificate } = await first.credentials();
  expect(server.heard.map((heard) => heard.fingerprint)).toEqual([
    fingerprint(certificate),
    fingerprint(certificate),
  ]);
  expect(new X509Certificate(certificate).subject).toContain(`serialNumber=${exampleIdentity.serial}`);
  expect((await stat(join(stateDir, 'own', 'identity.pem'))).mode & 0o777).toBe(0o600);
});

test('one announcement id for a trigger over all its retries, another for the next trigger', async () => {
  const server = await serve((_heard, count) => (count < 3 ? retry(10) : accepted));
  const machine = await start(server.port);
  expect(await machine.announce('linkUp')).toMatchObject({ state: 'success', nextAttemptAt: null });
  await machine.announce('ipChanged');
  const ids = server.heard.map(({ announcement }) => announcement.announcementId);
  expect(ids).toHaveLength(4);
  expect(new Set(ids.slice(0, 3)).size).toBe(1);
  expect(ids[3]).not.toBe(ids[0]);
});

test('the wait the server asks for is waited, and shown', async () => {
  const server = await serve((_heard, count) => (count < 2 ? retry(400) : accepted));
  const machine = await start(server.port, { pace: { firstMs: 1, longestMs: 60_000, attemptsMax: 5 } });
  const before = performance.now();
  const done = machine.announce('linkUp');
  await until('the wait is shown', () => machine.shown.nextAttemptAt !== null);
  expect(machine.shown).toMatchObject({ state: 'inProgress', answer: 'retry: busy' });
  await done;
  expect(performance.now() - before).toBeGreaterThanOrEqual(395);
});

test('no server: failed, tried again of itself, success as soon as there is one', async () => {
  const port = await deadPort();
  const machine = await start(port);
  const done = machine.announce('boot');
  await until('it shows Failed', () => machine.shown.state === 'failed');
  expect(machine.shown.detail).toContain('ECONNREFUSED');
  await serve(undefined, { port });
  expect(await done).toMatchObject({ state: 'success' });
});

test('a refusal is final until the next trigger; being disbelieved is a failure', async () => {
  const server = await serve((_heard, count) =>
    count === 1 ? refused('switchedOff') : refused('expired', 'failed'),
  );
  const machine = await start(server.port);
  expect(await machine.announce('boot')).toMatchObject({ state: 'success', answer: 'refused: switchedOff' });
  expect(await machine.announce('linkUp')).toMatchObject({ state: 'failed', answer: 'refused: expired' });
  expect(server.heard).toHaveLength(2);
});

test('a newer trigger overtakes one that still waits', async () => {
  const server = await serve(({ announcement }) =>
    announcement.reason === 'boot' ? retry(60_000) : accepted,
  );
  const machine = await start(server.port, { pace: { firstMs: 1, longestMs: 60_000, attemptsMax: 5 } });
  const overtaken = machine.announce('boot');
  await until('it waits', () => machine.shown.nextAttemptAt !== null);
  expect(await machine.announce('linkUp')).toMatchObject({ state: 'success', trigger: 'linkUp' });
  expect(await overtaken).toMatchObject({ state: 'success', trigger: 'linkUp' });
});

test('an agent that is switched off says nothing and shows Disabled (R1)', async () => {
  const server = await serve();
  const machine = await start(server.port);
  await machine.device.write({ 'announce.enabled': false });
  await machine.agent.settled();
  expect(await machine.announce('periodic')).toMatchObject({ state: 'disabled' });
  expect(server.heard).toHaveLength(0);
  await machine.device.write({ 'announce.enabled': true });
  await machine.agent.settled();
  expect(machine.shown).toMatchObject({ state: 'success' });
});

test('a cold reset forgets settings, keeps the certificate, and announces (R5, R8)', async () => {
  const server = await serve();
  const machine = await start(server.port);
  await machine.device.write({ 'svc.telnet': false });
  await machine.device.setPassword('long enough');
  const { certificate } = await machine.credentials();
  await machine.coldReset();
  expect(machine.device.settings()).toMatchObject({ 'svc.telnet': true, 'admin.passwordSet': false });
  expect(fingerprint((await machine.credentials()).certificate)).toBe(fingerprint(certificate));
  expect(server.heard.at(-1)?.announcement.reason).toBe('coldReset');
});

test('a cold reset made while it was off is what it announces next', async () => {
  const server = await serve();
  await (await StateFolder.open(stateDir)).change((state) => ({ ...state, booted: true, coldReset: true }));
  await (await start(server.port)).boot();
  expect(server.heard[0]?.announcement.reason).toBe('coldReset');
});

test('settings, password and state survive a restart', async () => {
  const server = await serve();
  const first = await start(server.port);
  await first.device.write({ 'svc.ipp': 'ippsOnly' });
  await first.device.setPassword('long enough');
  await first.boot();
  const second = await start(server.port);
  expect(second.device.settings()).toMatchObject({ 'svc.ipp': 'ippsOnly', 'admin.passwordSet': true });
  expect(second.shown).toEqual(first.shown);
  expect((await stat(join(stateDir, 'state.json'))).mode & 0o777).toBe(0o600);
});

test('a damaged state file is named, not replaced', async () => {
  await writeFile(join(stateDir, 'state.json'), '{"version":1');
  await expect(start(1)).rejects.toThrow('state.json is damaged');
  expect(await readFile(join(stateDir, 'state.json'), 'utf8')).toBe('{"version":1');
});

describe('with certificates installed', () => {
  let authority: Authority;
  let trusted: AnnounceServer;
  let untrusted: AnnounceServer;

  beforeEach(async () => {
    authority = await Authority.create('Site CA');
    trusted = await serve(undefined, {
      credentials: await authority.issue({ commonName: 'server', ipAddresses: ['127.0.0.1'] }),
    });
    untrusted = await serve();
    const own = await authority.issue({ commonName: 'device', serialNumber: exampleIdentity.serial });
    await writeFile(join(stateDir, installedFiles.identity), `${own.certificate}\n${own.key}`);
    await writeFile(join(stateDir, installedFiles.authorities), authority.certificate);
  });

  test('the installed certificate is the one shown (R4)', async () => {
    const machine = await start(trusted.port);
    await machine.announce('boot');
    expect(trusted.heard[0]?.fingerprint).toBe(fingerprint((await machine.credentials()).certificate));
    expect((await machine.credentials()).installed).toBe(true);
  });

  test('mutual required: a server that verifies is told (R6)', async () => {
    const machine = await start(trusted.port, { requireMutual: true });
    expect(await machine.announce('boot')).toMatchObject({ state: 'success' });
  });

  test('mutual required: a server that does not verify hears nothing; Failed until the next trigger (R6)', async () => {
    const machine = await start(untrusted.port, { requireMutual: true });
    expect(await machine.announce('boot')).toMatchObject({ state: 'failed', nextAttemptAt: null });
    expect(untrusted.heard).toHaveLength(0);
  });

  test('mutual required: a certificate for another name does not verify (R6)', async () => {
    const other = await serve(undefined, {
      credentials: await authority.issue({ commonName: 'server', ipAddresses: ['10.9.9.9'] }),
    });
    const machine = await start(other.port, { requireMutual: true });
    expect(await machine.announce('boot')).toMatchObject({
      state: 'failed',
      server: '127.0.0.1',
      detail: expect.stringMatching(/its certificate is not for 127\.0\.0\.1: .*10\.9\.9\.9/),
      nextAttemptAt: null,
    });
    expect(other.heard).toHaveLength(0);
  });

  test('mutual required, but the CA certificate is missing: nothing is sent (R6)', async () => {
    await rm(join(stateDir, installedFiles.authorities));
    const machine = await start(trusted.port, { requireMutual: true });
    expect(await machine.announce('boot')).toMatchObject({ state: 'failed', nextAttemptAt: null });
    expect(machine.shown.detail).toMatch(/no ca\.pem, the authorities of the server\.$/);
    await rm(join(stateDir, installedFiles.identity));
    await machine.announce('boot');
    expect(machine.shown.detail).toMatch(/no identity\.pem, its certificate and key; and no ca\.pem, /);
    expect(trusted.heard).toHaveLength(0);
  });

  test.each([
    { what: 'no PEM', pem: 'nothing', says: 'there is no certificate in PEM form' },
    { what: 'no authority', pem: '', says: 'is not that of an authority' },
  ])('authorities that are $what trust nobody (R6), and that is told (R7)', async ({ pem, says }) => {
    const { certificate } = await authority.issue({ commonName: 'leaf' });
    await writeFile(join(stateDir, installedFiles.authorities), pem === '' ? certificate : pem);
    const strict = await start(trusted.port, { requireMutual: true });
    expect(await strict.announce('boot')).toMatchObject({ state: 'failed', nextAttemptAt: null });
    expect(strict.shown.detail).toContain(says);
    expect(trusted.heard).toHaveLength(0);
    const lenient = await start(trusted.port);
    expect(await lenient.announce('boot')).toMatchObject({ state: 'success' });
    expect(lenient.shown.detail).toContain(says);
  });

  test('mutual required: an issuer that OpenSSL takes and RFC 5280 does not is not trusted (R6)', async () => {
    const openssl = new OpenSsl();
    const make = (name: string, extensions: readonly string[], issuer: readonly string[]) => {
      const key = [
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-keyout',
        `${name}.key`,
      ];
      const added = extensions.flatMap((extension) => ['-addext', extension]);
      openssl.run('req', '-x509', '-subj', `/CN=${name}`, ...key, '-out', `${name}.pem`, ...added, ...issuer);
    };
    const signs = 'keyUsage=critical,keyCertSign';
    make('root', ['basicConstraints=critical,CA:true', signs], []);
    const answers = [];
    for (const critical of ['critical,', '']) {
      make(
        'middle',
        [`basicConstraints=${critical}CA:true`, signs],
        ['-CA', 'root.pem', '-CAkey', 'root.key'],
      );
      const leaf = ['basicConstraints=critical,CA:false', 'subjectAltName=IP:127.0.0.1'];
      make('leaf', leaf, ['-CA', 'middle.pem', '-CAkey', 'middle.key']);
      const certificate = openssl.read('leaf.pem') + openssl.read('middle.pem');
      const server = await serve(undefined, { credentials: { key: openssl.read('leaf.key'), certificate } });
      await writeFile(join(stateDir, installedFiles.authorities), openssl.read('root.pem'));
      const machine = await start(server.port, { requireMutual: true });
      answers.push(await machine.announce('boot'));
    }
    openssl.remove();
    expect(answers).toMatchObject([
      { state: 'success' },
      { state: 'failed', detail: expect.stringContaining('basicConstraints that are not critical') },
    ]);
  });

  test('mutual not required: it goes on with a server that does not verify (R7)', async () => {
    const machine = await start(untrusted.port);
    expect(await machine.announce('boot')).toMatchObject({ state: 'success' });
    expect(machine.shown.detail).toMatch(/^stored; the server is not trusted: /);
  });
});
