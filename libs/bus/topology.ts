// What the broker must hold before any process starts: made from the catalogue and from what each service hears, so that
// nothing in it can differ from the code. Services declare nothing.
import { createHash, randomBytes } from 'node:crypto';
import { deliveryDied, deliveryReplayRequested, deliveryReturned } from '../events/delivery.js';
import type { EventDefinition, Plane } from '../events/event.js';
import { edgeConfigured } from '../events/settings.js';

/** A service, and the events that its consumers hear. */
export interface Subscriber {
  readonly service: string;
  readonly on: readonly EventDefinition[];
}

export interface Binding {
  readonly queue: string;
  /** Event types, each a routing key. */
  readonly types: readonly string[];
}

export interface Account {
  readonly service: string;
  /** Event types that it may publish. */
  readonly publishes: readonly string[];
  /** Queues and streams that it may read. */
  readonly reads: readonly string[];
}

export interface Topology {
  /** Quorum queues: two for each service, so that control waits behind no facts. */
  readonly queues: readonly Binding[];
  /** Streams: `types` null for all. */
  readonly streams: readonly { readonly queue: string; readonly types: readonly string[] | null }[];
  readonly accounts: readonly Account[];
  /** Every type there is: what a queue no longer hears is unbound. */
  readonly types: readonly string[];
}

export const exchange = 'muster.events';
/** How often a message may come back without having been settled. */
export const returnsMax = 50;
/** Where the bus puts a message that came back so often: it kills its reader. Its messages are `Returned`. */
export const deadLetters = 'muster.dead';
/** The stream of all events. */
export const journal = 'muster.journal';
/** Who may read what is no service's queue: console answers those who ask for what was, and shows what died. */
const readersOf = new Map([
  [journal, 'console'],
  [deadLetters, 'console'],
]);

/** Events that a process without a database reads from a stream, newest first. */
const kept = new Map([[edgeConfigured.type, { stream: 'muster.edge', reader: 'gateway' }]]);

/** The stream that keeps events of this definition; undefined when none does. */
export function streamOf(definition: Pick<EventDefinition, 'type'>): string | undefined {
  return kept.get(definition.type)?.stream;
}

/** Where the events of a plane wait for a service. */
export const queueOf = (service: string, plane: Plane): string => `${service}.${plane}`;

/** Whose a queue is. Console answers for those of nobody. */
export const ownerOf = (queue: string): string =>
  /^([a-z]+)\.(?:facts|control)$/.exec(queue)?.[1] ?? 'console';

/** What a service reads, unless it hears nothing. */
export const queuesOf = (service: string): readonly string[] => [
  queueOf(service, 'facts'),
  queueOf(service, 'control'),
];

/** Services that read nothing from a queue, such as the gateway, are subscribers with an empty `on`. */
export function topologyOf(
  definitions: Iterable<EventDefinition>,
  subscribers: readonly Subscriber[],
): Topology {
  const all = [...definitions];
  const readers = subscribers.filter(({ on }) => on.length > 0);
  return {
    queues: readers.flatMap(bindingsOf),
    streams: [
      { queue: journal, types: null },
      ...[...kept].map(([type, { stream }]) => ({ queue: stream, types: [type] })),
    ],
    accounts: subscribers.map((subscriber) => accountOf(subscriber, all)),
    types: all.map(({ type }) => type),
  };
}

function bindingsOf({ service, on }: Subscriber): readonly Binding[] {
  // Whoever parks deliveries hears what an operator wants done with them.
  const heard = [...on, deliveryReplayRequested, deliveryReturned];
  const typesOn = (plane: Plane) => [
    ...new Set(heard.filter((definition) => definition.plane === plane).map(({ type }) => type)),
  ];
  return [
    { queue: queueOf(service, 'facts'), types: typesOn('facts') },
    { queue: queueOf(service, 'control'), types: typesOn('control') },
  ];
}

