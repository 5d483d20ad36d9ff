// Writing to a device: each step is kept before it is made and read again after it, and one that could cut Muster off
// comes alone, with a look afterwards whether the device can still be spoken with.
import type { SettingValue } from '#events/device-setting';
import { settingsCatalogue } from '#device/catalogue';
import type { DriverName, Reading, Setback, Values } from '#device/device';
import type { SentRule } from '#device/ipsec';
import type { Speaking } from '#device/ways/ways';
import { ReadAgain } from './read-again.js';

/** Settings that are written by one call. */
export interface Step {
  readonly changes: Values;
  /** It is a single one, and Muster could lose the device by it. */
  readonly cutsOff: boolean;
}

/** What is kept of a change: the value of a setting, or all rules of IPsec as they stood there. */
export type Kept = SettingValue | readonly SentRule[];

/** A change that is about to be made. */
export interface Change {
  readonly setting: string;
  readonly before: Kept;
  readonly after: Kept;
  readonly driver: DriverName;
}

export interface Writing {
  readonly device: Speaking;
  readonly signal: AbortSignal;
  /**
   * Before each step. Null: it is remembered for good, and can be put back whatever happens then. Else why nothing more may be
   * written. Throws when the task is no longer this run's.
   */
  keep(changes: readonly Change[]): Promise<string | null>;
  /** Whether what the device says of a setting that was written is what was wanted: it may have made it a little stricter. */
  readonly isRight: (setting: string, says: SettingValue, wanted: SettingValue) => boolean;
}

export interface Wrote {
  /** What the device said of what was written when it was read again; other settings are not in it. */
  readonly reading: Reading;
  /** Reason by key. */
  readonly refused: ReadonlyMap<string, string>;
  /** Reason by key: it was silent to it, or was not asked for it since it was silent to another. */
  readonly unanswered: ReadonlyMap<string, string>;
  /** Why the rest was not written; null: all was. */
  readonly stopped: string | null;
  /** It answers what is read, and not what is written, which has no effect either; null: it does, or is lost. */
  readonly mute: Setback | null;
  /** It cannot be spoken with any more. */
  readonly lost: Setback | null;
}

/** In order: what is safe in one step for each driver, then one by one what could cut Muster off. */
export function stepsOf(changes: Values, device: Speaking): readonly Step[] {
  const cutsOff = ([key]: readonly [string, SettingValue]): boolean =>
    settingsCatalogue.get(key)?.cutsOff === true;
  const safe = new Map([...changes].filter((pair) => !cutsOff(pair)));
  const last = [...changes].filter(cutsOff).toSorted((a, b) => lateness(a, device) - lateness(b, device));
  return [
    ...[...device.byServing(safe).values()].map((group) => ({ changes: group, cutsOff: false })),
    ...last.map((pair) => ({ changes: new Map([pair]), cutsOff: true })),
  ];
}

/** Secrets late, each verified before the next; what changes the way that it is written by last of all. */
function lateness([key]: readonly [string, SettingValue], device: Speaking): number {
  if (device.by(key) === 'snmp' && key.startsWith('snmp.')) return 2;
  return settingsCatalogue.get(key)?.credential ? 1 : 0;
}

/** @param said what the device said of these settings before */
export async function writeAll(on: Writing, steps: readonly Step[], said: Values): Promise<Wrote> {
  const again = new ReadAgain(on, said);
  for (const step of steps) {
    if (step.cutsOff) await again.read();
    if (again.lost) break;
    const stopped = await writeStep(on, step, again);
    if (step.cutsOff || again.doubts) await again.read();
    if (stopped !== null || again.lost || again.isMute) {
      await again.read();
      return again.end(stopped);
    }
  }
  await again.read();
  return again.end(null);
}

/** Resolves to why no further step is made; null: there may be more. */
async function writeStep(on: Writing, step: Step, again: ReadAgain): Promise<string | null> {
  const { device, signal } = on;
  // Its way was cut off by a step before: another may serve it.
  const orphans = new Set([...step.changes.keys()].filter((key) => device.by(key) === null));
  if (orphans.size > 0) await device.read(orphans, signal);
  const changes = [...step.changes].flatMap(([setting, after]): Change[] => {
    const before = again.values.get(setting);
    const driver = device.by(setting);
    return before === undefined || driver === null ? [] : [{ setting, before, after, driver }];
  });
  const forbidden = await on.keep(changes);
  if (forbidden !== null) return forbidden;
  // What was not answered may have been done all the same.
  again.expect(step);
  const written = await device.write(step.changes, signal);
  if (written.kind === 'answered') {
    for (const [key, reason] of written.value.refused) again.refused.set(key, reason);
    if (written.value.unanswered) again.silence(written.value.unanswered);
    return null;
  }
  if (written.kind !== 'unreachable') return `not written: ${written.reason}`;
  // The answer may have been lost with the way that the step has closed: what is read again decides.
  const reason = `it gave no answer when it was set: ${written.reason}`;
  again.silence({ sent: new Map([...step.changes.keys()].map((key) => [key, reason])), unsent: new Map() });
  return null;
}
