// What the authority publishes for everybody, by plain HTTP as all of it is signed: lists, OCSP, its own certificates.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Counter } from '@opentelemetry/api';
import type { Log } from '#runtime/log';
import type { Issuer } from '#pki/authority/issue';
import { answerOcsp, type CertificateStatus, ocspBytesMax } from '#pki/authority/ocsp-answer';
import { newestList } from '../authority.js';
import type { Books } from '../books.js';
import { bySerial, type IssuerName } from '../issued.js';
import { certificateOf } from '../keys.js';
import { bodyOf } from './body.js';
import { connectionsMax, limits } from './tls.js';

/** A cache in between may keep a list so long: a revocation is to be seen everywhere within a minute. */
const listFreshSeconds = 20;
/** An OCSP answer, by whoever has it. */
const answerFreshSeconds = 60;

export interface Publishing {
  readonly dir: string;
  readonly books: Books;
  readonly issuer: Issuer;
  readonly log: Pick<Log, 'error'>;
  /** OCSP answers by their status. */
  readonly answers: Counter;
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Not listening yet. */
export function publishedServer(publishing: Publishing): Server {
  const server = createServer(limits, (request, response) => {
    answer(publishing, request)
      .then((given) => send(request, response, given))
      .catch((error: unknown) => {
        if (request.destroyed || request.errored) return;
        publishing.log.error({ error }, 'A request for a list or for OCSP could not be answered');
        send(request, response, { status: 500 });
      });
  });
  server.maxConnections = connectionsMax;
  return server;
}

async function answer(publishing: Publishing, request: IncomingMessage): Promise<Answer> {
  const { method = '', url = '' } = request;
  const [, path = '', rest = ''] = /^\/([a-z.]+)(?:\/(.*))?$/s.exec(url) ?? [];
  const reads = method === 'GET' || method === 'HEAD';
  if (path === 'ocsp') {
    if (method === 'POST') return ocsp(publishing, await bodyOf(request, ocspBytesMax), false);
    if (reads) return ocsp(publishing, base64In(rest), true);
    return { status: 405, headers: { allow: 'GET, POST' } };
  }
  const [, name, kind] = /^(root|issuing)\.(crl|cer)$/.exec(path) ?? [];
  if (name === undefined || rest !== '') return { status: 404 };
  if (!reads) return { status: 405, headers: { allow: 'GET' } };
  const issuer: IssuerName = name === 'root' ? 'root' : 'issuing';
  return kind === 'crl' ? list(publishing, issuer) : certificate(publishing, issuer);
}

function list({ books }: Publishing, name: IssuerName): Answer {
  const newest = newestList(books, name);
  if (!newest) return { status: 404 };
  const headers = {
    'cache-control': `public, max-age=${listFreshSeconds}`,
    'last-modified': newest.thisUpdate.toUTCString(),
    etag: `"${newest.number}"`,
  };
  return { status: 200, type: 'application/pkix-crl', body: newest.der, headers };
}

function certificate({ dir }: Publishing, name: IssuerName): Answer {
  const headers = { 'cache-control': 'public, max-age=3600' };
  return { status: 200, type: 'application/pkix-cert', body: certificateOf(dir, name).raw, headers };
}

function ocsp(publishing: Publishing, question: Buffer | null, cached: boolean): Answer {
  const { books, issuer, answers } = publishing;
  const { der, status, nonce } = answerOcsp(question ?? Buffer.alloc(0), {
    issuer,
    statusOf: (serial) => statusOf(books, serial),
    now: new Date(),
    freshSeconds: answerFreshSeconds,
  });
  answers.add(1, { status });
  const keep = cached && status === 'successful' && !nonce;
  const headers = { 'cache-control': keep ? `public, max-age=${listFreshSeconds}` : 'no-store' };
  return { status: 200, type: 'application/ocsp-response', body: der, headers };
}

/** What was never issued is not good: RFC 6960, 2.2. */
function statusOf(books: Books, serial: string): CertificateStatus {
  const issued = bySerial(books, serial);
  if (issued?.issuer !== 'issuing') return 'unknown';
  return issued.revoked ?? 'good';
}

/** RFC 6960, appendix A.1: base64, and that as part of an address. */
function base64In(text: string): Buffer | null {
  if (text.length > ocspBytesMax * 2) return null;
  try {
    return Buffer.from(decodeURIComponent(text), 'base64');
  } catch {
    return null;
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, headers = {} }: Answer,
): void {
  // What was not read is not waited for.
  if (!request.complete) response.setHeader('connection', 'close');
  const content = body ?? Buffer.from(`${status}\n`);
  response.writeHead(status, {
    'content-type': type ?? 'text/plain',
    'content-length': content.length,
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : content);
}
