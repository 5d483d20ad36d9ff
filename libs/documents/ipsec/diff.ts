// What changed between the rules of IPsec of two versions of a policy, for a person to read. Pure.
import { ipsecRulesKey, type SentRule } from '../../device/ipsec.js';
import type { PolicyIpsec } from '../../events/policy.js';
import type { PolicyChange } from '../policy-diff.js';
import { outOfOrder } from './order.js';
import { ruleWords } from './words.js';

type Part = Pick<PolicyIpsec, 'severity' | 'remediate' | 'unsupported'>;

const parts = {
  severity: { title: 'severity', word: ({ severity }: Part) => severity },
  remediate: {
    title: 'when they differ',
    word: ({ remediate }: Part) => (remediate ? 'remediate' : 'report only'),
  },
  unsupported: { title: 'when not supported', word: ({ unsupported }: Part) => unsupported },
} as const;

/** Rules in the order of the newer ones; what went comes last. An order that changed is told where it means something. */
export function diffIpsec(
  before: PolicyIpsec | undefined,
  after: PolicyIpsec | undefined,
): readonly PolicyChange[] {
  if (!before && !after) return [];
  if (!before || !after) {
    const [from, to] = [before && all(before), after && all(after)];
    const text = to === undefined ? `taken out, were ${from}` : `added, required ${to}`;
    return [change({ field: 'item', from: from ?? null, to: to ?? null }, `IPsec rules: ${text}`)];
  }
  const settled = (['severity', 'remediate', 'unsupported'] as const).flatMap((field) => {
    const { title, word } = parts[field];
    const [from, to] = [word(before), word(after)];
    return from === to ? [] : [change({ field, from, to }, `IPsec rules: ${title} ${from} → ${to}`)];
  });
  return [...settled, ...rulesIn(before, after)];
}

function rulesIn(before: PolicyIpsec, after: PolicyIpsec): readonly PolicyChange[] {
  const old = new Map(before.rules.map((rule) => [rule.name, rule]));
  const young = new Set(after.rules.map(({ name }) => name));
  const kept = after.rules.flatMap((rule) => changesOf(old.get(rule.name) ?? null, rule));
  const places = new Map(before.rules.map(({ name }, at) => [name, at]));
  const turned = outOfOrder(after.rules, places).map(({ rule, before: other }) => {
    const [from, to] = [`behind ${other}`, `before ${other}`];
    return change({ field: 'rule', from, to }, `IPsec rule ${rule}: ${from} → ${to}`);
  });
  const gone = before.rules.filter(({ name }) => !young.has(name));
  return [
    ...kept,
    ...turned,
    ...gone.map((rule) => {
      const from = ruleWords(rule);
      return change({ field: 'rule', from, to: null }, `IPsec rule taken out, was ${from}`);
    }),
  ];
}

function changesOf(before: SentRule | null, after: SentRule): readonly PolicyChange[] {
  if (!before) {
    const to = ruleWords(after);
    return [change({ field: 'rule', from: null, to }, `IPsec rule added: ${to}`)];
  }
  return Object.keys(after).flatMap((field) => {
    const [from, to] = [before, after].map((rule) => `${field} ${String(rule[field])}`);
    if (from === undefined || to === undefined || from === to) return [];
    return [change({ field: 'rule', from, to }, `IPsec rule ${String(after['name'])}: ${from} → ${to}`)];
  });
}

const all = ({ rules }: PolicyIpsec): string =>
  rules.length === 0 ? 'none' : rules.map(ruleWords).join('. ');

const change = (what: Pick<PolicyChange, 'field' | 'from' | 'to'>, text: string): PolicyChange => ({
  setting: ipsecRulesKey,
  ...what,
  text,
});
