// Settings of a device, read by all protocols that have some of them, and told as one answer.
import type { SettingValue } from '../../events/device-setting.js';
import type { DriverName, Outcome, Reading, Setback } from '../device.js';
import type { FoundOut } from './found-out.js';
import { isOther, notSpoken } from './setbacks.js';
import { inTurn } from './turns.js';
import type { Way } from './way.js';
import type { Who } from './who.js';

export interface Asked {
  readonly who: Who;
  readonly found: FoundOut;
  /** Those that it may speak. */
  readonly likely: readonly Way[];
  /** Told each thing that one of them says. */
  readonly heard: (name: DriverName, said: Outcome<unknown>) => void;
}

/** Each setting by the first that has it, who serves it from then on. */
export async function readTogether(
  { who, found, likely, heard }: Asked,
  keys: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Outcome<Reading>> {
  const asked = (way: Way, before: readonly Outcome<Reading>[]): ReadonlySet<string> =>
    new Set([...keys].filter((key) => found.mayServe(way.name, key) && !before.some(has(key))));
  const said = await inTurn<Way, Outcome<Reading>>(
    {
      whom: likely,
      isNeeded: (way, before) => !before.some(isOther) && asked(way, before).size > 0,
      ask: (way, before, turn) => {
        const some = asked(way, before);
        const hears = (word: Outcome<Reading>): void => heard(way.name, word);
        return who.ask(way, (driver, limited) => driver.read(some, limited), turn, { heard: hears });
      },
    },
    signal,
  );
  const words = [...said.values()];
  const other = words.find(isOther);
  if (other) return other;
  // That ports are closed says nothing of a device that nobody has heard, such as one that is booting.
  const spoken = words.some((word) => word.kind === 'answered' && word.value.unspoken !== true);
  if (spoken || (await isThere({ who, likely }, said, signal))) return together(found, keys, said);
  return who.worst(words.filter((word) => word.kind !== 'answered')) ?? notSpoken;
}

/** Asked of those that have none of the settings, where nobody else has spoken. */
async function isThere(
  { who, likely }: Pick<Asked, 'who' | 'likely'>,
  said: ReadonlyMap<Way, Outcome<unknown>>,
  signal: AbortSignal,
): Promise<boolean> {
  const refusals = [...said.values()].filter(({ kind }) => kind === 'denied' || kind === 'failed');
  if (refusals.some((each) => !who.isStranger(each))) return false;
  const others = likely.filter((way) => (said.get(way)?.kind ?? 'answered') === 'answered');
  const identified = await who.identifyBy(others, signal);
  return identified?.kind === 'answered';
}

function together(
  found: FoundOut,
  keys: ReadonlySet<string>,
  said: ReadonlyMap<Way, Outcome<Reading>>,
): Outcome<Reading> {
  const left = new Set(keys);
  const values = new Map<string, SettingValue>();
  const failed = new Map<string, string>();
  const troubles = new Map<DriverName, Setback>();
  for (const [{ name }, reading] of said) {
    if (reading.kind !== 'answered') {
      troubles.set(name, reading);
      continue;
    }
    const had = [...left].filter((key) => has(key)(reading));
    for (const key of had) {
      left.delete(key);
      found.serve(key, name, reading.value.fixed?.get(key));
      const value = reading.value.values.get(key);
      if (value === undefined) failed.set(key, reading.value.failed.get(key) ?? '');
      else values.set(key, value);
    }
  }
  for (const key of left) {
    const trouble = found.troubleWith(key, troubles);
    if (trouble) failed.set(key, trouble);
  }
  return { kind: 'answered', value: { values, failed } };
}

const has =
  (key: string) =>
  (said: Outcome<Reading>): boolean =>
    said.kind === 'answered' && (said.value.values.has(key) || said.value.failed.has(key));
