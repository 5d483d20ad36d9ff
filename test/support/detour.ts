// A way to a server that a test can close: as if the server, or the network before it, were gone.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface Detour {
  /** The given address, with the detour's host and port in their place. */
  readonly url: string;
  /** What is open breaks, and nothing gets through until `open`. */
  close(): void;
  open(): void;
  stop(): Promise<void>;
}

export async function detour(to: string): Promise<Detour> {
  const { hostname, port } = new URL(to);
  const sockets = new Set<Socket>();
  let closed = false;
  const server = createServer((near) => {
    if (closed) return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = new URL(to);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    close: () => {
      closed = true;
      destroyAll();
    },
    open: () => void (closed = false),
    stop: async () => {
      destroyAll();
      await new Promise((stopped) => server.close(stopped));
    },
  };
}
