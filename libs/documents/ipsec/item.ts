// Rules of IPsec as an item of policies: what several policies ask for, and what became of it on a device. All rules of a
// device are one item: they are written by one call, so that they have one outcome. What is wrong with which is its detail.
import { createHash } from 'node:crypto';
import { cut } from '../../events/cut.js';
import { sentRule, ipsecRulesKey, type SaidRule, type SentRule } from '../../device/ipsec.js';
import type { Outcome } from '../../device/device.js';
import { detailMax, type SettingResult } from '../../events/device-setting.js';
import type { Policy, PolicyIpsec } from '../../events/policy.js';
import { compareIpsec, wordsOf } from './compare.js';
import { ruleWords } from './words.js';

export const ipsecTitle = 'IPsec rules';

/** What a device's rules must be, and which policy says so. */
export interface RequiredIpsec extends PolicyIpsec {
  readonly policyId: string;
}

/** Of several policies the last that has rules decides all of them: half of two lists would protect neither's hosts. */
export function combineIpsec(
  policies: readonly { readonly policyId: string; readonly body: Pick<Policy, 'ipsec'> }[],
): RequiredIpsec | null {
  const found = policies.findLast(({ body }) => body.ipsec !== undefined);
  return found?.body.ipsec ? { ...found.body.ipsec, policyId: found.policyId } : null;
}

const textMax = 1_000;

/** As it is told and kept for people. What is too long ends with a digest, so that two lists never have one text. */
export function ipsecText(rules: readonly SentRule[]): string {
  if (rules.length === 0) return 'none';
  const text = rules.map(ruleWords).join('. ');
  if (text.length <= textMax) return text;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return `${cut(text, textMax)} … (${digest})`;
}

/** What a device says of its rules, as it says it of any setting. */
export type SaidRules = Outcome<readonly SaidRule[]>;

const textOfSaid = (rules: readonly SaidRule[]): string => ipsecText(rules.map(sentRule));

/** Before anything was changed. */
export function judgeIpsec(required: RequiredIpsec, said: SaidRules): SettingResult {
  const { policyId, severity, rules, unsupported } = required;
  const before = said.kind === 'answered' ? textOfSaid(said.value) : null;
  return {
    setting: ipsecRulesKey,
    title: ipsecTitle,
    category: 'IPsec',
    severity,
    policyId,
    required: ipsecText(rules),
    ...(unsupported === 'ignore' ? {} : { unsupported }),
    before,
    after: before,
    driver: said.kind === 'answered' ? 'api' : null,
    ...verdictOn(required, said),
  };
}

type Verdict = Pick<SettingResult, 'outcome' | 'detail'>;

function verdictOn({ rules, remediate, unsupported }: RequiredIpsec, said: SaidRules): Verdict {
  if (said.kind === 'unsupported') {
    const then = unsupported === 'ignore' ? '; the policy ignores that' : ', and the policy demands them';
    return { outcome: 'unsupported', detail: `the device says nothing of rules of IPsec${then}` };
  }
  if (said.kind !== 'answered')
    return { outcome: 'failed', detail: cut(`they could not be read: ${said.reason}`, detailMax) };
  const differs = differencesIn(rules, said.value);
  if (differs === null) return { outcome: 'compliant', detail: null };
  return {
    outcome: 'nonCompliant',
    detail: cut(remediate ? differs : `the policy only reports it: ${differs}`, detailMax),
  };
}

/** Null: they are as they should be. */
function differencesIn(rules: RequiredIpsec['rules'], said: readonly SaidRule[]): string | null {
  const differences = compareIpsec(rules, said).map(wordsOf);
  return differences.length === 0 ? null : differences.join('; ');
}

/** Whether remediation writes them. */
export const isToBePut = ({ remediate }: RequiredIpsec, { outcome }: SettingResult): boolean =>
  remediate && outcome === 'nonCompliant';

/** What became of writing them. */
export interface PutAgain {
  /** What the device says now. */
  readonly said: SaidRules;
  /** The device's reason not to take them; null: it took them. */
  readonly refused: string | null;
  /** Why nothing was written; null: it was. */
  readonly unwritten: string | null;
}

/** The result once the device was read again (R61). */
export function verifyIpsec(result: SettingResult, required: RequiredIpsec, again: PutAgain): SettingResult {
  const { said, refused, unwritten } = again;
  if (unwritten !== null) return { ...result, detail: cut(unwritten, detailMax) };
  if (said.kind !== 'answered')
    return {
      ...result,
      after: null,
      outcome: 'failed',
      detail: cut(`they could not be read again: ${said.reason}`, detailMax),
    };
  const after = textOfSaid(said.value);
  const differs = differencesIn(required.rules, said.value);
  if (differs === null) return { ...result, after, outcome: 'remediated', detail: null };
  const why = refused === null ? 'it took them, but when read again' : `the device refused them: ${refused};`;
  return { ...result, after, outcome: 'nonCompliant', detail: cut(`${why} ${differs}`, detailMax) };
}
