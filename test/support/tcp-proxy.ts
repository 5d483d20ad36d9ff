// A TCP proxy before a server: at an address where the server is not, and with a way through it that a test can close, or
// hold as a firewall does that drops every packet.
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../../scripts/free-port.mjs';

export interface TcpProxy {
  /** The given address, with the proxy's host and port in their place. */
  readonly url: string;
  /** What is open breaks, and nobody gets through until `open`. */
  close(): void;
  open(): void;
  /** Connections stay open and nothing passes in either direction, on new ones neither. */
  hold(): void;
  /** What was held passes, late. */
  release(): void;
  stop(): Promise<void>;
}

/** @param to a server that may be away. @param host an address of loopback for the proxy. @param at its port; 0: any */
export async function tcpProxy(to: string, host = '127.0.0.1', at = 0): Promise<TcpProxy> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  const each = (act: (socket: Socket) => void): void => sockets.forEach(act);
  let closed = false;
  let held = false;
  const server = createServer((near) => {
    if (closed) return void near.destroy();
    const far = connect(Number(port), hostname);
    join(near, far);
    join(far, near);
  });
  const join = (one: Socket, other: Socket): void => {
    sockets.add(one);
    one.on('data', (chunk) => other.write(chunk));
    one.on('end', () => other.end());
    one.on('error', () => other.destroy());
    one.on('close', () => sockets.delete(one) && other.destroy());
    if (held) one.pause();
  };
  const url = new URL(to);
  url.hostname = host;
  url.port = `${at === 0 ? await freePort() : at}`;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(Number(url.port), host, resolve);
  });
  return {
    url: url.href,
    close: () => {
      closed = true;
      each((socket) => socket.destroy());
    },
    open: () => void (closed = false),
    hold: () => {
      held = true;
      each((socket) => socket.pause());
    },
    release: () => {
      held = false;
      each((socket) => socket.resume());
    },
    stop: async () => {
      each((socket) => socket.destroy());
      await new Promise((stopped) => server.close(stopped));
    },
  };
}
