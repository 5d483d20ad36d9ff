import { request as httpsRequest, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDeviceApi } from '#device/api';
import { compareIpsec } from '#documents/ipsec/compare';
import { selfSigned } from '#pki/self-signed';
import { exampleIdentity } from '#events/identity';
import { exampleIpsecRule } from '#events/ipsec';
import { until } from '../../../test/support/until.js';
import { startApi, type Api } from './api.js';
import { Device, freshConfiguration, type Configuration, type Memory } from './device.js';

let api: Api;
let memory: Memory & { kept: Configuration; broken: boolean };
let delayMs = 0;
let missing: string[] = [];
let delays = 0;

beforeEach(async () => {
  delayMs = 0;
  missing = ['disk.eraseMode'];
  memory = {
    kept: freshConfiguration,
    broken: false,
    read: () => memory.kept,
    save: async (configuration) => {
      if (memory.broken) throw new Error('disk full');
      memory.kept = configuration;
    },
  };
  const device = new Device({
    identity: exampleIdentity,
    memory,
    missing,
    veto: (key) => (key === 'svc.slp' ? 'not on this device' : null),
  });
  const identity = await selfSigned({ commonName: 'device' });
  api = await startApi({
    device,
    identity,
    host: '127.0.0.1',
    port: 0,
    delayMs: () => ((delays += 1), delayMs),
  });
});
afterEach(() => api.stop());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: unknown;
}

function ask(method: string, path: string, body?: string | Buffer, headers: RequestOptions['headers'] = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const type =
      body === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const options = {
      host: '127.0.0.1',
      port: api.port,
      method,
      path,
      rejectUnauthorized: false,
      agent: false,
    };
    const request = httpsRequest({ ...options, headers: { ...type, ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text === '' ? null : JSON.parse(text),
        });
      });
    });
    request.on('error', reject).end(body);
  });
}
const patch = (set: unknown, headers = {}) =>
  ask('PATCH', '/muster/v1/settings', JSON.stringify({ set }), headers);

test('the identity is told with the address it was asked at', async () => {
  expect(await ask('GET', '/muster')).toMatchObject({ status: 200, body: { versions: ['v1'] } });
  expect(await ask('GET', '/muster/v1/identity')).toMatchObject({
    status: 200,
    body: { ...exampleIdentity, ip: '127.0.0.1' },
  });
});

test('settings are those from the box; one the model lacks is absent', async () => {
  const { body } = await ask('GET', '/muster/v1/settings');
  expect(body).toMatchObject({
    settings: { 'svc.telnet': true, 'svc.ipp': 'both', 'admin.passwordSet': false },
  });
  expect(body).not.toHaveProperty(['settings', 'disk.eraseMode']);
});

test('settings that are named are answered alone, those that it does not have are left out', async () => {
  const { body } = await ask('GET', '/muster/v1/settings?keys=svc.telnet,disk.eraseMode,svc.ipp');
  expect(body).toEqual({ settings: { 'svc.telnet': true, 'svc.ipp': 'both' } });
  expect((await ask('GET', '/muster/v1/settings?keys=')).body).toEqual({ settings: {} });
});

test('each key is taken or refused by itself', async () => {
  const written = await patch({
    'svc.telnet': false,
    'svc.ftp': 'no',
    'svc.ipp': 'plain',
    'svc.slp': false,
    'jobs.holdTimeoutMinutes': 1.5,
    'admin.passwordSet': true,
    'disk.eraseMode': 'sanitize',
    toString: true,
  });
  expect(written).toMatchObject({ status: 200, body: { applied: { 'svc.telnet': false } } });
  expect(written.body).toHaveProperty('refused', {
    'svc.ftp': 'must be true or false',
    'svc.ipp': 'must be one of both, off, ippsOnly, ippOnly',
    'svc.slp': 'not on this device',
    'jobs.holdTimeoutMinutes': 'must be a whole number from 0 to 10080',
    'admin.passwordSet': 'is read only',
    'disk.eraseMode': 'this device has no such setting',
    toString: 'this device has no such setting',
  });
  expect((await ask('GET', '/muster/v1/settings')).body).toHaveProperty(['settings', 'svc.telnet'], false);
});

test('a key that means something to JavaScript means nothing to a device', async () => {
  const answer = await ask(
    'PATCH',
    '/muster/v1/settings',
    '{"set":{"__proto__":{"polluted":true},"constructor":true}}',
  );
  expect([200, 400]).toContain(answer.status);
  expect(answer.body).not.toHaveProperty('applied.constructor');
  expect(memory.kept).toEqual(freshConfiguration);
});

