// Whether the server was revoked (R6, R7): an authority, its list and its responder of openssl's making.
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { Server as NetServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { exampleIdentity } from '#events/identity';
import type { Credentials } from '#pki/certificate';
import { openLog } from '#runtime/log';
import { freePort } from '../../scripts/free-port.mjs';
import { startAnnounceServer, type AnnounceServer } from '../../test/support/announce-server.js';
import { OpensslAuthority } from '../../test/support/openssl-authority.js';
import { installedFiles } from './credentials.js';
import { authoritiesOf } from './enrolment/est.js';
import { Machine, type MachineOptions } from './machine.js';

const ports = { ocsp: await freePort(), nobody: await freePort() };
const nobody = `http://127.0.0.1:${ports.nobody}/`;
let dir: string;
let authority: OpensslAuthority;
let responder: ChildProcess;
let lists: Server;
let list: Buffer;
let servers: Readonly<Record<string, Credentials>>;
const running: AnnounceServer[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agent-'));
  authority = new OpensslAuthority(dir);
  lists = createServer((_request, response) => response.end(list));
  await new Promise<void>((resolve) => lists.listen(0, '127.0.0.1', resolve));
  const crl = `${addressOf(lists, 'http')}/list`;
  const ocsp = `http://127.0.0.1:${ports.ocsp}/`;
  const both = (name: string, addresses: { readonly ocsp?: string; readonly crl?: string }) => {
    const made = {
      [name]: authority.issueServer(name, addresses),
      [`${name}-revoked`]: authority.issueServer(`${name}-revoked`, addresses),
    };
    authority.revoke(`${name}-revoked`);
    return made;
  };
  servers = {
    ...both('ocsp', { ocsp }),
    ...both('list', { crl }),
    ...both('either', { ocsp: nobody, crl }),
    ...both('nobody', { ocsp: nobody, crl: nobody }),
  };
  list = authority.crl();
  responder = await authority.respond(ports.ocsp);
  const own = authority.issue('device', exampleIdentity.serial);
  await writeFile(join(dir, installedFiles.identity), `${own.certificate}\n${own.key}`);
  await writeFile(join(dir, installedFiles.authorities), authority.certificate);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()));
});
afterAll(async () => {
  responder.kill();
  lists.close();
  await rm(dir, { recursive: true });
});

async function announced(
  name: string,
  { staple, ...part }: Partial<MachineOptions> & { staple?: Buffer } = {},
) {
  const credentials = servers[name];
  if (!credentials) throw new Error(name);
  const server = await startAnnounceServer(undefined, { credentials, ...(staple && { staple }) });
  running.push(server);
  const machine = await machineAt(server.port, part);
  const { state, detail, nextAttemptAt } = await machine.announce('boot');
  return { state, detail, nextAttemptAt, heard: server.heard.length };
}

const addressOf = (server: NetServer, protocol: string): string => {
  const address = server.address();
  return `${protocol}://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
};

const machineAt = (port: number, part: Partial<MachineOptions>): Promise<Machine> =>
  Machine.open({
    stateDir: dir,
    identity: { ...exampleIdentity, ip: '127.0.0.1' },
    server: {
      address: '127.0.0.1',
      port,
      name: 'x',
      localDomain: null,
      searchDomains: [],
      ipv6: true,
      dnsServers: null,
    },
    requireMutual: true,
    apiPort: 0,
    apiHost: () => '127.0.0.1',
    log: openLog({ level: 'silent', fields: {} }),
    ...part,
  });

const success = { state: 'success', heard: 1 };
const failed = (detail: string) => ({
  state: 'failed',
  nextAttemptAt: null,
  heard: 0,
  detail: expect.stringContaining(detail),
});
const revoked = failed('was revoked');

test.each([
  { what: 'by its responder', name: 'ocsp' },
  { what: 'by its list', name: 'list' },
  { what: 'by its list, when the responder is silent', name: 'either' },
])(
  '$what: a good server is told, a revoked one hears nothing; Failed until the next trigger',
  async ({ name }) => {
    expect(await announced(name)).toMatchObject(success);
    expect(await announced(`${name}-revoked`)).toMatchObject(revoked);
  },
);

test('when nobody can be asked: nothing is sent, unless that was said to be enough', async () => {
  expect(await announced('nobody')).toMatchObject(failed('nobody can say now'));
  expect(await announced('nobody', { revocation: 'soft' })).toMatchObject(success);
  expect(await announced('list-revoked', { revocation: 'soft' })).toMatchObject(revoked);
  expect(await announced('list-revoked', { revocation: 'off' })).toMatchObject(success);
});

test('what the server brings along spares the question, and is believed of its own certificate only', async () => {
  expect(await announced('nobody', { staple: authority.ocspAnswer('nobody') })).toMatchObject(success);
  const told = authority.ocspAnswer('nobody-revoked');
  expect(await announced('nobody-revoked', { staple: told })).toMatchObject(revoked);
  const anothers = authority.ocspAnswer('ocsp');
  expect(await announced('nobody', { staple: anothers })).toMatchObject(failed('nobody can say now'));
  expect(await announced('nobody', { staple: Buffer.from('no answer') })).toMatchObject(
    failed('nobody can say now'),
  );
});

test('a server that goes away while others are asked about it is tried again, and nothing else happens', async () => {
  const sockets = new Set<Socket>();
  const asked = { times: 0 };
  const list404 = createServer((_request, response) => {
    asked.times += 1;
    for (const socket of sockets) socket.resetAndDestroy();
    // Late enough for the reset to be there first.
    setTimeout(() => response.writeHead(404).end(), 50);
  });
  await new Promise<void>((resolve) => list404.listen(0, '127.0.0.1', resolve));
  const { key, certificate: cert } = authority.issueServer('leaving', { crl: addressOf(list404, 'http') });
  const leaving = createTlsServer({ key, cert }, () => undefined).on('connection', (socket: Socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)));
  });
  await new Promise<void>((resolve) => leaving.listen(0, '127.0.0.1', resolve));
  const url = new URL(addressOf(leaving, 'https'));
  const machine = await machineAt(Number(url.port), {
    revocation: 'soft',
    pace: { firstMs: 1, longestMs: 1, attemptsMax: 2 },
  });
  expect(await machine.announce('boot')).toMatchObject({
    state: 'failed',
    detail: expect.stringContaining('No server answered'),
  });
  expect(asked.times).toBe(2);
  const est = {
    url,
    authorities: authority.certificate,
    revocation: 'soft',
    signal: AbortSignal.timeout(60_000),
  } as const;
  await expect(authoritiesOf(est)).rejects.toThrow('cannot be asked');
  expect(asked.times).toBe(3);
  await Promise.all([leaving, list404].map((server) => new Promise((resolve) => server.close(resolve))));
});

test('not required: it goes on with a revoked server, and says so (R7)', async () => {
  expect(await announced('list-revoked', { requireMutual: false })).toMatchObject({
    ...success,
    detail: expect.stringMatching(/^stored; the server is not trusted: its certificate.* was revoked$/),
  });
});
