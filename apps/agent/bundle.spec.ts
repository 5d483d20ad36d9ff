// The one file for a device: made by the script, run in a folder with nothing else by plain Node, as the unit runs it.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startAnnounceServer } from '../../test/support/announce-server.js';
import { Process } from '../../test/support/process.js';
import { until } from '../../test/support/until.js';

const unit = readFileSync(new URL('../../deploy/agent/muster-agent.service', import.meta.url), 'utf8');
const started = /^ExecStart=(\S+) (.*) (\S+\.mjs) run --state (\S+) \$AGENT_OPTIONS$/m.exec(unit);
const [, , nodeOptions = ''] = started ?? [];

/** Ours, and the one of the system when it is another that is new enough. */
const nodes = [process.execPath, '/usr/bin/node'].filter(
  (node, at) =>
    at === 0 || /^v(2\d|[3-9]\d)\./.test(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? ''),
);

let dir: string;
const file = () => join(dir, 'bare', 'muster-agent.mjs');

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'agent-'));
  execFileSync(process.execPath, ['scripts/agent-bundle.mjs', join(dir, 'made')], { stdio: 'pipe' });
  mkdirSync(join(dir, 'bare'));
  expect(readdirSync(join(dir, 'made'))).toEqual(['muster-agent.mjs']);
  copyFileSync(join(dir, 'made', 'muster-agent.mjs'), file());
});
afterAll(() => rmSync(dir, { recursive: true }));

describe.each(nodes)('by %s', (node) => {
  test('it says what can be typed', () => {
    const { status, stdout, stderr } = spawnSync(node, [file(), '--help'], {
      encoding: 'utf8',
      cwd: join(dir, 'bare'),
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('--require-mutual');
  });

  test('it announces, prints its memory, and ends on SIGTERM', async () => {
    const server = await startAnnounceServer();
    const state = mkdtempSync(join(dir, 'state-'));
    const to = ['--server', '127.0.0.1', '--port', String(server.port), '--api-port', '0'];
    const words = [
      ...nodeOptions.split(' '),
      file(),
      'run',
      '--state',
      state,
      '--serial',
      'ONE-FILE-1',
      ...to,
    ];
    const agent = new Process({ name: 'agent', entry: node, node: false, words });
    const status = () => spawnSync(node, [file(), 'status', '--state', state], { encoding: 'utf8' }).stdout;
    await until('it shows Success', () => {
      if (agent.exitCode !== null) throw new Error(agent.output);
      return server.heard.length > 0 && status().startsWith('Success');
    });
    const [, megabytes] = /^agent {9}runs, in (\d+) MB of memory$/m.exec(status()) ?? [];
    const [, most] = /^MemoryMax=(\d+)M$/m.exec(unit) ?? [];
    expect(Number(megabytes)).toBeGreaterThan(10);
    expect(Number(megabytes)).toBeLessThan(Number(most));
    expect(agent.output).toMatch(/"memoryMegabytes":\d+/);
    expect(await agent.signal('SIGTERM')).toBe(0);
    await server.close();
  });
});

const analyze = '/usr/bin/systemd-analyze';
describe.skipIf(!existsSync(analyze))('the unit (skipped without systemd-analyze)', () => {
  test('is one that systemd takes, and leaves the agent little', () => {
    // Looked for are the programs too: they are this machine's.
    const here = unit.replace(
      /^ExecStart=\S+ (.*) \S+\.mjs /m,
      `ExecStart=${process.execPath} $1 ${file()} `,
    );
    const path = join(dir, 'muster-agent.service');
    writeFileSync(path, here);
    const verify = spawnSync(analyze, ['verify', path], { encoding: 'utf8' });
    expect({ status: verify.status, text: verify.stderr }).toEqual({ status: 0, text: '' });
    const security = spawnSync(analyze, ['security', '--offline=yes', path], { encoding: 'utf8' });
    const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(security.stdout) ?? [];
    expect(Number(exposure)).toBeGreaterThan(0);
    expect(Number(exposure)).toBeLessThan(2);
  });
});
