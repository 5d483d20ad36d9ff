// Of several setbacks, which one is told.
import type { Outcome, Setback } from '../device.js';

export const notSpoken: Setback = {
  kind: 'unsupported',
  reason: 'it speaks no protocol that Muster speaks',
};

/** Another device answers: nothing more is said to anybody there. */
export const isOther = (said: Outcome<unknown>): boolean => said.kind === 'failed' && said.other === true;

/** Which of two setbacks says more: what a device says comes before that it says nothing. */
const weight: Readonly<Record<Setback['kind'], number>> = {
  failed: 3,
  denied: 2,
  unreachable: 1,
  unsupported: 0,
};

/** The first of equals; null: there is none. */
export const worstOf = (setbacks: readonly Setback[]): Setback | null =>
  setbacks.reduce<Setback | null>(
    (one, other) => (one && weight[other.kind] <= weight[one.kind] ? one : other),
    null,
  );
