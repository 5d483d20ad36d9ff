// What the broker must hold before any process starts: made from the catalogue and from what each service hears, so that
// nothing in it can differ from the code. Services declare nothing.
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
