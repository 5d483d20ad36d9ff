// What can be said on the command line of `muster events replay`.
import { parseArgs } from 'node:util';
import type { Topology } from '#bus/topology';
import type { Event } from '#events/event';
import { messageOf } from '#events/message-of';
import { inboxDays } from '#store/inbox';
import { aboutAny } from '../cli/events/about.js';
import { momentOf, patternOf, type Matches } from '../cli/said.js';
import { UsageError } from '../cli/words.js';

export const help = `muster events replay --since TIME --queue NAME …   puts events of the journal on one queue again
  --since TIME       from then on: 2h, 30m, 7d, or 2026-11-21T08:00:00Z; for a service's queue 13d at most
  --to TIME          before then (now)
  --queue NAME       a service's queue, such as licensing.facts, or an integrator's own
  --type PATTERN     events of this type only, such as device.licensed or device.*; may be repeated
  --subject ID       about this device or document only: events that have this id or serial number, and those that come
                     after one that has both
  --data FOLDER      of an embedded Muster, which must be stopped; without it the broker is asked that MUSTER_AMQP_URL
                     names, as its administrator, or as an account that may read muster.journal and write to amq.default
  --dry-run          counts, and puts nothing anywhere
  --help             this text

A service knows for 14 days what it took, and takes nothing twice; an integrator must look at the id. A service gets only
what its queue is bound to. Interrupted, the same command can be run again. Exit 0: done, 1: not done, 2: not understood.`;

export interface ReplayOptions {
  readonly since: Date;
  readonly to: Date;
  readonly queue: string;
  readonly wants: (event: Pick<Event, 'type' | 'subject' | 'data'>) => boolean;
  /** Null: RabbitMQ. */
  readonly data: string | null;
  readonly dryRun: boolean;
}

/** A day less than a service remembers what it took (libs/store/inbox.ts): what it knows still when it reads its queue. */
const serviceDaysMax = inboxDays - 1;
const oldestFor = (now: Date): Date => new Date(now.getTime() - serviceDaysMax * 86_400_000);

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const many = { type: 'string', multiple: true } as const;
const options = {
  help: flag,
  since: text,
  to: text,
  queue: text,
  type: many,
  subject: text,
  data: text,
  'dry-run': flag,
} as const;

/** Null: help was asked for. Throws UsageError. */
export function readReplay(words: readonly string[], topology: Topology, now: Date): ReplayOptions | null {
  const said = parse(words);
  if (said.help) return null;
  if (said.queue === undefined || said.since === undefined)
    throw new UsageError('--since and --queue are needed');
  const { queue, subject, data = null } = said;
  const to = momentOf('--to', said.to ?? now.toISOString(), now);
  const since = momentOf('--since', said.since, now);
  if (since >= to) throw new UsageError('--since must be before --to');
  const asked = (said.type ?? []).map((pattern) => patternOf('--type', pattern));
  if (topology.queues.some((binding) => binding.queue === queue) && since < oldestFor(now))
    throw new UsageError(
      `--since is at most ${serviceDaysMax}d ago for a service's queue: what a service took before, it may not know as taken`,
    );
  const heard = heardBy(queue, topology, { asked, embedded: data !== null });
  const isAbout = subject === undefined ? () => true : aboutAny([subject]);
  const wants: ReplayOptions['wants'] = (event) => isAbout(event) && heard(event.type);
  return { since, to, queue, wants, data, dryRun: said['dry-run'] ?? false };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}

interface Hearing {
  readonly asked: readonly Matches[];
  readonly embedded: boolean;
}

/** What a service does not hear would be given up by it. Of an integrator's queue only the operator knows. */
function heardBy(queue: string, { queues }: Topology, { asked, embedded }: Hearing): Matches {
  const bound = queues.find((binding) => binding.queue === queue)?.types;
  const isAsked: Matches = (type) => asked.length === 0 || asked.some((matches) => matches(type));
  if (!bound) {
    const names = queues.map((binding) => binding.queue).join(', ');
    if (embedded) throw new UsageError(`there is no queue ${queue}; there are ${names}`);
    return isAsked;
  }
  if (!bound.some(isAsked)) throw new UsageError(`${queue} hears none of these types: ${bound.join(', ')}`);
  return (type) => bound.includes(type) && isAsked(type);
}
