// Which dead deliveries are meant: the options, and what the API is asked for.
import type { ParseArgsOptionsConfig } from 'node:util';
import { momentOf, patternOf } from '../said.js';
import { UsageError } from '../words.js';

const text = { type: 'string' } as const;
export const filterOptions = {
  consumer: text,
  type: text,
  reason: text,
  subject: text,
  since: text,
  to: text,
} as const satisfies ParseArgsOptionsConfig;

type Said = { readonly [Name in keyof typeof filterOptions]?: string | undefined };

export type Filter = Readonly<Record<string, string>>;

/** As the API takes it. Throws UsageError. */
export function filterOf(said: Said, now: Date): Filter {
  const { consumer, type, reason, subject, since, to } = said;
  if (type !== undefined) patternOf('--type', type);
  return {
    ...(consumer !== undefined && { consumer }),
    ...(type !== undefined && { type }),
    ...(reason !== undefined && { reason }),
    ...(subject !== undefined && { subject }),
    ...(since !== undefined && { since: momentOf('--since', since, now).toISOString() }),
    ...(to !== undefined && { to: momentOf('--to', to, now).toISOString() }),
  };
}

export interface Named {
  readonly consumer: string;
  readonly eventId: string;
}

export const isNamed = (which: Named | Filter): which is Named => 'eventId' in which;

/** `CONSUMER EVENT-ID`; null when nothing was named. Throws UsageError. */
export function namedIn([consumer, eventId, ...more]: readonly string[]): Named | null {
  if (consumer === undefined) return null;
  if (eventId === undefined || more.length > 0)
    throw new UsageError('name a delivery by its consumer and the id of its event.');
  if (!/^[A-Za-z.]{1,64}$/.test(consumer)) throw new UsageError(`${consumer} is no name of a consumer.`);
  if (!/^[0-9a-f-]{36}$/i.test(eventId)) throw new UsageError(`${eventId} is no id of an event.`);
  return { consumer, eventId };
}

/** Exactly one way to say it. Throws UsageError. */
export function whichOf(named: Named | null, filter: Filter, all: boolean) {
  const filtered = Object.keys(filter).length > 0;
  const ways = [named !== null, filtered, all].filter(Boolean).length;
  if (ways !== 1)
    throw new UsageError(
      ways === 0
        ? 'say which: one by CONSUMER EVENT-ID, some by --consumer, --type and the like, or --all.'
        : 'one by its name, some by conditions, and --all exclude each other.',
    );
  if (named) return { deliveries: [named] };
  return all ? { all: true } : { filter };
}
