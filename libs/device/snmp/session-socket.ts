// The socket of one line to a device, as net-snmp is given it: it sends through it and hears of its datagrams, and nothing else.
import type { Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import type { SessionSocket } from 'net-snmp';

export interface Listening {
  /** Whether net-snmp hears of a datagram. */
  readonly admits: (datagram: Buffer) => boolean;
  /**
   * Hears of a datagram that net-snmp throws over: it catches that only while it reads one, not while it looks at what was
   * read (a Report, SNMPv3), and what a socket's listener throws ends the process.
   */
  readonly broken: (error: Error) => void;
  /** Hears of each datagram that net-snmp sends, before it leaves. */
  readonly sends: (datagram: Buffer) => void;
}

/** Connected already: such a socket takes no address, and net-snmp gives one with each request. */
export function sessionSocket(socket: Socket, { admits, broken, sends }: Listening): SessionSocket {
  const session = new EventEmitter();
  socket.on('message', (datagram) => {
    try {
      if (admits(datagram)) session.emit('message', datagram);
    } catch (cause) {
      broken(new Error('what it sends is no answer', { cause }));
    }
  });
  socket.on('close', () => session.emit('close'));
  return Object.assign(session, {
    send: (...[bytes, offset, length, , , sent]: Parameters<SessionSocket['send']>) => {
      sends(bytes.subarray(offset, offset + length));
      socket.send(bytes, offset, length, sent);
    },
    ref: () => socket.ref(),
    unref: () => socket.unref(),
  });
}
