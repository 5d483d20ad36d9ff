// Load balancers in front of the gateway: which are believed, and hearing whom they speak for.
import { BlockList, isIPv6, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { addressIn, BadProxyHeader, bodyBytesOf, prefixBytes } from './proxy-header.js';

/** A proxy sends its header before anything else. */
const headerLimitMs = 5_000;

/** Addresses and networks that the operator named. */
export class Proxies {
  readonly #named = new BlockList();
  readonly #none: boolean;

  constructor(networks: readonly string[]) {
    this.#none = networks.length === 0;
    for (const network of networks) this.#add(network);
  }

  /** @param address canonical */
  has(address: string): boolean {
    return !this.#none && this.#named.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }

  #add(network: string): void {
    if (!network.includes('/')) {
      const one = ipaddr.process(network);
      return this.#named.addAddress(one.toString(), one.kind());
    }
    const [base, bits] = ipaddr.parseCIDR(network);
    this.#named.addSubnet(base.toString(), bits, base.kind());
  }
}

/** `address`: canonical, null when the proxy speaks for itself. `gone`: it went without a word. */
export type Heard =
  | { readonly kind: 'header'; readonly address: string | null }
  | { readonly kind: 'bad'; readonly fault: BadProxyHeader }
  | { readonly kind: 'gone' };

/** Reads the header and not a byte more; what follows it waits in the socket. `heard` is called once. */
export function hearProxy(raw: Socket, heard: (what: Heard) => void): void {
  let prefix: Buffer | null = null;
  const settle = (what: Heard): void => {
    clearTimeout(late);
    raw.off('readable', look).off('end', ended).off('close', ended);
    heard(what);
  };
  const bad = (why: string): void => settle({ kind: 'bad', fault: new BadProxyHeader(why) });
  const late = setTimeout(() => bad(`it did not come within ${headerLimitMs} ms`), headerLimitMs);
  const ended = (): void => (prefix ? bad('it ended in the middle') : settle({ kind: 'gone' }));
  const look = (): void => {
    try {
      prefix ??= read(raw, prefixBytes);
      if (!prefix) return;
      const bytes = bodyBytesOf(prefix);
      const body = bytes === 0 ? Buffer.alloc(0) : read(raw, bytes);
      if (body) settle({ kind: 'header', address: addressIn(prefix, body) });
    } catch (error) {
      if (!(error instanceof BadProxyHeader)) throw error;
      settle({ kind: 'bad', fault: error });
    }
  };
  raw.on('readable', look).on('end', ended).on('close', ended);
}

/** Exactly so many bytes once they are there; fewer when no more will come. */
function read(raw: Socket, bytes: number): Buffer | null {
  return raw.read(bytes) as Buffer | null;
}
