// muster dead replay, muster dead drop: in steps as large as console takes them.
import * as z from 'zod';
import type { Client } from '../client.js';
import { jsonOf } from '../printed.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { countOf } from '../said.js';
import { find, page } from './look.js';
import { filterOf, filterOptions, isNamed, namedIn, whichOf, type Filter, type Named } from './which.js';

const options = {
  ...filterOptions,
  all: { type: 'boolean' },
  because: { type: 'string' },
  'up-to': { type: 'string' },
  'dry-run': { type: 'boolean' },
} as const;

const step = z.object({ done: z.int(), left: z.int(), upTo: z.int() });

type Action = 'replay' | 'drop';

/** What was done or would be, and the newest that was meant. */
interface Outcome {
  readonly done: number;
  readonly upTo?: number;
}

export const decide =
  (action: Action) =>
  async (words: readonly string[]): Promise<number> => {
    const { values, positionals } = readWords(words, options);
    const named = namedIn(positionals);
    const filter = filterOf(values, new Date());
    const which = whichOf(named, filter, values.all ?? false);
    if (action === 'drop' && !values.because) throw new UsageError('a drop needs --because TEXT.');
    if (action === 'replay' && values.because) throw new UsageError('--because goes with drop.');
    const upTo = upToOf(values['up-to'], named);
    const client = clientOf(values);
    const dryRun = values['dry-run'] ?? false;
    const request = { action, reason: values.because, ...which, upTo };
    const outcome = dryRun ? await meant(client, named ?? filter, upTo) : await inSteps(client, request);
    const line = values.json
      ? jsonOf({ action, ...outcome, dryRun })
      : sentence(action, outcome, { dryRun, named });
    process.stdout.write(`${line}\n`);
    return named && outcome.done === 0 ? 1 : 0;
  };

function upToOf(text: string | undefined, named: Named | null): number | undefined {
  if (text === undefined) return undefined;
  if (named) throw new UsageError('--up-to goes with conditions or --all.');
  return countOf('--up-to', text, Number.MAX_SAFE_INTEGER);
}

/** How many there are now, and the newest of them. */
async function meant(client: Client, which: Named | Filter, upTo: number | undefined): Promise<Outcome> {
  if (isNamed(which)) return { done: (await find(client, which)) === null ? 0 : 1 };
  const query = new URLSearchParams({ ...which, limit: '1', ...(upTo && { upTo: String(upTo) }) });
  const { total, upTo: newest } = await client.ask(`/api/deliveries?${query.toString()}`, page);
  return { done: total, upTo: newest };
}

async function inSteps(client: Client, request: { readonly upTo: number | undefined }): Promise<Outcome> {
  let done = 0;
  for (let { upTo } = request; ;) {
    const body = { ...request, upTo };
    const answer: z.infer<typeof step> = await client.ask('/api/deliveries', step, { method: 'POST', body });
    done += answer.done;
    if (answer.left === 0 || answer.done === 0) return { done };
    ({ upTo } = answer);
    process.stderr.write(`${done} done, ${answer.left} left\n`);
  }
}

interface Said {
  readonly dryRun: boolean;
  readonly named: Named | null;
}

function sentence(action: Action, { done, upTo }: Outcome, { dryRun, named }: Said): string {
  const many = done === 1 ? '1 delivery' : `${done} deliveries`;
  if (done === 0) return named ? 'No such dead delivery.' : 'No dead delivery matches.';
  if (dryRun) {
    const would = `${many} would be ${action === 'drop' ? 'dropped' : 'replayed'}`;
    return upTo === undefined
      ? `${would}.`
      : `${would}: these and none that come later with --up-to ${upTo}.`;
  }
  return action === 'drop' ? `${many} dropped.` : `Replay of ${many} asked for. What fails again comes back.`;
}
