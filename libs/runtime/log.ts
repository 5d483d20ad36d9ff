// Structured lines, one JSON object each, on standard output: what an operator or a collector reads.
import { isSpanContextValid, trace } from '@opentelemetry/api';
import { pino, type Logger } from 'pino';

/** `fields` first (what it is about), then one sentence an operator can act on. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Written on each line. */
  readonly fields: object;
}

/** Names under which a secret could stand; their values never reach a line. */
const secrets = ['password', 'passphrase', 'token', 'secret', 'authorization', 'cookie', 'key', 'pem'];
const redact = secrets.flatMap((name) => [name, `*.${name}`]);

/** Opens the log. JSON escapes control characters, so that no device can forge a line. */
export function openLog({ level, fields }: LogOptions): Log {
  return pino(
    {
      level,
      base: fields,
      redact: { paths: redact, censor: '[hidden]' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describe },
      mixin: traceFields,
    },
    output(),
  ) satisfies Logger;
}

/**
 * Standard output as Node writes it: at once, and nothing where nobody reads any more. Pino's own way tries for ever to
 * get rid of what is left when the process ends, so that a service outlived its SIGTERM when its log's reader was gone.
 */
function output(): { write(line: string): void } {
  if (process.stdout.listenerCount('error', unread) === 0) process.stdout.on('error', unread);
  return { write: (line) => void process.stdout.write(line) };
}

const unread = (): void => undefined;

/** What a person needs of an error, and nothing else that hangs on it: a database's error carries the values of its statement. */
function describe(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack, cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  return { name, ...code, message, stack, ...(cause === undefined ? {} : { cause: describe(cause) }) };
}

function traceFields(): object {
  const context = trace.getActiveSpan()?.spanContext();
  return context && isSpanContextValid(context) ? { trace: context.traceId, span: context.spanId } : {};
}
