// What Node's TLS costs by itself: the gateway's certificate and settings, what comes in goes out, the client closes, as
// with the gateway; nothing else. Prints its port. The first file named on the command line holds key and certificate, a
// second one the authority that clients' certificates must lead to.
import { constants } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';

const [file = '', authority] = process.argv.slice(2);
const identity = readFileSync(file, 'utf8');

const server = createServer({
  key: identity,
  cert: identity,
  ca: authority === undefined ? [] : readFileSync(authority, 'utf8'),
  minVersion: 'TLSv1.2',
  ecdhCurve: 'X25519MLKEM768:X25519:P-256',
  secureOptions: constants.SSL_OP_NO_TICKET,
  requestCert: true,
  rejectUnauthorized: false,
});
server.on('secureConnection', (socket) => {
  socket.on('data', (chunk: Buffer) => socket.write(chunk));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
