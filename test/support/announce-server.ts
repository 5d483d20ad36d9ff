// The smallest server that speaks the announce protocol: real TLS, answers as a test says, remembers what it heard.
import { createServer, type TLSSocket } from 'node:tls';
import { Answering } from '#announce/answer';
import type { Acknowledge, Announcement } from '#announce/announcement';
import type { Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';

/** One announcement as it came in. */
export interface Heard {
  readonly announcement: Announcement;
  readonly from: string;
  /** SHA-256 of the client's certificate, null without one. */
  readonly fingerprint: string | null;
}

export interface AnnounceServer {
  readonly port: number;
  readonly heard: readonly Heard[];
  close(): Promise<void>;
}

export const accepted: Acknowledge = {
  result: 'accepted',
  authentication: 'anonymous',
  reason: null,
  message: 'stored',
  retryAfterMs: null,
  event: '0193f2a0-7b1b-5e1e-92a5-8a6e6f0d6b0f',
};

export const refused = (
  reason: string,
  authentication: Acknowledge['authentication'] = 'anonymous',
): Acknowledge => ({
  ...accepted,
  result: 'refused',
  authentication,
  reason,
  message: 'not taken',
  event: null,
});

export const retry = (retryAfterMs: number | null): Acknowledge => ({
  ...accepted,
  result: 'retry',
  reason: 'busy',
  message: 'come again',
  retryAfterMs,
  event: null,
});

interface AnnounceServerOptions {
  readonly host?: string;
  readonly port?: number;
  readonly credentials?: Credentials;
  /** OCSP answer that goes with its certificate. */
  readonly staple?: Buffer;
}

export async function startAnnounceServer(
  answer: (heard: Heard, count: number) => Acknowledge | Promise<Acknowledge> = () => accepted,
  options: AnnounceServerOptions = {},
): Promise<AnnounceServer> {
  const heard: Heard[] = [];
  const sockets = new Set<TLSSocket>();
  const { key, certificate } = options.credentials ?? (await selfSigned({ commonName: 'server' }));
  const server = createServer(
    { key, cert: certificate, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      const from = socket.remoteAddress ?? '';
      const fingerprint =
        socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase() ?? null;
      new Answering(socket, {
        closed: () => null,
        judge: async (announcement) => {
          const one = { announcement, from, fingerprint };
          heard.push(one);
          return answer(one, heard.length);
        },
        malformed: (fault) => refused(fault.code),
        broken: () => retry(null),
      });
    },
  );
  server.on('tlsClientError', () => undefined);
  server.on('OCSPRequest', (_certificate, _issuer, give: (error: null, answer: Buffer | null) => void) =>
    give(null, options.staple ?? null),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    heard,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
