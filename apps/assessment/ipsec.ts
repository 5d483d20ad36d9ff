// A device's rules of IPsec: written by one call, after all else, since they say who may still speak with it.
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { cut } from '#events/cut';
import { detailMax, type SettingResult } from '#events/device-setting';
import type { UndoneItem } from '#events/undo';
import type { Setback } from '#device/device';
import { ipsecRulesKey, sentRule, type SaidRule, type SentRule } from '#device/ipsec';
import {
  ipsecText,
  ipsecTitle,
  isToBePut,
  judgeIpsec,
  verifyIpsec,
  type PutAgain,
  type RequiredIpsec,
  type SaidRules,
} from '#documents/ipsec/item';
import type { rulesChanged } from './changes.js';
import { readAgainDelaysMs } from './read-again.js';
import type { Writing } from './write.js';

/** Rules have one home, and one judge: the policy's. */
type Asking = Omit<Writing, 'isRight'>;

export interface RulesAssessed {
  readonly result: SettingResult;
  /** What the device said of them last; null: nothing. */
  readonly says: readonly SentRule[] | null;
  /** It cannot be spoken with any more. */
  readonly lost: Setback | null;
}

/** @param unwritten why nothing more may be written; null: it may */
export async function assessRules(
  on: Asking,
  required: RequiredIpsec,
  unwritten: string | null,
): Promise<RulesAssessed> {
  const said = await on.device.ipsec(on.signal);
  const result = judgeIpsec(required, said);
  if (said.kind !== 'answered' || !isToBePut(required, result))
    return { result, says: saysOf(said), lost: null };
  if (unwritten !== null) {
    const left = verifyIpsec(result, required, { said, refused: null, unwritten });
    return { result: left, says: saysOf(said), lost: null };
  }
  const put = await putRules(on, { rules: required.rules, said: said.value });
  return { result: verifyIpsec(result, required, put), says: saysOf(put.said), lost: put.lost };
}

/** What assessRules would write, of rules that were read. */
export function foreseeRules(required: RequiredIpsec, said: SaidRules): SettingResult {
  const result = judgeIpsec(required, said);
  return { ...result, wouldWrite: isToBePut(required, result) };
}

const saysOf = (said: SaidRules): readonly SentRule[] | null =>
  said.kind === 'answered' ? said.value.map(sentRule) : null;

interface Put extends PutAgain {
  readonly lost: Setback | null;
}

interface Putting {
  readonly rules: readonly SentRule[];
  /** What the device said before. */
  readonly said: readonly SaidRule[];
}

/** Kept first, then written, then read over a connection that was made after it: one from before proves nothing. */
async function putRules(on: Asking, { rules, said }: Putting): Promise<Put> {
  const before: SaidRules = { kind: 'answered', value: said };
  const change = { setting: ipsecRulesKey, before: said.map(sentRule), after: rules, driver: 'api' } as const;
  const forbidden = await on.keep([change]);
  if (forbidden !== null) return { said: before, refused: null, unwritten: forbidden, lost: null };
  const written = await on.device.setIpsec(rules, on.signal);
  const refused = written.kind === 'answered' ? written.value : null;
  // Its answer may have been lost with the way that the rules have closed: what is read again decides.
  const failed = written.kind !== 'answered' && written.kind !== 'unreachable' ? written.reason : null;
  const { again, lost } = await readAgain(on);
  return { said: again, refused: refused ?? failed, unwritten: null, lost };
}

async function readAgain({
  device,
  signal,
}: Asking): Promise<{ readonly again: SaidRules; readonly lost: Setback | null }> {
  let again: SaidRules = { kind: 'unreachable', reason: 'not asked', host: 'unknown' };
  for (const pauseMs of readAgainDelaysMs) {
    if (pauseMs > 0) await delay(pauseMs, null, { signal });
    again = await device.ipsec(signal);
    if (again.kind === 'answered') return { again, lost: null };
  }
  const lost = await device.reach(new Set([ipsecRulesKey]), signal);
  const reason = `it does not answer any more since its rules of IPsec were written: ${lost?.reason ?? ''}`;
  return { again, lost: lost && { ...lost, reason } };
}

export interface RulesUndone {
  readonly item: UndoneItem;
  readonly says: readonly SentRule[] | null;
  readonly lost: Setback | null;
}

type Changed = NonNullable<Awaited<ReturnType<typeof rulesChanged>>>;

/** Puts them back as they were, where the device still says what Muster had written. */
export async function undoRules(on: Asking, { before, after }: Changed): Promise<RulesUndone> {
  const item = { setting: ipsecRulesKey, title: ipsecTitle, from: ipsecText(after), to: ipsecText(before) };
  const said = await on.device.ipsec(on.signal);
  const now = saysOf(said);
  const ends = (
    { outcome, detail }: Pick<UndoneItem, 'outcome' | 'detail'>,
    says = now,
    lost: Setback | null = null,
  ): RulesUndone => ({ item: { ...item, says: says && ipsecText(says), outcome, detail }, says, lost });
  if (said.kind !== 'answered' || !now) {
    const unsupported = said.kind === 'unsupported';
    const reason = unsupported ? 'the device says nothing of rules of IPsec now' : told(said);
    return ends({ outcome: unsupported ? 'unsupported' : 'failed', detail: reason });
  }
  if (isDeepStrictEqual(now, before)) return ends({ outcome: 'restored', detail: null });
  if (!isDeepStrictEqual(now, after))
    return ends({ outcome: 'changedSince', detail: 'it says others than Muster had written' });
  const put = await putRules(on, { rules: before, said: said.value });
  const says = saysOf(put.said);
  if (says && isDeepStrictEqual(says, before)) return ends({ outcome: 'restored', detail: null }, says);
  if (!says) return ends({ outcome: 'failed', detail: told(put.said) }, null, put.lost);
  const detail = put.refused === null ? 'it took them, but says others when read again' : put.refused;
  return ends({ outcome: 'refused', detail: cut(detail, detailMax) }, says, put.lost);
}

const told = (said: SaidRules): string | null =>
  said.kind === 'answered' ? null : cut(`they could not be read: ${said.reason}`, detailMax);
