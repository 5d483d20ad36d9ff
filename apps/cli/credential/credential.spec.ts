// An administrator at the command line who says what opens devices (R67), a real console at the other end: secrets come from files
// alone, go where the options say, and are never shown.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceDiscovered } from '#events/device';
import { makeKeyFile } from '#pki/key-file';
import { databases, Trial } from '../../../test/support/console.js';
import { ownFolder } from '../../../test/support/servers.js';
import { typed } from '../../../test/support/typed.js';
import { until } from '../../../test/support/until.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;
const deviceId = '0193f2a0-0000-7000-8000-00000000c0de';
const secrets = ['an-admin-secret', 'auth-secret-of-12', 'priv-secret-of-12', 'a-community'];

describe('credentials at the command line', () => {
  let trial: Trial;
  let folder: string;
  const said: string[] = [];
  const muster = async (...words: readonly string[]) => {
    const answer = await typed(runCommand, ['credential', ...words], {
      MUSTER_CONSOLE_URL: trial.host.url,
      MUSTER_TOKEN_FILE: join(folder, 'token'),
    });
    said.push(answer.text);
    return answer;
  };
  /** Resolves to its id. */
  const found = async (serial: string, fingerprint: string | null, deviceId: string = randomUUID()) => {
    const { example } = deviceDiscovered;
    const identity = { ...example.identity, serial, hostname: 'lobby' };
    const drafted = deviceDiscovered.draft({ ...example, deviceId, identity, fingerprint });
    await trial.bus.publish([trial.event('discovery', drafted)]);
    await until('the device is there', async () => {
      const rows = await trial.database.query('select 1 from console.device where id = $1', [deviceId]);
      return rows.length > 0;
    });
    return deviceId;
  };
  const file = (name: string): string => join(folder, name);
  const kept = () =>
    trial.database.query<{ kind: string; scope: string; id: string; version: number }>(
      'select kind, scope, id, version from assessment.credential order by kind, scope',
    );
  beforeAll(async () => {
    folder = await ownFolder('credentials');
    await makeKeyFile(file('keys'));
    const others = [{ service: 'assessment', on: [] }];
    trial = await Trial.start(await PGlite.open(), { MUSTER_CREDENTIALS_KEY_FILE: file('keys') }, others);
    await writeFile(file('token'), await trial.token('admin'));
    await writeFile(file('admin'), 'an-admin-secret\n');
    await writeFile(file('user'), 'auth-secret-of-12\npriv-secret-of-12\n');
    await writeFile(file('community'), 'a-community\n');
    await found('VNB3K12345', deviceDiscovered.example.fingerprint, deviceId);
  });
  afterAll(() => trial.stop());

  it.each([
    [['set', 'admin', '--user', 'root', '--secret-file', 'admin'], 'admin has no --user.'],
    [
      ['set', 'snmpRead', '--auth', 'sha256', '--priv', 'aes128', '--secret-file', 'community'],
      'snmpRead has no --auth, --priv.',
    ],
    [
      ['set', 'snmpUser', '--user', 'muster', '--unproved', '--secret-file', 'user'],
      'snmpUser has no --unproved.',
    ],
    [
      ['set', 'admin', '--device', 'VNB3K12345', '--group', 'all', '--secret-file', 'admin'],
      'say --device or --group, not both.',
    ],
    [['set', 'admin'], 'name its file with --secret-file'],
    [['set', 'admin', '--secret-file', 'nowhere'], 'The secret cannot be read'],
    [['set', 'admin', 'an-admin-secret', '--secret-file', 'admin'], 'say one of admin, '],
    [['set', 'password', '--secret-file', 'admin'], 'say one of '],
    [['set', 'snmpUser', '--user', 'muster', '--priv', 'des', '--secret-file', 'user'], 'priv: '],
    [['set', 'snmpUser', '--secret-file', 'user'], 'say the name of the user of SNMPv3 with --user.'],
    [['set', 'snmpUser', '--user', 'muster', '--secret-file', 'admin'], 'the second is missing'],
    [
      ['set', 'admin', '--device', 'VNB3K99999', '--secret-file', 'admin'],
      'there is no device with the serial number VNB3K99999',
    ],
    [['remove', 'admin', 'snmpRead'], 'snmpRead was not expected.'],
    [['forget'], 'say one of list, set, remove, rotate.'],
  ])('%j is refused, and nothing is set', async (words, reason) => {
    const files = words.map((word, at) => (words[at - 1] === '--secret-file' ? file(word) : word));
    const { status, text } = await muster(...files);
    expect([status, text]).toEqual([2, expect.stringContaining(reason)]);
    expect(await kept()).toEqual([]);
  });

  it('are set for all, a group or a device, and it is said to whom they go', async () => {
    const admin = await muster('set', 'admin', '--secret-file', file('admin'));
    expect(admin.out).toMatch(
      /^admin of all devices: version 1, sealed\.\nIt goes only to devices that an authority/,
    );
    const unproved = await muster(
      'set',
      'snmpWrite',
      '--unproved',
      '--group',
      'all',
      '--secret-file',
      file('community'),
    );
    expect(unproved.out).toMatch(
      /^snmpWrite of the group all: .*\nIt goes to each of them in clear, whoever is there/,
    );
    const own = await muster('set', 'admin', '--device', 'VNB3K12345', '--secret-file', file('admin'));
    expect(own.out).toMatch(
      /^admin of the device VNB3K12345 \(lobby\): .*\nIt goes to whoever shows the certificate/,
    );
    const user = await muster('set', 'snmpUser', '--user', 'muster', '--secret-file', file('user'));
    expect(user.out).toMatch(/\nHe is tried on all of them: SNMPv3 sends no password\.$/m);
    expect(await kept()).toEqual([
      { kind: 'admin', scope: 'device', id: deviceId, version: 1 },
      { kind: 'admin', scope: 'global', id: '', version: 1 },
      { kind: 'snmpUser', scope: 'global', id: '', version: 1 },
      { kind: 'snmpWrite', scope: 'group', id: 'all', version: 1 },
    ]);
    const rows = (await muster('list')).out.split('\n').filter((line) => line !== '');
    expect(rows.map((line) => line.trim().split(/ {2,}/).slice(0, 7))).toEqual([
      ['Kind', 'Whose', 'User', 'Protects', 'Unproved', 'Version', 'Earlier'],
      ['admin', 'global', 'admin', '–', 'no', '1', '0'],
      ['snmpUser', 'global', 'muster', 'sha256, aes128', '–', '1', '0'],
      ['snmpWrite', 'group all', '–', '–', 'yes', '1', '0'],
      ['admin', 'device VNB3K12345 (lobby)', 'admin', '–', 'no', '1', '0'],
    ]);
    const found = (await muster('list', '--search', 'MUST', '--json')).out.trim().split('\n');
    expect(found.map((line) => JSON.parse(line) as object)).toMatchObject([
      { kind: 'snmpUser', unproved: null },
    ]);
  });

  it.each([
    {
      what: 'none',
      pinned: null,
      told: {
        admin:
          'No certificate is pinned to the device, by which it could prove itself: it is not sent until one is.',
        snmpWrite:
          'No certificate is pinned to the device, by which it could prove itself: it is not sent until one is, unless you set it with --unproved: then to whoever is at its address, in clear.',
        unproved:
          'No certificate is pinned to the device, by which it could prove itself: it goes to whoever is at its address, in clear, for reading too.',
      },
    },
    {
      what: 'one',
      pinned: 'a'.repeat(64),
      told: {
        admin: 'It goes to whoever shows the certificate that is pinned to the device.',
        snmpWrite:
          'It goes to whoever shows the certificate that is pinned to the device, and only to write with.',
        unproved: 'It goes to whoever shows the certificate that is pinned to the device, for reading too.',
      },
    },
    {
      what: 'no word of any',
      pinned: undefined,
      told: {
        admin:
          'It goes to whoever shows the certificate that is pinned to the device; while there is none, it is not sent.',
        snmpWrite:
          'It goes to whoever shows the certificate that is pinned to the device, and only to write with; while there is none, it is not sent, unless you set it with --unproved: then to whoever is at its address, in clear.',
        unproved:
          'It goes to whoever shows the certificate that is pinned to the device, and while there is none to whoever is at its address, in clear, for reading too.',
      },
    },
  ])('of a device with $what are said to go where they go', async ({ what, pinned, told }) => {
    const id = await found(`FOUND-${(pinned ?? what).length}`, pinned ?? null);
    // As it was kept by a version before.
    if (pinned === undefined)
      await trial.database.query(`update console.device set state = state - 'fingerprint' where id = $1`, [
        id,
      ]);
    const answer = async (kind: string, from: string, ...more: readonly string[]) =>
      (await muster('set', kind, '--device', id, '--secret-file', file(from), ...more)).out.split('\n')[1];
    const [admin, snmpWrite, unproved] = [
      await answer('admin', 'admin'),
      await answer('snmpWrite', 'community'),
      await answer('snmpWrite', 'community', '--unproved'),
    ];
    expect({ admin, snmpWrite, unproved }).toEqual(told);
    expect(await answer('admin', 'admin', '--unproved')).toBe(told.admin);
    expect(await answer('snmpUser', 'user', '--user', 'muster')).toMatch(
      /^He is tried on this device alone:/,
    );
    await trial.database.query('delete from assessment.credential where id = $1', [id]);
  });

  it('are sealed anew', async () => {
    expect(await muster('rotate')).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^0 sealed anew; .* 4 of them/) as unknown,
    });
  });

  it('that Muster made are forgotten only where that is meant', async () => {
    await trial.database.query(`update assessment.credential set generated = true where scope = 'device'`);
    const asked = await muster('remove', 'admin', '--device', 'VNB3K12345');
    expect([asked.status, asked.text]).toEqual([
      2,
      expect.stringContaining('To forget it all the same, add --yes.'),
    ]);
    expect((await kept()).map(({ scope }) => scope)).toContain('device');
    // Another one's is not in the way.
    expect((await muster('remove', 'admin')).status).toBe(0);
    expect((await muster('remove', 'admin', '--device', 'VNB3K12345', '--yes')).status).toBe(0);
    expect((await kept()).map(({ kind }) => kind)).toEqual(['snmpUser', 'snmpWrite']);
    expect((await muster('remove', 'admin')).status).toBe(1);
  });

  it('that Muster made for a device that was deleted since are no less meant', async () => {
    await muster('set', 'admin', '--device', 'VNB3K12345', '--secret-file', file('admin'));
    await trial.database.query(
      `update assessment.credential set generated = true, device_id = id::uuid, serial = 'VNB3K12345' where scope = 'device'`,
    );
    await trial.database.query('update console.device set listed = false');
    expect((await muster('remove', 'admin', '--device', 'VNB3K12345')).text).toContain('add --yes');
    expect((await muster('remove', 'admin', '--device', 'VNB3K12345', '--yes')).status).toBe(0);
    expect((await kept()).map(({ scope }) => scope)).not.toContain('device');
  });

  it('of another device that Muster made are not in the way', async () => {
    await trial.database.query('update console.device set listed = true');
    await muster('set', 'admin', '--device', 'VNB3K12345', '--secret-file', file('admin'));
    await trial.database.query(
      `insert into assessment.credential (kind, scope, id, user_name, generated, changed_by, box)
       select kind, scope, gen_random_uuid()::text, user_name, true, changed_by, box from assessment.credential
       where kind = 'admin' and scope = 'device'`,
    );
    expect((await muster('remove', 'admin', '--device', 'VNB3K12345')).status).toBe(0);
    expect((await kept()).filter(({ kind }) => kind === 'admin')).toHaveLength(1);
  });

  it('are never shown', () => {
    expect(secrets.filter((secret) => said.join().includes(secret))).toEqual([]);
  });
});
