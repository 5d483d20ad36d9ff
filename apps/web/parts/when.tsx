// Times: short and near on the page, exact on hover and for machines.
import { useSyncExternalStore } from 'react';

const near = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

const steps: readonly { readonly unit: Intl.RelativeTimeFormatUnit; readonly seconds: number }[] = [
  { unit: 'year', seconds: 31_557_600 },
  { unit: 'month', seconds: 2_629_800 },
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
];

/** `5 min. ago`, `in 3 days`. */
export function ago(at: Date, nowMs: number): string {
  const seconds = Math.round((at.getTime() - nowMs) / 1000);
  const step = steps.find(({ seconds: size }) => Math.abs(seconds) >= size);
  if (!step) return seconds > -5 ? 'just now' : near.format(seconds, 'second');
  return near.format(Math.trunc(seconds / step.seconds), step.unit);
}

const tickMs = 10_000;
let nowMs = Date.now();

function subscribe(listener: () => void): () => void {
  const timer = setInterval(() => {
    nowMs = Date.now();
    listener();
  }, tickMs);
  return () => clearInterval(timer);
}

interface WhenProps {
  /** ISO time, or null for never. */
  readonly at: string | null;
  readonly never?: string;
}

export function When({ at, never = 'never' }: WhenProps) {
  useSyncExternalStore(subscribe, () => nowMs);
  if (at === null) return <span className="dim">{never}</span>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={exact.format(date)}>
      {ago(date, Date.now())}
    </time>
  );
}

/** Day and time in full. */
export function Exactly({ at }: { readonly at: string }) {
  return <time dateTime={at}>{exact.format(new Date(at))}</time>;
}

/** Ends of certificates are told in GMT, as they are in the log and in the certificates themselves. */
export function Until({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={ago(new Date(at), Date.now())} className="nowrap">
      {new Date(at).toUTCString().replace(/^\w+, /, '')}
    </time>
  );
}

/** Time of day, for feeds. */
export function Clock({ at }: { readonly at: string }) {
  const date = new Date(at);
  return (
    <time className="number nowrap" dateTime={at} title={exact.format(date)}>
      {clock.format(date)}
    </time>
  );
}
