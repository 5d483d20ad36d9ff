// What the address of the list of dead deliveries holds: its filters and its place.

export interface DeadSearch {
  readonly reason?: string;
  readonly consumer?: string;
  readonly type?: string;
  readonly subject?: string;
  readonly within?: Within;
  readonly after?: string;
  /** Deliveries before this page. */
  readonly from?: number;
}

export type Within = 'hour' | 'day' | 'week';
const hourMs = 3_600_000;
export const withinWords: Readonly<Record<Within, string>> = {
  hour: 'Last hour',
  day: 'Last day',
  week: 'Last week',
};
const withinMs: Readonly<Record<Within, number>> = { hour: hourMs, day: 24 * hourMs, week: 168 * hourMs };
const minuteMs = 60_000;

/** The conditions as the API takes them; a time moves on by minutes, so that a list is not asked for at every look. */
export interface DeadFilter {
  readonly reason?: string | undefined;
  readonly consumer?: string | undefined;
  readonly type?: string | undefined;
  readonly subject?: string | undefined;
  readonly since?: string | undefined;
}

export function filterOf({ reason, consumer, type, subject, within }: DeadSearch, nowMs: number): DeadFilter {
  const since = within && Math.floor((nowMs - withinMs[within]) / minuteMs) * minuteMs;
  return {
    reason,
    consumer,
    type,
    subject,
    ...(since !== undefined && { since: new Date(since).toISOString() }),
  };
}

export const isFiltered = ({ reason, consumer, type, subject, within }: DeadSearch): boolean =>
  [reason, consumer, type, subject, within].some((each) => each !== undefined);

const textMax = 128;

/** Drops what is not understood: an address can be typed by hand. */
export function readDeadSearch(raw: Readonly<Record<string, unknown>>): DeadSearch {
  const text = (name: string) => textIn(raw[name]);
  const [reason, consumer, type, subject] = ['reason', 'consumer', 'type', 'subject'].map(text);
  const within = withinIn(raw['within']);
  const after = text('after');
  const from = Number(raw['from']);
  return {
    ...(reason && { reason }),
    ...(consumer && { consumer }),
    ...(type && { type }),
    ...(subject && { subject }),
    ...(within && { within }),
    ...(after && Number.isSafeInteger(from) && from > 0 && { after, from }),
  };
}

/** The router reads 12345 in an address as a number; a serial number may look like that. */
function textIn(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text.slice(0, textMax) : undefined;
}

const withinIn = (value: unknown): Within | undefined =>
  value === 'hour' || value === 'day' || value === 'week' ? value : undefined;
