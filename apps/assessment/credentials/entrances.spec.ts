// Which credential goes out when, and to whom: of rows as they are kept, opened as they are used.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { placeName, userOf, type Credential, type CredentialScope } from '#device/credential';
import type { Driver, DriverName } from '#device/device';
import { KeyFile, makeKeyFile } from '#pki/key-file';
import { putCredential, type Owner } from '#store/credentials';
import type { Store } from '#store/store';
import { openFor } from '../../../test/support/fed-delivery.js';
import { ownFolder } from '../../../test/support/servers.js';
import { CredentialEntrances } from './entrances.js';
import { heldFor } from './held.js';
import { Vault } from './vault.js';

const admin = (password: string): Credential => ({ kind: 'admin', password: `password ${password}` });
const community = (kind: 'snmpRead' | 'snmpWrite', word: string, unproved = true): Credential => ({
  kind,
  community: word,
  unproved,
});
const user: Credential = {
  kind: 'snmpUser',
  user: 'muster',
  auth: 'sha1',
  authPassword: 'authentication',
  priv: 'aes128',
  privPassword: 'privacy pass',
};
const groups = [
  { groupId: 'office', priority: 20 },
  { groupId: 'lobby', priority: 10 },
];
const log = { warn: () => undefined };

/** It says nothing: what is looked at is which one is opened. */
const mute = (name: DriverName): Driver => {
  const silent = () => Promise.resolve({ kind: 'unsupported', reason: 'mute' } as const);
  return { name, identify: silent, read: silent, write: silent, close: () => undefined };
};

