// What the process reads from its environment.
import * as z from 'zod';
import { commonShape, port, readAll, readConfig, secretFile, together, whole } from '#runtime/config';

const { MUSTER_LOG_LEVEL, MUSTER_INSTANCE, MUSTER_HTTP_HOST, MUSTER_HTTP_PORT, OTEL_EXPORTER_OTLP_ENDPOINT } =
  commonShape;

const shape = {
  MUSTER_LOG_LEVEL,
  MUSTER_INSTANCE,
  MUSTER_HTTP_HOST,
  MUSTER_HTTP_PORT,
  OTEL_EXPORTER_OTLP_ENDPOINT,
  /** The authority's folder: muster ca init makes it. */
  MUSTER_TRUST_DIR: z.string().min(1).default('.data/trust'),
  MUSTER_TRUST_PASSPHRASE_FILE: z
    .string('the private keys are encrypted by a passphrase, which is in a file')
    .min(1),
  /** Of lists, OCSP and EST. `::` takes IPv4 as well. */
  MUSTER_TRUST_HOST: z.string().min(1).default('::'),
  /** Lists and OCSP by HTTP: where `muster ca init --url` says they are. */
  MUSTER_TRUST_PORT: port.default(3333),
  /** EST by TLS. */
  MUSTER_TRUST_EST_PORT: port.default(3332),
  /** The identity that EST shows, by its friendly name; without one there is no EST. */
  MUSTER_TRUST_EST_IDENTITY: z.string().min(1).optional(),
  /** Where console is, which shows what this process has; and the token by which it is known there. */
  MUSTER_CONSOLE_URL: z
    .url({ protocol: /^https?$/ })
    .refine((url) => !inClear(url), 'must be https://, as a token goes there; http:// on this machine alone')
    .optional(),
  MUSTER_TOKEN_FILE: secretFile.optional(),
  /** What it does when operators ask at console, beside revoking: enrol, sign, issue, by commas. */
  MUSTER_TRUST_WISHES: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(z.enum(['enrol', 'sign', 'issue'], 'names enrol, sign, issue, or nothing'))),
  /** How long certificates are valid that devices get by EST. */
  MUSTER_TRUST_DEVICE_DAYS: whole(1, 3_650).default(365),
} as const;

export type TrustConfig = ReturnType<typeof readTrustConfig>;

/** A token must not be read on the way. */
function inClear(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol !== 'https:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Throws ConfigError with every fault. */
export function readTrustConfig(environment: NodeJS.ProcessEnv) {
  const [config] = readAll(
    () => readConfig(shape, environment),
    () => together(environment, 'MUSTER_CONSOLE_URL', 'MUSTER_TOKEN_FILE'),
  );
  return config;
}
