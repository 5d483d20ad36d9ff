// An address that nothing of ours may connect to: it takes every connection, and remembers what was sent.
import { createServer, type Server } from 'node:net';

export interface Canary {
  readonly address: string;
  /** What came, connection by connection. */
  readonly heard: readonly Buffer[];
  close(): Promise<void>;
}

export async function openCanary(address: string, port: number): Promise<Canary> {
  const heard: Buffer[] = [];
  const server: Server = createServer((socket) => {
    const index = heard.push(Buffer.alloc(0)) - 1;
    socket.on('data', (chunk: Buffer) => {
      heard[index] = Buffer.concat([heard[index] ?? Buffer.alloc(0), chunk]);
    });
    socket.on('error', () => undefined).setTimeout(1_000, () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, address, resolve);
  });
  return {
    address,
    heard,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
