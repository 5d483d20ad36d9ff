// Admit or refuse one, some or all that match: in steps as large as the server takes.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client.js';
import type { DecisionStep, HeldClaim, HeldState } from '../../api/types.js';
import { counted } from '../../words.js';

export type Action = 'admit' | 'refuse';

/** Which ones are meant: nobody who came or changed after `upTo`, or of whom something else waits than was seen. */
export type Which =
  | { readonly seen: readonly Seen[]; readonly upTo?: undefined }
  | { readonly search: string; readonly state: HeldState; readonly upTo: number }
  | { readonly all: true; readonly state: HeldState; readonly upTo: number };

interface Seen {
  readonly serial: string;
  readonly claim: string;
}

/** What was looked at; without those from before claims had names. */
export const seenOf = (claims: readonly HeldClaim[]): readonly Seen[] =>
  claims.flatMap(({ serial, claim }) => (claim === null ? [] : [{ serial, claim }]));

interface Asked {
  readonly done: number;
  readonly changed: number;
  /** Serial numbers of several parties each, which are decided one by one. */
  readonly leftOut: number;
}

interface Decision {
  readonly action: Action;
  readonly which: Which;
  readonly done: (asked: Asked) => void;
}

export function useDecide() {
  const client = useQueryClient();
  return useMutation<Asked, Error, Decision>({
    mutationFn: async ({ action, which }) => {
      let done = 0;
      let { upTo } = which;
      for (;;) {
        const step = await call<DecisionStep>('POST', 'quarantine', { action, ...which, upTo });
        done += step.done;
        if (step.left === 0 || step.done === 0) {
          return { done, changed: step.changed ?? 0, leftOut: step.leftOut?.count ?? 0 };
        }
        ({ upTo } = step);
      }
    },
    onSuccess: (asked, { done }) => done(asked),
    onSettled: () => {
      for (const name of ['quarantine', 'overview']) void client.invalidateQueries({ queryKey: [name] });
    },
  });
}

/** What is said when it was asked for. */
export function outcome(action: Action, { done, changed, leftOut }: Asked): string {
  const said = [
    done > 0 && askedFor(action, done),
    changed > 0 &&
      `${counted(changed, 'device has', 'devices have')} changed since you saw ${changed === 1 ? 'it' : 'them'}: look again.`,
    leftOut > 0 &&
      `${counted(leftOut, 'serial number was', 'serial numbers were')} left out, which more than one party announced: compare them, and decide one by one.`,
  ];
  return said.filter((sentence) => sentence !== false).join(' ') || nothingDone;
}

const nothingDone = 'Nothing was done: somebody else has decided meanwhile.';

function askedFor(action: Action, count: number): string {
  const many = counted(count, 'device is', 'devices are');
  return action === 'admit'
    ? `${many} being admitted, and discovered with what was announced last.`
    : `${many} refused: what announces itself so again is not shown as new.`;
}
