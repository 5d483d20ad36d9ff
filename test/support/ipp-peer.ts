// A printer that answers by IPP as a test says, over TLS or in clear. What it was asked is kept.
import { createServer as createClearServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:net';
import { randomInt, X509Certificate } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Target } from '#device/device';
import { decode } from '#device/ipp/decode';
import { encode, tags, type Attributes, type Message, type Value } from '#device/ipp/message';
import { fingerprintOf, type Credentials } from '#pki/certificate';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly message: Message;
}

export type Answering = (asked: Asked, response: ServerResponse) => void;

export interface IppPeer {
  /** To reach it, with no certificate pinned. */
  readonly target: Target;
  /** Of the certificate that it shows. */
  readonly fingerprint: string;
  readonly asked: readonly Asked[];
  close(): void;
}

/** @param credentials null: it offers no TLS */
export async function openIppPeer(credentials: Credentials | null, answer: Answering): Promise<IppPeer> {
  const asked: Asked[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    void buffer(request).then(
      (body) => {
        const said = { path: request.url ?? '', headers: request.headers, message: decode(body) };
        asked.push(said);
        answer(said, response);
      },
      // Whoever asked has gone.
      () => undefined,
    );
  };
  const server = credentials
    ? createServer({ key: credentials.key, cert: credentials.certificate }, listener)
    : createClearServer(listener);
  server.on('tlsClientError', () => undefined);
  const address = `127.8.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  return {
    target: { ...unpinned, address, port: await listening(server, address) },
    fingerprint: credentials ? fingerprintOf(new X509Certificate(credentials.certificate).raw) : '',
    asked,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const unpinned = { fingerprint: null, networks: ['127.8.0.0/16'], mutual: null };

/** @returns its port */
export async function listening(server: Server, address: string): Promise<number> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return bound.port;
}

export const text = (content: string): Value => ({ tag: tags.text, content });
export const keyword = (content: string): Value => ({ tag: tags.keyword, content });
export const uri = (content: string): Value => ({ tag: tags.uri, content });
export const enumerated = (content: number): Value => ({ tag: tags.enum, content });

export const answerOf = ({ message: { requestId } }: Asked, attributes: Attributes, code = 0): Buffer =>
  encode({ version: [1, 1], code, requestId, groups: [{ tag: tags.printer, attributes }] });

/** What an honest printer does. */
export const saying =
  (said: Readonly<Record<string, readonly Value[]>>, code = 0): Answering =>
  (asked, response) =>
    void response
      .setHeader('content-type', 'application/ipp')
      .end(answerOf(asked, new Map(Object.entries(said)), code));
