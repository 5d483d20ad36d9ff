// muster dead replay, muster dead drop: in steps as large as console takes them.
import * as z from 'zod';
import type { Client } from '../client.js';
import { jsonOf } from '../printed.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { page } from './look.js';
import { filterOf, filterOptions, namedIn, whichOf, type Filter } from './which.js';

const options = {
  ...filterOptions,
  all: { type: 'boolean' },
  because: { type: 'string' },
  'dry-run': { type: 'boolean' },
} as const;

const step = z.object({ done: z.int(), left: z.int(), upTo: z.int() });

type Action = 'replay' | 'drop';

export const decide =
  (action: Action) =>
  async (words: readonly string[]): Promise<number> => {
    const { values, positionals } = readWords(words, options);
    const named = namedIn(positionals);
    const filter = filterOf(values, new Date());
    const which = whichOf(named, filter, values.all ?? false);
    if (action === 'drop' && !values.because) throw new UsageError('a drop needs --because TEXT.');
    if (action === 'replay' && values.because) throw new UsageError('--because goes with drop.');
    const client = clientOf(values);
    const dryRun = values['dry-run'] ?? false;
    const request = { action, reason: values.because, ...which };
    const done = dryRun ? await meant(client, named ? null : filter) : await inSteps(client, request);
    const line = values.json ? jsonOf({ action, done, dryRun }) : sentence(action, done, dryRun);
    process.stdout.write(`${line}\n`);
    return named && done === 0 ? 1 : 0;
  };

/** How many there are; of one that was named, it is not known before. */
async function meant(client: Client, filter: Filter | null): Promise<number> {
  if (filter === null) return 1;
  const query = new URLSearchParams({ ...filter, limit: '1' });
  return (await client.ask(`/api/deliveries?${query.toString()}`, page)).total;
}

async function inSteps(client: Client, request: object): Promise<number> {
  let done = 0;
  for (let upTo: number | undefined; ;) {
    const body = { ...request, upTo };
    const answer: z.infer<typeof step> = await client.ask('/api/deliveries', step, { method: 'POST', body });
    done += answer.done;
    if (answer.left === 0 || answer.done === 0) return done;
    ({ upTo } = answer);
    process.stderr.write(`${done} done, ${answer.left} left\n`);
  }
}

function sentence(action: Action, done: number, dryRun: boolean): string {
  const many = done === 1 ? '1 delivery' : `${done} deliveries`;
  if (dryRun) return `${many} would be ${action === 'drop' ? 'dropped' : 'replayed'}.`;
  if (done === 0) return 'No such dead delivery.';
  return action === 'drop' ? `${many} dropped.` : `Replay of ${many} asked for. What fails again comes back.`;
}
