// Passes bytes on from an address of loopback of its own, untouched: for those who look for a server where it is not.
import { connect, createServer, type Socket } from 'node:net';

export interface Relay {
  /** The same as was given, at the relay. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

export async function relayed(url: string, host: string): Promise<Relay> {
  const behind = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(Number(behind.port), behind.hostname);
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on('error', () => undefined).on('close', () => sockets.delete(each));
    }
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve);
  });
  const address = server.address();
  const own = new URL(url);
  own.hostname = host;
  own.port = typeof address === 'object' && address ? `${address.port}` : '';
  return {
    url: own.href,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
