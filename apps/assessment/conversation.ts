// One assessment of one device: who are you, read, compare, write what differs, read again (R61).
import type { DeviceAgent } from '#events/assessment';
import type { SettingResult } from '#events/device-setting';
import { agentIn, agentSettings } from '#device/agent';
import { settingsCatalogue } from '#device/catalogue';
import type { Outcome, Reading, Setback, Values } from '#device/device';
import type { Speaking } from '#device/ways/ways';
import { satisfies } from '#documents/comparison';
import { combineIpsec, type RequiredIpsec, type SaidRules } from '#documents/ipsec/item';
import { combine, compare, verify, writesFor, type AppliedPolicy, type Requirement } from '#documents/policy';
import { ipsecRulesKey } from '#device/ipsec';
import { assessRules, foreseeRules } from './ipsec.js';
import { stepsOf, writeAll, type Kept, type Writing } from './write.js';

export interface Assessed {
  readonly kind: 'assessed';
  readonly results: readonly SettingResult[];
  readonly agent: DeviceAgent;
  /** All that the device said last. */
  readonly says: ReadonlyMap<string, Kept>;
  /** It answers what is read, and not what is written: why the rest was left. Null: it does, or nothing was written. */
  readonly mute: Setback | null;
}

/** What policies ask of a device, together. */
export interface Required {
  readonly settings: readonly Requirement[];
  /** Null: nothing is asked of its rules. */
  readonly ipsec: RequiredIpsec | null;
}

export const requiredBy = (policies: readonly AppliedPolicy[]): Required => ({
  settings: combine(policies),
  ipsec: combineIpsec(policies),
});

interface Hindered {
  readonly kind: 'setback';
  readonly setback: Setback;
  /** What it said of what was written by then; the rest is not in it. */
  readonly says: ReadonlyMap<string, Kept>;
}

/** Who it is, then these settings and what it says of its agent: what nobody wants to know costs a device nothing. */
export async function readFrom(
  device: Speaking,
  settings: readonly { readonly setting: string }[],
  signal: AbortSignal,
): Promise<Outcome<Reading>> {
  const who = await device.identify(signal);
  if (who.kind !== 'answered') return who;
  return device.read(new Set([...settings.map(({ setting }) => setting), ...agentSettings]), signal);
}

export async function assess(
  on: Omit<Writing, 'isRight'>,
  { settings, ipsec }: Required,
): Promise<Assessed | Hindered> {
  const { device, signal } = on;
  const read = await readFrom(device, settings, signal);
  if (read.kind !== 'answered') return hindered(device, read, new Map());
  const { compared, writes } = against(settings, read.value, device);
  const writing = { ...on, isRight: judgeOf(settings) };
  const wrote = await writeAll(writing, stepsOf(writes, device), read.value.values);
  if (wrote.lost) return hindered(device, wrote.lost, wrote.reading.values);
  const reading = together(read.value, wrote.reading, new Set(writes.keys()));
  const again = { reading, refused: wrote.refused, unanswered: wrote.unanswered, unwritten: wrote.stopped };
  const rules = ipsec && (await assessRules(on, ipsec, wrote.stopped));
  if (rules?.lost) return hindered(device, rules.lost, reading.values);
  return {
    kind: 'assessed',
    results: [...verify(compared, again), ...(rules ? [rules.result] : [])],
    agent: agentIn(reading.values),
    says: new Map<string, Kept>([
      ...reading.values,
      ...(rules?.says ? [[ipsecRulesKey, rules.says] as const] : []),
    ]),
    mute: wrote.mute,
  };
}

/** The same without a change: what an assessment would write is marked. */
export async function look(
  device: Speaking,
  required: Required,
  signal: AbortSignal,
): Promise<Assessed | Hindered> {
  const read = await readFrom(device, required.settings, signal);
  if (read.kind !== 'answered') return hindered(device, read, new Map());
  const reading = read.value;
  const rules = required.ipsec ? await device.ipsec(signal) : null;
  const results = foresee(required, { reading, rules, device });
  return { kind: 'assessed', results, agent: agentIn(reading.values), says: new Map(), mute: null };
}

const hindered = (device: Speaking, setback: Setback, says: Hindered['says']): Hindered => ({
  kind: 'setback',
  setback: withLeftAlone(setback, device),
  says,
});

/** With what was left alone, which may be why. */
export const withLeftAlone = (setback: Setback, { leftAlone }: Speaking): Setback =>
  leftAlone === null || leftAlone.endsWith(setback.reason)
    ? setback
    : { ...setback, reason: `${setback.reason}; ${leftAlone}` };

/** As the assessment itself compares. */
function judgeOf(requirements: readonly Requirement[]): Writing['isRight'] {
  const bySetting = new Map(requirements.map((requirement) => [requirement.setting, requirement]));
  return (setting, says) => {
    const requirement = bySetting.get(setting);
    return requirement !== undefined && satisfies(says, requirement, settingsCatalogue.get(setting)?.type);
  };
}

/** What a device says without being changed. */
export interface Looked {
  readonly reading: Reading;
  /** Null: it was not asked for its rules of IPsec. */
  readonly rules: SaidRules | null;
  readonly device: Speaking;
}

/** What an assessment would write, of a device that was read. */
export function foresee(
  { settings, ipsec }: Required,
  { reading, rules, device }: Looked,
): readonly SettingResult[] {
  const { compared, writes } = against(settings, reading, device);
  return [
    ...compared.map((result) => ({ ...result, wouldWrite: writes.has(result.setting) })),
    ...(ipsec && rules ? [foreseeRules(ipsec, rules)] : []),
  ];
}

interface Against {
  readonly compared: readonly SettingResult[];
  readonly writes: Values;
}

function against(requirements: readonly Requirement[], reading: Reading, device: Speaking): Against {
  const compared = compare(requirements, reading, settingsCatalogue).map((result) => ({
    ...result,
    driver: device.by(result.setting),
  }));
  const all = [...writesFor(requirements, compared, settingsCatalogue)];
  const whyNot = new Map(all.map(([key, value]) => [key, device.whyNotSet(key, value)]));
  const writes = new Map(all.filter(([key]) => whyNot.get(key) === null));
  const explained = compared.map((result) => {
    const detail = whyNot.get(result.setting);
    return detail ? { ...result, detail } : result;
  });
  return { compared: explained, writes };
}

/** What was read first, with what was read again of the settings in `keys`. */
function together(first: Reading, again: Reading, written: ReadonlySet<string>): Reading {
  const read = (key: string): boolean => again.values.has(key) || again.failed.has(key) || written.has(key);
  const kept = (key: string): boolean => !read(key);
  return {
    values: new Map([...[...first.values].filter(([key]) => kept(key)), ...again.values]),
    failed: new Map([...[...first.failed].filter(([key]) => kept(key)), ...again.failed]),
  };
}
