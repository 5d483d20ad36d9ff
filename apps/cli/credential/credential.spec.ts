// What opens devices, listed at the command line with a real console at the other end.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeKeyFile } from '#pki/key-file';
import { databases, Trial } from '../../../test/support/console.js';
import { ownFolder } from '../../../test/support/servers.js';
import { typist, type Typist } from '../../../test/support/typed.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;
let trial: Trial;
let muster: Typist;
beforeAll(async () => {
  const keys = join(await ownFolder('keys'), 'keys');
  await makeKeyFile(keys);
  const environment = { MUSTER_CREDENTIALS_KEY_FILE: keys };
  trial = await Trial.start(await PGlite.open(), environment, [{ service: 'assessment', on: [] }]);
  muster = await typist(trial, runCommand);
});
afterAll(() => trial.stop());

it('credentials are listed with how they are used, all of them or those that are searched for', async () => {
  const token = await trial.token('admin');
  const set = (body: object) => trial.ask('PUT', '/api/credentials', { token, body });
  const passwords = { authPassword: 'auth-s3cret', privPassword: 'priv-s3cret' };
  await set({ scope: 'global', credential: { kind: 'snmpRead', community: 's3cret', unproved: true } });
  const user = { kind: 'snmpUser', user: 'muster', auth: 'sha512', priv: 'aes256b', ...passwords };
  await set({ scope: 'group', id: 'all', credential: user });
  const { out } = await muster('credential', 'list');
  const rows = out.split('\n').map((line) => line.trim().split(/ {2,}/));
  expect(rows[0]).toEqual([
    ...['Kind', 'Whose', 'User', 'Protects', 'Unproved', 'Version', 'Earlier', 'Changed', 'By'],
  ]);
  expect(rows.slice(1, 3).map((row) => row.slice(0, 5))).toEqual([
    ['snmpRead', 'global', '–', '–', 'yes'],
    ['snmpUser', 'group all', 'muster', 'sha512, aes256b', '–'],
  ]);
  expect(out).not.toContain('s3cret');
  const found = await muster('credential', 'list', '--search', 'MUST', '--json');
  const lines = found.out.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { kind: 'snmpUser', unproved: null },
  ]);
});
