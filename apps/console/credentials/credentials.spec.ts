// Credentials of devices by REST: taken, told of, never shown, and sealed anew.
import { randomUUID } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyFile, makeKeyFile } from '#pki/key-file';
import { newKeyLine } from '#pki/key-ring';
import { databases, Trial } from '../../../test/support/console.js';
import { ownFolder } from '../../../test/support/servers.js';
import { schemas } from '../../../libs/answers/answers.js';

const secrets = ['s3cret-write', 'auth-s3cret', 'priv-s3cret', 's3cret-admin', 'older-s3cret'];
const write = { kind: 'snmpWrite', community: 's3cret-write' };
const user = {
  kind: 'snmpUser',
  user: 'muster',
  auth: 'sha256',
  authPassword: 'auth-s3cret',
  priv: 'aes128',
  privPassword: 'priv-s3cret',
};

describe.each(databases)('credentials on $name', ({ open }) => {
  let trial: Trial;
  let keys: string;
  let token: string;
  beforeAll(async () => {
    keys = join(await ownFolder('keys'), 'keys');
    await makeKeyFile(keys);
    const others = [{ service: 'assessment', on: [] }];
    trial = await Trial.start(await open(), { MUSTER_CREDENTIALS_KEY_FILE: keys }, others);
    token = await trial.token('admin');
  });
  afterAll(() => trial.stop());
  const path = '/api/credentials';
  const put = (body: object, by = token) => trial.ask('PUT', path, { token: by, body });

  it('are set, told of by kind, place, user and version, and not shown', async () => {
    expect(await put({ scope: 'global', credential: write })).toMatchObject({
      status: 200,
      body: { kind: 'snmpWrite', scope: 'global', userName: null, version: 1, earlier: 0 },
    });
    await put({ scope: 'global', credential: { kind: 'admin', password: 'older-s3cret' } });
    const again = await put({ scope: 'global', credential: { kind: 'admin', password: 's3cret-admin' } });
    expect(again.body).toMatchObject({ userName: 'admin', version: 2, earlier: 1 });
    expect((await put({ scope: 'group', id: 'all', credential: user })).status).toBe(200);
    const list = await trial.ask('GET', path, { token: await trial.token('viewer') });
    expect(schemas.CredentialList.parse(JSON.parse(list.text))).toMatchObject({ total: 3 });
    const audit = await trial.ask('GET', '/api/audit?limit=500', { token });
    expect(audit.text).toContain('credential:snmpUser/group/all');
    const tables = await trial.database.query<{ name: string }>(
      `select schemaname || '.' || tablename as name from pg_tables where schemaname in ('console', 'assessment', 'bus')`,
    );
    const kept = await Promise.all(
      tables.map(({ name }) => trial.database.query(`select t::text as row from ${name} t`)),
    );
    const said = [again.text, list.text, audit.text, JSON.stringify(kept)].join();
    expect(tables.length).toBeGreaterThan(20);
    expect(secrets.filter((secret) => said.includes(secret))).toEqual([]);
  });

  it.each([
    {
      what: 'a short password',
      body: { scope: 'global', credential: { kind: 'admin', password: 'x' } },
      status: 400,
    },
    { what: 'a place that is none', body: { scope: 'global', id: 'all', credential: write }, status: 400 },
    { what: 'no group', body: { scope: 'group', credential: write }, status: 400 },
    {
      what: 'a group that is not there',
      body: { scope: 'group', id: 'none', credential: write },
      status: 404,
    },
    {
      what: 'a device that is not there',
      body: { scope: 'device', id: 'none', credential: write },
      status: 404,
    },
    { what: 'DES', body: { scope: 'global', credential: { ...user, priv: 'des' } }, status: 400 },
  ])('$what is refused, and the secret not repeated', async ({ body, status }) => {
    const answer = await put(body);
    expect(answer.status).toBe(status);
    expect(secrets.filter((secret) => answer.text.includes(secret))).toEqual([]);
  });

  it('are an administrator’s to write', async () => {
    const operator = await trial.token('operator');
    expect((await put({ scope: 'global', credential: write }, operator)).status).toBe(403);
    const query = '?kind=admin&scope=global';
    expect((await trial.ask('DELETE', path + query, { token: operator })).status).toBe(403);
    expect((await trial.ask('POST', `${path}/rotate`, { token: operator })).status).toBe(403);
  });

  it('are sealed with a new key, also those that are set meanwhile', async () => {
    const at = 'snmpWrite/global';
    await appendFile(keys, newKeyLine());
    const meanwhile = (await new KeyFile(keys).ring()).seal(JSON.stringify(write), at);
    // As console or assessment sets one between the reading of all and the sealing: what it was before stays as it was sealed.
    await trial.database.query(
      `create function assessment.sets_one() returns trigger language plpgsql as $$ begin
         update assessment.credential set version = version + 1, box = '${meanwhile}',
           earlier = jsonb_build_array(jsonb_build_object('version', version, 'box', box)) where kind = 'snmpWrite';
         return new; end $$`,
    );
    await trial.database.query(
      `create trigger sets_one before update on assessment.credential for each row when (new.kind = 'admin')
       execute function assessment.sets_one()`,
    );
    const answer = await trial.ask('POST', `${path}/rotate`, { token });
    await trial.database.query('drop trigger sets_one on assessment.credential');
    expect(JSON.parse(answer.text)).toEqual({ resealed: 3, sealed: 3, left: 0, unreadable: [] });
    const [row] = await trial.database.query<{ box: string; earlier: { box: string }[] }>(
      `select box, earlier from assessment.credential where kind = 'snmpWrite'`,
    );
    await writeFile(keys, `${(await readFile(keys, 'utf8')).trim().split('\n').at(-1) ?? ''}\n`);
    const ring = await new KeyFile(keys).ring();
    const boxes = [row?.box ?? '', ...(row?.earlier ?? []).map(({ box }) => box)];
    expect(boxes.map((box) => JSON.parse(ring.open(box, at)) as object)).toMatchObject([write, write]);
  });

  it('are sealed with a new key, so that the old one may go', async () => {
    const [old] = await trial.database.query<{ box: string }>(
      `select box from assessment.credential where kind = 'admin'`,
    );
    await appendFile(keys, newKeyLine());
    const answer = await trial.ask('POST', `${path}/rotate`, { token });
    expect(JSON.parse(answer.text)).toEqual({ resealed: 3, sealed: 3, left: 0, unreadable: [] });
    const again = await trial.ask('POST', `${path}/rotate`, { token });
    expect(JSON.parse(again.text)).toEqual({ resealed: 0, sealed: 3, left: 0, unreadable: [] });
    const rows = await trial.database.query<{ box: string; earlier: { box: string }[] }>(
      `select box, earlier from assessment.credential where kind = 'admin'`,
    );
    const ring = await new KeyFile(keys).ring();
    const boxes = rows.flatMap(({ box, earlier }) => [box, ...earlier.map((each) => each.box)]);
    expect(boxes.map((box) => ring.isNewest(box))).toEqual([true, true]);
    expect(boxes.map((box) => JSON.parse(ring.open(box, 'admin/global')) as object)).toEqual([
      { kind: 'admin', password: 's3cret-admin' },
      { kind: 'admin', password: 'older-s3cret' },
    ]);
    expect(ring.isNewest(old?.box ?? '')).toBe(false);
    await writeFile(keys, newKeyLine());
    const lost = await trial.ask('POST', `${path}/rotate`, { token });
    expect(JSON.parse(lost.text)).toMatchObject({ resealed: 0, sealed: 0 });
    expect(lost.text).toContain('snmpUser/group/all');
  });

  it('of a device say which it is, also when it is deleted', async () => {
    const [id, again] = [randomUUID(), randomUUID()];
    await trial.database.query(
      `insert into console.device (id, listed, serial, state) values
         ($1, true, 'VNB3K12345', '{"identity": {"hostname": "lobby"}, "fingerprint": null}'), ($2, false, 'VNB3K54321', null)`,
      [id, again],
    );
    const answer = await put({ scope: 'device', id, credential: write });
    const device = { serial: 'VNB3K12345', hostname: 'lobby', deleted: false, certificate: false };
    expect(answer).toMatchObject({ status: 200, body: { id, device } });
    // As assessment says it, once it is another: of that, and of one that console has forgotten.
    const shown = async (deviceId: string, serial: string) => {
      await trial.database.query(
        `update assessment.credential set device_id = $2, serial = $3 where id = $1`,
        [id, deviceId, serial],
      );
      const list = await trial.ask('GET', path, { token });
      schemas.CredentialList.parse(JSON.parse(list.text));
      const { items } = JSON.parse(list.text) as { items: { id: string; device: unknown }[] };
      return items.find((one) => one.id === id)?.device;
    };
    const gone = { hostname: null, deleted: true, certificate: null };
    expect(await shown(again, '')).toEqual({ serial: 'VNB3K54321', ...gone });
    expect(await shown(randomUUID(), 'VNB3K1')).toEqual({ serial: 'VNB3K1', ...gone });
    await shown(again, 'VNB3K54321');
    const query = `?kind=snmpWrite&scope=device&id=${again}`;
    expect((await trial.ask('DELETE', path + query, { token })).status).toBe(204);
  });

  it('are found by whose they are, a page at a time, and say how they are used, not what they are', async () => {
    await put({ scope: 'global', credential: { ...write, unproved: true } });
    await put({ scope: 'global', credential: { kind: 'admin', password: 's3cret-admin' } });
    await put({ scope: 'group', id: 'all', credential: { ...user, auth: 'sha512', priv: 'aes256r' } });
    const id = randomUUID();
    await trial.database.query(
      `insert into console.device (id, listed, serial, search, state)
       values ($1, true, 'FOUND-0001', 'found-0001 copy-room', '{"identity": {"hostname": "Copy-Room"}}')`,
      [id],
    );
    await put({ scope: 'device', id, credential: write });
    const asked = async (query: string) => {
      const { text } = await trial.ask('GET', `${path}?${query}`, { token });
      return schemas.CredentialList.parse(JSON.parse(text));
    };
    const use = { auth: null, priv: null, unproved: null };
    expect((await asked('')).items).toMatchObject([
      { ...use, kind: 'admin', scope: 'global', unproved: false },
      { ...use, kind: 'snmpWrite', scope: 'global', unproved: true },
      { ...use, kind: 'snmpUser', scope: 'group', auth: 'sha512', priv: 'aes256r' },
      { ...use, kind: 'snmpWrite', scope: 'device', unproved: false, device: { certificate: null } },
    ]);
    for (const search of ['copy-room', 'FOUND-0001', id]) {
      const { items, total } = await asked(new URLSearchParams({ search }).toString());
      expect([total, items.map((one) => one.id)], search).toEqual([1, [id]]);
    }
    expect((await asked('search=muster')).items).toMatchObject([{ kind: 'snmpUser' }]);
    const first = await asked('limit=3');
    expect([first.items.length, first.total]).toEqual([3, 4]);
    const second = await asked(`limit=3&after=${first.next ?? ''}`);
    expect([second.items.map(({ scope }) => scope), second.next]).toEqual([['device'], null]);
    await writeFile(keys, newKeyLine());
    expect((await asked('search=muster')).items).toMatchObject([use]);
  });

  it('of a group are forgotten with it', async () => {
    const who = { kind: 'manual', filter: null, members: [] };
    const body = { name: 'Lobby', priority: 9, policyId: null, ...who };
    const group = { token, body: { version: 0, body } };
    expect((await trial.ask('PUT', '/api/groups/lobby', group)).status).toBe(200);
    expect((await put({ scope: 'group', id: 'lobby', credential: write })).status).toBe(200);
    expect((await trial.ask('DELETE', '/api/groups/lobby', { token })).status).toBe(204);
    expect((await trial.ask('PUT', '/api/groups/lobby', group)).status).toBe(200);
    const list = await trial.ask('GET', path, { token });
    expect(list.text).not.toContain('lobby');
    const audit = await trial.ask('GET', '/api/audit?limit=500', { token });
    expect(audit.body.items).toContainEqual(
      expect.objectContaining({ action: 'credential.removed', target: 'credential:snmpWrite/group/lobby' }),
    );
  });

  it('are forgotten', async () => {
    const query = '?kind=snmpUser&scope=group&id=all';
    expect((await trial.ask('DELETE', path + query, { token })).status).toBe(204);
    expect((await trial.ask('DELETE', path + query, { token })).status).toBe(404);
    expect(await trial.database.query(`select 1 from assessment.credential where kind = 'snmpUser'`)).toEqual(
      [],
    );
  });
});

it('none are kept without keys', async () => {
  const trial = await Trial.start(await databases[0].open(), {}, [{ service: 'assessment', on: [] }]);
  const token = await trial.token('admin');
  const answer = await trial.ask('PUT', '/api/credentials', {
    token,
    body: { scope: 'global', credential: write },
  });
  expect(answer.text).toContain('MUSTER_CREDENTIALS_KEY_FILE');
  await trial.stop();
});
