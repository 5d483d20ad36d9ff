// Ports for servers of tests and of `npm run services`.
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Whoever asks binds the port later: until then it is free to look at, and given to no one else of this machine. */
const given = join(tmpdir(), `muster-given-ports-${userInfo().uid}`);
const givenForMs = 15 * 60_000;

/** A port of loopback, free and given to nobody else, below those that the system hands to outgoing connections. */
export async function freePort() {
  await mkdir(given, { recursive: true });
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if ((await take(port)) && (await isFree(port))) return port;
  }
  throw new Error('no free port was found');
}

/** Whether it is the caller's from now on. @param {number} port @returns {Promise<boolean>} */
async function take(port) {
  const file = join(given, `${port}`);
  const before = await stat(file).catch(() => undefined);
  if (before && Date.now() - before.mtimeMs < givenForMs) return false;
  if (before) await rm(file, { force: true });
  return writeFile(file, '', { flag: 'wx' }).then(
    () => true,
    () => false,
  );
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
