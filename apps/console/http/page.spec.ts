// The page's files, and the headers on everything.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Trial, databases } from '../../../test/support/console.js';

let trial: Trial;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'muster-page-'));
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), '<!doctype html><title>Muster</title>');
  await writeFile(path.join(folder, 'assets', 'page-abc.js'), 'export {};');
  const environment = { MUSTER_PAGE_DIR: folder, MUSTER_CONSOLE_URL: 'https://muster.example' };
  trial = await Trial.start(await databases[0].open(), environment);
});
afterAll(async () => {
  await trial.stop();
  await rm(folder, { recursive: true });
});

const html = { headers: { accept: 'text/html' } };

it.each(['/', '/devices', '/devices/0193f2a0-0000-7000-8000-000000000001'])(
  'answers %s with the page',
  async (address) => {
    const { status, text } = await trial.ask('GET', address, html);
    expect([status, text]).toEqual([200, '<!doctype html><title>Muster</title>']);
  },
);

it('serves hashed files for good, and the page itself never from a cache', async () => {
  const script = await trial.ask('GET', '/assets/page-abc.js');
  expect(script.headers.get('cache-control')).toContain('immutable');
  expect((await trial.ask('GET', '/', html)).headers.get('cache-control')).toBe('no-cache');
});

it.each(['/api/nothing', '/assets/missing.js', '/..%2f..%2fpackage.json'])(
  'does not answer %s with the page',
  async (address) => {
    expect((await trial.ask('GET', address, html)).status).toBe(404);
  },
);

it('leaves health and metrics alone', async () => {
  expect((await trial.ask('GET', '/health/live', html)).text).not.toContain('<title>');
});

it('allows nothing inline, nothing foreign and no frame, and keeps answers out of caches', async () => {
  for (const address of ['/', '/api/session', '/health/live']) {
    const { headers } = await trial.ask('GET', address, html);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toContain('max-age');
    expect(headers.get('x-powered-by')).toBeNull();
  }
  expect((await trial.ask('GET', '/api/session')).headers.get('cache-control')).toBe('no-store');
});

it('gives cookies to https alone where operators come by https', async () => {
  await trial.ask('POST', '/api/users', {
    token: await trial.token('admin'),
    body: { name: 'sec', role: 'viewer', password: 'a long enough password' },
  });
  const { headers } = await trial.ask('POST', '/api/session', {
    body: { name: 'sec', password: 'a long enough password' },
  });
  expect(headers.getSetCookie()[0]).toContain('; Secure;');
});
