// What operators write: versions, references, faults, events, records.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemas } from '#answers/answers';
import { issueLicence } from '#documents/licence';
import { groupBody } from '#events/group';
import { listenerBody } from '#events/listener';
import { trustSetBody } from '#events/trust-set';
import { blocksIn } from '#pki/authorities';
import { issuingChain } from '../../../test/support/issuing-chain.js';
import { databases, Trial, type Answer } from '../../../test/support/console.js';
import { publicBundle, withoutBundle } from '../../../test/support/public-bundle.js';

const signer = generateKeyPairSync('ed25519');

describe.each(databases)('documents on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'muster-console-'));
    const signers = path.join(folder, 'signers.pem');
    await writeFile(signers, signer.publicKey.export({ type: 'spki', format: 'pem' }));
    trial = await Trial.start(await open(), {
      MUSTER_LICENCE_SIGNERS_FILE: signers,
      MUSTER_ANNOUNCE_PORT: '4329',
    });
    token = await trial.token('admin');
  });
  afterAll(async () => {
    await trial.stop();
    await rm(folder, { recursive: true });
  });

  const get = (address: string): Promise<Answer> => trial.ask('GET', address, { token });
  const put = (address: string, version: number, body: unknown): Promise<Answer> =>
    trial.ask('PUT', address, { token, body: { version, body } });
  const remove = (address: string): Promise<Answer> => trial.ask('DELETE', address, { token });
  const changeSettings = async (change: object): Promise<Answer> => {
    const { body } = await get('/api/settings');
    return put('/api/settings', body.version, { ...body.body, ...change });
  };
  const group = groupBody.parse({ name: 'Lobby', kind: 'manual' });

  it('writes a version once: of two writers who read the same one, the second is told', async () => {
    const [first, second] = await Promise.all([
      put('/api/groups/race', 0, group),
      put('/api/groups/race', 0, group),
    ]);
    expect([first.status, second.status].toSorted()).toEqual([200, 409]);
    expect((await put('/api/groups/race', 1, { ...group, name: 'Hall' })).body).toMatchObject({
      id: 'race',
      version: 2,
      body: { name: 'Hall', priority: 1000, members: [] },
    });
    const stale = await put('/api/groups/race', 1, group);
    expect([stale.status, stale.body.detail]).toEqual([
      409,
      'This group was changed meanwhile (version 2, you read 1). Load it again, then change it.',
    ]);
    expect(
      (await trial.told('group.changed')).filter(({ id }) => id === 'race').map(({ version }) => version),
    ).toEqual([1, 2]);
    const history = await trial.database.query(
      `select version from console.revision where id = 'race' order by version`,
    );
    expect(history).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it('goes on counting when a document is deleted and written anew', async () => {
    await put('/api/groups/again', 0, group);
    expect((await remove('/api/groups/again')).status).toBe(204);
    expect((await get('/api/groups/again')).status).toBe(404);
    expect((await remove('/api/groups/again')).status).toBe(404);
    expect((await put('/api/groups/again', 0, group)).body.version).toBe(3);
    const told = (await trial.told('group.changed')).filter(({ id }) => id === 'again');
    expect(told.map(({ version, body }) => [version, body === null])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ]);
  });

  it('names each fault by its field', async () => {
    const shape = await put('/api/groups/faulty', 0, { ...group, name: '', kind: 'some', colour: 'red' });
    expect(shape.status).toBe(400);
    expect(shape.body.faults.map(({ path: at }: { path: string }) => at).toSorted()).toEqual([
      'body.colour',
      'body.kind',
      'body.name',
    ]);
    const sense = await put('/api/groups/faulty', 0, {
      ...group,
      kind: 'automatic',
      policyId: 'missing',
      filter: { any: [{ field: 'ip', operator: 'inNetwork', value: '10.0.0.0/99' }] },
    });
    expect(sense.body.faults).toMatchObject([
      { path: 'body.policyId', message: 'there is no policy missing' },
      { path: 'body.filter.any.0.value' },
    ]);
    const policy = {
      name: 'P',
      description: '',
      items: [{ setting: 'no.such', required: true, severity: 'high' }],
    };
    expect((await put('/api/policies/faulty', 0, policy)).body.faults).toMatchObject([
      { path: 'body.items.0' },
    ]);
    expect(
      (await put('/api/listeners/faulty', 0, listenerBody.parse({ name: 'L', host: '999' }))).body.faults,
    ).toMatchObject([{ path: 'body.host' }]);
    expect((await put('/api/groups/Not A Slug', 0, group)).status).toBe(400);
  });

  it('takes a document whole: what is left out is named, not reset to its default', async () => {
    const { version, body } = (await get('/api/settings')).body;
    const partial = await put('/api/settings', version, { serialFilter: true });
    expect(partial.status).toBe(400);
    expect(partial.body.detail).toContain('body.acceptAnnouncements');
    expect(partial.body.faults).toContainEqual({ path: 'body.allowRemediation', message: 'is missing' });
    expect((await get('/api/settings')).body).toMatchObject({ version, body });
    const { members: _, ...short } = group;
    expect((await put('/api/groups/partial', 0, short)).body).toMatchObject({
      status: 400,
      detail: 'body.members: is missing.',
    });
    expect((await put('/api/listeners/partial', 0, { name: 'L', host: 'a.example' })).status).toBe(400);
  });

  it.each([
    [{ field: 'colour', operator: 'equals', value: 'x' }, 'filter.field', '"serial" or "model"'],
    [{ feild: 'ip', operator: 'equals', value: 'x' }, 'filter.feild', 'allowed: field, operator, value'],
    [
      { any: [{ not: { field: 'ip', operator: 'is', value: 'x' } }] },
      'filter.any.0.not.operator',
      '"equals"',
    ],
    [{ all: [] }, 'filter.all', 'must have at least 1 entries'],
    [{ colour: 'red' }, 'filter', '{field, operator, value} · {all} · {any} · {not}'],
    [{ field: 'ip', operator: 'inNetwork', value: '10.0.0.0/99' }, 'filter.value', 'not a network'],
    [undefined, 'filter', 'is missing'],
  ])('names what is wrong in the filter %j', async (filter, at, message) => {
    const { status, body } = await trial.ask('POST', '/api/groups/preview', { token, body: { filter } });
    expect(status).toBe(400);
    expect(body.faults).toContainEqual({ path: at, message: expect.stringContaining(message) });
    expect(body.detail).toContain(at);
  });

  it('refuses hostile bodies without falling over', async () => {
    const deep = `${'{"not":'.repeat(30_000)}1${'}'.repeat(30_000)}`;
    const ask = (body: string) =>
      fetch(`${trial.host.url}/api/groups/preview`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body,
      });
    const refused = await ask(`{"filter":${deep}}`);
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining('at most 64 levels'),
    ]);
    expect((await ask('{"filter":')).status).toBe(400);
    expect((await ask(`{"filter":"${'x'.repeat(6_000_000)}"}`)).status).toBe(413);
    expect((await ask('{"__proto__":{"filter":1}}')).status).toBe(400);
    const stranger = await trial.ask('POST', '/api/session', {
      body: { name: 'x'.repeat(20_000), password: '' },
    });
    expect(stranger.status).toBe(413);
  });

  it('does not remediate without an initial policy, nor with one that is not there (R60)', async () => {
    const without = await changeSettings({ allowRemediation: true });
    expect(without.body.faults).toMatchObject([{ path: 'body.initialPolicy' }]);
    expect((await changeSettings({ allowRemediation: true, initialPolicy: 'missing' })).status).toBe(400);
    expect((await changeSettings({ allowRemediation: true, initialPolicy: 'base' })).status).toBe(200);
  });

  it('does not delete a policy that is in use, and names its users', async () => {
    await changeSettings({ initialPolicy: 'limited' });
    await put('/api/groups/users', 0, { ...group, name: 'Third floor', policyId: 'limited' });
    const kept = await remove('/api/policies/limited');
    expect([kept.status, kept.body.detail]).toEqual([
      409,
      'The policy limited is used by group Third floor, the settings (Initial Assessment Policy).',
    ]);
    expect((await remove('/api/policies/blank')).status).toBe(204);
    expect((await remove('/api/groups/all')).status).toBe(409);
  });

  it('reminds of the announce port when announcements are switched on, and tells the gateways (R10)', async () => {
    const on = await changeSettings({ acceptAnnouncements: true });
    expect(on.body.reminder).toContain('TCP port 4329');
    expect((await get('/api/overview')).body).toMatchObject({ announcePort: 4329 });
    expect((await changeSettings({ maxNumberTasks: 5 })).body.reminder).toBeNull();
    const edges = await trial.told('edge.configured');
    // Told again at the start and now and then, under the same version.
    const versions = [...new Set(edges.map(({ version }) => version))];
    expect(versions).toEqual(versions.map((_, index) => index + 1));
    expect(new Set(edges.map(({ server }) => server)).size).toBe(1);
    expect(edges.at(-1)).toMatchObject({ acceptAnnouncements: true });
  });

  it('tells the gateways nothing of what is not about them: each word ends every connection', async () => {
    const edgeVersion = async () =>
      Math.max(...(await trial.told('edge.configured')).map((edge) => edge.version));
    const { root } = await issuingChain();
    const body = trustSetBody.parse({ name: 'Third site', authorities: root });
    expect((await put('/api/trust-sets/site3', 0, body)).status).toBe(200);
    expect((await changeSettings({ trustSet: 'site3' })).status).toBe(200);
    const before = await edgeVersion();
    const rule = { name: 'Floor 3', filter: { field: 'ip', operator: 'inNetwork', value: '10.3.0.0/16' } };
    expect((await changeSettings({ maxNumberTasks: 7, approval: true, approvalRules: [rule] })).status).toBe(
      200,
    );
    expect((await changeSettings({ serialFilter: true, allowRemediation: false })).status).toBe(200);
    expect((await put('/api/trust-sets/site3', 1, { ...body, name: 'Site 3' })).status).toBe(200);
    expect(await edgeVersion()).toBe(before);
    expect((await changeSettings({ fromPrimaries: 'encrypted' })).status).toBe(200);
    expect(await edgeVersion()).toBe(before + 1);
    const revocation = { policy: 'soft', crlUrls: ['http://pki.example/list.crl'], ocspUrl: null };
    expect((await put('/api/trust-sets/site3', 2, { ...body, revocation })).status).toBe(200);
    expect(await edgeVersion()).toBe(before + 2);
    const asBefore = { trustSet: null, fromPrimaries: 'off', serialFilter: false };
    await changeSettings({ ...asBefore, approval: false, approvalRules: [] });
  });

  it('asks for authorities in mutual mode and for verified primaries, as certificates', async () => {
    expect((await changeSettings({ fromPrimaries: 'verified' })).body.faults).toMatchObject([
      { path: 'body.trustedAuthorities', message: expect.stringContaining('primaries') },
    ]);
    expect((await changeSettings({ authentication: 'mutual' })).body.faults).toMatchObject([
      { path: 'body.trustedAuthorities' },
    ]);
    expect((await changeSettings({ trustedAuthorities: 'text' })).status).toBe(400);
  });

  it('asks unknown clients who they are only where it is switched on, and never in mutual mode (R19)', async () => {
    const off = { probeUnknownClients: false, probeCommunity: null };
    expect((await get('/api/settings')).body.body).toMatchObject(off);
    const mutual = { authentication: 'mutual', trustedAuthorities: (await issuingChain()).root };
    const refused = await changeSettings({ ...mutual, probeUnknownClients: true });
    expect(refused.body.faults).toEqual([
      { path: 'body.probeUnknownClients', message: expect.stringContaining('mutual authentication') },
    ]);
    expect((await changeSettings({ probeCommunity: 'two words' })).status).toBe(400);
    expect((await changeSettings({ probeUnknownClients: true, probeCommunity: 'public' })).status).toBe(200);
    expect((await changeSettings(mutual)).body.faults).toHaveLength(1);
    expect((await changeSettings(off)).status).toBe(200);
  });

  it('trusts by a named set, and tells the gateways when it changes (R82)', async () => {
    const { root, issuing } = await issuingChain();
    const crlUrls = ['http://pki.example/list.crl', 'http://pki.example/root.crl'];
    const revocation = { policy: 'hard', crlUrls, ocspUrl: null };
    const body = { name: 'Second site', kind: 'chain', authorities: issuing + root, revocation };
    const refused = await put('/api/trust-sets/site2', 0, { ...body, authorities: root + issuing });
    expect(refused.body.faults[0]).toMatchObject({ path: 'body.authorities' });
    const without = { ...revocation, crlUrls: [] };
    expect(
      (await put('/api/trust-sets/site2', 0, { ...body, revocation: without })).body.faults,
    ).toMatchObject([{ path: 'body.revocation.policy' }]);
    const ocspAlone = { ...without, ocspUrl: 'http://pki.example/ocsp' };
    expect(
      (await put('/api/trust-sets/site2', 0, { ...body, revocation: ocspAlone })).body.faults,
    ).toMatchObject([{ path: 'body.revocation.crlUrls' }]);
    for (const only of [crlUrls.slice(0, 1), [crlUrls[0], crlUrls[0]]]) {
      const ofOne = { ...body, revocation: { ...revocation, crlUrls: only } };
      expect((await put('/api/trust-sets/site2', 0, ofOne)).body.faults).toMatchObject([
        { path: 'body.revocation.crlUrls', message: expect.stringContaining('whoever signed each') },
      ]);
    }
    const ofRoot = { ...body, authorities: root, revocation: ocspAlone };
    expect((await put('/api/trust-sets/ocsp', 0, ofRoot)).status).toBe(200);
    const inside = { ...revocation, crlUrls: ['file:../../etc/passwd'] };
    expect((await put('/api/trust-sets/site2', 0, { ...body, revocation: inside })).status).toBe(400);
    expect((await put('/api/trust-sets/site2', 0, body)).status).toBe(200);
    expect((await changeSettings({ trustSet: 'missing' })).body.faults).toMatchObject([
      { path: 'body.trustSet' },
    ]);
    expect((await changeSettings({ trustSet: 'site2', authentication: 'mutual' })).status).toBe(200);
    expect((await trial.told('edge.configured')).at(-1)).toMatchObject({
      trustedAuthorities: body.authorities,
      revocation,
    });
    expect((await put('/api/trust-sets/site2', 1, { ...body, authorities: root })).status).toBe(200);
    expect((await trial.told('edge.configured')).at(-1)).toMatchObject({
      trustedAuthorities: root,
      revocation,
    });
    expect((await remove('/api/trust-sets/site2')).body.detail).toBe(
      'The trustSet site2 is used by the settings (authentication of devices).',
    );
    await changeSettings({ trustSet: null, authentication: 'none' });
    expect((await remove('/api/trust-sets/site2')).status).toBe(204);
  });

  it.skipIf(!existsSync(publicBundle))(
    `takes a bundle as the system has it, and says what it leaves out (${withoutBundle})`,
    async () => {
      const authorities = await readFile(publicBundle, 'utf8');
      const body = trustSetBody.parse({ name: 'Public ones', kind: 'bundle', authorities });
      const saved = await put('/api/trust-sets/public', 0, body);
      expect([saved.status, saved.body.detail]).toEqual([200, undefined]);
      const { certificates, dropped } = saved.body;
      expect(certificates.length + dropped.length).toBe(blocksIn(authorities).length);
      const again = await put('/api/trust-sets/public', 1, { ...saved.body.body, name: 'Public' });
      expect([again.status, again.body.dropped]).toEqual([200, []]);
      expect((await get('/api/trust-sets/public')).body.certificates).toEqual(certificates);
    },
  );

  it('installs a licence that a known signer has signed', async () => {
    const grant = {
      id: 'acme',
      customer: 'Acme',
      seats: 700,
      issuedAt: '2026-11-21T00:00:00.000Z',
      expiresAt: null,
      graceDays: 30,
    };
    const text = issueLicence(grant, signer.privateKey);
    const installed = await trial.ask('POST', '/api/licences', { token, body: text });
    expect([installed.status, installed.body.body?.seats]).toEqual([201, 700]);
    const forged = await trial.ask('POST', '/api/licences', { token, body: text.replace('700', '7000') });
    expect([forged.status, forged.body.detail]).toEqual([
      400,
      'The signature of this licence file is not from a signer that is trusted here.',
    ]);
    expect((await trial.told('licence.changed')).map(({ id, body }) => [id, body?.seats])).toEqual([
      ['acme', 700],
    ]);
  });

  it('keeps every version, and the audit log says what changed', async () => {
    await changeSettings({ maxNumberTasks: 7, serialFilter: false });
    await changeSettings({ maxNumberTasks: 8, serialFilter: true });
    const { body } = await get('/api/audit');
    expect(schemas.AuditList.safeParse(body).error).toBeUndefined();
    expect(body.items[0]?.detail).toMatchObject({
      changed: [
        { path: 'serialFilter', from: false, to: true },
        { path: 'maxNumberTasks', from: 7, to: 8 },
      ],
    });
    const { items, total, next } = (await get('/api/settings/versions?limit=2')).body;
    expect(items).toMatchObject([{ body: { maxNumberTasks: 8 } }, { body: { maxNumberTasks: 7 } }]);
    expect([total, next]).toEqual([items[0]?.version, String(items[1]?.version)]);
    const older = await get(`/api/settings/versions?after=${next}`);
    expect(older.body.items[0]?.version).toBe(Number(next) - 1);
    expect((await get('/api/groups/again/versions')).body.items).toMatchObject([
      { version: 3, body: { name: 'Lobby' } },
      { version: 2, body: null },
      { version: 1, changedBy: expect.stringMatching(/^token:/) },
    ]);
    expect((await get('/api/groups/never/versions')).status).toBe(404);
  });

  it('puts every write on record: who, what, from where', async () => {
    const { body } = await trial.ask('GET', '/api/audit', { token });
    const deeds = body.items.map(({ action }: { action: string }) => action);
    for (const action of [
      'group.saved',
      'group.deleted',
      'settings.saved',
      'policy.deleted',
      'licence.saved',
    ]) {
      expect(deeds).toContain(action);
    }
    expect(body.items[0]).toMatchObject({ from: '127.0.0.1', outcome: 'done' });
    expect(body.items[0]?.who).toMatch(/^token:admin/);
  });
});
