// From the environment to a frozen object, or a refusal that lists every fault at once.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { batchMax } from '../bus/bus.js';
import { messageOf } from '../events/message-of.js';
import type { Service } from './service.js';

/** Thrown at boot when the environment does not say, or says wrongly, what a process needs. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly faults: readonly string[]) {
    super(`the configuration is not right:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

/** What the variables of a shape say. */
export type Config<Shape extends z.ZodRawShape> = Readonly<z.infer<z.ZodObject<Shape>>>;

/** Reads the variables named by `shape`, and only those. Throws ConfigError with every fault. */
export function readConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  environment: NodeJS.ProcessEnv,
): Config<Shape> {
  const named = Object.fromEntries(
    Object.keys(shape).flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  );
  const parsed = z.object(shape).safeParse(named);
  if (parsed.success) return Object.freeze(parsed.data);
  throw new ConfigError(
    parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return name in named ? `${name}: ${issue.message}` : `${name} is not set: ${issue.message}`;
    }),
  );
}

/** What all of them read. Throws one ConfigError with the faults of all, each once. */
export function readAll<Values extends readonly unknown[]>(
  ...readings: { readonly [Index in keyof Values]: () => Values[Index] }
): Values {
  const faults = new Set<string>();
  const values = readings.map((read) => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const fault of error.faults) faults.add(fault);
      return undefined;
    }
  });
  if (faults.size > 0) throw new ConfigError([...faults]);
  return values as readonly unknown[] as Values;
}

/** A service, and what it read from the environment. */
export interface Configured {
  readonly service: Service;
  readonly config: unknown;
}

/** Throws one ConfigError with the faults of all services. */
export function configure(
  services: readonly Service[],
  environment: NodeJS.ProcessEnv,
): readonly Configured[] {
  return readAll<readonly Configured[]>(
    ...services.map((service) => () => ({ service, config: service.config(environment) })),
  );
}

/** Throws ConfigError when one of two variables is set without the other. */
export function together(environment: NodeJS.ProcessEnv, one: string, other: string): void {
  if (!environment[one] !== !environment[other]) throw new ConfigError([`${one} and ${other} go together`]);
}

/** A number in a variable. */
export const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);
export const port = whole(0, 65_535);

/** Addresses and networks, separated by commas; none by default. */
export const networks = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine(
    (each) => each.every((network) => isIP(network) !== 0 || ipaddr.isValidCIDR(network)),
    'must be addresses or networks such as 10.0.0.7 or 10.1.0.0/24, separated by commas',
  )
  .default([]);

/** Text of the file that a variable names, without the line end: how secrets come in. */
export const secretFile = z.string().transform((path, context) => {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    context.addIssue(`the file cannot be read: ${messageOf(error)}`);
    return z.NEVER;
  }
});

/** What every process reads. */
export const commonShape = {
  MUSTER_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Name of this process among the instances of its service; by default host name and process id. */
  MUSTER_INSTANCE: z.string().max(64).optional(),
  MUSTER_HTTP_HOST: z.string().default('0.0.0.0'),
  /** Health, metrics and, for console, API and page. 0: any free port. */
  MUSTER_HTTP_PORT: port.default(3330),
  /** Where spans go by OTLP over HTTP, such as http://collector:4318. Without it none are sent. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
  /** Deliveries handled in one transaction at most. */
  MUSTER_BATCH_MAX: whole(1, batchMax).default(batchMax),
  /** How often a service says how it fares, for `muster status`. */
  MUSTER_REPORT_SECONDS: whole(1, 300).default(15),
} as const;

/** Name of this process among the instances of its service. */
export function instanceOf(environment: NodeJS.ProcessEnv): string {
  return environment['MUSTER_INSTANCE'] || `${hostname()}-${process.pid}`;
}

/** An address is never repeated in a fault: it may hold a password. */
const address = (protocol: RegExp, example: string) => {
  const wrong = `must be an address such as ${example}`;
  const right = (text: string): boolean => URL.canParse(text) && protocol.test(new URL(text).protocol);
  return { wrong, right };
};
const broker = address(/^amqps?:$/, 'amqps://muster@rabbitmq:5671/muster');
const database = address(/^postgres(ql)?:$/, 'postgres://muster@postgres:5432/muster');

/** What a process on RabbitMQ reads. */
export const busShape = {
  /** One address or several of one cluster, separated by commas: amqps://user@host:5671/vhost; amqp:// on this machine alone. */
  MUSTER_AMQP_URL: z
    .string(broker.wrong)
    .transform((text) => text.split(',').map((part) => part.trim()))
    .refine((addresses) => addresses.every(broker.right), broker.wrong),
  MUSTER_AMQP_PASSWORD_FILE: secretFile.optional(),
  MUSTER_AMQP_CA_FILE: secretFile.optional(),
} as const;

/** What a process on PostgreSQL reads. */
export const storeShape = {
  MUSTER_DATABASE_URL: z.string(database.wrong).refine(database.right, database.wrong),
  MUSTER_DATABASE_PASSWORD_FILE: secretFile.optional(),
  MUSTER_DATABASE_CA_FILE: secretFile.optional(),
  MUSTER_DATABASE_POOL_MAX: whole(2, 100).default(10),
} as const;
