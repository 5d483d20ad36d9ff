// The password of a device's administrator, against the device API of this project and against devices that ask otherwise.
import { createServer, type Server } from 'node:https';
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

function driverAt(port: number, secret: string | null): Driver {
  const target = { address: '127.0.0.1', port, networks: ['127.0.0.0/8'], fingerprint: null, mutual: null };
  const driver = openDeviceApi(target, secret === null ? null : { user: 'admin', password: secret });
  closing.push(() => driver.close());
  return driver;
}

describe('a device that has a password', () => {
  const keys = new Set(['svc.telnet', 'admin.passwordSet']);

  async function locked(): Promise<Api> {
    let kept: Configuration = freshConfiguration;
    const save = (configuration: Configuration) => {
      kept = configuration;
      return Promise.resolve();
    };
    const device = new Device({ identity: exampleIdentity, memory: { read: () => kept, save } });
    await device.setPassword(password);
    const api = await startApi({ device, identity: shown, host: '127.0.0.1', port: 0 });
    closing.push(() => api.stop());
    return api;
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
    const server: Server = createServer({ key: shown.key, cert: shown.certificate }, answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const at = server.address();
    const driver = driverAt(typeof at === 'object' && at ? at.port : 0, password);
    return { heard, said: await driver.read(new Set(['svc.telnet']), signal) };
  }
  const digest = 'Digest realm="a", qop="auth", algorithm=SHA-256, nonce="n"';

  it.each([
    { what: 'Basic', challenge: 'Basic realm="a"' },
    { what: 'Digest with MD5', challenge: 'Digest realm="a", qop="auth", algorithm=MD5, nonce="n"' },
    { what: 'Digest without an algorithm', challenge: 'Digest realm="a", qop="auth", nonce="n"' },
    { what: 'Digest without qop', challenge: 'Digest realm="a", algorithm=SHA-256, nonce="n"' },
    { what: 'more than it may say', challenge: `${digest}, x="${'x'.repeat(3_000)}"` },
  ])('$what: it gets nothing', async ({ challenge }) => {
    const { heard, said } = await asking(() => challenge);
    expect(heard).toEqual([undefined]);
    expect(said).toMatchObject({ kind: 'denied' });
  });

  it('of several ways takes the one that is good', async () => {
    const several = ['Digest realm="a", qop="auth", algorithm=MD5, nonce="m"', digest];
    const { heard, said } = await asking((count) => (count === 1 ? several : null));
    expect(said.kind).toBe('answered');
    expect(heard[1]).toMatch(/^Digest username="admin", realm="a", nonce="n", .*algorithm=SHA-256/);
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
