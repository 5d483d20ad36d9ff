// What was found out about a device's protocols, so that the next task need not find it out again.
import * as z from 'zod';
import { cut } from '../../events/cut.js';
import { driverNames, type Setback } from '../device.js';

const driverName = z.enum(driverNames);

/** What says whether it is still the device that was asked then. */
const subject = z.object({
  model: z.string(),
  firmware: z.string().nullable(),
  ip: z.string(),
  fingerprint: z.string().nullable(),
  /** Stands for what it was tried with: with other credentials all is asked anew. */
  entrances: z.string().max(64),
});
export type Subject = z.infer<typeof subject>;

/** A protocol that it did not speak. */
const absence = z.object({
  at: z.iso.datetime(),
  /** How often in a row, an hour apart; having said that it has no such thing counts as often enough. */
  times: z.int().positive(),
  because: z.string().max(200),
});
export type Absence = z.infer<typeof absence>;

export const known = z.object({
  of: subject,
  /** Which protocol serves a setting, by key. */
  serves: z.record(z.string().max(64), driverName),
  absent: z.partialRecord(driverName, absence),
});
export type Known = z.infer<typeof known>;

export const nothingKnown = (of: Subject): Known => ({ of, serves: {}, absent: {} });

const parts = ['model', 'firmware', 'ip', 'fingerprint', 'entrances'] as const satisfies (keyof Subject)[];

export const sameDevice = (a: Subject, b: Subject): boolean => parts.every((part) => a[part] === b[part]);

const hourMs = 3_600_000;
/** A device that is still booting is silent, or refuses, too: the first time is believed for an hour only. */
const believedMs = { once: hourMs, often: 7 * 24 * hourMs } as const;
/** A protocol that served settings is gone after so many times: a policy may have switched it off. */
const goneAfter = 3;

/** @param served it serves settings of this device, as far as is remembered */
export function isAbsent(absent: Absence | undefined, now: Date, served: boolean): boolean {
  if (!absent || (served && absent.times < goneAfter)) return false;
  const ageMs = now.getTime() - Date.parse(absent.at);
  return ageMs >= 0 && ageMs < (absent.times > 1 ? believedMs.often : believedMs.once);
}

/** Whoever served settings serves them no more. */
export const isGone = (absent: Absence | undefined): boolean => (absent?.times ?? 0) >= goneAfter;

/** Within an hour, and so within a task, it counts once. */
export function missed(before: Absence | undefined, said: Setback, now: Date): Absence {
  const because = cut(said.reason, 200);
  if (said.kind === 'unsupported') return { at: now.toISOString(), times: goneAfter, because };
  const sinceMs = before ? now.getTime() - Date.parse(before.at) : hourMs;
  if (before && sinceMs >= 0 && sinceMs < hourMs) return before;
  return { at: now.toISOString(), times: Math.min((before?.times ?? 0) + 1, goneAfter), because };
}
