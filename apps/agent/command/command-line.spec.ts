// The agent as a process, killed and started again. Runs what was built: npm test builds first.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused, startAnnounceServer, type AnnounceServer } from '../../../test/support/announce-server.js';
import { until } from '../../../test/support/until.js';

const main = fileURLToPath(new URL('../../../dist/apps/agent/main.js', import.meta.url));
let stateDir: string;
let server: AnnounceServer;
const children: ChildProcess[] = [];
const asRoot = process.getuid?.() === 0;
const noOverride = ['--bounding-set', '--inh-caps'].flatMap((set) => [set, '-dac_override,-dac_read_search']);

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'agent-'));
  server = await startAnnounceServer();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await server.close();
  await rm(stateDir, { recursive: true });
});

const type = (...words: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
};
const inFolder = () => ['--state', stateDir];
const asDevice = () => [
  ...inFolder(),
  '--serial',
  'CMD-0001',
  '--server',
  '127.0.0.1',
  '--port',
  String(server.port),
];

/** Starts `muster agent run`; resolves with the process when it has announced `count` times in all. */
async function run(count: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, [main, 'run', ...asDevice(), '--api-port', '0', '--ip', '127.0.0.1']);
  children.push(child);
  await until('it announced', () => server.heard.length >= count);
  return child;
}
const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
const reasons = () => server.heard.map(({ announcement }) => announcement.reason);

test('run announces; killed and started again it is the same device, and tells a cold reset made meanwhile', async () => {
  const first = await run(1);
  await until('it shows Success', () => type('status', ...inFolder()).text.startsWith('Success'));
  const gone = ended(first);
  first.kill('SIGKILL');
  await gone;
  const status = type('status', ...inFolder());
  expect(status).toMatchObject({ status: 0 });
  expect(status.text).toContain('does not run');
  expect(type('reset', ...inFolder()).text).toContain('It is announced when the agent runs.');

  await run(2);
  expect(reasons()).toEqual(['boot', 'coldReset']);
  expect(new Set(server.heard.map(({ fingerprint }) => fingerprint)).size).toBe(1);
});

test('a running agent obeys announce and reset, lets no second one in, and ends on SIGTERM', async () => {
  const child = await run(1);
  await until('it can be asked', () => type('status', ...inFolder()).text.includes('agent         runs'));
  // Spawned, not waited for: the server that answers lives in this process.
  for (const command of ['announce', 'reset']) {
    const asking = spawn(process.execPath, [main, command, ...inFolder()]);
    expect(await ended(asking)).toBe(0);
  }
  expect(reasons()).toEqual(['boot', 'unstated', 'coldReset']);
  const second = spawn(process.execPath, [main, 'run', ...asDevice(), '--api-port', '0']);
  expect(await ended(second)).toBe(1);
  child.kill('SIGTERM');
  expect(await ended(child)).toBe(0);
  expect(JSON.parse(await readFile(join(stateDir, 'state.json'), 'utf8'))).toMatchObject({ booted: true });
});

test('announce alone announces once; nobody there is exit 1', async () => {
  const asking = spawn(process.execPath, [main, 'announce', ...asDevice()]);
  expect(await ended(asking)).toBe(0);
  expect(server.heard[0]?.announcement.identity).toMatchObject({ serial: 'CMD-0001', ip: '127.0.0.1' });
  await server.close();
  expect(type('announce', ...asDevice())).toMatchObject({ status: 1 });
});

test('a file that is closed to it is named, and whose it must be', async () => {
  const file = join(stateDir, 'ca.pem');
  await writeFile(file, '', { mode: 0o600 });
  await (asRoot ? chown(file, 65_534, 65_534) : chmod(file, 0));
  // As an account that is not root: one for whom files are closed.
  const [program = '', ...first] = [...(asRoot ? ['setpriv', ...noOverride] : []), process.execPath, main];
  const { status, stderr } = spawnSync(program, [...first, 'run', ...asDevice(), '--api-port', '0'], {
    encoding: 'utf8',
  });
  expect(stderr).toBe(
    `${file} is closed to ${userInfo().username}, as whom this runs (EACCES): it must belong to the user of the agent, which is muster-agent under systemd\n`,
  );
  expect(status).toBe(1);
});

test('a refusal is called one, though a server was found; announce ends with 1 (R1)', async () => {
  await server.close();
  server = await startAnnounceServer(() => refused('switchedOff'));
  const asking = spawn(process.execPath, [main, 'announce', ...asDevice()]);
  expect(await ended(asking)).toBe(1);
  const { status, text } = type('status', ...inFolder());
  expect(text).toMatch(/^Refused: .*\nstate {9}Success, as a server was found\n/);
  expect(status).toBe(0);
});

test('fleet --once ends with what became of it', async () => {
  const words = [
    '--count',
    '3',
    '--server',
    `127.0.0.1:${server.port}`,
    '--network',
    '127.28',
    '--api-port',
    '17627',
  ];
  const fleet = spawn(process.execPath, [main, 'fleet', ...inFolder(), ...words, '--once']);
  let text = '';
  fleet.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  expect(await ended(fleet)).toBe(0);
  expect(text).toContain('announced: 3 accepted, 0 refused, 0 failed');
});

test.each([
  { typed: ['--help'], status: 0, says: 'muster agent <command>' },
  { typed: ['frob'], status: 2, says: 'There is no command frob' },
  { typed: ['run', '--speed', '9'], status: 2, says: 'speed' },
  { typed: ['run'], status: 2, says: '--serial is needed' },
  { typed: ['run', '--serial', 'x y'], status: 2, says: 'serial' },
  { typed: ['announce', '--serial', 'ABCD', '--port', '99999'], status: 2, says: '99999 is no port' },
  { typed: ['fleet', '--count', '0'], status: 2, says: '--count' },
  { typed: ['fleet', '--fault', '1:burn'], status: 2, says: 'is no fault' },
  { typed: ['status', '--state', '/nonexistent'], status: 2, says: 'No agent ever ran' },
])('$typed ends with $status', ({ typed, status, says }) => {
  const answer = type(...typed);
  expect(answer.text).toContain(says);
  expect(answer.status).toBe(status);
});
