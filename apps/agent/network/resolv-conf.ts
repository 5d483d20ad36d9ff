// The local domain and the search domains, as the system's resolver or a DHCP client wrote them down (option 119).
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

export interface Domains {
  readonly localDomain: string | null;
  readonly searchDomains: readonly string[];
}

/** Reads `domain` and `search` lines; of several, the last counts, as for the system's own resolver. */
export function parseResolvConf(text: string): Domains {
  const domains: { localDomain: string | null; searchDomains: readonly string[] } = {
    localDomain: null,
    searchDomains: [],
  };
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'domain') domains.localDomain = values[0] ?? null;
    if (keyword === 'search') domains.searchDomains = values.filter((value) => value !== '.');
  }
  return domains;
}

/** The domains of this machine; the host name's own domain is the local one when nothing else says so. */
export async function systemDomains(file = '/etc/resolv.conf'): Promise<Domains> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const { localDomain, searchDomains } = parseResolvConf(text);
  return { localDomain: localDomain ?? (hostname().split('.').slice(1).join('.') || null), searchDomains };
}
