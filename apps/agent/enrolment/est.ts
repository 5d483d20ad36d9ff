// EST (RFC 7030) as a client: the authority's certificates, the first certificate of a device, and the next.
import { constants, type X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request, type RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { BadDer } from '#pki/der/read';
import { readCertificatesOnly } from '#pki/authority/certificates-only';
import { messageOf } from '#events/message-of';
import { faultOfServer, shownBy, type Asking } from '#pki/server-verdict';

/** Where certificates are had from, and how the server there is known. */
export interface Est {
  /** `https://host:port`, with a path where the server has its own. */
  readonly url: URL;
  /** PEM: whom the server's certificate must lead to. */
  readonly authorities: string;
  /** How it is told whether that was revoked. */
  readonly revocation: Asking['policy'];
  readonly signal: AbortSignal;
}

/** How the device proves itself: by a secret the first time, by its certificate from then on. */
export type Proof =
  | { readonly user: string; readonly password: string }
  | { readonly key: string; readonly certificate: string };

/** Thrown when no certificate was had. */
export class EstFailed extends Error {
  override readonly name = 'EstFailed';
  constructor(
    message: string,
    /** True: the server said no, and will again. */
    readonly refused: boolean,
    /** When the server asks to come again; null: it did not. */
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
  }
}

/** The server does not take what the device proves itself by. */
export class EstDenied extends EstFailed {}

const limitMs = 20_000;
const answerBytesMax = 131_072;
const retryAfterSecondsMax = 7 * 86_400;

/** The authorities of who issues there. Throws EstFailed. */
export async function authoritiesOf(est: Est): Promise<readonly X509Certificate[]> {
  return certificatesIn(await ask(est, 'cacerts', null, null));
}

/** Certificates for the key of the request (PKCS#10, DER); issuers may be among them. Throws EstFailed. */
export async function certify(est: Est, proof: Proof, der: Uint8Array): Promise<readonly X509Certificate[]> {
  const operation = 'key' in proof ? 'simplereenroll' : 'simpleenroll';
  return certificatesIn(await ask(est, operation, proof, Buffer.from(der).toString('base64')));
}

function certificatesIn(text: string): readonly X509Certificate[] {
  try {
    return readCertificatesOnly(Buffer.from(text.replaceAll(/\s/g, ''), 'base64'));
  } catch (error) {
    if (!(error instanceof BadDer)) throw error;
    throw new EstFailed(`the answer of the EST server cannot be read: ${error.message}`, true);
  }
}

async function ask(est: Est, operation: string, proof: Proof | null, body: string | null): Promise<string> {
  const { status, text, retryAfterMs } = await exchange(est, operation, proof, body);
  if (status === 200) return text;
  if (status === 202)
    throw new EstFailed('the request waits for somebody to approve it', false, retryAfterMs);
  const reason = text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 200);
  const sentence = `the EST server answers ${status}${reason === '' ? '' : `: ${reason}`}`;
  if (status === 401 || status === 403) throw new EstDenied(sentence, true, retryAfterMs);
  throw new EstFailed(sentence, status === 400 || status === 404, retryAfterMs);
}

interface Answered {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | null;
}

async function exchange(
  est: Est,
  operation: string,
  proof: Proof | null,
  body: string | null,
): Promise<Answered> {
  const signal = AbortSignal.any([est.signal, AbortSignal.timeout(limitMs)]);
  let socket: TLSSocket | null = null;
  const abort = () => socket?.destroy(new Error('it does not answer in time'));
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    // It may end while others are asked about it; what hears of that comes and goes.
    socket = connectTo(est, proof).on('error', () => undefined);
    await judged(socket, est.revocation, signal);
    return await answered(socket, optionsOf(est, operation, proof, body), body);
  } catch (error) {
    throw new EstFailed(`the EST server ${est.url.host} cannot be asked: ${messageOf(error)}`, false);
  } finally {
    signal.removeEventListener('abort', abort);
    socket?.destroy();
  }
}

const hostOf = ({ url }: Est): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

function connectTo(est: Est, proof: Proof | null): TLSSocket {
  const host = hostOf(est);
  return connect({
    host,
    port: est.url.port === '' ? 443 : Number(est.url.port),
    ...(isIP(host) === 0 && { servername: host }),
    ca: est.authorities,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
    requestOCSP: true,
    ...(proof && 'key' in proof && { key: proof.key, cert: proof.certificate }),
  });
}

/** Resolves when secrets may be told to who is there. */
async function judged(socket: TLSSocket, policy: Asking['policy'], signal: AbortSignal): Promise<void> {
  let staple: Uint8Array | null = null;
  socket.once('OCSPResponse', (response: Uint8Array | null) => (staple = response));
  await once(socket, 'secureConnect');
  const shown = shownBy(socket, staple);
  const fault = shown && (await faultOfServer(shown, { policy, signal, now: new Date() }));
  if (fault !== null) throw new Error(`it is not trusted: ${fault}`);
}

function answered(socket: TLSSocket, options: RequestOptions, body: string | null): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('it closed the connection'));
    // Node's client waits for ever on a socket that has ended already.
    if (socket.destroyed) return ended();
    socket.once('close', ended);
    const asking = request({ ...options, createConnection: () => socket }, (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (part: string) => {
        text += part;
        if (text.length > answerBytesMax) asking.destroy(new Error('its answer is too long'));
      });
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text,
          retryAfterMs: waitIn(response.headers['retry-after']),
        }),
      );
    });
    asking.once('error', reject);
    asking.once('close', ended);
    asking.end(body);
  });
}

function optionsOf(est: Est, operation: string, proof: Proof | null, body: string | null): RequestOptions {
  const folder = est.url.pathname === '/' ? '/.well-known/est' : est.url.pathname.replace(/\/$/, '');
  return {
    path: `${folder}/${operation}`,
    method: body === null ? 'GET' : 'POST',
    ...(proof && 'user' in proof && { auth: `${proof.user}:${proof.password}` }),
    headers: {
      host: est.url.host,
      accept: '*/*',
      connection: 'close',
      ...(body !== null && {
        'content-type': 'application/pkcs10',
        'content-transfer-encoding': 'base64',
        'content-length': Buffer.byteLength(body),
      }),
    },
  };
}

/** Seconds; a date is passed over. */
function waitIn(header: string | undefined): number | null {
  const seconds = Number(header ?? Number.NaN);
  return Number.isInteger(seconds) && seconds >= 0 ? Math.min(seconds, retryAfterSecondsMax) * 1000 : null;
}
