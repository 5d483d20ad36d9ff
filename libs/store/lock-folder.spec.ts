import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FolderLocked, lockFolder } from '#store/lock-folder';

const folder = () => mkdtemp(join(tmpdir(), 'muster-lock-'));

it('lets one of many in, and the next when that one gives it back', async () => {
  const dir = await folder();
  const asked = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(dir)));
  const [unlock, ...others] = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  expect(others).toEqual([]);
  const refused = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  expect(refused.every((reason) => reason instanceof FolderLocked)).toBe(true);
  await expect(lockFolder(dir)).rejects.toThrow(`${dir} is in use by process ${process.pid}`);
  await unlock?.();
  await (
    await lockFolder(dir)
  )();
});

it.runIf(process.platform === 'linux')('is free again at once when its holder is killed', async () => {
  const dir = await folder();
  const name = createHash('sha256')
    .update(await realpath(dir))
    .digest('hex')
    .slice(0, 32);
  const script = `require('net').createServer().listen('\\0muster-${name}', () => console.log('held'))`;
  const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  await expect(lockFolder(dir)).rejects.toThrow('in use by another process');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await (
    await lockFolder(dir)
  )();
});
