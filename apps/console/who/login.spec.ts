// Logging in, staying, leaving; and who is kept out.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Store } from '#store/store';
import { readConsoleConfig } from '../config.js';
import { databases, password, Trial, type Answer } from '../../../test/support/console.js';
import { keepHouse } from '../housekeeping.js';
import { Refusal } from '../refusal.js';
import { Logins } from './login.js';

describe.each(databases)('logins on $name', ({ open }) => {
  let trial: Trial;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'muster-console-'));
    await writeFile(path.join(folder, 'password'), `${password}\n`);
    trial = await Trial.start(await open(), { MUSTER_ADMIN_PASSWORD_FILE: path.join(folder, 'password') });
  });
  afterAll(async () => {
    await trial.stop();
    await rm(folder, { recursive: true });
  });

  const login = (name: string, secret: string): Promise<Answer> =>
    trial.ask('POST', '/api/session', { body: { name, password: secret } });
  const cookieOf = (answer: Answer): string => answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const audits = async (action: string): Promise<readonly { outcome: string; from_address: string }[]> =>
    trial.database.query('select outcome, from_address from console.audit where action = $1 order by id', [
      action,
    ]);

  it('lets the first administrator in with a cookie that no script and no other site gets', async () => {
    const answer = await login('admin', password);
    expect([answer.status, answer.body]).toEqual([200, { name: 'admin', role: 'admin' }]);
    const [cookie] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^muster_session=[\w-]{43}; Max-Age=43200; Path=\/; .*HttpOnly; SameSite=Strict$/);
    const session = await trial.ask('GET', '/api/session', { headers: { cookie: cookieOf(answer) } });
    expect(session.body).toEqual({ name: 'admin', role: 'admin' });
    const stored = await trial.database.query('select * from console.session');
    expect(JSON.stringify(stored)).not.toContain(cookieOf(answer).split('=')[1]);
    expect((await audits('login')).at(-1)).toEqual({ outcome: 'done', from_address: '127.0.0.1' });
  });

  it('takes no write by cookie without the header, nor from another site', async () => {
    const cookie = cookieOf(await login('admin', password));
    const body = { serial: 'CSRF-0001' };
    const forged = await trial.ask('POST', '/api/serials', { headers: { cookie }, body });
    expect([forged.status, forged.body.detail]).toEqual([
      403,
      'Writes by cookie need the header X-Muster: 1.',
    ]);
    const foreign = { cookie, 'x-muster': '1', 'sec-fetch-site': 'cross-site' };
    expect((await trial.ask('POST', '/api/serials', { headers: foreign, body })).status).toBe(403);
    expect(
      (await trial.ask('POST', '/api/session', { headers: { 'sec-fetch-site': 'same-site' }, body })).status,
    ).toBe(403);
    const own = { cookie, 'x-muster': '1', 'sec-fetch-site': 'same-origin' };
    expect((await trial.ask('POST', '/api/serials', { headers: own, body })).status).toBe(201);
  });

  it('ends a session: by logging out, by twelve hours, by an hour of silence, by the operator being deleted', async () => {
    const status = async (cookie: string) =>
      (await trial.ask('GET', '/api/session', { headers: { cookie } })).status;
    const sessions = [];
    for (let n = 0; n < 3; n += 1) sessions.push(cookieOf(await login('admin', password)));
    const [left = '', expired = '', idle = ''] = sessions;
    await trial.ask('DELETE', '/api/session', { headers: { cookie: left, 'x-muster': '1' } });
    expect(await status(left)).toBe(401);
    const age = (column: string, to: string) =>
      trial.database.query(
        `update console.session set ${column} = ${to} where created_at = (select max(created_at) from console.session)`,
      );
    await age('seen_at', `now() - interval '61 minutes'`);
    expect([await status(idle), await status(expired)]).toEqual([401, 200]);
    await trial.database.query(`update console.session set expires_at = now()`);
    expect(await status(expired)).toBe(401);
  });

  it('gives an operator what its role allows, and nothing once deleted', async () => {
    const admin = { token: await trial.token('admin') };
    const added = await trial.ask('POST', '/api/users', {
      ...admin,
      body: { name: 'vera', role: 'viewer', password },
    });
    expect([added.status, added.body.name]).toEqual([201, 'vera']);
    expect(JSON.stringify((await trial.ask('GET', '/api/users', admin)).body)).not.toContain('argon2');
    const cookie = cookieOf(await login('vera', password));
    const headers = { cookie, 'x-muster': '1' };
    expect((await trial.ask('POST', '/api/serials', { headers, body: { serial: 'VERA-0001' } })).status).toBe(
      403,
    );
    const next = 'another long password';
    const changed = await trial.ask('PUT', '/api/session/password', {
      headers,
      body: { current: password, next },
    });
    expect(changed.status).toBe(204);
    expect((await login('vera', password)).status).toBe(401);
    expect((await login('vera', next)).status).toBe(200);
    expect((await trial.ask('DELETE', '/api/users/vera', admin)).status).toBe(204);
    expect((await trial.ask('GET', '/api/session', { headers })).status).toBe(401);
  });

  it('changes an operator: role, password, and the sessions are over', async () => {
    const admin = { token: await trial.token('admin') };
    await trial.ask('POST', '/api/users', { ...admin, body: { name: 'otto', role: 'viewer', password } });
    const cookie = cookieOf(await login('otto', password));
    const next = 'one more long password';
    const change = (body: object) => trial.ask('PUT', '/api/users/otto', { ...admin, body });
    const changed = await change({ role: 'operator', password: next });
    expect([changed.status, changed.body]).toMatchObject([200, { name: 'otto', role: 'operator' }]);
    expect((await trial.ask('GET', '/api/session', { headers: { cookie } })).status).toBe(401);
    expect((await login('otto', password)).status).toBe(401);
    expect((await login('otto', next)).body).toEqual({ name: 'otto', role: 'operator' });
    expect((await change({})).status).toBe(400);
    expect((await change({ password: 'short' })).status).toBe(400);
    const { items } = (await trial.ask('GET', '/api/audit', admin)).body;
    const deed = items.find(({ action }) => action === 'user.changed');
    expect(deed?.detail).toMatchObject({ changed: [{ path: 'role', from: 'viewer', to: 'operator' }, {}] });
    expect(JSON.stringify(deed)).not.toContain(next);
  });

  it('keeps the last administrator', async () => {
    const admin = { token: await trial.token('admin') };
    const kept = await trial.ask('DELETE', '/api/users/admin', admin);
    expect([kept.status, kept.body.detail]).toEqual([409, 'admin is the last administrator.']);
    const demoted = await trial.ask('PUT', '/api/users/admin', { ...admin, body: { role: 'viewer' } });
    expect(demoted.status).toBe(409);
  });

  it('shows a token once and keeps its hash', async () => {
    const admin = { token: await trial.token('admin') };
    const { body } = await trial.ask('POST', '/api/tokens', {
      ...admin,
      body: { name: 'inventory', role: 'viewer' },
    });
    expect((await trial.ask('GET', '/api/devices', { token: body.token })).status).toBe(200);
    const listed = await trial.ask('GET', '/api/tokens', admin);
    expect(JSON.stringify(listed.body)).not.toContain(body.token);
    expect((await trial.ask('DELETE', `/api/tokens/${body.id}`, admin)).status).toBe(204);
    expect((await trial.ask('GET', '/api/devices', { token: body.token })).status).toBe(401);
  });

  it('does not count logins that succeed', async () => {
    const statuses = [];
    for (let n = 0; n < 35; n += 1) statuses.push((await login('admin', password)).status);
    expect(new Set(statuses)).toEqual(new Set([200]));
  }, 400_000);

  it('believes no proxy that is not named', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.7' };
    await trial.ask('POST', '/api/session', { headers, body: { name: 'admin', password } });
    expect((await audits('login')).at(-1)).toEqual({ outcome: 'done', from_address: '127.0.0.1' });
  });

  it('slows guessing down, tells nothing about names, and puts refusals on record', async () => {
    const wrong = await login('nobody', 'wrong');
    const known = await login('admin', 'wrong');
    expect([wrong.status, wrong.body.detail]).toEqual([401, known.body.detail]);
    const statuses = [];
    for (let n = 0; n < 7; n += 1) statuses.push((await login('guessed', `guess ${n}`)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    const refused = await trial.database.query(
      `select 1 from console.audit where who = 'guessed' and outcome = 'refused'`,
    );
    expect(refused).toHaveLength(6);
  });

  it('gives no more tries on two consoles than on one', async () => {
    const consoles = [1, 2].map(() => new Logins(new Store(trial.database, 'console')));
    const guess = { name: 'spread', password: 'wrong', from: '198.51.100.9' };
    const codes = [];
    for (let n = 0; n < 3; n += 1) {
      for (const one of consoles) {
        codes.push(await one.login(guess).catch((error: unknown) => error instanceof Refusal && error.code));
      }
    }
    expect(codes).toEqual([...Array<string>(5).fill('unauthenticated'), 'tooMany']);
    await trial.database.query('update console.login_tries set expire = 0');
    await keepHouse(new Store(trial.database, 'console'));
    expect(await trial.database.query('select 1 from console.login_tries')).toEqual([]);
  });

  it('writes nothing more for an address that has no tries left', async () => {
    const logins = new Logins(new Store(trial.database, 'console'));
    const rows = async () => (await trial.database.query('select 1 from console.login_tries')).length;
    const guess = (n: number) =>
      logins.login({ name: `name-${n}`, password: 'wrong', from: '198.51.100.10' });
    await expect(guess(1)).rejects.toThrow(/wrong/);
    await trial.database.query(`update console.login_tries set points = 31 where key like 'address:%'`);
    const before = await rows();
    await expect(guess(2)).rejects.toThrow(/Too many/);
    expect(await rows()).toBe(before);
  });
});

describe('behind a proxy that is trusted', () => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await Trial.start(await databases[0].open(), {
      MUSTER_TRUSTED_PROXIES: '127.0.0.1, 10.9.0.0/16',
    });
  });
  afterAll(() => trial.stop());

  it('slows down who guesses, not everybody else, and puts the address of the client on record', async () => {
    const guess = (client: string): Promise<Answer> =>
      trial.ask('POST', '/api/session', {
        headers: { 'x-forwarded-for': `203.0.113.66, ${client}` },
        body: { name: 'admin', password: 'wrong' },
      });
    const statuses = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await guess('198.51.100.7')).status);
    expect(statuses.at(-1)).toBe(429);
    expect((await guess('198.51.100.8')).status).toBe(401);
    const rows = await trial.database.query(
      `select distinct from_address as "from" from console.audit where action = 'login' order by 1`,
    );
    expect(rows).toEqual([{ from: '198.51.100.7' }, { from: '198.51.100.8' }]);
  });

  it('names what is no address', () => {
    expect(() => readConsoleConfig({ MUSTER_TRUSTED_PROXIES: 'proxy.example' })).toThrow(
      /MUSTER_TRUSTED_PROXIES: must be addresses/,
    );
  });
});
