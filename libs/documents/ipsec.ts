// Rules of IPsec (R68): what is wrong with them. What else is done with them: ipsec/, whose map
// is in compare.ts.
import type * as z from 'zod';
import { ipsecRule, ipsecRules, ipsecRulesMax, ipsecWords, type IpsecRule } from '../events/ipsec.js';
import { canonical, readEndpoints } from './ipsec/endpoints.js';
import { isWeaker, weakestGroup, whyWeak } from './ipsec/strength.js';
import { wordsOf } from './shape-faults.js';

export interface IpsecFault {
  /** Such as `rules.3.dh`; rules count from 0, as in a program. */
  readonly path: string;
  /** What is wrong, and what to do. */
  readonly message: string;
}

export type CheckedIpsec =
  { readonly rules: readonly IpsecRule[] } | { readonly faults: readonly IpsecFault[] };

/** @param input `{rules: […]}` as it was read from a file. Every fault is told, not the first alone. */
export function checkIpsec(input: unknown): CheckedIpsec {
  const fields = typeof input === 'object' && !Array.isArray(input) ? { ...input } : {};
  const given = 'rules' in fields ? fields.rules : undefined;
  const strange = Object.keys(fields)
    .filter((key) => key !== 'rules')
    .map((key) => ({ path: key, message: 'is not known here: take it away' }));
  const refused = (message: string): CheckedIpsec => ({ faults: [{ path: 'rules', message }, ...strange] });
  if (!Array.isArray(given)) return refused('is missing: write a list of rules, {"rules": […]}');
  if (given.length > ipsecRulesMax)
    return refused(`has ${given.length} rules: devices take at most ${ipsecRulesMax}; join some`);
  const parsed = ipsecRules.safeParse(given);
  const shape = parsed.success ? [] : parsed.error.issues.flatMap((issue) => faultsOfShape(issue, given));
  const faults = [...strange, ...shape, ...faultsOfRules(given)];
  return parsed.success && faults.length === 0 ? { rules: parsed.data } : { faults };
}

/** What the fields of a rule are looked at together for: whatever else is wrong with it, these may be right. */
const looked = {
  name: ipsecRule.pick({ name: true }).strip(),
  local: ipsecRule.pick({ local: true }).strip(),
  remote: ipsecRule.pick({ remote: true }).strip(),
  proof: ipsecRule.pick({ certificate: true, preSharedKey: true }).strip(),
  strength: ipsecRule.pick({ strength: true }).strip(),
  legacy: ipsecRule.pick({ legacy: true }).strip(),
  dh: ipsecRule.pick({ dh: true }).strip(),
  dhPhase2: ipsecRule.pick({ dhPhase2: true }).strip(),
  lifetimes: ipsecRule.pick({ ikeMinutes: true, ipsecMinutes: true }).strip(),
};

type Fault = readonly [field: keyof IpsecRule, message: string];

/** Faults of rules beside those of their shape, which may be wrong. */
export function faultsOfRules(rules: readonly unknown[]): readonly IpsecFault[] {
  const seen = new Map<string, number>();
  return rules.flatMap((rule, at): IpsecFault[] => {
    const again = (kind: string, text: string): number | undefined => {
      const key = `${kind} ${text}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, at);
      return first;
    };
    const { name } = looked.name.safeParse(rule).data ?? {};
    const { local } = looked.local.safeParse(rule).data ?? {};
    const { remote } = looked.remote.safeParse(rule).data ?? {};
    const faults: Fault[] = [
      ...faultsOfEnd('local', local),
      ...faultsOfEnd('remote', remote),
      ...faultsOfKeys(rule),
    ];
    if (name !== undefined && again('name', name.toLowerCase()) !== undefined)
      faults.push(['name', `${name} is the name of another rule: choose one that is not`]);
    const same =
      local === undefined || remote === undefined
        ? undefined
        : again('ends', `${canonical(local)} to ${canonical(remote)}`);
    if (same !== undefined)
      faults.push(['remote', `has both ends in common with rule ${same}, which is used first: join the two`]);
    return faults.map(([field, message]) => ({ path: `rules.${at}.${field}`, message }));
  });
}

function faultsOfEnd(end: 'local' | 'remote', text: string | undefined): readonly Fault[] {
  const read = text === undefined ? null : readEndpoints(text);
  return read && 'fault' in read ? [[end, read.fault]] : [];
}

function faultsOfKeys(rule: unknown): readonly Fault[] {
  const faults: Fault[] = [];
  const proof = looked.proof.safeParse(rule).data;
  if (proof?.certificate === null && proof.preSharedKey === null)
    faults.push([
      'certificate',
      'neither a certificate nor a pre-shared key: without one of the two nobody proves who he is',
    ]);
  const { strength } = looked.strength.safeParse(rule).data ?? {};
  const { legacy } = looked.legacy.safeParse(rule).data ?? {};
  for (const [field, group] of [
    ['dh', looked.dh.safeParse(rule).data?.dh],
    ['dhPhase2', looked.dhPhase2.safeParse(rule).data?.dhPhase2],
  ] as const) {
    if (!group) continue;
    const weakest = strength && weakestGroup(strength);
    if (weakest && isWeaker(group, weakest))
      faults.push([
        field,
        `${group} is weaker than ${strength} asks for: choose ${weakest} or a stronger one`,
      ]);
    if (group === 'dh24' && legacy === false)
      faults.push([
        field,
        'dh24 should not be used any more (RFC 8247): choose dh14, ecp256 or ecp384; for a device that has nothing else set "legacy": true',
      ]);
  }
  const lifetimes = looked.lifetimes.safeParse(rule).data;
  if (lifetimes && lifetimes.ipsecMinutes > lifetimes.ikeMinutes)
    faults.push([
      'ipsecMinutes',
      `is longer than ikeMinutes (${lifetimes.ikeMinutes}): keys for data must not outlive those they came from`,
    ]);
  return faults;
}

const single: Readonly<Record<string, string>> = {
  protocol: 'only "esp": AH keeps nothing secret, and devices do not take it',
  mode: 'only "transport": devices do not take tunnels',
  exchange:
    'only "main": aggressive mode shows who speaks, and lets a pre-shared key be guessed by whoever listens',
  name: ipsecWords.name,
  local: ipsecWords.endpoints,
  remote: ipsecWords.endpoints,
  preSharedKey: ipsecWords.preSharedKey,
};

/** Fields in which an algorithm may have been written. */
const chosen: ReadonlySet<string> = new Set(['certificate', 'strength', 'dh', 'dhPhase2', 'protocol']);

/** One issue of zod, in words that say what to do. */
function faultsOfShape(issue: z.core.$ZodIssue, given: unknown): readonly IpsecFault[] {
  const path = ['rules', ...issue.path].join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: `${path}.${key}`, message: strangeField(key) }));
  const field = String(issue.path[1] ?? '');
  const value = issue.path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), given);
  if (value === undefined && issue.path.length === 2)
    return [{ path, message: `is missing: ${single[field] ?? wordsOf(issue) ?? issue.message}` }];
  const weak = chosen.has(field) ? whyWeak(value) : null;
  return [{ path, message: weak ?? single[field] ?? wordsOf(issue) ?? issue.message }];
}

const strangeField = (key: string): string =>
  /encr|integ|hash|cipher|proposal|algorithm|suite/i.test(key)
    ? 'is not known here: algorithms are not chosen one by one; "strength" says the weakest that is taken'
    : 'is not known here: take it away';
