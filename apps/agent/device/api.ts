// The HTTPS interface of one device: ../DEVICE-API.md, both to be changed together.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Device } from './device.js';
import { Digest } from './digest.js';
import { answerProblem, Problem, problemText, requestTimeoutMs } from './request.js';
import { authenticate, find } from './routes.js';

/** Certificate and private key, PEM. */
export interface ServerIdentity {
  readonly certificate: string;
  readonly key: string;
}

export interface ApiOptions {
  readonly device: Device;
  readonly identity: ServerIdentity;
  /** Undefined: every address of the machine. */
  readonly host: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** How long the device thinks before each answer; asked each time. */
  readonly delayMs?: () => number;
}

/** A device's interface, up until it is stopped. */
export interface Api {
  readonly port: number;
  /** Presents another certificate from the next connection on. */
  present(identity: ServerIdentity): void;
  /** Closes at once, with what is under way. */
  stop(): Promise<void>;
}

export async function startApi(options: ApiOptions): Promise<Api> {
  const answer = answering(options);
  const server = createServer(serverOptions(options.identity), (request, response) => {
    void answer(request, response);
  });
  const sockets = connectionsOf(server);
  server.maxConnections = 32;
  server.on('clientError', refuseMalformed);
  // Once it listens, only an accept can fail, and that costs the one connection.
  server.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ port: options.port, host: options.host }, resolve);
  });
  return {
    port: portOf(server),
    present: ({ certificate, key }) => server.setSecureContext({ cert: certificate, key }),
    stop: () => stop(server, sockets),
  };
}

const serverOptions = ({ certificate, key }: ServerIdentity) => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2' as const,
  handshakeTimeout: requestTimeoutMs,
  requestTimeout: requestTimeoutMs,
  headersTimeout: requestTimeoutMs,
  keepAliveTimeout: requestTimeoutMs,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 16_384,
});

function answering({ device, delayMs }: ApiOptions) {
  const digest = new Digest();
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const route = find(request);
      if (!route.open) authenticate(digest, device, request);
      const waitMs = delayMs?.() ?? 0;
      if (waitMs > 0) await delay(waitMs);
      await route.handler(device, request, response);
    } catch (error) {
      if (request.destroyed && !request.complete) return void response.destroy();
      answerProblem(
        response,
        error instanceof Problem ? error : new Problem(500, 'The change was not kept.'),
      );
    }
  };
}

function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy();
  const statuses: Readonly<Record<string, number>> = {
    ERR_HTTP_REQUEST_TIMEOUT: 408,
    HPE_HEADER_OVERFLOW: 431,
  };
  const problem = new Problem(statuses[error.code ?? ''] ?? 400, 'The request could not be read.');
  const head = `HTTP/1.1 ${problem.status} Refused\r\nContent-Type: application/problem+json\r\nConnection: close`;
  socket.end(`${head}\r\n\r\n${problemText(problem)}`);
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** Every open connection, those still shaking hands too, which the server itself cannot close. */
function connectionsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

async function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
