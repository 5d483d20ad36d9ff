// Whoever else listens: a queue of its own, bound to the types it asked for, and an account that reads this queue and does
// nothing else. All of it is RabbitMQ definitions, so that whoever may administer the broker can import them.
import { nothing, oneOf, userOf } from './rabbit/definitions.js';
import { exchange } from './topology.js';

export interface Integrator {
  readonly name: string;
  /** Topic patterns, such as `device.*` or `#`. */
  readonly binds: readonly string[];
}

const prefix = 'integrator.';
const nameShape = /^[a-z][a-z0-9-]{0,30}$/;
const word = /^(?:[A-Za-z]{1,40}|\*|#)$/;
export const bindsMax = 50;

/** Name of its queue, and of its account. */
export const queueOfIntegrator = (name: string): string => `${prefix}${name}`;

/** Null for queues of others. */
export const integratorOf = (queue: string): string | null =>
  queue.startsWith(prefix) ? queue.slice(prefix.length) : null;

/** What is wrong with it; empty when nothing is. A pattern that no event matches is taken for a slip. */
export function faultsOf({ name, binds }: Integrator, types: readonly string[]): readonly string[] {
  const unmatched = binds.filter((pattern) => !types.some((type) => fits(pattern, type)));
  return [
    ...(nameShape.test(name)
      ? []
      : ['a name is lower-case letters, digits and hyphens, begins with a letter, and has 31 at most']),
    ...(binds.length === 0 ? ['it must be bound to something: --bind PATTERN'] : []),
    ...(binds.length > bindsMax ? [`${bindsMax} patterns at most`] : []),
    ...unmatched.map((pattern) => `no event has a type such as ${pattern}; EVENTS.md lists them`),
  ];
}

/** Topic patterns as RabbitMQ reads them: `*` is one word, `#` any number of words. */
function fits(pattern: string, type: string): boolean {
  const words = pattern.split('.');
  if (!words.every((each) => word.test(each))) return false;
  const parts = words.map((each) =>
    each === '*' ? '\\.[^.]+' : each === '#' ? '(?:\\.[^.]+)*' : `\\.${each}`,
  );
  return new RegExp(`^${parts.join('')}$`).test(`.${type}`);
}

/** To be imported by the broker. Its limits are the policy `muster-integrators` of the topology. */
export function integratorDefinitions(
  { name, binds }: Integrator,
  { vhost, password }: { readonly vhost: string; readonly password: string },
): object {
  const own = queueOfIntegrator(name);
  return {
    users: [userOf(own, password)],
    permissions: [{ user: own, vhost, configure: nothing, write: nothing, read: oneOf([own]) }],
    topic_permissions: [{ user: own, vhost, exchange, write: nothing, read: nothing }],
    queues: [
      { name: own, vhost, durable: true, auto_delete: false, arguments: { 'x-queue-type': 'quorum' } },
    ],
    bindings: binds.map((pattern) => ({
      source: exchange,
      vhost,
      destination: own,
      destination_type: 'queue',
      routing_key: pattern,
      arguments: {},
    })),
  };
}
