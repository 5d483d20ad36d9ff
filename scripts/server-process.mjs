// One server program as a process with a folder of its own: its account, what it keeps there, its life.
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const startLimitMs = 180_000;
const stopLimitMs = 20_000;

/** @typedef {import('./server-process.mjs').Tls} Tls */
/** @typedef {{ uid?: number, gid?: number }} Account empty: as we are */

/**
 * Runs a server in a process group of its own, beside a guard that kills the group once this process is gone, however
 * it went: the guard reads from a pipe that only we hold.
 * @param {string} name
 * @param {string} program
 * @param {string[]} words
 * @param {{ dir: string, env: Record<string, string | undefined>, account: Account }} options
 */
export function supervise(name, program, words, { dir, env, account }) {
  const child = spawn(program, words, {
    cwd: dir,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...account,
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${program} could not be started`);
  const watch = 'cat >/dev/null; kill -s KILL -- "-$0" 2>/dev/null; exit 0';
  const guard = spawn('sh', ['-c', watch, String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    ...account,
  });
  const log = tail(child);
  // Its output may be held open a little longer, by a backend that has yet to notice.
  const exited = new Promise((resolve) => {
    child.once('close', resolve);
    child.once('exit', () => setTimeout(resolve, 1_000));
  });
  for (const handle of [child, guard, child.stdout, child.stderr, guard.stdin])
    /** @type {any} */ (handle)?.unref?.();
  void exited.then(() => {
    guard.kill('SIGKILL');
    guard.stdin?.destroy();
  });
  const kill = async () => {
    child.ref();
    signal(-pid, 'SIGKILL');
    await exited;
  };
  return {
    pid,
    kill,
    /** @param {NodeJS.Signals} how */
    end: async (how) => {
      child.ref();
      signal(pid, how);
      await Promise.race([exited, delay(stopLimitMs, undefined, { ref: false })]);
      await kill();
    },
    /** @param {RegExp} words */
    said: (words) => log.until(words, name, exited),
  };
}

/** The last lines a server wrote, and waiting for one. @param {import('node:child_process').ChildProcess} child */
function tail(child) {
  let text = '';
  /** @type {Set<() => void>} */
  const readers = new Set();
  const add = (/** @type {Buffer} */ chunk) => {
    text += chunk.toString();
    for (const read of readers) read();
    text = text.slice(-20_000);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return {
    /** @param {RegExp} words @param {string} name @param {Promise<unknown>} exited @returns {Promise<void>} */
    until: (words, name, exited) =>
      new Promise((resolve, reject) => {
        const fail = (/** @type {string} */ why) =>
          done(new Error(`${name} ${why}; its last lines:\n${text}`));
        const timer = setTimeout(() => fail(`was not ready after ${startLimitMs} ms`), startLimitMs);
        const read = () => words.test(text) && done();
        const done = (/** @type {Error | undefined} */ error = undefined) => {
          clearTimeout(timer);
          readers.delete(read);
          if (error) reject(error);
          else resolve();
        };
        readers.add(read);
        void exited.then(() => fail('ended'));
        read();
      }),
  };
}

/** @param {number} pid @param {NodeJS.Signals} name */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already: what was wanted.
  }
}

/** @param {() => Promise<void>} work @returns {() => Promise<void>} */
export function once(work) {
  /** @type {Promise<void> | undefined} */
  let running;
  return () => (running ??= work());
}

/** Servers refuse to run as root: then as the package's own user. @param {string} user @returns {Promise<Account>} */
export async function accountOf(user) {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${user}:`));
  if (!line) throw new Error(`there is no user ${user} to run its server as`);
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** The folder, owned by its server, which must be able to reach it. @param {string} dir @param {Account} account */
export async function prepare(dir, account) {
  await mkdir(path.dirname(dir), { recursive: true });
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await own(dir, account);
  await run('ls', [dir], { ...account, cwd: '/' }).catch(() => {
    throw new Error(
      `${dir} cannot be reached by user ${account.uid}: choose a folder outside a private home`,
    );
  });
}

/** @param {string} dir @param {Account} account */
export async function own(dir, { uid, gid }) {
  if (uid === undefined || gid === undefined) return;
  await chown(dir, uid, gid);
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (entry.isFile()) await chown(path.join(dir, entry.name), uid, gid);
  }
}

/**
 * What a server keeps from one start to the next: its name and password.
 * @template {object} T
 * @param {string} dir
 * @param {() => Promise<T>} make
 * @returns {Promise<T>}
 */
export async function identity(dir, make) {
  const file = path.join(dir, 'identity.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8'));
  const made = await make();
  await writeFile(file, JSON.stringify(made), { mode: 0o600 });
  return made;
}

/** Where the server's own user may read them, and nobody else. @param {string} dir @param {Tls} tls @returns {Promise<Tls>} */
export async function copyTls(dir, tls) {
  const copy = { certificate: path.join(dir, 'server.crt'), key: path.join(dir, 'server.key') };
  await writeFile(copy.certificate, await readFile(tls.certificate));
  await rm(copy.key, { force: true });
  await writeFile(copy.key, await readFile(tls.key), { mode: 0o600 });
  return copy;
}
