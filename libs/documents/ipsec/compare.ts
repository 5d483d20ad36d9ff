// A device's rules against those that it should have: where they differ, by rule and field.
//
//   strength.ts     what a minimum strength means, and what is never taken
//   endpoints.ts    what is typed for an end             order.ts    where the order of rules counts
//   connections.ts  who speaks with whom, seen from one host
//   swanctl.ts      a configuration of strongSwan        compare.ts  against a device's rules: this file
//   item.ts         the same as a part of policies, with its outcome
//   diff.ts         between versions of a policy         words.ts    a rule for a person to read
import type { SaidRule, SaidValue } from '../../device/ipsec.js';
import type { IpsecRule } from '../../events/ipsec.js';
import { canonical } from './endpoints.js';
import { outOfOrder } from './order.js';
import { whyWeak } from './strength.js';

export type IpsecDifference =
  /** The device has no rule of that name · it has one that is not asked for. */
  | { readonly kind: 'missing' | 'extra'; readonly rule: string }
  /** It stands behind `before`, which has traffic in common with it. */
  | { readonly kind: 'order'; readonly rule: string; readonly before: string }
  | {
      readonly kind: 'differs';
      readonly rule: string;
      readonly field: string;
      readonly required: SaidValue;
      /** Undefined: the device says nothing of it. */
      readonly said: SaidValue | undefined;
    };

/** Empty: the device is as it should be. The order of rules counts where two of them are about the same traffic. */
export function compareIpsec(
  required: readonly IpsecRule[],
  said: readonly SaidRule[],
): readonly IpsecDifference[] {
  const waiting = [...said];
  const places = new Map<string, number>();
  const differences = required.flatMap((rule): readonly IpsecDifference[] => {
    const at = waiting.findIndex(({ name }) => name === rule.name);
    const [found] = at < 0 ? [] : waiting.splice(at, 1);
    if (!found) return [{ kind: 'missing', rule: rule.name }];
    places.set(rule.name, said.indexOf(found));
    return fieldsOf(rule, found);
  });
  const extra = waiting.map(({ name }): IpsecDifference => ({ kind: 'extra', rule: name }));
  const turned = outOfOrder(required, places).map((each): IpsecDifference => ({ kind: 'order', ...each }));
  return [...differences, ...turned, ...extra];
}

/** `legacy` is the operator's word for himself. */
function fieldsOf({ name, legacy: _, ...fields }: IpsecRule, said: SaidRule): readonly IpsecDifference[] {
  return Object.entries(fields).flatMap(([field, required]): readonly IpsecDifference[] => {
    const has = said.fields.get(field);
    const same = has === required || (isEnd(field) && typeof has === 'string' && sameEnds(has, required));
    return same ? [] : [{ kind: 'differs', rule: name, field, required, said: has }];
  });
}

const isEnd = (field: string): boolean => field === 'local' || field === 'remote';
const sameEnds = (a: string, b: SaidValue): boolean => typeof b === 'string' && canonical(a) === canonical(b);

/** Fields that are no algorithms, whatever their words look like. */
const named: ReadonlySet<string> = new Set(['local', 'remote', 'preSharedKey']);

/** For a person to read. */
export function wordsOf(difference: IpsecDifference): string {
  const { rule } = difference;
  if (difference.kind === 'order')
    return `${rule}: must stand before ${difference.before}, as some traffic is meant by both and the first of them is used; the device has it behind`;
  if (difference.kind !== 'differs')
    return difference.kind === 'missing'
      ? `${rule}: the device has no such rule`
      : `${rule}: the device has this rule, which is not asked for`;
  const { field, required, said } = difference;
  const has = said === undefined ? 'the device says nothing of it' : `the device has ${JSON.stringify(said)}`;
  const weak = named.has(field) ? null : whyWeak(said);
  return `${rule}: ${field} must be ${JSON.stringify(required)}; ${has}${weak === null ? '' : ` (${weak})`}`;
}
