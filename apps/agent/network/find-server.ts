// Where the server is (R2, R3): a configured address, or a well-known name looked for in domain after domain.
import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';

export interface ServerSettings {
  /** Address of the server; a name here is resolved as it stands. Null: found by `name`. */
  readonly address: string | null;
  readonly port: number;
  /** Looked for in the local domain, then in each search domain. */
  readonly name: string;
  readonly localDomain: string | null;
  readonly searchDomains: readonly string[];
  /** Ask for IPv6 addresses first. */
  readonly ipv6: boolean;
  /** DNS servers (`10.0.0.1`, `10.0.0.1:5353`, `[fd00::1]:53`); null: those of the system. */
  readonly dnsServers: readonly string[] | null;
}

/** One address to try. `name` is what its certificate should be for. */
export interface Candidate {
  readonly address: string;
  readonly port: number;
  readonly name: string;
}

/** Thrown when no server can be found; the message names what was tried. */
export class ServerNotFound extends Error {
  override readonly name = 'ServerNotFound';
}

const domainsMax = 16;
const queryTimeoutMs = 2_000;
const queryTries = 2;

/** The names asked for, in order: the configured one as it stands, or the well-known one in each domain. */
export function namesToTry(settings: ServerSettings): readonly string[] {
  if (settings.address !== null) return [settings.address];
  if (settings.name.includes('.')) return [settings.name];
  const domains = [settings.localDomain ?? '', ...settings.searchDomains]
    .map((domain) => domain.replace(/^\.+|\.+$/g, '').toLowerCase())
    .filter((domain) => domain !== '');
  return [...new Set(domains)].slice(0, domainsMax).map((domain) => `${settings.name}.${domain}`);
}

/** Addresses in the order in which they are to be tried, each asked for only when those before it did not serve. */
export async function* serverCandidates(settings: ServerSettings): AsyncGenerator<Candidate> {
  const { address, port } = settings;
  if (address !== null && isIP(address) !== 0) {
    yield { address, port, name: address };
    return;
  }
  const names = namesToTry(settings);
  const resolver = new dns.Resolver({ timeout: queryTimeoutMs, tries: queryTries });
  if (settings.dnsServers) resolver.setServers(settings.dnsServers);
  let found = false;
  for (const name of names) {
    for (const family of settings.ipv6 ? ([6, 4] as const) : ([4] as const)) {
      for (const each of await resolve(resolver, name, family)) {
        found = true;
        yield { address: each, port, name };
      }
    }
  }
  if (!found) throw new ServerNotFound(notFound(settings, names));
}

/** Addresses of a name, aliases followed; none when the name or the record is not there. Throws ServerNotFound. */
async function resolve(resolver: dns.Resolver, name: string, family: 4 | 6): Promise<readonly string[]> {
  try {
    return await (family === 6 ? resolver.resolve6(name) : resolver.resolve4(name));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    // Any other answer says nothing about the name: going on could end at another domain's server.
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new ServerNotFound(`DNS could not be asked for ${name}: ${code}.`);
  }
}

function notFound(settings: ServerSettings, names: readonly string[]): string {
  if (names.length === 0) return `No domain is known to look for ${settings.name} in.`;
  return `DNS knows no address of ${names.join(', ')}.`;
}
