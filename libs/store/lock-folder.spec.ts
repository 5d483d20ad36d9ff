import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FolderLocked, lockFolder } from '#store/lock-folder';
import { root } from '../../test/tidy/sources.js';

const folder = () => mkdtemp(join(tmpdir(), 'muster-lock-'));

it('lets one of many in, and the next when that one gives it back', async () => {
  const dir = await folder();
  const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(dir)));
  const [unlock, ...others] = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  expect(others).toEqual([]);
  const refused = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  expect(refused.every((reason) => reason instanceof FolderLocked)).toBe(true);
  await expect(lockFolder(dir)).rejects.toThrow(`${dir} is in use by process ${process.pid};`);
  expect((await stat(join(dir, 'lock'))).mode & 0o077).toBe(0);
  await unlock?.();
  await (
    await lockFolder(dir)
  )();
});

/** A process that holds the folder, begun by `prefix`. */
async function holderOf(dir: string, ...prefix: readonly string[]) {
  const program = `import { lockFolder } from './dist/libs/store/lock-folder.js';
    await lockFolder(process.argv[1]);
    console.log('held');
    setInterval(() => undefined, 1_000);`;
  const [command = '', ...words] = [
    ...prefix,
    process.execPath,
    ...['--input-type=module', '-e', program, dir],
  ];
  const holder = spawn(command, words, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  return holder;
}

it('is free again at once when its holder is killed', async () => {
  const dir = await folder();
  const holder = await holderOf(dir);
  await expect(lockFolder(dir)).rejects.toThrow(`in use by process ${holder.pid};`);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (
    await lockFolder(dir)
  )();
});

it('holds against a process of another container', async (context) => {
  // Their own network and their own host name, as two containers on one volume have them.
  const apart = ['unshare', '--net', '--uts'];
  const why = spawnSync(apart[0] ?? '', [...apart.slice(1), 'true']);
  if (why.status !== 0) return context.skip(`no namespaces can be made here: ${String(why.stderr)}`);
  const dir = await folder();
  const holder = await holderOf(dir, ...apart, 'sh', '-c', 'hostname other && exec "$@"', 'sh');
  await expect(lockFolder(dir)).rejects.toThrow(`in use by process ${holder.pid} on other;`);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (
    await lockFolder(dir)
  )();
});

it('takes a folder whose holder was of an earlier version, and names it while it holds', async () => {
  const dir = await folder();
  const note = join(dir, 'process-id');
  await writeFile(note, '4711');
  const unlock = await lockFolder(dir);
  for (const [text, holder] of [
    ['4711', 'process 4711;'],
    [`4711 ${hostname()}`, 'process 4711;'],
    ['noise', 'another process;'],
  ] as const) {
    await writeFile(note, text);
    await expect(lockFolder(dir)).rejects.toThrow(`in use by ${holder}`);
  }
  await unlock();
});
