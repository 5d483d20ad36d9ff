// npm is told to end, as service managers and people do: what it started must not go on without it.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from './support/until.js';

const child = pathToFileURL(join(import.meta.dirname, '..', 'scripts', 'child.mjs')).href;
const server = `
  import { renameSync, writeFileSync } from 'node:fs';
  process.on('SIGTERM', () => { writeFileSync('drained', ''); process.exit(0); });
  setInterval(() => {}, 1000);
  writeFileSync('pid.new', String(process.pid));
  renameSync('pid.new', 'pid');`;
const wrapper = `import { inPlace } from '${child}';
  process.exitCode = await inPlace(process.execPath, ['server.mjs']);`;

let folder = '';
let npm: ChildProcess | null = null;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-npm-'));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'x', scripts: { start: 'node start.mjs' } }),
  );
  await writeFile(join(folder, 'server.mjs'), server);
  await writeFile(join(folder, 'start.mjs'), wrapper);
});
afterAll(async () => {
  npm?.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

it.each(['SIGTERM', 'SIGKILL'] as const)(
  '%s to npm ends the server that it started, in order',
  async (how) => {
    for (const name of ['pid', 'drained']) await rm(join(folder, name), { force: true });
    npm = spawn('npm', ['start'], { cwd: folder, stdio: 'ignore' });
    const ended = once(npm, 'exit');
    await until('the server runs', () => existsSync(join(folder, 'pid')));
    const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
    npm.kill(how);
    await ended;
    await until('the server has ended', () => !isThere(pid));
    expect(existsSync(join(folder, 'drained'))).toBe(true);
  },
);

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
