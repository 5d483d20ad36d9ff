// The password of a device's administrator, against the device API of this project and against devices that ask otherwise.
import { X509Certificate } from 'node:crypto';
import { createServer, request as askOver, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { exampleIdentity } from '#events/identity';
import type { Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { startApi, type Api } from '../../apps/agent/device/api.js';
import { Device, freshConfiguration, type Configuration } from '../../apps/agent/device/device.js';
import { openDeviceApi } from './api.js';
import type { Driver } from './device.js';

const signal = new AbortController().signal;
const password = 'geheim-ß-"\\123';
const closing: (() => unknown)[] = [];
let shown: Credentials;
beforeAll(async () => {
  shown = await selfSigned({ commonName: 'printer', serialNumber: exampleIdentity.serial });
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const { serial } = exampleIdentity;

/** @param meant serial number of the device that the password is for */
function driverAt(port: number, secret: string | null, meant = serial): Driver {
  const target = { address: '127.0.0.1', port, networks: ['127.0.0.0/8'], fingerprint: null, mutual: null };
  const login = secret === null ? null : { user: 'admin', password: secret, serial: meant };
  const driver = openDeviceApi(target, login);
  closing.push(() => driver.close());
  return driver;
}

/** On a port of this machine, until the test ends. */
async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const at = server.address();
  return typeof at === 'object' && at ? at.port : 0;
}

describe('a device that has a password', () => {
  const keys = new Set(['svc.telnet', 'admin.passwordSet']);

  async function locked(): Promise<Api & { readonly device: Device }> {
    let kept: Configuration = freshConfiguration;
    const save = (configuration: Configuration) => {
      kept = configuration;
      return Promise.resolve();
    };
    const device = new Device({ identity: exampleIdentity, memory: { read: () => kept, save } });
    await device.setPassword(password);
    const api = await startApi({ device, identity: shown, host: '127.0.0.1', port: 0 });
    closing.push(() => api.stop());
    return { ...api, device };
  }

  it('is read and written with it, over one nonce and the next', async () => {
    const { port } = await locked();
    const driver = driverAt(port, password);
    for (let count = 0; count < 3; count += 1) {
      const said = await driver.read(keys, signal);
      expect(said).toMatchObject({ kind: 'answered' });
      expect(said.kind === 'answered' && said.value.values.get('admin.passwordSet')).toBe(true);
    }
    const written = await driver.write(new Map([['svc.telnet', false]]), signal);
    expect(written.kind === 'answered' && [...written.value.applied]).toEqual(['svc.telnet']);
    expect((await driver.read(keys, signal)).kind).toBe('answered');
  });

  it('denies whoever has another, or none; and says who it is to all', async () => {
    const { port } = await locked();
    for (const secret of ['wrong-password', null]) {
      const driver = driverAt(port, secret);
      expect(await driver.identify(signal)).toMatchObject({ kind: 'answered' });
      expect(await driver.read(keys, signal)).toMatchObject({ kind: 'denied' });
    }
  });

  it.each([
    { who: 'another device', meant: 'STRANGER-1', hears: false },
    { who: 'who has taken its place', meant: serial, hears: true },
  ])('is not opened by what is said to $who and passed on', async ({ meant, hears }) => {
    const { port, device } = await locked();
    const hash = device.passwordHash;
    const passed: unknown[] = [];
    const own = await selfSigned({ commonName: 'stranger', serialNumber: meant });
    const said = { PATCH: { set: { 'svc.telnet': false } }, PUT: { password: 'chosen by a stranger' } };
    const relay = createServer({ key: own.key, cert: own.certificate }, (request, response) => {
      const { method = '', url, headers: heard } = request;
      if (heard.authorization) passed.push(heard.authorization);
      const body = method === 'PATCH' || method === 'PUT' ? JSON.stringify(said[method]) : undefined;
      const headers = {
        ...(heard.authorization && { authorization: heard.authorization }),
        ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      };
      const on = { host: '127.0.0.1', port, method, path: url, headers, rejectUnauthorized: false };
      askOver({ ...on, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }).end(body);
      request.resume();
    });
    const driver = driverAt(await listening(relay), password, meant);
    expect(await driver.write(new Map([['svc.telnet', true]]), signal)).toMatchObject({ kind: 'denied' });
    const told = await driver.setSecret?.({ kind: 'admin', password: 'meant for the stranger' }, signal);
    expect(told).toMatchObject({ kind: 'denied' });
    expect(passed.length > 0).toBe(hears);
    expect(device.settings()['svc.telnet']).toBe(true);
    expect(device.passwordHash).toBe(hash);
  });

  it('that has locked itself says nothing of the password', async () => {
    const { port } = await locked();
    const wrong = driverAt(port, 'wrong-password');
    for (let count = 0; count < 5; count += 1) await wrong.read(keys, signal);
    const said = await driverAt(port, password).read(keys, signal);
    expect(said).toMatchObject({ kind: 'failed', mayPass: true });
  });
});

describe('a device that asks for it otherwise', () => {
  /** With what each request was sent, and how often one was. */
  async function asking(challenge: (count: number) => string | string[] | null) {
    const heard: (string | undefined)[] = [];
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      heard.push(request.headers.authorization);
      const wanted = challenge(heard.length);
      if (wanted === null)
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"settings":{}}');
      else response.writeHead(401, { 'www-authenticate': wanted }).end('{}');
    };
    const port = await listening(createServer({ key: shown.key, cert: shown.certificate }, answer));
    const driver = driverAt(port, password);
    return { heard, said: await driver.read(new Set(['svc.telnet']), signal) };
  }
  const realm = `realm="muster ${serial}"`;
  const digest = `Digest ${realm}, qop="auth", algorithm=SHA-256, nonce="n"`;

  it.each([
    { what: 'Basic', challenge: `Basic ${realm}` },
    { what: 'Digest with MD5', challenge: digest.replace('SHA-256', 'MD5') },
    { what: 'Digest without an algorithm', challenge: `Digest ${realm}, qop="auth", nonce="n"` },
    { what: 'Digest without qop', challenge: `Digest ${realm}, algorithm=SHA-256, nonce="n"` },
    { what: 'Digest for another device', challenge: digest.replace(serial, 'ANOTHER-1') },
    { what: 'Digest for a realm of its own', challenge: digest.replace(`muster ${serial}`, serial) },
    { what: 'Digest for no realm', challenge: digest.replace(`${realm}, `, '') },
    { what: 'more than it may say', challenge: `${digest}, x="${'x'.repeat(3_000)}"` },
  ])('$what: it gets nothing', async ({ challenge }) => {
    const { heard, said } = await asking(() => challenge);
    expect(heard).toEqual([undefined]);
    expect(said).toMatchObject({ kind: 'denied' });
  });

  it('of several ways takes the one that is good', async () => {
    const several = [digest.replace('SHA-256', 'MD5').replace('"n"', '"m"'), digest];
    const { heard, said } = await asking((count) => (count === 1 ? several : null));
    expect(said.kind).toBe('answered');
    const { fingerprint256 } = new X509Certificate(shown.certificate);
    expect(heard[1]).toMatch(
      /^Digest username="admin", realm="muster VNB3K12345", nonce="n", .*algorithm=SHA-256/,
    );
    expect(heard[1]).toContain(`.${fingerprint256.replaceAll(':', '').toLowerCase()}"`);
  });

  it('again and again for another nonce: it is answered twice', async () => {
    const { heard, said } = await asking(() => `${digest}, stale=true`);
    expect(heard.length).toBe(3);
    expect(said).toMatchObject({ kind: 'denied' });
  });

  it('never hears the password', async () => {
    const { heard } = await asking((count) => (count === 1 ? digest : null));
    expect(heard.join()).not.toContain('geheim');
  });
});
