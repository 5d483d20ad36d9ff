// Sockets on which a process and all that it started listen, as Linux knows them.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Listening {
  /** Name of the program, as the kernel has it. */
  readonly program: string;
  readonly address: string;
  readonly port: number;
}

const listenState = '0A';

export function listeningBelow(pid: number): readonly Listening[] {
  const sockets = new Map([...socketsIn('/proc/net/tcp'), ...socketsIn('/proc/net/tcp6')]);
  const seen = new Set<string>();
  return family(pid).flatMap((each) =>
    inodesOf(each).flatMap((inode) => {
      const socket = sockets.get(inode);
      // A process that was forked has its parent's sockets.
      if (!socket || seen.has(inode)) return [];
      seen.add(inode);
      return [{ program: programOf(each), ...socket }];
    }),
  );
}

function socketsIn(file: string): readonly [string, Omit<Listening, 'program'>][] {
  const lines = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    if (state !== listenState) return [];
    const [address = '', port = ''] = local.split(':');
    return [[inode, { address: readable(address), port: Number.parseInt(port, 16) }]];
  });
}

/** Words of 32 bits, least significant byte first. Of IPv6, only what we listen on is spelled out. */
function readable(hex: string): string {
  if (hex.length === 8)
    return (hex.match(/../g) ?? [])
      .map((byte) => Number.parseInt(byte, 16))
      .toReversed()
      .join('.');
  return /^0+$/.test(hex) ? '::' : hex === '00000000000000000000000001000000' ? '::1' : hex;
}

/** The process, its children, and theirs. */
function family(pid: number): readonly number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(Number(name))]),
  );
  const members = [pid];
  for (const member of members)
    members.push(...[...parents].flatMap(([child, parent]) => (parent === member ? [child] : [])));
  return members;
}

/** The name, in parentheses, may hold anything. */
function parentOf(pid: number): number {
  const [, fields = ''] = /\) \S (\d+)/.exec(ofProcess(pid, 'stat')) ?? [];
  return Number(fields);
}

const programOf = (pid: number): string => ofProcess(pid, 'comm').trim();

/** Empty when it ended meanwhile. */
function ofProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function inodesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => inodeOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function inodeOf(link: string): readonly string[] {
  try {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(link)) ?? [];
    return inode === undefined ? [] : [inode];
  } catch {
    return [];
  }
}
