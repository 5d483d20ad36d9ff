// One process at a time in a data folder: PGlite itself would let two in, and tables would vanish. The lock is a local
// socket: the system takes it from a process that dies, however it dies, and gives it to one of many that ask at once.
import { createHash } from 'node:crypto';
import { realpath, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Thrown when another living process holds the folder. */
export class FolderLocked extends Error {
  override readonly name = 'FolderLocked';
  constructor(dir: string, holder: string) {
    super(`${dir} is in use by ${holder}; stop that one, or name another folder`);
  }
}

/** Takes the folder for this process; resolves to what gives it back. */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const note = join(dir, 'process-id');
  const server = await listen(addressOf(await realpath(dir)));
  if (!server) throw new FolderLocked(dir, await holderFrom(note));
  await writeFile(note, String(process.pid), { mode: 0o600 });
  return async () => {
    await rm(note, { force: true });
    await new Promise<void>((closed) => void server.close(() => closed()));
  };
}

/** Linux: no file at all. Windows: a pipe. Elsewhere a socket file, which a killed process leaves behind. */
function addressOf(dir: string): string {
  const name = `muster-${createHash('sha256').update(dir).digest('hex').slice(0, 32)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.socket`);
}

/** Null when another process listens there. */
async function listen(address: string): Promise<Server | null> {
  const server = createServer((visitor) => visitor.destroy()).unref();
  const bound = await new Promise<boolean>((resolve, reject) => {
    server.once('listening', () => resolve(true));
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(address);
  });
  if (bound) return server;
  if (address.startsWith('\0') || (await answers(address))) return null;
  await rm(address, { force: true });
  return listen(address);
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const visitor = connect(address);
    visitor.once('connect', () => visitor.destroy());
    visitor.once('error', () => resolve(false));
    visitor.once('close', (failed) => resolve(!failed));
  });
}

async function holderFrom(note: string): Promise<string> {
  const id = await readFile(note, 'utf8').catch(() => '');
  return /^\d+$/.test(id) ? `process ${id}` : 'another process';
}
