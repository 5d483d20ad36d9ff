// A device seen from outside: real servers with real faults, and those that mean harm.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import { OpenSsl } from '../../../test/support/openssl.js';
import { openSilentHost } from '../../../test/support/silent-host.js';
import {
  startGnutls,
  startNginx,
  startOpenSsl,
  withoutGnutls,
  withoutNginx,
  type Place,
} from '../../../test/support/web-servers.js';
import { openDeviceApi } from '../api.js';
import type { Catalogue } from '../catalogue.js';
import { category, choice, onOff, type ProbeFact, type SettingType } from '../catalogue/setting.js';
import { knock } from './knock.js';
import type { Ports } from './look.js';
import { openProbe, type ProbeOptions } from './probe.js';

const networks = ['127.8.0.0/16'];
const { signal } = new AbortController();
const openssl = new OpenSsl();
const open: { stop(): unknown }[] = [];

const setting = (key: string, type: SettingType, probe: ProbeFact) => ({
  ...{ key, title: key, type, severity: 'low' as const, recommended: true, why: 'It is tested.' },
  by: { probe },
});
const versions = choice('SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3');
const days: SettingType = { type: 'number', min: 0, max: 50, unit: 'days' };

const catalogueOf = (...rows: readonly ReturnType<typeof setting>[]): Catalogue =>
  new Map(category('Seen', rows).map((row) => [row.key, row]));

const tls = [
  setting('tls.oldest', versions, { fact: 'tlsOldest' }),
  setting('cert.authority', onOff, { fact: 'certificate', about: 'issuedByAuthority' }),
  setting('cert.days', days, { fact: 'certificate', about: 'daysLeft' }),
  setting('cert.key', onOff, { fact: 'certificate', about: 'strongKey' }),
  setting('cert.name', onOff, { fact: 'certificate', about: 'namesDevice' }),
];
const web = setting('web.redirect', onOff, { fact: 'httpsRedirect' });

/** None that a certificate here names. */
const newAddress = (): string => `127.8.${randomInt(2, 255)}.${randomInt(1, 255)}`;

/** Nobody is at any of them yet. */
const newPorts = async (): Promise<Ports> => ({
  https: await freePort(),
  ipps: await freePort(),
  http: await freePort(),
});

interface Looked extends Omit<ProbeOptions, 'catalogue'> {
  readonly hostname?: string;
  readonly networks?: readonly string[];
  readonly signal?: AbortSignal;
}

/** What is seen of these settings. */
function seen(address: string, rows: readonly ReturnType<typeof setting>[], looked: Looked) {
  const { hostname = null, networks: own = networks, signal: until = signal, ...options } = looked;
  const driver = openProbe(
    { address, hostname, networks: own },
    { ...options, catalogue: catalogueOf(...rows) },
  );
  return driver.read(new Set(rows.map(({ key }) => key)), until);
}

/** As a test has it. */
async function told(...asked: Parameters<typeof seen>) {
  const outcome = await seen(...asked);
  if (outcome.kind !== 'answered') return outcome;
  const { values, failed } = outcome.value;
  return { values: Object.fromEntries(values), failed: Object.fromEntries(failed) };
}

