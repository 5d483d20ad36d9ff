// The order of rules: of several that are about the same traffic a device uses the one that stands first.
import { overlaps } from '../../addresses/span.js';
import type { IpsecRule } from '../../events/ipsec.js';
import { readEndpoints } from './endpoints.js';

/** A rule, and the next one that must stand behind it. */
export interface OutOfOrder {
  readonly rule: string;
  readonly before: string;
}

type Ends = Pick<IpsecRule, 'local' | 'remote'>;

/**
 * Of two rules that some traffic is meant by, those that stand the other way round elsewhere; each once.
 * @param places where each rule stands there, by name; those that are not there are left out
 */
export function outOfOrder(
  rules: readonly IpsecRule[],
  places: ReadonlyMap<string, number>,
): readonly OutOfOrder[] {
  const there = rules.flatMap((rule) => {
    const place = places.get(rule.name);
    return place === undefined ? [] : [{ rule, place }];
  });
  return there.flatMap(({ rule, place }, at): readonly OutOfOrder[] => {
    const other = there.slice(at + 1).find((each) => each.place < place && areAboutTheSame(rule, each.rule));
    return other ? [{ rule: rule.name, before: other.rule.name }] : [];
  });
}

const areAboutTheSame = (a: Ends, b: Ends): boolean => meet(a.local, b.local) && meet(a.remote, b.remote);

/** Whether an address may be in both. What a device fills in for itself may be any. */
function meet(a: string, b: string): boolean {
  const [one, other] = [readEndpoints(a), readEndpoints(b)];
  if ('fault' in one || 'fault' in other) return true;
  if (one.all || other.all || one.names.length > 0 || other.names.length > 0) return true;
  return one.spans.some((span) => other.spans.some((each) => overlaps(span, each)));
}