describe('credentials of a device', () => {
  let store: Store;
  let keys: KeyFile;
  let deviceId: string;
  beforeAll(async () => {
    store = await openFor('PGlite', 'assessment');
    const path = join(await ownFolder('keys'), 'keys');
    await makeKeyFile(path);
    keys = new KeyFile(path);
  });
  beforeEach(async () => {
    await store.query('delete from assessment.credential');
    deviceId = randomUUID();
    await store.query('insert into assessment.device (id) values ($1)', [deviceId]);
  });

  const hold = async (secret: Credential, scope: CredentialScope = 'global', id = ''): Promise<void> => {
    const at = { kind: secret.kind, scope, id };
    const box = (await keys.ring()).seal(JSON.stringify(secret), placeName(at));
    await putCredential(store, {
      ...at,
      userName: userOf(secret),
      generated: false,
      changedBy: 'admin',
      box,
    });
  };

  const device = (): Owner => ({ deviceId, serial: 'VNB3K12345', fingerprint: 'aa', vouched: false });

  interface Task {
    readonly owner?: Partial<Owner>;
    readonly subject?: string;
    readonly provable?: boolean;
    /** Absent: as it is provable. */
    readonly vouched?: boolean;
    readonly publicly?: string | null;
    /** Which one lets in; the others do not. */
    readonly right?: string;
    /** It does not show its certificate. */
    readonly shy?: true;
  }

  /** What the last task says that it did not send. */
  let keptBack: string | null;
  let whyNone: string | null;

  /** What one task hands out by a protocol until the device lets in, each with what it needs. */
  async function handedOut(
    name: DriverName,
    {
      subject = 'as it is',
      provable = true,
      vouched = provable,
      publicly = 'everybody',
      right,
      owner,
      shy,
    }: Task = {},
  ) {
    const opened: string[] = [];
    const entrances = new CredentialEntrances({
      held: await heldFor(store, { ...device(), ...owner, address: '10.0.0.1' }, groups),
      subject,
      provable,
      vouched,
      community: publicly,
      attemptsMax: 2,
      vault: new Vault({ store, keys, log }),
      openers: { api: () => mute('api'), snmp: () => mute('snmp') },
      openWith: (one) => {
        opened.push(
          one.kind === 'communities'
            ? `${one.read}+${one.write ?? '-'}`
            : one.kind === 'admin'
              ? one.credential.password
              : one.credential.user,
        );
        return mute(name);
      },
    });
    const all: string[] = [];
    for (let entrance = await entrances.next(name); entrance; entrance = await entrances.next(name)) {
      entrance.open();
      const what = opened.pop() ?? 'public';
      all.push(`${what}, ${entrance.needs}${entrance.inClear ? ', in clear' : ''}`);
      if (shy && entrance.needs === 'proved') {
        entrances.keptBack(entrance);
        continue;
      }
      const isRight = what === right;
      await entrances.judged(entrance, isRight);
      if (isRight) break;
    }
    keptBack = entrances.withheld;
    whyNone = entrances.whyNone('snmp');
    return all;
  }

  it('are those of the device, of its groups by priority, of all, then what each was before', async () => {
    await hold(admin('older'), 'device', deviceId);
    await hold(admin('device'), 'device', deviceId);
    await hold(admin('of another device'), 'device', randomUUID());
    await hold(admin('office'), 'group', 'office');
    await hold(admin('lobby'), 'group', 'lobby');
    await hold(admin('of another group'), 'group', 'elsewhere');
    await hold(admin('all'));
    const tasks = [
      await handedOut('api'),
      await handedOut('api'),
      await handedOut('api'),
      await handedOut('api'),
    ];
    expect(tasks.map((task) => task.map((one) => one.split(',')[0]))).toEqual([
      ['public', 'password device', 'password lobby'],
      ['public', 'password office', 'password all'],
      ['public', 'password older'],
      ['public'],
    ]);
  });

  it('that were wrong are tried again when they or the device changed; the right one comes first', async () => {
    await hold(admin('device'), 'device', deviceId);
    await hold(admin('all'));
    const right = 'password all';
    const words = async (task: Task) =>
      (await handedOut('api', task)).map((one) => one.split(',')[0]).slice(1);
    expect(await words({ right })).toEqual(['password device', right]);
    expect(await words({ right })).toEqual([right]);
    expect(await words({})).toEqual([right]);
    expect(await words({ right: 'none', subject: 'with other firmware' })).toEqual([
      'password device',
      right,
    ]);
    await hold(admin('newer'));
    expect(await words({ right: 'password newer' })).toEqual(['password device', 'password newer']);
  });

  it('that were wrong have their turn one after the other, however often', async () => {
    await hold({ ...user, user: 'all' });
    await hold({ ...user, user: 'lobby' }, 'group', 'lobby');
    await hold({ ...user, user: 'device' }, 'device', deviceId);
    const week = async (right: string): Promise<string[]> => {
      const tried = (await handedOut('snmp', { right })).map((one) => one.split(',')[0] ?? '');
      await store.query(`update assessment.credential_try set at = at - interval '7 days'`);
      return tried.filter((who) => who !== 'public');
    };
    const wrong = [await week('nobody'), await week('nobody'), await week('nobody'), await week('nobody')];
    expect(wrong.map((tried) => tried.length)).toEqual([2, 2, 2, 2]);
    // Two of three each week: none is left out twice in a row.
    const pairs = wrong.slice(1).map((tried, at) => new Set([...tried, ...(wrong[at] ?? [])]).size);
    expect(pairs).toEqual([3, 3, 3]);
    const found = [...(await week('all')), ...(await week('all'))];
    expect([found.at(-1), await week('all')]).toEqual(['all', ['all']]);
  });

  describe('that is deleted and found again', () => {
    const opened = async (owner: Partial<Owner>, provable = true) => {
      const id = randomUUID();
      await store.query('insert into assessment.device (id) values ($1)', [id]);
      const all = await handedOut('api', { owner: { deviceId: id, ...owner }, provable });
      return all.map((one) => one.split(',')[0]).slice(1);
    };
    beforeEach(async () => {
      await hold(admin('device'), 'device', deviceId);
      await hold(community('snmpRead', 'device'), 'device', deviceId);
    });

    it('are still its own, with the same certificate', async () => {
      await handedOut('api');
      expect(await opened({})).toEqual(['password device']);
      expect(await opened({})).toEqual(['password device']);
    });

    it('go on with it when it gets another certificate after that', async () => {
      await handedOut('api');
      const again = randomUUID();
      await store.query('insert into assessment.device (id) values ($1)', [again]);
      for (const fingerprint of ['aa', 'bb']) {
        const all = await handedOut('api', { owner: { deviceId: again, fingerprint }, subject: fingerprint });
        expect(all).toContain('password device, proved');
      }
      expect(await opened({})).toEqual([]);
      expect(await opened({ fingerprint: 'bb' })).toEqual(['password device']);
    });

    it.each<[string, Partial<Owner>]>([
      ['another certificate', { fingerprint: 'bb' }],
      ['none', { fingerprint: null }],
      ['another serial number', { serial: 'VNB3K99999' }],
    ])('are not those of one with %s', async (_, owner) => {
      await handedOut('api');
      expect(await opened(owner)).toEqual([]);
    });

    it('are its own with another certificate where an authority vouches for it', async () => {
      await handedOut('api');
      expect(await opened({ fingerprint: 'bb', vouched: true })).toEqual(['password device']);
    });

    it('of one without a certificate are its own as long as it has none', async () => {
      await handedOut('snmp', { owner: { fingerprint: null }, provable: false });
      const communities = async (fingerprint: string | null) => {
        const task = { owner: { deviceId: randomUUID(), fingerprint }, provable: fingerprint !== null };
        return (await handedOut('snmp', task)).filter((one) => !one.startsWith('public'));
      };
      expect(await communities(null)).toEqual(['device+-, nothing, in clear']);
      expect(await communities('bb')).toEqual([]);
    });
  });

  it('are communities, each to read beside that to write of its place, as long as no user is kept', async () => {
    await hold(community('snmpWrite', 'write'));
    await hold(community('snmpRead', 'lobby'), 'group', 'lobby');
    expect(await handedOut('snmp', { right: 'public' })).toEqual([
      'lobby+write, proved, in clear',
      'write+write, proved, in clear',
      'public, nothing',
    ]);
    await hold(user);
    expect(await handedOut('snmp', { right: 'public' })).toEqual(['muster, proved', 'public, nothing']);
  });

  it('are no public ones once the device has let a user in', async () => {
    await hold(user);
    expect(await handedOut('snmp', { right: 'muster' })).toEqual(['muster, proved']);
    await hold(community('snmpRead', 'readers'));
    expect(await handedOut('snmp', { right: 'nobody' })).toEqual(['muster, proved']);
    // It has refused him since, and is given time.
    expect(await handedOut('snmp', { right: 'public' })).toEqual([]);
    await store.query(`update assessment.credential_try set at = at - interval '11 minutes'`);
    expect(await handedOut('snmp', { right: 'muster' })).toEqual(['muster, proved']);
    await hold(admin('all'));
    expect(await handedOut('api')).toEqual(['public, nothing', 'password all, proved']);
  });

  it('go to a device that can prove nothing only where nothing is lost by it, or an operator says so', async () => {
    await hold(admin('all'));
    expect(await handedOut('api', { provable: false })).toEqual(['public, nothing']);
    await hold(community('snmpRead', 'secret', false), 'device', deviceId);
    await hold(community('snmpRead', 'open'));
    expect(await handedOut('snmp', { provable: false })).toEqual([
      'open+-, nothing, in clear',
      'public, nothing',
    ]);
    await hold(user);
    expect(await handedOut('snmp', { provable: false, right: 'muster' })).toEqual(['muster, nothing']);
  });

  it('that are kept back from a device that can prove nothing are named, whatever lets in then', async () => {
    const why = 'no certificate is known by which it could prove itself';
    const unless = `${why}, and it is not set with --unproved (muster credential set --help)`;
    const task = { provable: false, vouched: true };
    await hold(community('snmpWrite', 'before', false), 'device', deviceId);
    await hold(community('snmpWrite', 'write', false), 'device', deviceId);
    const write = `the SNMP write community of this device was not sent to it: ${unless}`;
    expect(await handedOut('snmp', { ...task, right: 'public' })).toEqual(['public, nothing']);
    expect([keptBack, whyNone]).toEqual([write, write]);
    // Of a place, what may be sent goes alone.
    await hold(community('snmpRead', 'read'), 'device', deviceId);
    expect(await handedOut('snmp', { ...task, right: 'read+-' })).toEqual(['read+-, nothing, in clear']);
    expect(keptBack).toBe(write);
    await hold(community('snmpRead', 'read', false), 'device', deviceId);
    expect(await handedOut('snmp', task)).toContain('public, nothing');
    expect(keptBack).toBe(
      `the SNMP write community of this device and the SNMP read community of this device were not sent to it: ${unless}`,
    );
    await hold({ ...admin('all'), kind: 'admin', password: 'password all', unproved: true });
    expect(await handedOut('api', task)).toEqual(['public, nothing']);
    expect(keptBack).toBe(`the administrator password of all devices was not sent to it: ${why}`);
  });

  it('that a device is not sent as it shows no certificate are named, and none of the wrong ones that are tried', async () => {
    for (const word of ['one', 'two'])
      await hold(community('snmpRead', word, false), 'group', word === 'one' ? 'lobby' : 'office');
    await hold(community('snmpRead', 'three'));
    expect(await handedOut('snmp', { shy: true })).toHaveLength(4);
    expect(keptBack).toBe(
      'the SNMP read community of one of its groups and the SNMP read community of all devices were not sent to it: it has not proved itself by its certificate this time',
    );
    expect(await handedOut('snmp', { right: 'one+-' })).toHaveLength(1);
    expect(keptBack).toBe(null);
  });

  it('of groups and of all go to no device that was only pinned when it came first, unless an operator says so', async () => {
    const [seen, known] = [{ vouched: false }, { vouched: true }];
    await hold(admin('all'));
    await hold(admin('office'), 'group', 'office');
    await hold(community('snmpRead', 'readers', false));
    expect(await handedOut('api', seen)).toEqual(['public, nothing']);
    expect(await handedOut('snmp', seen)).toEqual(['public, nothing']);
    expect(keptBack).toBe(
      'the SNMP read community of all devices was not sent to it: nobody vouches that it is one of yours (muster credential set --help)',
    );
    await hold(admin('own'), 'device', deviceId);
    await hold(community('snmpWrite', 'own', false), 'device', deviceId);
    expect(await handedOut('api', seen)).toEqual(['public, nothing', 'password own, proved']);
    expect(await handedOut('snmp', seen)).toEqual(['everybody+own, proved, in clear', 'public, nothing']);
    await hold({ ...admin('all'), kind: 'admin', password: 'password everywhere', unproved: true });
    expect(await handedOut('api', seen)).toEqual(['public, nothing', 'password everywhere, proved']);
    expect(await handedOut('api', known)).toEqual([
      'public, nothing',
      'password office, proved',
      'password all, proved',
    ]);
  });

  it('go nowhere once it was moved without a proof, until somebody vouches for it or sets one for it', async () => {
    const open = { ...admin('all'), kind: 'admin', password: 'password all', unproved: true } as const;
    for (const secret of [open, community('snmpRead', 'read'), user]) await hold(secret);
    await hold(admin('own'), 'device', deviceId);
    await hold(community('snmpWrite', 'own'), 'device', deviceId);
    await store.query(`update assessment.device set moved_at = now() + interval '1 minute' where id = $1`, [
      deviceId,
    ]);
    for (const name of ['api', 'snmp'] as const)
      expect(await handedOut(name, { vouched: false })).toEqual(['public, nothing']);
    expect(keptBack).toMatch(
      /^the SNMPv3 user of all devices .* not sent to it: it was taken as moved without/,
    );
    expect(await handedOut('api', { vouched: true })).toContain('password own, proved');
    await store.query(`update assessment.device set moved_at = now() - interval '1 second' where id = $1`, [
      deviceId,
    ]);
    await hold(admin('new'), 'device', deviceId);
    expect(await handedOut('api', { vouched: false })).toContain('password new, proved');
  });

  it('that may write are not read with, unless an operator says so', async () => {
    await hold(community('snmpWrite', 'write', false));
    expect(await handedOut('snmp')).toEqual(['everybody+write, proved, in clear', 'public, nothing']);
    expect(await handedOut('snmp', { publicly: null })).toEqual(['public, nothing']);
    await hold(community('snmpRead', 'read', false));
    expect(await handedOut('snmp', { right: 'read+write' })).toEqual(['read+write, proved, in clear']);
    await hold(community('snmpWrite', 'open', true));
    const [first] = await handedOut('snmp', { right: 'read+open' });
    expect(first).toBe('read+open, proved, in clear');
  });

  it('that were right are tried again when they were refused, after ever longer; one that never was is not', async () => {
    await hold(admin('lobby'), 'group', 'lobby');
    await hold(admin('all'));
    const right = 'password all';
    const later = (minutes: number) =>
      store.query(`update assessment.credential_try set at = at - $1 * interval '1 minute'`, [minutes]);
    const words = async (task: Task) =>
      (await handedOut('api', task)).map((one) => one.split(',')[0]).slice(1);
    expect(await words({ right })).toEqual(['password lobby', right]);
    expect(await words({})).toEqual([right]);
    expect(await words({ right })).toEqual([]);
    await later(9);
    expect(await words({ right })).toEqual([]);
    await later(2);
    expect(await words({})).toEqual([right]);
    await later(11);
    expect(await words({ right })).toEqual([]);
    await later(50);
    expect(await words({ right })).toEqual([right]);
    expect(await words({ right })).toEqual([right]);
  });

  it('of SNMPv3 that never were right are tried again all the same: a device may be told of a user at any time', async () => {
    await hold(user);
    expect(await handedOut('snmp', { publicly: null })).toContain('muster, proved');
    expect(await handedOut('snmp', { publicly: null })).not.toContain('muster, proved');
    await store.query(`update assessment.credential_try set at = at - interval '11 minutes'`);
    expect(await handedOut('snmp', { publicly: null })).toContain('muster, proved');
  });

  it('that no key opens are left out', async () => {
    await hold(admin('all'));
    await hold(admin('device'), 'device', deviceId);
    // As who can write to the database, and has no key, would hand it on.
    await store.query(
      `update assessment.credential set box = (select box from assessment.credential where scope = 'global')
       where scope = 'device'`,
    );
    expect(await handedOut('api')).toEqual(['public, nothing', 'password all, proved']);
  });
});