/** A server of ours that does with each connection what it is told. */
async function serving(place: Place, serve: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket);
  });
  server.listen(place.port, place.address);
  await once(server, 'listening');
  open.push({
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return server;
}

/** NAME.pem and NAME.key of the authority, with these alternative names. */
function certify(name: string, alternatives: string): void {
  openssl.request(name, '/CN=printer');
  const file = openssl.file(`${name}.ext`, `subjectAltName=${alternatives}\nextendedKeyUsage=serverAuth\n`);
  const by = ['-CA', 'root.pem', '-CAkey', 'root.key', '-days', '30', '-extfile', file];
  openssl.run('x509', '-req', '-in', `${name}.der`, '-inform', 'DER', ...by, '-out', `${name}.pem`);
}

const filesOf = (name: string): readonly string[] => [
  ...['-cert', openssl.path(`${name}.pem`)],
  ...['-key', openssl.path(`${name}.key`)],
];

beforeAll(() => {
  openssl.authority('root');
  openssl.authority('self');
  certify('named', 'DNS:printer.example,IP:127.8.1.1');
  const weak = ['-newkey', 'rsa:1024', '-nodes', '-keyout', 'weak.key', '-out', 'weak.pem'];
  openssl.run('req', '-x509', '-days', '90', '-subj', '/CN=weak', ...weak);
});
afterAll(async () => {
  for (const each of open) await each.stop();
  openssl.remove();
});

it('a server whose keys may hold this process for seconds has its version seen, and no handshake', async () => {
  const [address, ports] = [newAddress(), await newPorts()];
  const files = ['-keyout', 'dhe.key', '-out', 'dhe.pem'];
  openssl.run('req', '-x509', '-days', '9', '-subj', '/CN=dhe', '-newkey', 'rsa:2048', '-nodes', ...files);
  const [key, cert] = [openssl.read('dhe.key'), openssl.read('dhe.pem')];
  // Where it could choose its own numbers, those that OpenSSL chooses do as well.
  const alone = { ciphers: 'DHE-RSA-AES256-GCM-SHA384', dhparam: 'auto', maxVersion: 'TLSv1.2' } as const;
  const server = createTlsServer({ key, cert, ...alone });
  server.on('tlsClientError', () => undefined);
  let agreed = 0;
  server.on('secureConnection', () => (agreed += 1));
  server.listen(ports.https, address);
  await once(server, 'listening');
  open.push({ stop: () => server.close() });
  const outcome = await told(address, tls, { ports });
  expect(outcome).toMatchObject({ values: { 'tls.oldest': 'TLSv1.2' } });
  const target = { address, port: ports.https, networks, fingerprint: null, mutual: null };
  const driver = openDeviceApi(target);
  expect(await driver.identify(signal)).toMatchObject({ kind: 'failed' });
  driver.close();
  expect(agreed).toBe(0);
});

describe.skipIf(withoutNginx)('a web server', () => {
  it('that takes old TLS, and has a certificate of the authority for another device', async () => {
    const [address, ports] = [newAddress(), await newPorts()];
    open.push(
      await startNginx(
        `server {
  listen ${address}:${ports.https} ssl;
  ssl_certificate ${openssl.path('named.pem')};
  ssl_certificate_key ${openssl.path('named.key')};
  ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
  ssl_ciphers ALL:@SECLEVEL=0;
}
server { listen ${address}:${ports.http}; return 301 https://$host/; }`,
        [
          { address, port: ports.https },
          { address, port: ports.http },
        ],
      ),
    );
    const authorities = [openssl.read('root.pem')];
    const values = {
      'tls.oldest': 'TLSv1',
      'cert.authority': true,
      'cert.days': 29,
      'cert.key': true,
      'cert.name': false,
      'web.redirect': true,
    };
    expect(await told(address, [...tls, web], { ports, authorities })).toEqual({ values, failed: {} });
    const byName = await told(address, tls, { ports, authorities, hostname: 'printer.example' });
    expect(byName).toMatchObject({ values: { 'cert.name': true } });
    const byOthers = await told(address, tls, { ports, authorities: [openssl.read('self.pem')] });
    expect(byOthers).toMatchObject({ values: { 'cert.authority': false } });
    const byNobody = await told(address, tls, { ports });
    expect(byNobody).toMatchObject({
      failed: { 'cert.authority': expect.stringMatching(/nobody has said/) },
    });
  });

  it('that takes new TLS alone, and serves its pages in clear', async () => {
    const [address, ports] = ['127.8.1.1', await newPorts()];
    open.push(
      await startNginx(
        `server {
  listen ${address}:${ports.https} ssl;
  ssl_certificate ${openssl.path('named.pem')};
  ssl_certificate_key ${openssl.path('named.key')};
  ssl_protocols TLSv1.2 TLSv1.3;
}
server { listen ${address}:${ports.http}; return 200 welcome; }`,
        [
          { address, port: ports.https },
          { address, port: ports.http },
        ],
      ),
    );
    const values = { 'tls.oldest': 'TLSv1.2', 'cert.name': true, 'web.redirect': false };
    expect(await told(address, [...tls, web], { ports })).toMatchObject({ values });
  });
});

/** With the word of openssl for it. */
const spoken = [
  ['TLSv1', '-tls1'],
  ['TLSv1.1', '-tls1_1'],
  ['TLSv1.2', '-tls1_2'],
  ['TLSv1.3', '-tls1_3'],
] as const;

const allFailed = Object.fromEntries(tls.map(({ key }) => [key, expect.stringMatching(/^port \d+/)]));

describe('TLS', () => {
  it.each(spoken)('of %s alone is seen, and a weak key with it', async (version, word) => {
    const [address, ports] = [newAddress(), await newPorts()];
    open.push(await startOpenSsl({ address, port: ports.https }, word, ...filesOf('weak')));
    const values = {
      'tls.oldest': version,
      'cert.authority': false,
      'cert.days': 50,
      'cert.key': false,
      'cert.name': false,
    };
    expect(await told(address, tls, { ports })).toEqual({ values, failed: {} });
  });

  it.each(spoken)('of %s is seen where a certificate of ours is wanted', async (version, word) => {
    const [address, ports] = [newAddress(), await newPorts()];
    const wanting = ['-Verify', '1', '-verify_return_error'];
    open.push(await startOpenSsl({ address, port: ports.https }, word, ...wanting, ...filesOf('named')));
    expect(await told(address, tls, { ports })).toMatchObject({ values: { 'tls.oldest': version } });
  });

  it.skipIf(withoutGnutls).each([
    ['TLSv1', 'TLS1.0', '3DES-CBC'],
    ['TLSv1.1', 'TLS1.1', 'ARCFOUR-128'],
    ['TLSv1.2', 'TLS1.2', '3DES-CBC'],
  ])('of %s with suites alone that OpenSSL has no more is seen', async (version, name, cipher) => {
    const [address, ports] = [newAddress(), await newPorts()];
    const priority = `NORMAL:-VERS-ALL:+VERS-${name}:-CIPHER-ALL:+${cipher}`;
    open.push(await startGnutls(ports.https, priority, openssl.path('named.key'), openssl.path('named.pem')));
    expect(await told(address, tls, { ports })).toMatchObject({ values: { 'tls.oldest': version } });
  });

  it('of long ago is seen: SSLv3, by the answer that its page says (RFC 6101 5.6.1)', async () => {
    const [address, ports] = [newAddress(), await newPorts()];
    // Whatever else it is asked for, it says that it cannot.
    const refusal = Buffer.from([21, 3, 0, 0, 2, 2, 40]);
    const hello = Buffer.concat([Buffer.from([22, 3, 0, 0, 42, 2, 0, 0, 38, 3, 0]), Buffer.alloc(36)]);
    await serving({ address, port: ports.https }, (socket) =>
      socket.once('data', (asked: Buffer) => socket.end(asked.readUInt16BE(9) === 0x0300 ? hello : refusal)),
    );
    expect(await told(address, tls, { ports })).toMatchObject({ values: { 'tls.oldest': 'SSLv3' } });
  });

  it('of printing counts as that of the pages does', async () => {
    const [address, ports] = [newAddress(), await newPorts()];
    open.push(await startOpenSsl({ address, port: ports.https }, '-tls1_3', ...filesOf('self')));
    open.push(await startOpenSsl({ address, port: ports.ipps }, '-tls1_1', ...filesOf('self')));
    expect(await told(address, tls, { ports })).toMatchObject({ values: { 'tls.oldest': 'TLSv1.1' } });
  });

  it('is unsupported where nobody listens, or printing is in clear', async () => {
    const [address, ports] = [newAddress(), await newPorts()];
    await serving({ address, port: ports.ipps }, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await told(address, tls, { ports })).toEqual({ values: {}, failed: {} });
  });

  it('is failed, not unsupported, where something else is spoken', async () => {
    const [address, ports] = [newAddress(), await newPorts()];
    await serving({ address, port: ports.https }, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    expect(await told(address, tls, { ports })).toEqual({ values: {}, failed: allFailed });
  });
});

describe('HTTP in clear', () => {
  it.each([
    ['307 Temporary Redirect\r\nLocation: https://printer.example/', true],
    ['308 Permanent Redirect\r\nLocation: HTTPS://printer.example/', true],
    ['302 Found\r\nLocation: http://printer.example/login', false],
    ['302 Found\r\nLocation: /https://', false],
    ['401 Unauthorized\r\nWWW-Authenticate: Basic', false],
    ['404 Not Found', false],
  ])('is judged by its answer: %s', async (answer, redirects) => {
    const [address, ports] = [newAddress(), await newPorts()];
    await serving({ address, port: ports.http }, (socket) =>
      socket.once('data', () => socket.end(`HTTP/1.1 ${answer}\r\nContent-Length: 0\r\n\r\n`)),
    );
    expect(await told(address, [web], { ports })).toEqual({
      values: { 'web.redirect': redirects },
      failed: {},
    });
  });

  it('is no fault where nobody listens', async () => {
    const looked = await told(newAddress(), [web], { ports: await newPorts() });
    expect(looked).toEqual({ values: { 'web.redirect': true }, failed: {} });
  });
});

describe('a port', () => {
  const raw = setting('port.raw', onOff, { fact: 'port', port: 9100 });

  it('that prints gets a connection, and never a byte', async () => {
    const [address, ports] = [newAddress(), await newPorts()];
    const heard: Buffer[] = [];
    let connections = 0;
    let ended = Promise.withResolvers<void>();
    await serving({ address, port: 9100 }, (socket) => {
      connections += 1;
      socket.on('data', (bytes: Buffer) => heard.push(bytes)).once('close', () => ended.resolve());
    });
    expect(await told(address, [raw], { ports })).toEqual({ values: { 'port.raw': true }, failed: {} });
    await ended.promise;
    expect({ connections, heard }).toEqual({ connections: 1, heard: [] });
    // Not even when somebody takes it for one of the device's pages.
    for (const wrong of [
      { ...ports, https: 9100 },
      { ...ports, http: 9100 },
    ]) {
      ended = Promise.withResolvers();
      await expect(told(address, [...tls, web], { ports: wrong })).rejects.toThrow('prints what it is sent');
      await ended.promise;
    }
    expect({ connections, heard }).toEqual({ connections: 3, heard: [] });
  });

  it('that this machine cannot ask says nothing', async () => {
    const seenThere = await knock({ address: '255.255.255.255', port: 9100 }, signal);
    expect(seenThere).toMatchObject({ kind: 'unasked' });
  });
});

// Each waits for its limit: together they wait once.
describe.concurrent('whoever is silent or means harm', () => {
  it('shows no TLS', async () => {
    const [address, ports] = [newAddress(), await newPorts()];
    await serving({ address, port: ports.https }, () => undefined);
    expect(await told(address, tls, { ports })).toEqual({ values: {}, failed: allFailed });
  });

  it('has not answered HTTP: by nonsense, without end, or never', async () => {
    const ports = await newPorts();
    const harm: readonly ((socket: Socket) => void)[] = [
      (socket) => socket.write('\u0016\u0003\u0001'.repeat(100)),
      (socket) => void socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'),
      (socket) =>
        void socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: raw\r\n\r\n'),
      (socket) => {
        const more = (): void => void socket.write('a: b\r\n'.repeat(1_000));
        socket.on('drain', more).write('HTTP/1.1 301 Moved\r\n');
        more();
      },
      () => undefined,
    ];
    const looked = harm.map(async (serve) => {
      const address = newAddress();
      await serving({ address, port: ports.http }, serve);
      return told(address, [web], { ports });
    });
    for (const outcome of await Promise.all(looked)) {
      expect(outcome).toEqual({ values: {}, failed: { 'web.redirect': expect.any(String) } });
    }
  });

  it('has that port closed when another answers; where all are silent, nobody is there', async () => {
    const [address, port, ports] = [newAddress(), await freePort(), await newPorts()];
    const host = await openSilentHost(address, port);
    open.push({ stop: () => host.close() });
    const silent = setting('port.silent', onOff, { fact: 'port', port });
    const closed = setting('port.closed', onOff, { fact: 'port', port: await freePort() });
    const [alive, dead] = await Promise.all([
      told(address, [silent, closed], { ports }),
      told(address, [silent], { ports: { https: port, ipps: port, http: port } }),
    ]);
    expect(alive).toEqual({ values: { 'port.silent': false, 'port.closed': false }, failed: {} });
    expect(dead).toMatchObject({ kind: 'unreachable', host: 'silent' });
  });
});

describe('a driver that sees from outside', () => {
  it('knows nobody, writes nothing, and calls nobody outside the device networks', async () => {
    const address = newAddress();
    const driver = openProbe({ address, hostname: null, networks: ['10.0.0.0/8'] });
    expect(await driver.identify(signal)).toMatchObject({ kind: 'unsupported' });
    const written = await driver.write(new Map([['svc.telnet', false]]), signal);
    const refused = new Map([['svc.telnet', expect.any(String)]]);
    expect(written).toEqual({ kind: 'answered', value: { applied: new Set(), refused } });
    let connections = 0;
    const ports = await newPorts();
    await serving({ address, port: ports.http }, () => (connections += 1));
    const outcome = await seen(address, [web], { ports, networks: ['10.0.0.0/8'] });
    expect(outcome).toMatchObject({ kind: 'failed', mayPass: false });
    expect(connections).toBe(0);
  });

  it('ends at once when it is told to', async () => {
    const [address, ports] = [newAddress(), await newPorts()];
    const aborter = new AbortController();
    await serving({ address, port: ports.https }, (socket) =>
      socket.once('data', () => aborter.abort(new Error('lease lost'))),
    );
    await expect(told(address, tls, { ports, signal: aborter.signal })).rejects.toThrow('lease lost');
    await expect(told(address, tls, { ports, signal: aborter.signal })).rejects.toThrow('lease lost');
  });
});
