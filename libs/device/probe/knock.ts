// Whether a port takes TCP connections: one is made and closed at once, and never a byte is sent. Ports 9100 and 9999 print
// what they are sent.
import { connect, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { cut } from '../../events/cut.js';
import { messageOf } from '../../events/message-of.js';
import { hostOf } from '../exchange.js';

/**
 * open · refused: the host is there and has nobody at that port · silent: nothing came back in time, or a router's word
 * that nobody is there · unasked: this machine could not ask.
 */
export type Knock =
  { readonly kind: 'open' | 'refused' | 'silent' } | { readonly kind: 'unasked'; readonly reason: string };

export interface Door {
  /** By number. */
  readonly address: string;
  readonly port: number;
}

/** Two tries: the system repeats its first packet after a second. */
const knockMs = 2_500;

/** Settles in time; when `signal` is aborted, as if nothing had come back. */
export function knock(
  { address, port }: Door,
  signal: AbortSignal,
  limitMs: number = knockMs,
): Promise<Knock> {
  return new Promise((resolve) => {
    if (signal.aborted) return void resolve({ kind: 'silent' });
    const socket = connect({ host: address, port });
    const end = (seen: Knock): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', silent);
      socket.destroy();
      resolve(seen);
    };
    const silent = (): void => end({ kind: 'silent' });
    const timer = setTimeout(silent, limitMs);
    signal.addEventListener('abort', silent, { once: true });
    // It stays: what comes after the end is nobody's.
    socket.on('error', (error: NodeJS.ErrnoException) => end(knockOf(error)));
    socket.once('connect', () => end(reached(socket, address)));
  });
}

function reached(socket: Socket, address: string): Knock {
  const reason = elsewhere(socket, address);
  return reason === null ? { kind: 'open' } : { kind: 'unasked', reason };
}

/**
 * Why that is another's port, as rules of this machine may lead elsewhere; null: it is the one that was meant, however its
 * address is spelt. Whoever has hung up already has no address any more.
 */
export function elsewhere({ remoteAddress }: Socket, address: string): string | null {
  if (remoteAddress === undefined) return null;
  const same = ipaddr.process(remoteAddress).toString() === ipaddr.process(address).toString();
  return same ? null : `connected to ${remoteAddress} instead of ${address}`;
}

function knockOf(error: NodeJS.ErrnoException): Knock {
  switch (hostOf(error.code ?? '')) {
    case 'alive':
      return { kind: 'refused' };
    case 'silent':
      return { kind: 'silent' };
    case 'unknown':
      return { kind: 'unasked', reason: `this machine could not ask: ${cut(messageOf(error), 200)}` };
  }
}

/** LPD, raw printing and its neighbours, HP's second PJL port: what is sent there is printed. */
const printing = new Set([515, 9100, 9101, 9102, 9103, 9104, 9105, 9106, 9107, 9999]);

/** Throws before anything is said to a port that would print it. */
export function mustNotPrint(port: number): void {
  if (printing.has(port)) throw new RangeError(`port ${port} prints what it is sent: it is only knocked at`);
}
