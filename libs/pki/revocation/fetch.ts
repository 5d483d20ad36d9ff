// Bytes from an address that an operator named, within limits of size and time. A redirect is no answer: it would let
// whoever answers choose where the server connects to.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { crlFile } from '../../events/trust-set.js';

export interface Fetching {
  readonly limitMs: number;
  readonly bytesMax: number;
  /** Sent by POST; without it, GET. */
  readonly body?: { readonly bytes: Uint8Array; readonly type: string };
  /** What the last answer was marked with: then an unchanged one is not sent again. */
  readonly etag?: string | null;
  readonly signal?: AbortSignal;
}

export interface Fetched {
  /** Null: unchanged. */
  readonly bytes: Uint8Array | null;
  readonly etag: string | null;
}

/** Thrown with a sentence for an operator. */
export class NotFetched extends Error {
  override readonly name = 'NotFetched';
}

export async function fetchBytes(
  url: string,
  { limitMs, bytesMax, body, etag, signal }: Fetching,
): Promise<Fetched> {
  const signals = [AbortSignal.timeout(limitMs), ...(signal ? [signal] : [])];
  const headers = {
    ...(body && { 'content-type': body.type }),
    ...(etag && { 'if-none-match': etag }),
    // Not packed: what is counted is what comes.
    'accept-encoding': 'identity',
  };
  try {
    const response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      ...(body && { body: Buffer.from(body.bytes) }),
      headers,
      redirect: 'manual',
      signal: AbortSignal.any(signals),
    });
    if (response.status === 304) {
      await response.body?.cancel();
      return { bytes: null, etag: etag ?? null };
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new NotFetched(`it answers with status ${response.status}`);
    }
    return { bytes: await bounded(response.body ?? [], bytesMax), etag: response.headers.get('etag') };
  } catch (error) {
    throw told(error, limitMs);
  }
}

/** Throws NotFetched when there are more. */
export async function bounded(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > bytesMax) throw new NotFetched(`its answer has more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whatever went wrong, in a sentence. */
export function told(error: unknown, limitMs: number): NotFetched {
  if (error instanceof NotFetched) return error;
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new NotFetched(`it does not answer within ${limitMs} ms`);
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new NotFetched(
    `it cannot be reached: ${cause instanceof Error ? cause.message : 'for no known reason'}`,
  );
}

/** A file that the operator named, of the folder that the process was given. */
export async function readListFile(
  source: string,
  folder: string | null,
  bytesMax: number,
): Promise<Uint8Array> {
  const [, name] = crlFile.exec(source) ?? [];
  if (name === undefined || folder === null) throw new NotFetched('there is no folder of lists here');
  const unread = (error: NodeJS.ErrnoException): never => {
    throw new NotFetched(`the file cannot be read: ${error.code ?? error.message}`);
  };
  const file = await open(join(folder, name)).catch(unread);
  try {
    const { size } = await file.stat().catch(unread);
    if (size > bytesMax) throw new NotFetched(`the file has more than ${bytesMax} bytes`);
    return await file.readFile().catch(unread);
  } finally {
    await file.close();
  }
}