function accountOf({ service, on }: Subscriber, all: readonly EventDefinition[]): Account {
  const streams = [...kept.values()].filter(({ reader }) => reader === service).map(({ stream }) => stream);
  const others = [...readersOf].filter(([, reader]) => reader === service).map(([queue]) => queue);
  const hears = on.length > 0;
  const mayPublish = ({ publisher, type }: EventDefinition): boolean =>
    publisher === service || (publisher === 'every' && (hears || type !== deliveryDied.type));
  return {
    service,
    // Nothing dies at the gateway, which hears nothing: it may not say so in another's name.
    publishes: all.filter(mayPublish).map(({ type }) => type),
    reads: [...(hears ? queuesOf(service) : []), ...streams, ...others],
  };
}

/**
 * RabbitMQ definitions, to be imported by the broker: what AMQP cannot declare. Limits are policies, never arguments of a
 * queue, so that an operator can change them. Each account publishes its own nouns to the one exchange, reads its own
 * queues, and configures nothing.
 */
export function definitionsOf(
  topology: Topology,
  options: { readonly vhost: string; readonly passwordOf: (service: string) => string },
): object {
  const { vhost, passwordOf } = options;
  const { accounts } = topology;
  return {
    vhosts: [{ name: vhost }],
    users: accounts.map(({ service }) => userOf(service, passwordOf(service))),
    permissions: accounts.map(({ service, reads }) => ({
      user: service,
      vhost,
      configure: nothing,
      write: oneOf([exchange]),
      read: oneOf(reads),
    })),
    topic_permissions: accounts.map(({ service, publishes }) => ({
      user: service,
      vhost,
      exchange,
      write: oneOf(publishes),
      read: nothing,
    })),
    policies: policies.map((policy) => ({ vhost, priority: 0, ...policy })),
  };
}

/** What the broker is told of its queues. */
// No max-length on what the exchange feeds: one full queue would refuse the messages of every publisher.
export const policies = [
  {
    name: 'muster-queues',
    pattern: '^[a-z]+\\.(facts|control)$',
    'apply-to': 'queues',
    // At least once: the message stays in its queue until the other one has it. RabbitMQ wants reject-publish for it; no
    // queue here has a length that it could apply to.
    definition: {
      'delivery-limit': returnsMax,
      'dead-letter-exchange': deadLetters,
      'dead-letter-strategy': 'at-least-once',
      overflow: 'reject-publish',
    },
  },
  {
    name: 'muster-dead',
    pattern: oneOf([deadLetters]),
    'apply-to': 'queues',
    // RabbitMQ 4 drops a message after 20 returns where nothing is said, and here it is the last place.
    definition: { 'delivery-limit': 1_000_000 },
  },
  {
    name: 'muster-journal',
    pattern: oneOf([journal]),
    'apply-to': 'queues',
    definition: { 'max-age': '14D', 'max-length-bytes': 20_000_000_000 },
  },
  {
    name: 'muster-edge',
    pattern: oneOf(['muster.edge']),
    'apply-to': 'queues',
    definition: { 'max-length-bytes': 50_000_000, 'stream-max-segment-size-bytes': 5_000_000 },
  },
  {
    // Of whoever reads too slowly the oldest go, so that publishers wait for nobody: the journal has them, as long as it reaches.
    name: 'muster-integrators',
    pattern: '^integrator\\.',
    'apply-to': 'queues',
    priority: 1,
    definition: { 'max-length-bytes': 500_000_000, overflow: 'drop-head', 'message-ttl': 14 * 86_400_000 },
  },
] as const;

/** A pattern that no name matches: the empty one is no name. */
export const nothing = '^$';

/** A pattern that matches these names and nothing else. */
export function oneOf(names: readonly string[]): string {
  const escaped = names.map((name) => name.replaceAll('.', '\\.'));
  return names.length === 0 ? nothing : `^(${escaped.join('|')})$`;
}

/** An account with no rights yet. */
export function userOf(name: string, password: string): object {
  return {
    name,
    password_hash: passwordHash(password),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
    tags: [],
  };
}

function passwordHash(password: string): string {
  const salt = randomBytes(4);
  const digest = createHash('sha256').update(salt).update(password, 'utf8').digest();
  return Buffer.concat([salt, digest]).toString('base64');
}
