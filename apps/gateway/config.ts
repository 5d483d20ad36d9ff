// What the gateway reads from its environment. What operators set comes by the bus instead: see edge.ts.
import * as z from 'zod';
import { announcePort } from '#announce/announcement';
import { ConfigError, port, readAll, readConfig, secretFile, together, whole } from '#runtime/config';

const shape = {
  /** `::` takes IPv4 as well. */
  MUSTER_ANNOUNCE_HOST: z.string().min(1).default('::'),
  MUSTER_ANNOUNCE_PORT: port.default(announcePort),
  /** The server's own identity, PEM; the certificate's issuers may follow it. */
  MUSTER_GATEWAY_KEY_FILE: secretFile.optional(),
  MUSTER_GATEWAY_CERTIFICATE_FILE: secretFile.optional(),
  /** Without the two: a folder in which a self-signed identity is kept, and made when there is none. */
  MUSTER_GATEWAY_IDENTITY_DIR: z.string().min(1).optional(),
  MUSTER_GATEWAY_TLS_MIN: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
  MUSTER_GATEWAY_TLS_GROUPS: z
    .string()
    .regex(/^[A-Za-z0-9-]+(:[A-Za-z0-9-]+)*$/, 'must be names of groups, separated by colons')
    .default('X25519MLKEM768:X25519:P-256'),
  /** Keeps the newest edge configuration, so that a restart need not wait for the bus. */
  MUSTER_EDGE_CACHE_FILE: z.string().min(1).optional(),
  MUSTER_GATEWAY_CONNECTIONS_MAX: whole(1, 1_000_000).default(10_000),
  MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX: whole(1, 1_000_000).default(20),
  /** Announcements in hand that are not stored yet; above it the answer is `retry`. */
  MUSTER_GATEWAY_UNCONFIRMED_MAX: whole(1, 100_000).default(500),
  /** A durable folder in which announcements are kept that the broker does not confirm; without it they are answered `retry`. */
  MUSTER_GATEWAY_SPOOL_DIR: z.string().min(1).optional(),
  /** Of each process on that folder. An announcement takes 1 to 2 KB. */
  MUSTER_GATEWAY_SPOOL_MAX_MB: whole(1, 100_000).default(512),
} as const;

export type GatewayConfig = ReturnType<typeof readGatewayConfig>;

export function readGatewayConfig(environment: NodeJS.ProcessEnv) {
  const [config] = readAll(
    () => readConfig(shape, environment),
    () => together(environment, 'MUSTER_GATEWAY_KEY_FILE', 'MUSTER_GATEWAY_CERTIFICATE_FILE'),
    () => needIdentity(environment),
  );
  return config;
}

function needIdentity(environment: NodeJS.ProcessEnv): void {
  const ways = ['MUSTER_GATEWAY_KEY_FILE', 'MUSTER_GATEWAY_CERTIFICATE_FILE', 'MUSTER_GATEWAY_IDENTITY_DIR'];
  if (ways.some((name) => environment[name])) return;
  throw new ConfigError([
    'MUSTER_GATEWAY_KEY_FILE and MUSTER_GATEWAY_CERTIFICATE_FILE are not set, nor is MUSTER_GATEWAY_IDENTITY_DIR: ' +
      'the gateway needs a certificate, or a folder in which to make itself one',
  ]);
}
