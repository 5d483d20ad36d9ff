// What is wrong with the data folder, in words that say what to do.
import { statfs } from 'node:fs/promises';
import { roomMinBytes } from '#store/disk-room';

/** Thrown when the data folder cannot be used; the message is one sentence. */
export class FolderFault extends Error {
  override readonly name = 'FolderFault';
}

/** A FolderFault where `error` comes from the data folder; else `error` as it is. */
export async function folderFault(error: unknown, data: string): Promise<unknown> {
  const { code, path } = systemFault(error);
  const words = concerns(path, data) ? faults[code] : undefined;
  if (words) return new FolderFault(words(path, data), { cause: error });
  // A database without room fails in many ways, hardly one of which says so.
  return (await isFull(data)) ? new FolderFault(full(path, data), { cause: error }) : error;
}

type Words = (path: string, data: string) => string;

const full: Words = (_, data) =>
  `the disk that holds ${data} is full: make room, or name a folder elsewhere with --data`;
const isFile: Words = (_, data) =>
  `${data} is a file, or lies below one: name a folder for the data with --data`;
const forbidden: Words = (path) =>
  `${path} cannot be written by this account: change its owner, or name another folder with --data`;

const faults: Readonly<Record<string, Words>> = {
  EEXIST: isFile,
  ENOTDIR: isFile,
  EACCES: forbidden,
  EPERM: forbidden,
  EROFS: forbidden,
  ENOSPC: full,
  EDQUOT: full,
};

function systemFault(error: unknown): { readonly code: string; readonly path: string } {
  if (!(error instanceof Error && 'code' in error && 'path' in error)) return { code: '', path: '' };
  return { code: String(error.code), path: String(error.path) };
}

/** The folder itself, what lies in it, or where it was to be made. */
const concerns = (path: string, data: string): boolean =>
  path !== '' && (path.startsWith(data) || data.startsWith(path));

async function isFull(data: string): Promise<boolean> {
  const room = await statfs(data).catch(() => null);
  return room !== null && room.bavail * room.bsize < roomMinBytes;
}
