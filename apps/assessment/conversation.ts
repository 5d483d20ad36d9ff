// One assessment of one device: who are you, read, compare, write what differs, read again (R61).
import { setTimeout as delay } from 'node:timers/promises';
import type { DeviceAgent, SettingResult } from '#events/assessment';
import { agentIn } from '#device/agent';
import { settingsCatalogue } from '#device/catalogue';
import type { Driver, Outcome, Reading, Setback, Values } from '#device/device';
import { compare, verify, writesFor, type Requirement } from '#documents/policy';

export interface Conversation {
  readonly driver: Driver;
  /** Who must be at the other end. */
  readonly serial: string;
  readonly requirements: readonly Requirement[];
  readonly signal: AbortSignal;
  /** Asked before each write: null, or why nothing more may be written. Throws when the task is no longer this run's. */
  mayWrite(): Promise<string | null>;
}

export type Assessed =
  | { readonly kind: 'assessed'; readonly results: readonly SettingResult[]; readonly agent: DeviceAgent }
  | { readonly kind: 'setback'; readonly setback: Setback };

/** All: what they say of the agent is told besides what policies ask for. */
const keys = new Set(settingsCatalogue.keys());

/** A device that has just been changed may need a moment before it answers again. */
const readAgainDelaysMs = [0, 500, 1_500];

export async function converse(on: Conversation): Promise<Assessed> {
  const { driver, serial, requirements, signal } = on;
  const who = await driver.identify(signal);
  if (who.kind !== 'answered') return { kind: 'setback', setback: who };
  if (who.value.identity.serial !== serial) return otherDevice(who.value.identity.serial);
  const before = await driver.read(keys, signal);
  if (before.kind !== 'answered') return { kind: 'setback', setback: before };
  const compared = compare(requirements, before.value, settingsCatalogue);
  const writes = writesFor(requirements, compared, settingsCatalogue);
  const { refused, stopped, wrote } = await writeAll(on, writes);
  const assessed = ({ values }: Reading): Assessed => ({
    kind: 'assessed',
    results: verify(compared, values, refused, stopped),
    agent: agentIn(values),
  });
  if (!wrote) return assessed(before.value);
  const after = await readAgain(on);
  if (after.kind !== 'answered') return { kind: 'setback', setback: after };
  return assessed(after.value);
}

const otherDevice = (serial: string): Assessed => ({
  kind: 'setback',
  setback: { kind: 'failed', reason: `another device answers there: ${serial}`, mayPass: false },
});

interface WriteOutcome {
  readonly refused: ReadonlyMap<string, string>;
  /** Why the rest was not written; null when all was. */
  readonly stopped: string | null;
  readonly wrote: boolean;
}

async function writeAll(on: Conversation, writes: readonly Values[]): Promise<WriteOutcome> {
  const refused = new Map<string, string>();
  let wrote = false;
  for (const changes of writes) {
    const forbidden = await on.mayWrite();
    if (forbidden !== null) return { refused, stopped: forbidden, wrote };
    wrote = true;
    const written = await on.driver.write(changes, on.signal);
    if (written.kind !== 'answered') return { refused, stopped: `not written: ${written.reason}`, wrote };
    for (const [setting, reason] of written.value.refused) refused.set(setting, reason);
  }
  return { refused, stopped: null, wrote };
}

async function readAgain({ driver, signal }: Conversation): Promise<Outcome<Reading>> {
  let last: Outcome<Reading> = { kind: 'unreachable', reason: 'not asked', host: 'unknown' };
  for (const pauseMs of readAgainDelaysMs) {
    if (pauseMs > 0) await delay(pauseMs, null, { signal });
    last = await driver.read(keys, signal);
    if (last.kind === 'answered') break;
  }
  return last;
}
