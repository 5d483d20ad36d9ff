// What console reads from the environment.
import path from 'node:path';
import * as z from 'zod';
import { announcePort } from '#announce/announcement';
import { networks, port, readConfig, secretFile } from '#runtime/config';

export interface ConsoleConfig {
  /** Of the operator `admin` at the first start; one is made when null. */
  readonly adminPassword: string | null;
  /** PEM public keys (Ed25519) whose licence files are taken. */
  readonly licenceSigners: readonly string[];
  /** Operators come by https: cookies are sent by it alone. */
  readonly secure: boolean;
  /** Addresses and networks of the proxies in front, whose word about the client's address is taken. */
  readonly trustedProxies: readonly string[];
  /** Where devices announce themselves, for the reminder to open it. */
  readonly announcePort: number;
  /** Keys that seal credentials of devices; null: none can be kept. */
  readonly credentialKeys: string | null;
  /** Folder of the built web page. */
  readonly page: string;
}

const shape = {
  MUSTER_ADMIN_PASSWORD_FILE: secretFile.optional(),
  MUSTER_CREDENTIALS_KEY_FILE: z.string().optional(),
  /** PEM, one key after the other. */
  MUSTER_LICENCE_SIGNERS_FILE: secretFile.optional(),
  /** Address that operators use, such as https://muster.example: behind a proxy that speaks TLS. */
  MUSTER_CONSOLE_URL: z.url({ protocol: /^https?$/ }).optional(),
  MUSTER_TRUSTED_PROXIES: networks,
  MUSTER_ANNOUNCE_PORT: port.default(announcePort),
  MUSTER_PAGE_DIR: z.string().optional(),
} as const;

const pemKey = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

export function readConsoleConfig(environment: NodeJS.ProcessEnv): ConsoleConfig {
  const read = readConfig(shape, environment);
  return Object.freeze({
    adminPassword: read.MUSTER_ADMIN_PASSWORD_FILE ?? null,
    credentialKeys: read.MUSTER_CREDENTIALS_KEY_FILE ?? null,
    licenceSigners: read.MUSTER_LICENCE_SIGNERS_FILE?.match(pemKey) ?? [],
    secure: read.MUSTER_CONSOLE_URL?.startsWith('https:') ?? false,
    trustedProxies: read.MUSTER_TRUSTED_PROXIES,
    announcePort: read.MUSTER_ANNOUNCE_PORT,
    page: path.resolve(read.MUSTER_PAGE_DIR ?? builtPage),
  });
}

/** Beside this file in a build: dist/apps/console and dist/web; from the sources, dist/web of the project. */
const builtPage = import.meta.dirname.includes(`${path.sep}dist${path.sep}`)
  ? path.join(import.meta.dirname, '../../web')
  : path.join(import.meta.dirname, '../../dist/web');
