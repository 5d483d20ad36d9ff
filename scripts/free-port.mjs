// Ports for servers of tests and of `npm run services`.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Whoever asks binds the port later: until then it is free to look at, and given to no one else of this machine. */
const given = join(tmpdir(), `muster-given-ports-${userInfo().uid}`);
/** It stays given for the rest of the period it was taken in, and for the next. */
const periodMs = 15 * 60_000;

/** A port of loopback, free and given to nobody else, below those that the system hands to outgoing connections. */
export async function freePort() {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if ((await take(port)) && (await isFree(port))) return port;
  }
  throw new Error('no free port was found');
}

/** Whether it is the caller's from now on: a file of a period is made once, and never taken over. @param {number} port @returns {Promise<boolean>} */
async function take(port) {
  const period = Math.floor(Date.now() / periodMs);
  const [before, now] = [period - 1, period].map(String);
  if (await mkdir(join(given, now), { recursive: true })) await forget([before, now]);
  if (existsSync(join(given, before, `${port}`))) return false;
  return writeFile(join(given, now, `${port}`), '', { flag: 'wx' }).then(
    () => true,
    () => false,
  );
}

/** All but these periods. @param {readonly string[]} periods */
async function forget(periods) {
  const old = (await readdir(given)).filter((name) => !periods.includes(name));
  await Promise.all(old.map((name) => rm(join(given, name), { recursive: true, force: true })));
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
