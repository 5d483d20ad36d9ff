// Wishes at console: what is asked for waits until the authority has said what became of it, is in the audit log, and no
// secret is kept.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorityReport } from '#pki/authority/exchange';
import { Authority } from '../../../test/support/authority.js';
import { databases, Trial } from '../../../test/support/console.js';
import { OpenSsl } from '../../../test/support/openssl.js';
import { keepHouse } from '../housekeeping.js';
import { Store } from '#store/store';

interface Wish {
  readonly id: string;
  readonly kind: string;
  readonly about: string;
  readonly state: string;
  readonly reason: string | null;
  readonly askedBy: string;
  readonly certificates: string | null;
  readonly secret: { readonly user: string; readonly password: string } | null;
}
interface Listed {
  readonly items: readonly Wish[];
  readonly total: number;
  readonly next: string | null;
}

const openssl = new OpenSsl();
openssl.request('web', '/CN=www.example');
openssl.request(
  'odd',
  '/CN=www.example',
  '-newkey',
  'rsa:2048',
  '-addext',
  'subjectAltName=email:a@b.example',
);
const requestIn = (name: string) => openssl.run('req', '-inform', 'DER', '-in', `${name}.der`);
const { certificate } = await Authority.create('Trial');
afterAll(() => openssl.remove());

const spoken: AuthorityReport = {
  chain: certificate,
  url: null,
  list: null,
  identities: [],
  certificates: [],
  cursor: null,
  refused: [],
};
const issued: AuthorityReport['certificates'][number] = {
  serial: 'ab',
  issuer: 'issuing',
  profile: 'device',
  subject: 'CN=Device VNB3K500',
  names: '',
  device: 'VNB3K500',
  fingerprint: 'cd'.repeat(32),
  from: '2026-01-01T00:00:00.000Z',
  until: '2027-01-01T00:00:00.000Z',
  revoked: null,
};
const until = new Date(Date.now() + 86_400_000).toISOString();
const enrol = { kind: 'enrol', device: 'VNB3K500', until };
const sign = { kind: 'sign', request: requestIn('web'), profile: 'server', days: 30 };
const issue = { kind: 'issue', name: 'front', profile: 'mutual', subject: 'CN=muster.example', days: 30 };

