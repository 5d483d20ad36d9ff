// The same for an address out of a certificate that came by the bus. Whoever made that certificate chose where this process
// connects to: so only to somebody elsewhere in a network, by the very address that was looked at, and never to this machine
// by any of its addresses, its wire, or IPv4 in disguise (threat 26).
import { lookup } from 'node:dns';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isOrdinary } from '../../addresses/range.js';
import { isAmong, ownAddresses } from '../../addresses/own.js';
import { bounded, type Fetching, NotFetched, told } from './fetch.js';

type Posting = Omit<Fetching, 'body' | 'etag'> & Required<Pick<Fetching, 'body'>>;
/** This machine's addresses, looked at when one is connected to. */
export type Own = () => readonly string[];

/** Throws NotFetched. */
export async function postElsewhere(
  url: string,
  posting: Posting,
  own: Own = ownAddresses,
): Promise<Uint8Array> {
  const { limitMs, bytesMax, signal } = posting;
  const limited = AbortSignal.any([AbortSignal.timeout(limitMs), ...(signal ? [signal] : [])]);
  let request: ClientRequest | null = null;
  try {
    request = posted(new URL(url), posting.body, own);
    const [response] = (await once(request, 'response', { signal: limited })) as [IncomingMessage];
    if (response.statusCode !== 200)
      throw new NotFetched(`it answers with status ${response.statusCode ?? 0}`);
    limited.addEventListener('abort', () => response.destroy(), { once: true });
    return await bounded(response, bytesMax);
  } catch (error) {
    throw told(limited.aborted ? limited.reason : error, limitMs);
  } finally {
    request?.destroy();
  }
}

function posted(url: URL, { bytes, type }: Posting['body'], own: Own): ClientRequest {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isElsewhere(host, own())) throw notElsewhere(host);
  const headers = { 'content-type': type, 'content-length': bytes.length, 'accept-encoding': 'identity' };
  const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
  const request = send(url, { method: 'POST', headers, agent: false, lookup: elsewhere(own) });
  // Whoever waits for the response hears of it; after that it says nothing new.
  request.on('error', () => undefined);
  request.end(bytes);
  return request;
}

const elsewhere =
  (own: Own): LookupFunction =>
  (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, []);
      const ownNow = own();
      const [first, ...others] = found.filter(({ address }) => isElsewhere(address, ownNow));
      if (!first) return done(notElsewhere(hostname), []);
      if (options.all === true) return done(null, [first, ...others]);
      done(null, first.address, first.family);
    });
  };

const isElsewhere = (address: string, own: readonly string[]): boolean =>
  isOrdinary(address) && !isAmong(address, own);

const notElsewhere = (name: string): NotFetched =>
  new NotFetched(`${name} is this machine, or no place for a responder: a certificate may not lead there`);
