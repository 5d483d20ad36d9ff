// What the gateway reads from its environment. What operators set comes by the bus instead: see edge.ts.
import * as z from 'zod';
import { frameBytesMax } from '#announce/frame';
import { depthMax } from '#announce/strict-json';
import { announcePort } from '#announce/announcement';
import { tlsGroups } from '#pki/tls';
import {
  ConfigError,
  networks,
  port,
  readAll,
  readConfig,
  secretFile,
  together,
  whole,
} from '#runtime/config';

const shape = {
  /** `::` takes IPv4 as well. */
  MUSTER_ANNOUNCE_HOST: z.string().min(1).default('::'),
  MUSTER_ANNOUNCE_PORT: port.default(announcePort),
  /** Other gateways of this machine may listen there too, and the system spreads the connections. Linux only. */
  MUSTER_ANNOUNCE_PORT_SHARED: z.stringbool().default(false),
  /** The server's own identity, PEM; the certificate's issuers may follow it. */
  MUSTER_GATEWAY_KEY_FILE: secretFile.optional(),
  MUSTER_GATEWAY_CERTIFICATE_FILE: secretFile.optional(),
  /** The OCSP responder whose answer goes along with the certificate (R85), instead of the one that it names; `off`, or nothing: none. */
  MUSTER_GATEWAY_OCSP_URL: z.union([z.literal('off'), z.url({ protocol: /^https?$/ })]).optional(),
  /** Without the two: a folder in which a self-signed identity is kept, and made when there is none. */
  MUSTER_GATEWAY_IDENTITY_DIR: z.string().min(1).optional(),
  MUSTER_GATEWAY_TLS_MIN: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
  MUSTER_GATEWAY_TLS_GROUPS: z
    .string()
    .regex(/^[A-Za-z0-9-]+(:[A-Za-z0-9-]+)*$/, 'must be names of groups, separated by colons')
    .default(tlsGroups),
  /** Lists of revoked certificates that operators name by file. */
  MUSTER_GATEWAY_CRL_DIR: z.string().min(1).optional(),
  /** Lists that were fetched are kept here, so that a restart does not wait for their addresses. */
  MUSTER_GATEWAY_CRL_CACHE_DIR: z.string().min(1).optional(),
  /** Keeps the newest edge configuration, so that a restart need not wait for the bus. */
  MUSTER_EDGE_CACHE_FILE: z.string().min(1).optional(),
  MUSTER_GATEWAY_CONNECTIONS_MAX: whole(1, 1_000_000).default(10_000),
  /** Connections that the system keeps for us until we take them in: more are not answered, and come again by themselves. */
  MUSTER_GATEWAY_BACKLOG_MAX: whole(1, 65_535).default(256),
  /** Of one address. */
  MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX: whole(1, 1_000_000).default(20),
  /** Of one IPv6 /64, in which a whole site may live. */
  MUSTER_GATEWAY_CONNECTIONS_PER_NETWORK_MAX: whole(1, 1_000_000).default(500),
  /** New connections of one source, an address or an IPv6 /64: so many at once, and so many a second for ever. */
  MUSTER_GATEWAY_HANDSHAKES_BURST: whole(1, 1_000_000).default(1_000),
  MUSTER_GATEWAY_HANDSHAKES_PER_SECOND: whole(1, 1_000_000).default(100),
  /** Load balancers that begin each connection with a PROXY protocol v2 header; nobody else is asked for one. */
  MUSTER_GATEWAY_PROXIES: networks,
  /** From the connection to the end of the handshake; from there, or an answer, to the next byte; from there to the line's end. */
  MUSTER_GATEWAY_HANDSHAKE_SECONDS: whole(1, 120).default(10),
  MUSTER_GATEWAY_FIRST_BYTE_SECONDS: whole(1, 120).default(10),
  MUSTER_GATEWAY_FRAME_SECONDS: whole(1, 120).default(15),
  /** Of a line, without its end; of objects and arrays in it. */
  MUSTER_GATEWAY_FRAME_BYTES_MAX: whole(1_024, 1_048_576).default(frameBytesMax),
  MUSTER_GATEWAY_DEPTH_MAX: whole(2, 64).default(depthMax),
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
    () => readConfig(shape, emptyIsOff(environment)),
    () => together(environment, 'MUSTER_GATEWAY_KEY_FILE', 'MUSTER_GATEWAY_CERTIFICATE_FILE'),
    () => needIdentity(environment),
  );
  return config;
}

/** Time and room that a connection gets after its handshake. */
export function answeringLimits(config: GatewayConfig) {
  return {
    firstByteMs: config.MUSTER_GATEWAY_FIRST_BYTE_SECONDS * 1000,
    frameMs: config.MUSTER_GATEWAY_FRAME_SECONDS * 1000,
    frameBytesMax: config.MUSTER_GATEWAY_FRAME_BYTES_MAX,
    depthMax: config.MUSTER_GATEWAY_DEPTH_MAX,
  };
}

/** Other than elsewhere: without the variable there is a responder to be asked. */
const emptyIsOff = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  environment['MUSTER_GATEWAY_OCSP_URL'] === ''
    ? { ...environment, MUSTER_GATEWAY_OCSP_URL: 'off' }
    : environment;

function needIdentity(environment: NodeJS.ProcessEnv): void {
  const ways = ['MUSTER_GATEWAY_KEY_FILE', 'MUSTER_GATEWAY_CERTIFICATE_FILE', 'MUSTER_GATEWAY_IDENTITY_DIR'];
  if (ways.some((name) => environment[name])) return;
  throw new ConfigError([
    'MUSTER_GATEWAY_KEY_FILE and MUSTER_GATEWAY_CERTIFICATE_FILE are not set, nor is MUSTER_GATEWAY_IDENTITY_DIR: ' +
      'the gateway needs a certificate, or a folder in which to make itself one',
  ]);
}
