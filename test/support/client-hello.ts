// What a TLS client says first, as bytes.
import { duplexPair } from 'node:stream';
import { connect } from 'node:tls';

/** @param group the one group of key exchange that it offers; Node's own list without one */
export function clientHello(group?: string): Promise<Buffer> {
  const [near, far] = duplexPair();
  const client = connect({ socket: near, rejectUnauthorized: false, ...(group && { ecdhCurve: group }) });
  client.on('error', () => undefined);
  return new Promise((resolve) => {
    far.once('data', (hello: Buffer) => {
      client.destroy();
      resolve(hello);
    });
  });
}