test('a change that could not be kept is not in force', async () => {
  memory.broken = true;
  expect(await patch({ 'svc.telnet': false })).toMatchObject({ status: 500 });
  expect((await ask('GET', '/muster/v1/settings')).body).toHaveProperty(['settings', 'svc.telnet'], true);
});

describe('rules of IPsec', () => {
  const path = '/muster/v1/ipsec';
  const put = (...rules: readonly object[]) => ask('PUT', path, JSON.stringify({ rules }));
  const said = async () => {
    const target = { address: '127.0.0.1', port: api.port, fingerprint: null, mutual: null };
    const driver = openDeviceApi({ ...target, networks: ['127.0.0.0/8'] });
    const outcome = await driver.ipsec?.(new AbortController().signal);
    driver.close();
    return outcome;
  };

  test('are none from the box, are taken whole, and said as they stand', async () => {
    expect(await ask('GET', path)).toMatchObject({ status: 200, body: { rules: [] } });
    const { name, local, remote, preSharedKey, strength, dh } = exampleIpsecRule;
    const sparse = { name, local, remote, preSharedKey, strength, dh };
    expect(await put(sparse)).toMatchObject({ status: 200, body: { rules: [{ ikeMinutes: 480 }] } });
    const outcome = await said();
    const differences = outcome?.kind === 'answered' ? compareIpsec([exampleIpsecRule], outcome.value) : null;
    expect(differences).toEqual([
      { kind: 'differs', rule: name, field: 'certificate', required: 'ecdsa256', said: null },
    ]);
    expect(await put(exampleIpsecRule)).toMatchObject({ status: 200 });
    const then = await said();
    expect(then?.kind === 'answered' && compareIpsec([exampleIpsecRule], then.value)).toEqual([]);
  });

  test('that cannot be taken change nothing, and the reason is told', async () => {
    await put(exampleIpsecRule);
    const answer = await put({ ...exampleIpsecRule, dh: 'dh2' });
    const detail = expect.stringContaining('rules.0.dh: Diffie-Hellman group dh2 is refused') as string;
    expect(answer).toMatchObject({ status: 400, body: { detail } });
    expect(await put(...Array.from({ length: 21 }, () => exampleIpsecRule))).toMatchObject({ status: 400 });
    expect(await ask('PUT', path, '[]')).toMatchObject({ status: 400 });
    expect(memory.kept.ipsec).toEqual([exampleIpsecRule]);
  });

  test('are unsupported on a model without IPsec', async () => {
    missing.push('ipsec');
    expect(await ask('GET', path)).toMatchObject({ status: 404 });
    expect(await put(exampleIpsecRule)).toMatchObject({ status: 404 });
    expect(await said()).toMatchObject({ kind: 'unsupported' });
  });
});

describe('what cannot be taken is answered as a problem', () => {
  const path = '/muster/v1/settings';
  const tooMany = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`k${n}`, true]));
  test.each([
    { what: 'not JSON', send: () => ask('PATCH', path, '{'), status: 400 },
    { what: 'not UTF-8', send: () => ask('PATCH', path, Buffer.from([0x22, 0xff, 0x22])), status: 400 },
    { what: 'no object', send: () => ask('PATCH', path, '[]'), status: 400 },
    { what: 'a value of another kind', send: () => patch({ 'svc.telnet': {} }), status: 400 },
    { what: 'too many keys', send: () => patch(tooMany), status: 400 },
    { what: 'an unknown path', send: () => ask('GET', '/muster/v2/settings'), status: 404 },
    { what: 'an inherited path', send: () => ask('GET', '/__proto__'), status: 404 },
    { what: 'another method', send: () => ask('DELETE', path), status: 405 },
    { what: 'a body too large', send: () => ask('PATCH', path, 'x'.repeat(65_537)), status: 413 },
    { what: 'another type', send: () => patch({}, { 'Content-Type': 'text/plain' }), status: 415 },
    {
      what: 'large headers',
      send: () => ask('GET', path, undefined, { 'X-Long': 'x'.repeat(17_000) }),
      status: 431,
    },
    {
      what: 'a short password',
      send: () => ask('PUT', '/muster/v1/admin-password', '{"password":"x"}'),
      status: 400,
    },
  ])('$what → $status', async ({ send, status }) => {
    const answer = await send();
    expect(answer).toMatchObject({ status, body: { status, detail: expect.any(String) as string } });
    expect(answer.headers['content-type']).toBe('application/problem+json');
  });

  test('a body that trickles in is cut off after 5 s', { timeout: 15_000 }, async () => {
    const slow = ask('PATCH', path, '{"set"', { 'Content-Length': 1_000 });
    expect(await slow).toMatchObject({ status: 408 });
  });

  test('clear text is closed unanswered', async () => {
    const heard = await new Promise<string>((resolve) => {
      const socket = connect(api.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      socket.on('error', () => undefined).on('close', () => resolve(text));
    });
    expect(heard).not.toContain('HTTP');
  });
});

