// Replay or drop, of one, some or all that match: in steps as large as the server takes, told as they go.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.js';
import type { DeadDelivery, DecisionStep } from '../../api/types.js';
import { counted } from '../../words.js';
import type { DeadFilter } from './search.js';

export type Action = 'replay' | 'drop';
type Named = Pick<DeadDelivery, 'consumer' | 'eventId'>;

/** Which ones are meant. What was given up after `upTo` is not. */
export type Which =
  | { readonly deliveries: readonly Named[]; readonly upTo?: undefined }
  | { readonly filter: DeadFilter; readonly upTo: number }
  | { readonly all: true; readonly upTo: number };

export interface Decision {
  readonly action: Action;
  readonly which: Which;
  /** Needed for a drop. */
  readonly reason?: string;
  readonly done: (count: number) => void;
}

export function useDecide() {
  const client = useQueryClient();
  const [progress, setProgress] = useState<{ readonly done: number; readonly left: number } | null>(null);
  const decide = useMutation<number, Error, Decision>({
    mutationFn: async ({ action, which, reason }) => {
      let done = 0;
      let { upTo } = which;
      for (;;) {
        const step = await call<DecisionStep>('POST', 'deliveries', { action, reason, ...which, upTo });
        done += step.done;
        if (step.left === 0 || step.done === 0) return done;
        ({ upTo } = step);
        setProgress({ done, left: step.left });
      }
    },
    onSuccess: (count, { done }) => done(count),
    onSettled: () => {
      setProgress(null);
      for (const name of ['deliveries', 'status']) void client.invalidateQueries({ queryKey: [name] });
    },
  });
  return { decide, progress };
}

const many = (count: number): string => counted(count, 'delivery', 'deliveries');

/** What is said when it is done. */
export function outcome(action: Action, count: number): string {
  if (count === 0) return 'Nothing was done: somebody else has decided meanwhile.';
  return action === 'drop'
    ? `${many(count)} dropped.`
    : `Replay of ${many(count)} asked for. What fails again comes back.`;
}
