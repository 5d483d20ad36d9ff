// What can be said on the command line of `npm start`.
import { parseArgs } from 'node:util';
import { messageOf } from '#events/message-of';
import { similarKeys } from './similar-keys.js';
import { settingsCatalogue } from '#device/catalogue';

export const help = `Muster, all services in one process.

  npm start                          start; data in .data/muster
  npm start -- --demo 20             with 20 virtual printers, accepting and remediation on, data in .data/demo
  npm start -- --demo 20 --once      the same, and end when the fleet has settled

  --data FOLDER         where data lies; one process at a time
  --http-port N         page, API, health and metrics (3330; 0: any free one)
  --announce-port N     TLS port for announcements (3329; 0: any free one)
  --demo N              start N virtual printers (1 to 1000)
  --refuse KEY          the demo's last printer refuses to change this setting, such as svc.telnet
  --once                end when the demo has settled: exit 0 when every printer is compliant, else 1
  --help                this text

Environment: MUSTER_LOG_LEVEL (warn), MUSTER_ADMIN_PASSWORD_FILE, OTEL_EXPORTER_OTLP_ENDPOINT; see README. Of
MUSTER_HTTP_PORT and --http-port, MUSTER_ANNOUNCE_PORT and --announce-port the option counts.`;

export interface Options {
  readonly help: boolean;
  readonly data: string;
  /** Null: as the environment says. */
  readonly httpPort: number | null;
  readonly announcePort: number | null;
  /** Virtual printers; null: no demo. */
  readonly demo: number | null;
  readonly refuse: string | null;
  readonly once: boolean;
}

/** Thrown when the command line is not right; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function readOptions(words: readonly string[]): Options {
  const values = parse(words);
  const demo = values.demo === undefined ? null : whole('--demo', values.demo, 1, 1000);
  if (demo === null && (values.once || values.refuse !== undefined)) {
    throw new UsageError('--once and --refuse go with --demo N');
  }
  return {
    help: values.help ?? false,
    data: values.data ?? (demo === null ? '.data/muster' : '.data/demo'),
    httpPort: portOf('--http-port', values['http-port']),
    announcePort: portOf('--announce-port', values['announce-port']),
    demo,
    refuse: values.refuse === undefined ? null : settingKey('--refuse', values.refuse),
    once: values.once ?? false,
  };
}

function parse(words: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    help: flag,
    once: flag,
    data: text,
    demo: text,
    refuse: text,
    'http-port': text,
    'announce-port': text,
  };
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

const portOf = (name: string, text: string | undefined): number | null =>
  text === undefined ? null : whole(name, text, 0, 65_535);

function settingKey(name: string, key: string): string {
  if (settingsCatalogue.has(key)) return key;
  const similar = similarKeys(key, [...settingsCatalogue.keys()]);
  throw new UsageError(`${name}: there is no setting ${key}; similar ones are ${similar.join(', ')}`);
}

function whole(name: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, not ${text}`);
}
