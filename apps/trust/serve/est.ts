// EST (RFC 7030) over TLS: a device gets its certificate with a secret, and the next with the one it has.
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket, type SecureContextOptions } from 'node:tls';
import type { Counter } from '@opentelemetry/api';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { certificatesOnly } from '#pki/authority/certificates-only';
import { requestBytesMax } from '#pki/authority/request';
import { authoritiesIn } from '#pki/authorities';
import { readCertificate } from '#pki/authority/certificate-parts';
import { oids } from '#pki/der/oids';
import { oid, sequence, set } from '#pki/der/write';
import type { Log } from '#runtime/log';
import { serialHexOf } from '../issued.js';
import { chainOf } from '../keys.js';
import { findSecret, type FoundSecret } from '../secrets.js';
import { bodyOf } from './body.js';
import { enrol, type Enrolling, EnrolmentRefused, renew } from './enrolment.js';
import { connectionsMax, limits } from './tls.js';

/** Wrong secrets of one address, before it has to wait: they cannot be guessed, and nobody shall try. */
const failuresMax = 10;
const failureSeconds = 60;
/** A request in base64, with line breaks. */
const bodyBytesMax = Math.ceil(requestBytesMax * 1.5);

export interface Est extends Enrolling {
  readonly dir: string;
  readonly context: SecureContextOptions;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Certificates given and refused. */
  readonly enrolments: Counter;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Curve P-256 with SHA-256 is what a device should ask with: RFC 7030, 4.5.2. */
const attributes = sequence(sequence(oid(oids.ecPublicKey), set(oid(oids.p256))), oid(oids.ecdsaSha256));

/** Not listening yet. */
export function estServer(est: Est): Server {
  const failures = new RateLimiterMemory({ points: failuresMax, duration: failureSeconds });
  const options = {
    ...est.context,
    ...limits,
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: 10_000,
  };
  const server = createServer(options, (request, response) => {
    const from = request.socket.remoteAddress ?? '';
    answer(est, request, failures)
      .catch(async (error: unknown) => {
        if (error instanceof EnrolmentRefused) return refused(est, error, { request, failures, from });
        est.log.error({ error }, 'An enrolment could not be answered');
        return say(500, 'this could not be done here');
      })
      .then((given) => send(request, response, given))
      .catch(() => request.destroy());
  });
  server.maxConnections = connectionsMax;
  return server;
}

async function answer(est: Est, request: IncomingMessage, failures: RateLimiterMemory): Promise<Answer> {
  const { method = '', url = '' } = request;
  const [, operation] = /^\/\.well-known\/est\/([a-z]+)$/.exec(url) ?? [];
  switch (operation) {
    case 'cacerts':
      if (method !== 'GET') return say(405, 'GET is expected', { allow: 'GET' });
      return certificates(authoritiesIn(chainOf(est.dir)).map((pem) => readCertificate(pem, 'the chain')));
    case 'csrattrs':
      if (method !== 'GET') return say(405, 'GET is expected', { allow: 'GET' });
      return { status: 200, type: 'application/csrattrs', body: attributes.toString('base64') };
    case 'simpleenroll':
    case 'simplereenroll': {
      if (method !== 'POST') return say(405, 'POST is expected', { allow: 'POST' });
      const tried = await failures.get(request.socket.remoteAddress ?? '');
      if (tried && tried.consumedPoints > failuresMax)
        return say(429, 'too many refusals', { 'retry-after': String(Math.ceil(tried.msBeforeNext / 1000)) });
      return operation === 'simpleenroll' ? first(est, request) : next(est, request);
    }
    default:
      return say(404, 'there is cacerts, csrattrs, simpleenroll and simplereenroll');
  }
}

async function first(est: Est, request: IncomingMessage): Promise<Answer> {
  // Before the body is read, and again when it is used.
  const secret = secretOf(est, request);
  const made = enrol(est, secret, await requestIn(request));
  return given(est, made, 'enrolled', 'A device got its first certificate');
}

async function next(est: Est, request: IncomingMessage): Promise<Answer> {
  const { socket } = request;
  const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  if (!(socket instanceof TLSSocket) || !shown)
    throw new EnrolmentRefused(
      401,
      'the certificate that is to be renewed has to be shown in the TLS handshake',
    );
  if (!socket.authorized || socket.isSessionReused())
    throw new EnrolmentRefused(
      403,
      'the certificate that was shown is not one of this authority, or not in force',
    );
  const made = renew(est, shown, await requestIn(request));
  return given(est, made, 'renewed', 'A device got its next certificate');
}

function given({ log, enrolments }: Est, made: X509Certificate, outcome: string, message: string): Answer {
  enrolments.add(1, { outcome });
  log.info(
    { certificate: serialHexOf(made), subject: made.subject, until: made.validToDate.toUTCString() },
    message,
  );
  return certificates([made]);
}

function secretOf({ books }: Est, { headers }: IncomingMessage): FoundSecret {
  const [, basic = ''] = /^Basic ([A-Za-z0-9+/=]{1,500})$/i.exec(headers.authorization ?? '') ?? [];
  const [, name = '', value = ''] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString('utf8')) ?? [];
  const found = findSecret(books, name, value, new Date());
  if (found) return found;
  throw new EnrolmentRefused(401, 'an enrolment secret is needed that is still good');
}

async function requestIn(request: IncomingMessage): Promise<Buffer> {
  const body = await bodyOf(request, bodyBytesMax);
  if (!body) throw new EnrolmentRefused(400, 'the request is too long');
  const text = body.toString('latin1').replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text))
    throw new EnrolmentRefused(400, 'a PKCS#10 request in base64 is expected');
  return Buffer.from(text, 'base64');
}

interface Refused {
  readonly request: IncomingMessage;
  readonly failures: RateLimiterMemory;
  readonly from: string;
}

async function refused(
  est: Est,
  { status, message }: EnrolmentRefused,
  { request, failures, from }: Refused,
): Promise<Answer> {
  // A first try without credentials is how clients ask for what is wanted.
  const asks = status === 401 && request.headers.authorization === undefined;
  if (!asks) {
    if (status === 401) await failures.penalty(from);
    est.enrolments.add(1, { outcome: 'refused' });
    est.log.warn({ code: 'enrolmentRefused', from, reason: message }, 'A device was refused a certificate');
  }
  return say(
    status,
    message,
    status === 401 ? { 'www-authenticate': 'Basic realm="Muster enrolment", charset="UTF-8"' } : {},
  );
}

const say = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${text}\n`,
  headers,
});

/** In one line: there are clients that do not read base64 with line breaks. */
const certificates = (some: readonly X509Certificate[]): Answer => ({
  status: 200,
  type: 'application/pkcs7-mime; smime-type=certs-only',
  body: certificatesOnly(some.map(({ raw }) => raw)).toString('base64'),
  headers: { 'content-transfer-encoding': 'base64' },
});

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, headers = {} }: Answer,
): void {
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers });
  response.end(body);
}
