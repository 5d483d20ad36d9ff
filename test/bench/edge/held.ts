// Many connections that get no further: silent, in the middle of a ClientHello, or one byte of it at a time.
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { clientHello } from '../../support/client-hello.js';
import type { BenchServer } from './servers.js';

export const holdings = ['idle', 'half', 'dripping'] as const;
export type Holding = (typeof holdings)[number];

const perAddress = 20;
const openingMax = 200;
const dripMs = 2_000;
/** Beyond this they count as left open. */
const patienceMs = 40_000;

export interface Held {
  /** Of the server's resident memory, while all are open. */
  readonly bytesEach: number;
  /** From its own first packet to its end, the longest. */
  readonly longestMs: number;
  readonly leftOpen: number;
}

/** Resolves when the server has closed them all, or has had much longer than it may take. */
export async function hold(server: BenchServer, holding: Holding, count: number): Promise<Held> {
  const hello = await clientHello();
  const before = residentBytes(server.pid);
  const lives: Promise<number>[] = [];
  const open = new Set<Socket>();
  while (lives.length < count) {
    const batch = Array.from({ length: Math.min(openingMax, count - lives.length) }, (_, at) =>
      enter(server.port, addressOf(holding, lives.length + at)),
    );
    for (const socket of await Promise.all(batch)) {
      open.add(socket);
      lives.push(lifeOf(socket).finally(() => open.delete(socket)));
      misbehave(socket, holding, hello);
    }
  }
  await delay(1_000);
  const bytesEach = (residentBytes(server.pid) - before) / count;
  const all = Promise.all(lives);
  await Promise.race([all, delay(patienceMs, null, { ref: false })]);
  const leftOpen = open.size;
  for (const socket of open) socket.destroy();
  return { bytesEach, longestMs: Math.max(...(await all)), leftOpen };
}

/** As many devices at an address as the gateway lets in. */
function addressOf(holding: Holding, number: number): string {
  const address = Math.floor(number / perAddress);
  return `127.${30 + holdings.indexOf(holding)}.${Math.floor(address / 250)}.${(address % 250) + 1}`;
}

function enter(port: number, localAddress: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject).on('error', () => undefined);
      resolve(socket);
    });
  });
}

function lifeOf(socket: Socket): Promise<number> {
  const beganAt = performance.now();
  return new Promise((resolve) => {
    socket.resume().once('close', () => resolve(performance.now() - beganAt));
  });
}

function misbehave(socket: Socket, holding: Holding, hello: Buffer): void {
  if (holding === 'half') socket.write(hello.subarray(0, hello.length / 2));
  if (holding !== 'dripping') return;
  let sent = 0;
  const drip = setInterval(() => socket.write(hello.subarray(sent, (sent += 1))), dripMs);
  socket.once('close', () => clearInterval(drip));
}

function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