describe.each(databases)('wishes on $name', ({ open }) => {
  let trial: Trial;
  let admin: string;
  let trust: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    [admin, trust] = await Promise.all([trial.token('admin'), trial.token('trust')]);
  });
  afterAll(() => trial.stop());

  const answered = async <T>(method: string, path: string, body?: object, token = admin): Promise<T> => {
    const { status, text } = await trial.ask(method, path, { token, ...(body && { body }) });
    if (status >= 300) throw new Error(`${status} ${text}`);
    return JSON.parse(text) as T;
  };
  const ask = (body: object) => answered<Wish>('POST', '/api/wishes', body);
  const list = async (query = '') => answered<Listed>('GET', `/api/wishes${query}`);
  const read = (id: string) => answered<Wish>('GET', `/api/wishes/${id}`);
  const speak = async (change: Partial<AuthorityReport> = {}) => {
    const heard = await answered<{ wishes: readonly Readonly<Record<string, unknown>>[] }>(
      'POST',
      '/api/authority',
      { ...spoken, ...change },
      trust,
    );
    return heard.wishes;
  };

  it('are refused while no authority ever spoke', async () => {
    await expect(ask({ kind: 'list' })).rejects.toThrow(/404 .*muster ca init/);
    expect(await speak()).toEqual([]);
    expect((await answered<{ does: unknown }>('GET', '/api/authority')).does).toBe(null);
    await speak({ does: ['list', 'enrol'], outcomes: [] });
    await speak();
    expect((await answered<{ does: unknown }>('GET', '/api/authority')).does).toEqual(['list', 'enrol']);
  });

  it('for a secret show it once, and keep no more than its hash until the authority has it', async () => {
    const asked = await ask(enrol);
    expect(asked).toMatchObject({ kind: 'enrol', state: 'asked', about: 'VNB3K500, once' });
    const { user, password } = asked.secret ?? { user: '', password: '' };
    expect([user, password]).toEqual(['VNB3K500', expect.stringMatching(/^[\w-]{27}$/)]);
    const [wish] = await speak();
    expect(wish).toMatchObject({ id: asked.id, user, device: user, names: '', reusable: false, until });
    expect(await speak()).toEqual([wish]);
    const hash = String(wish?.['hash']);
    const kept = async () => {
      const rows = [
        ...(await trial.database.query('select * from console.wish')),
        ...(await trial.database.query('select * from console.audit')),
      ];
      return JSON.stringify(rows);
    };
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await kept()).not.toContain(password);
    expect(JSON.stringify(await list())).not.toMatch(new RegExp(`${password}|${hash}`));
    expect(await speak({ outcomes: [{ id: asked.id, refused: null, certificates: null }] })).toEqual([]);
    expect((await read(asked.id)).state).toBe('done');
    expect(await kept()).not.toContain(hash);
  });

  it('are settled by the first word of the authority; a later one that it was done counts, too', async () => {
    const { id } = await ask(sign);
    const refused = { id, refused: 'the key is away', certificates: null };
    await speak({
      outcomes: [
        refused,
        { id: 'f'.repeat(8) + '-0000-4000-8000-000000000000', refused: null, certificates: null },
      ],
    });
    expect(await read(id)).toMatchObject({ state: 'refused', reason: 'the key is away', certificates: null });
    await speak({ outcomes: [{ id, refused: null, certificates: certificate }] });
    expect(await read(id)).toMatchObject({ state: 'done', reason: null, certificates: certificate });
    await speak({ outcomes: [refused] });
    expect(await read(id)).toMatchObject({ state: 'done', certificates: certificate });
  });

  it('are in the audit log, asked and answered, with who it was', async () => {
    const { items } = await answered<{ items: readonly { action: string; outcome: string; who: string }[] }>(
      'GET',
      '/api/audit',
    );
    const said = items.filter(({ action }) => action.startsWith('authority.'));
    expect(said.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'authority.answered done',
      'authority.answered refused',
      'authority.asked done',
      'authority.answered done',
      'authority.asked done',
    ]);
    expect(said.map(({ who }) => /^token:(admin|trust)/.exec(who)?.[1])).toEqual([
      'trust',
      'trust',
      'admin',
      'trust',
      'admin',
    ]);
    expect(JSON.stringify(said)).not.toMatch(/"hash"|"request"/);
  });

  it.each([
    ['a serial number that is none', { ...enrol, device: 'x y' }, 'device'],
    ['a secret for any, again and again', { ...enrol, device: null, reusable: true }, 'device'],
    ['a secret that is over', { ...enrol, until: new Date(0).toISOString() }, 'until'],
    ['names that are none', { ...enrol, names: 'printer' }, 'names'],
    ['no request', { ...sign, request: 'hello' }, 'request'],
    ['a request that is too long', { ...sign, request: 'A'.repeat(40_000) }, 'request'],
    ['a name that is no host', { ...sign, request: requestIn('odd') }, 'names'],
    ['a subject that the profile does not have', { ...sign, profile: 'device' }, 'subject'],
    ['an authority', { ...sign, profile: 'authority' }, 'profile'],
    ['too many days', { ...sign, days: 3_651 }, 'days'],
    ['half a sign', { ...issue, subject: 'CN=\ud800.example' }, 'subject'],
    ['a control character', { ...issue, subject: 'CN=a\u0000.example' }, 'subject'],
    ['an identity for clients', { ...issue, profile: 'client' }, 'profile'],
    ['a field that is none', { kind: 'list', root: true }, 'root'],
  ])('are refused at once for %s, and the field is named', async (_, body, path) => {
    const { status, body: said } = await trial.ask('POST', '/api/wishes', { token: admin, body });
    expect([status, said.faults[0]?.path]).toEqual([400, path]);
  });

  it('are listed by kind, page by page, the newest first', async () => {
    const asked = await ask(issue);
    expect(asked.about).toBe('front: CN=muster.example; DNS:muster.example');
    await ask({ kind: 'list' });
    const first = await list('?kind=issue,list&limit=1');
    expect([first.total, first.items.map(({ kind }) => kind)]).toEqual([2, ['list']]);
    const second = await list(`?kind=issue,list&limit=1&after=${first.next}`);
    expect([second.items[0]?.id, second.next]).toEqual([asked.id, null]);
  });

  it('are a hundred at most that wait, twenty at a time; what waited for a week is given up', async () => {
    const waiting = (await list('?limit=100')).items.filter(({ state }) => state === 'asked').length;
    for (let number = waiting; number < 100; number += 1) await ask({ kind: 'list' });
    await expect(ask({ kind: 'list' })).rejects.toThrow(/429 .*100 wishes wait/);
    expect(await speak()).toHaveLength(20);
    await trial.database.query(`update console.wish set asked_at = asked_at - interval '8 days'`);
    expect(await speak()).toEqual([]);
    await keepHouse(new Store(trial.database, 'console'));
    const { items } = await list('?kind=list&limit=100');
    expect(new Set(items.map(({ state, reason }) => `${state}: ${reason}`))).toEqual(
      new Set(['refused: the authority did not fetch it for 7 days; ask again']),
    );
    await ask({ kind: 'list' });
  });

  it('are dropped with an authority that is gone: not while it speaks, and one that speaks again begins anew', async () => {
    const told = { certificates: [issued], cursor: '1:ab' };
    await speak(told);
    expect((await trial.ask('POST', '/api/certificates/ab/revoke', { token: admin, body: {} })).status).toBe(
      202,
    );
    const { id } = await ask({ kind: 'list' });
    const giveUp = async () => {
      const { status, text } = await trial.ask('DELETE', '/api/authority', { token: admin });
      return `${status} ${text}`;
    };
    const late = async () => {
      const { troubles } = await answered<{ troubles: readonly string[] }>('GET', '/api/status');
      return troubles.filter((trouble) => trouble.includes('muster trust'));
    };
    expect(await giveUp()).toMatch(/^409 .*stop muster trust first/);
    expect(await answered('GET', '/api/certificates')).toMatchObject({
      items: [{ askedBy: expect.stringMatching(/^token:admin/) }],
    });
    await trial.database.query(`update console.authority set heard_at = heard_at - interval '2 minutes'`);
    expect(await late()).toHaveLength(1);
    expect(await giveUp()).toBe('204 ');
    expect(await late()).toEqual([]);
    expect(await answered('GET', '/api/authority')).toMatchObject({ chain: null, heardAt: null });
    expect(await answered('GET', '/api/certificates')).toMatchObject({ total: 0 });
    expect(await read(id)).toMatchObject({ state: 'refused', reason: 'the authority was given up' });
    const { items } = await answered<{ items: readonly object[] }>('GET', '/api/audit?limit=1');
    const detail = { certificates: 1, revocations: 1, wishes: 2 };
    expect(items[0]).toMatchObject({ action: 'authority.givenUp', target: 'authority', detail });
    expect(await giveUp()).toMatch(/^404 /);
    await expect(ask({ kind: 'list' })).rejects.toThrow(/404 .*muster ca init/);
    expect(await answered('POST', '/api/authority', { ...spoken, ...told }, trust)).toMatchObject({
      cursor: null,
      revoke: [],
      wishes: [],
    });
  });
});
