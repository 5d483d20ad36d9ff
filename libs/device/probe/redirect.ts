// What a device answers to `GET /` in clear: only that it is to be asked by HTTPS, or something else. No more of the answer
// than its head is read, and nothing in it is followed.
import http from 'node:http';
import { cut } from '../../events/cut.js';
import { messageOf } from '../../events/message-of.js';
import { limits } from '../exchange.js';
import { elsewhere, mustNotPrint, type Door } from './knock.js';
import { failed, seen, type Observation } from './observation.js';

const redirects = new Set([301, 302, 307, 308]);

/** Settles in time; when `signal` is aborted, as failed. */
export async function seeRedirect({ address, port }: Door, signal: AbortSignal): Promise<Observation> {
  mustNotPrint(port);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limits.timeMs)]);
  try {
    const head = await headOf({ address, port }, limited);
    return judge(head);
  } catch (error) {
    const reason = limited.aborted ? `no answer within ${limits.timeMs} ms` : cut(messageOf(error), 200);
    return failed(`it does not answer HTTP as it should: ${reason}`);
  }
}

interface Head {
  readonly status: number;
  readonly location: string;
}

/** 401 and 404 are served in clear, too: whoever reads along sees them, and may answer in the device's place. */
function judge({ status, location }: Head): Observation {
  if (status >= 500) return failed(`it has answered ${status} in clear`);
  return seen(redirects.has(status) && /^https:\/\//i.test(location));
}

const headOf = ({ address, port }: Door, signal: AbortSignal): Promise<Head> =>
  new Promise((resolve, reject) => {
    const request = http.request({
      host: address,
      port,
      path: '/',
      agent: false,
      headers: { accept: 'text/html', 'accept-encoding': 'identity', connection: 'close' },
      maxHeaderSize: limits.headerBytesMax,
      signal,
    });
    request.on('response', (response) => {
      const { statusCode: status = 0, headers, socket } = response;
      const reason = elsewhere(socket, address);
      if (reason === null) resolve({ status, location: headers.location ?? '' });
      else reject(new Error(reason));
      response.on('error', () => undefined).destroy();
    });
    request.on('upgrade', (_, socket) => {
      socket.destroy();
      reject(new Error('it changed the protocol instead of answering'));
    });
    // It stays: what comes after the end is nobody's.
    request.on('error', reject);
    request.on('close', () => reject(new Error('closed before an answer')));
    request.end();
  });