describe('once an administrator password is set', () => {
  const password = 'geheim-ß-123';
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

  /** The client's half of RFC 7616, written from the document and not from the device's half. */
  function authorize(
    challenge: string,
    { method = 'GET', path = '/muster/v1/settings', user = 'admin', secret = password } = {},
  ) {
    const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
    const [realm, nonce, nc, cnonce] = [field('realm'), field('nonce'), '00000001', 'a1b2c3'];
    const response = sha256(
      `${sha256(`${user}:${realm}:${secret}`)}:${nonce}:${nc}:${cnonce}:auth:${sha256(`${method}:${path}`)}`,
    );
    const parts = [`username="${user}"`, `realm="${realm}"`, `nonce="${nonce}"`, `uri="${path}"`, 'qop=auth'];
    return `Digest ${[...parts, 'algorithm=SHA-256', `nc=${nc}`, `cnonce="${cnonce}"`, `response="${response}"`].join(', ')}`;
  }
  const read = (authorization?: string) =>
    ask(
      'GET',
      '/muster/v1/settings',
      undefined,
      authorization === undefined ? {} : { Authorization: authorization },
    );
  const challengeOf = (answer: Answer) => String(answer.headers['www-authenticate']);

  beforeEach(async () => {
    const set = await ask('PUT', '/muster/v1/admin-password', JSON.stringify({ password }));
    expect(set.status).toBe(204);
  });

  test('identity stays open, settings need Digest with SHA-256 alone', async () => {
    expect(await ask('GET', '/muster/v1/identity')).toMatchObject({ status: 200 });
    const answer = await read();
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toMatch(
      /^Digest realm="muster VNB3K12345", qop="auth", algorithm=SHA-256, nonce="/,
    );
    expect(await read(`Basic ${Buffer.from(`admin:${password}`).toString('base64')}`)).toMatchObject({
      status: 401,
    });
  });

  test('the right answer reads and writes; the password is kept as a hash', async () => {
    const challenge = challengeOf(await read());
    expect(await read(authorize(challenge))).toMatchObject({
      body: { settings: { 'admin.passwordSet': true } },
    });
    const write = { Authorization: authorize(challenge, { method: 'PATCH' }) };
    expect(await patch({ 'svc.telnet': false }, write)).toMatchObject({ status: 200 });
    expect(JSON.stringify(memory.kept)).not.toContain('geheim');
  });

  test.each([
    { what: 'password', part: { secret: 'wrong-password' } },
    { what: 'user', part: { user: 'root' } },
    { what: 'path', part: { path: '/muster/v1/identity' } },
    { what: 'method', part: { method: 'PATCH' } },
  ])('an answer for another $what is wrong', async ({ part }) => {
    expect(await read(authorize(challengeOf(await read()), part))).toMatchObject({ status: 401 });
  });

  test('an answer to a nonce of somebody else is stale', async () => {
    const challenge = challengeOf(await read()).replace(/nonce="[^"]*"/, 'nonce="kzz.AAAA"');
    const answer = await read(authorize(challenge));
    expect(answer.status).toBe(401);
    expect(challengeOf(answer)).toContain('stale=true');
  });

  test('after five wrong ones even the right one has to wait', async () => {
    const challenge = challengeOf(await read());
    for (let count = 0; count < 5; count += 1) await read(authorize(challenge, { secret: 'wrong' }));
    const answer = await read(authorize(challenge));
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '60' } });
  });
});

test('a slow device answers late, and is cut short when it stops', async () => {
  delayMs = 300;
  const before = performance.now();
  expect(await ask('GET', '/muster/v1/identity')).toMatchObject({ status: 200 });
  expect(performance.now() - before).toBeGreaterThanOrEqual(290);
  const asked = delays;
  const hanging = expect(ask('GET', '/muster/v1/identity')).rejects.toThrow();
  await until('the device thinks', () => delays > asked);
  await api.stop();
  await hanging;
});
