// ClientHellos that cost a server a key exchange and lead nowhere.
import { connect } from 'node:net';
import { clientHello } from '../../support/client-hello.js';
import { cpuMsOf } from '../cost.js';
import type { BenchServer } from './servers.js';

/** All that the client's OpenSSL can offer; the gateway takes the first three. */
export const groups = [
  'X25519MLKEM768',
  'X25519',
  'P-256',
  'P-384',
  'P-521',
  'X448',
  'SecP256r1MLKEM768',
  'SecP384r1MLKEM1024',
  'ffdhe2048',
  'ffdhe3072',
  'ffdhe8192',
] as const;

const inFlight = 16;

/** Processor time of the server for one ClientHello that offers only this group, each from an address of its own. */
export async function helloCostMs(server: BenchServer, group: string, count: number): Promise<number> {
  const hello = await clientHello(group);
  const before = cpuMsOf(server.pid);
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      await knock(server.port, hello, `127.34.${Math.floor(begun / 250)}.${(begun % 250) + 1}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return (cpuMsOf(server.pid) - before) / count;
}

/** Says it, and goes as soon as anything comes back. True when it was more than the end. */
export function knock(port: number, hello: Uint8Array, localAddress: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress }, () => socket.write(hello));
    let answered = false;
    socket.on('error', () => undefined);
    socket.once('data', () => {
      answered = true;
      socket.resetAndDestroy();
    });
    socket.once('close', () => resolve(answered));
  });
}
