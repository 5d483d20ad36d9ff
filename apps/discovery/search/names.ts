// Where a host name leads now: asked of DNS, forwards only, each time that it is needed.
import { Resolver } from 'node:dns/promises';
import { messageOf } from '#events/message-of';

const limits = { timeout: 2_000, tries: 2 } as const;
/** Addresses of one name that are looked at. */
const addressesMax = 4;
const nothingThere: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/**
 * Empty when DNS says that there is none. Throws when it does not answer. By c-ares and not by the system's own calls, four of which
 * at a time would hold up all else that waits for a file or a key.
 * @param servers address or address:port; null: those of this machine
 */
export async function addressesOf(
  name: string,
  servers: readonly string[] | null,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const resolver = new Resolver(limits);
  if (servers) resolver.setServers(servers);
  const stop = (): void => resolver.cancel();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const asked = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    signal.throwIfAborted();
    const found = asked.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    const failed = asked.find((one) => one.status === 'rejected' && !nothingThere.has(codeOf(one.reason)));
    if (found.length === 0 && failed?.status === 'rejected')
      throw new Error(`DNS does not say where it is: ${messageOf(failed.reason)}`);
    return found.slice(0, addressesMax);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
