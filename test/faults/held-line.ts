// A way to a server that can be held: connections stay open and nothing passes, as when a firewall drops every packet.
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from '../../scripts/servers.mjs';

export interface HeldLine {
  readonly port: number;
  /** Nothing passes in either direction, new connections included. */
  hold(): void;
  /** What was held passes, late. */
  release(): void;
  close(): void;
}

/** @param to port of the server on loopback, which may be away */
export async function holdableLine(to: number): Promise<HeldLine> {
  const sockets = new Set<Socket>();
  let held = false;
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('data', (chunk) => other.write(chunk));
      one.on('end', () => other.end());
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one) && other.destroy());
      if (held) one.pause();
    }
  });
  const port = await freePort();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    hold: () => {
      held = true;
      for (const socket of sockets) socket.pause();
    },
    release: () => {
      held = false;
      for (const socket of sockets) socket.resume();
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
