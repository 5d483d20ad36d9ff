// Writing to a device: each step is kept before it is made and read again after it, and one that could cut Muster off
// comes alone, with a look afterwards whether the device can still be spoken with.
import { setTimeout as delay } from 'node:timers/promises';
import type { SettingValue } from '#events/device-setting';
import { settingsCatalogue } from '#device/catalogue';
import type { DriverName, Outcome, Reading, Setback, Values } from '#device/device';
import type { SentRule } from '#device/ipsec';
import type { Speaking } from '#device/ways/ways';

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
  /** Why the rest was not written; null: all was. */
  readonly stopped: string | null;
  /** It cannot be spoken with any more. */
  readonly lost: Setback | null;
}

/** A device that has just been changed may need a moment before it answers again. */
export const readAgainDelaysMs = [0, 500, 1_500];
/** What is not right at once is asked again, alone, after that. */
const doubtMs = 500;

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
    if (step.cutsOff) await again.read();
    if (stopped !== null || again.lost) {
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
    return null;
  }
  // The answer may have been lost with the way that the step has closed: what is read again decides.
  if (step.cutsOff && written.kind === 'unreachable') return null;
  return `not written: ${written.reason}`;
}

/** What is to be read again, and what the device said then. */
class ReadAgain {
  /** Of all settings, brought up to date. */
  readonly values: Map<string, SettingValue>;
  readonly refused = new Map<string, string>();
  lost: Setback | null = null;
  readonly #failed = new Map<string, string>();
  readonly #written = new Set<string>();
  #wanted = new Map<string, SettingValue>();
  #last: Step | null = null;

  constructor(
    private readonly on: Writing,
    said: Values,
  ) {
    this.values = new Map(said);
  }

  expect(step: Step): void {
    this.#last = step;
    for (const [key, value] of step.changes) {
      this.#wanted.set(key, value);
      this.#written.add(key);
    }
  }

  /** What was written since the last time. */
  async read(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted.size === 0 || this.lost) return;
    this.#wanted = new Map();
    const said = await this.#patiently(new Set(wanted.keys()));
    if (said.kind !== 'answered') {
      // Nobody knows what it says of them now: to say that they are as before would forget that they were written.
      for (const key of wanted.keys()) this.values.delete(key);
      return this.#lose(said);
    }
    this.#take(new Set(wanted.keys()), said.value);
    await this.#doubt(wanted);
  }

  end(stopped: string | null): Wrote {
    const values = new Map([...this.values].filter(([key]) => this.#written.has(key)));
    const { refused, lost } = this;
    return { reading: { values, failed: this.#failed }, refused, stopped, lost };
  }

  async #patiently(keys: ReadonlySet<string>): Promise<Outcome<Reading>> {
    const { device, signal } = this.on;
    let said: Outcome<Reading> = { kind: 'unreachable', reason: 'not asked', host: 'unknown' };
    for (const pauseMs of readAgainDelaysMs) {
      if (pauseMs > 0) await delay(pauseMs, null, { signal });
      said = await device.read(keys, signal);
      if (said.kind === 'answered' || device.isTooSlow) return said;
    }
    return (await device.reach(keys, signal)) ?? device.read(keys, signal);
  }

  /** What is not as it was written is asked again alone: some devices answer for all what holds for one. */
  async #doubt(wanted: Values): Promise<void> {
    const { device, signal, isRight } = this.on;
    const doubtful = [...wanted].filter(([key, value]) => {
      const says = this.values.get(key);
      return (says === undefined || !isRight(key, says, value)) && !this.refused.has(key);
    });
    if (doubtful.length > 0) await delay(doubtMs, null, { signal });
    for (const [key] of doubtful) {
      const said = await device.read(new Set([key]), signal);
      if (said.kind === 'answered') this.#take(new Set([key]), said.value);
      else if (device.isTooSlow) return this.#lose(said);
      else this.#failed.set(key, said.reason);
    }
  }

  #take(keys: ReadonlySet<string>, { values, failed }: Reading): void {
    for (const key of keys) {
      const value = values.get(key);
      const reason = failed.get(key);
      if (value === undefined) this.values.delete(key);
      else this.values.set(key, value);
      if (reason === undefined) this.#failed.delete(key);
      else this.#failed.set(key, reason);
    }
  }

  #lose(setback: Setback): void {
    const [pair] = this.#last?.cutsOff ? this.#last.changes : [];
    const title = pair && (settingsCatalogue.get(pair[0])?.title ?? pair[0]);
    const since = pair
      ? `it does not answer any more since ${title} was set to ${JSON.stringify(pair[1])}: `
      : '';
    this.lost = { ...setback, reason: `${since}${setback.reason}` };
  }
}
