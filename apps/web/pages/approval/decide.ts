// Admit or refuse one, some or all that match: in steps as large as the server takes.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client.js';
import type { DecisionStep, HeldState } from '../../api/types.js';
import { counted } from '../../words.js';

export type Action = 'admit' | 'refuse';

/** Which ones are meant. Who came after `upTo` is not. */
export type Which =
  | { readonly serials: readonly string[]; readonly upTo?: undefined }
  | { readonly search: string; readonly state: HeldState; readonly upTo: number }
  | { readonly all: true; readonly state: HeldState; readonly upTo: number };

interface Decision {
  readonly action: Action;
  readonly which: Which;
  readonly done: (count: number) => void;
}

export function useDecide() {
  const client = useQueryClient();
  return useMutation<number, Error, Decision>({
    mutationFn: async ({ action, which }) => {
      let done = 0;
      let { upTo } = which;
      for (;;) {
        const step = await call<DecisionStep>('POST', 'quarantine', { action, ...which, upTo });
        done += step.done;
        if (step.left === 0 || step.done === 0) return done;
        ({ upTo } = step);
      }
    },
    onSuccess: (count, { done }) => done(count),
    onSettled: () => {
      for (const name of ['quarantine', 'overview']) void client.invalidateQueries({ queryKey: [name] });
    },
  });
}

/** What is said when it was asked for. */
export function outcome(action: Action, count: number): string {
  if (count === 0) return 'Nothing was done: somebody else has decided meanwhile.';
  const many = counted(count, 'device is', 'devices are');
  return action === 'admit'
    ? `${many} being admitted, and discovered with what was announced last.`
    : `${many} refused, and not shown as new again.`;
}
