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
  const given = typeof input === 'object' && input !== null && 'rules' in input ? input.rules : undefined;
  if (!Array.isArray(given))
    return { faults: [{ path: 'rules', message: 'is missing: write a list of rules, {"rules": […]}' }] };
  if (given.length > ipsecRulesMax)
    return {
      faults: [
        {
          path: 'rules',
          message: `has ${given.length} rules: devices take at most ${ipsecRulesMax}; join some`,
        },
      ],
    };
  const unknown = Object.keys(input as object).filter((key) => key !== 'rules');
  const strange = unknown.map((key) => ({ path: key, message: 'is not known here: take it away' }));
  const parsed = ipsecRules.safeParse(given);
  const shape = parsed.success ? [] : parsed.error.issues.flatMap((issue) => faultsOfShape(issue, given));
  const whole = given.map((each) => ipsecRule.safeParse(each).data);
  const faults = [...strange, ...shape, ...faultsOfRules(whole)];
  return parsed.success && faults.length === 0 ? { rules: parsed.data } : { faults };
}

/** Faults of rules whose shape is right; `undefined` where it is not, so that the others keep their numbers. */
export function faultsOfRules(rules: readonly (IpsecRule | undefined)[]): readonly IpsecFault[] {
  const seen = new Map<string, number>();
  return rules.flatMap((rule, at): IpsecFault[] => {
    if (!rule) return [];
    const again = (kind: string, text: string): number | undefined => {
      const key = `${kind} ${text}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, at);
      return first;
    };
    const faults: [keyof IpsecRule, string][] = [...faultsOfEnds(rule), ...faultsOfKeys(rule)];
    if (again('name', rule.name.toLowerCase()) !== undefined)
      faults.push(['name', `${rule.name} is the name of another rule: choose one that is not`]);
    const ends = again('ends', `${canonical(rule.local)} to ${canonical(rule.remote)}`);
    if (ends !== undefined)
      faults.push(['remote', `has both ends in common with rule ${ends}, which is used first: join the two`]);
    return faults.map(([field, message]) => ({ path: `rules.${at}.${field}`, message }));
  });
}

function faultsOfEnds(rule: IpsecRule): readonly [keyof IpsecRule, string][] {
  return (['local', 'remote'] as const).flatMap((end): [keyof IpsecRule, string][] => {
    const read = readEndpoints(rule[end]);
    return 'fault' in read ? [[end, read.fault]] : [];
  });
}

function faultsOfKeys(rule: IpsecRule): readonly [keyof IpsecRule, string][] {
  const faults: [keyof IpsecRule, string][] = [];
  const { certificate, preSharedKey, strength, dh, dhPhase2, legacy, ikeMinutes, ipsecMinutes } = rule;
  if (certificate === null && preSharedKey === null)
    faults.push([
      'certificate',
      'neither a certificate nor a pre-shared key: without one of the two nobody proves who he is',
    ]);
  for (const [field, group] of [
    ['dh', dh],
    ['dhPhase2', dhPhase2],
  ] as const) {
    if (group === null) continue;
    const weakest = weakestGroup(strength);
    if (isWeaker(group, weakest))
      faults.push([
        field,
        `${group} is weaker than ${strength} asks for: choose ${weakest} or a stronger one`,
      ]);
    if (group === 'dh24' && !legacy)
      faults.push([
        field,
        'dh24 should not be used any more (RFC 8247): choose dh14, ecp256 or ecp384; for a device that has nothing else set "legacy": true',
      ]);
  }
  if (ipsecMinutes > ikeMinutes)
    faults.push([
      'ipsecMinutes',
      `is longer than ikeMinutes (${ikeMinutes}): keys for data must not outlive those they came from`,
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
