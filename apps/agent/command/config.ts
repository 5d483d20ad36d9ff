// From what was typed to what the agent is.
import { join } from 'node:path';
import { identity as identitySchema } from '#events/identity';
import * as z from 'zod';
import { systemDomains, type Domains } from '../network/resolv-conf.js';
import { portOf, UsageError, type Values } from './options.js';
import type { AgentConfig } from './run-agent.js';

export const stateDirOf = (values: Values): string => values.state ?? join('.data', 'agent');

const listed = (text: string | undefined): readonly string[] => (text ?? '').split(/[\s,]+/).filter(Boolean);

/** Throws UsageError. */
export function configOf(values: Values): AgentConfig {
  const dnsServers = listed(values.dns);
  return {
    stateDir: stateDirOf(values),
    identity: identityOf(values),
    requireMutual: values['require-mutual'] ?? false,
    revocation: revocationOf(values.revocation),
    est: values.est === undefined ? null : estOf(values.est),
    apiHost: values.ip,
    apiPort: portOf(values['api-port'], 7627),
    server: {
      address: values.server ?? null,
      port: portOf(values.port, 3329),
      name: values.name ?? 'hp-print-mgmt',
      localDomain: null,
      searchDomains: [],
      ipv6: !values['ipv4-only'],
      dnsServers: dnsServers.length > 0 ? dnsServers : null,
    },
    domains: () => domainsOf(values),
  };
}

/** Those of the machine are read anew each time: a DHCP client writes them when it has them. */
async function domainsOf({ domain, search }: Values): Promise<Domains> {
  const found = await systemDomains();
  return {
    localDomain: domain ?? found.localDomain,
    searchDomains: search === undefined ? found.searchDomains : listed(search),
  };
}

const described = identitySchema.extend({
  ip: identitySchema.shape.ip.nullable(),
  mac: identitySchema.shape.mac.nullable(),
});

function identityOf(values: Values): AgentConfig['identity'] {
  if (values.serial === undefined) throw new UsageError('--serial is needed.');
  const parsed = described.safeParse({
    serial: values.serial,
    model: values.model ?? 'Muster agent',
    mac: values.mac ?? null,
    ip: values.ip ?? null,
    hostname: values.hostname ?? null,
    firmware: values.firmware ?? null,
  });
  if (!parsed.success) throw new UsageError(z.prettifyError(parsed.error));
  return parsed.data;
}

function revocationOf(text = 'hard'): AgentConfig['revocation'] {
  if (text === 'hard' || text === 'soft' || text === 'off') return text;
  throw new UsageError(`--revocation is hard, soft or off, not ${text}.`);
}

function estOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:' && url.username === '' && url.search === '') return url;
  throw new UsageError(
    `--est is an address that begins with https://, without a password in it, not ${text}.`,
  );
}
