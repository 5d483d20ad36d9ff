// Everything that an account of the broker must not be able to do, tried.
import amqp, { type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { deadLetters, exchange, type Topology } from '#bus/topology';
import type { Right } from './rights.js';

export interface Attempt {
  /** Such as `get discovery.facts`. */
  readonly what: string;
  readonly make: (channel: ConfirmChannel) => Promise<unknown>;
}

/** ACCESS_REFUSED. */
const refused = '403';
/** Tried together on one connection: each that is refused takes its channel along. */
const together = 40;

/** What is foreign to an account, given all that there is; `queues` are those beyond the topology. */
export function foreignTo(
  { writes, reads }: Right,
  topology: Topology,
  queues: readonly string[],
): readonly Attempt[] {
  const all = [
    ...[...topology.queues, ...topology.streams].map(({ queue }) => queue),
    deadLetters,
    ...queues,
  ];
  const foreign = all.filter((queue) => !reads.includes(queue));
  return [
    ...foreign.flatMap(reading),
    ...topology.types.filter((type) => !writes.includes(type)).map((type) => publishing(exchange, type)),
    publishing(exchange, 'invented.type'),
    publishing(deadLetters, ''),
    ...all.map((queue) => publishing('', queue)),
    ...reads.flatMap(changing),
    ...declaring,
  ];
}

const reading = (queue: string): readonly Attempt[] => [
  { what: `get ${queue}`, make: (channel) => channel.get(queue) },
  { what: `consume ${queue}`, make: (channel) => consume(channel, queue) },
  { what: `purge ${queue}`, make: (channel) => channel.purgeQueue(queue) },
  ...changing(queue),
];

/** A right over the queue itself, which nobody has: not even over its own. */
const changing = (queue: string): readonly Attempt[] => [
  {
    what: `delete ${queue}`,
    make: (channel) => channel.deleteQueue(queue, { ifEmpty: true, ifUnused: true }),
  },
  { what: `bind ${queue}`, make: (channel) => channel.bindQueue(queue, exchange, '#') },
  { what: `unbind ${queue}`, make: (channel) => channel.unbindQueue(queue, exchange, 'no.such') },
];

const declaring: readonly Attempt[] = [
  { what: 'declare a queue', make: (channel) => channel.assertQueue('mine', { durable: true }) },
  { what: 'declare a queue without a name', make: (channel) => channel.assertQueue('', { exclusive: true }) },
  { what: 'declare an exchange', make: (channel) => channel.assertExchange('mine', 'topic') },
  { what: 'delete the exchange', make: (channel) => channel.deleteExchange(exchange) },
];

/** A stream is read with a prefetch only. */
async function consume(channel: Channel, queue: string): Promise<unknown> {
  await channel.prefetch(1);
  return channel.consume(queue, () => undefined);
}

function publishing(to: string, key: string): Attempt {
  const make = (channel: ConfirmChannel) =>
    new Promise((resolve, reject) => {
      channel.once('error', reject);
      channel.publish(to, key, Buffer.from('{}'), {}, resolve);
    });
  return { what: `publish ${key} to ${to === '' ? 'the default exchange' : to}`, make };
}

/** What was not refused with 403, and how it ended instead. */
export async function notRefused(
  connection: ChannelModel,
  attempts: readonly Attempt[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let first = 0; first < attempts.length; first += together) {
    const some = attempts.slice(first, first + together);
    const ends = await Promise.all(some.map(({ make }) => endOf(connection, make)));
    found.push(
      ...some.flatMap(({ what }, index) => (ends[index] === refused ? [] : [`${what}: ${ends[index]}`])),
    );
  }
  return found;
}

async function endOf(connection: ChannelModel, make: Attempt['make']): Promise<string> {
  const channel = await connection.createConfirmChannel();
  channel.on('error', () => undefined);
  try {
    await make(channel);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    return /ACCESS.REFUSED/.test(String(error)) ? refused : String(error);
  }
  await channel.close().catch(() => undefined);
  return 'done';
}

/** As an account; `address` names the broker and its virtual host. */
export async function connectAs(
  address: string,
  {
    user,
    password,
    authority,
  }: { readonly user: string; readonly password: string; readonly authority: string },
): Promise<ChannelModel> {
  const url = new URL(address);
  url.username = user;
  url.password = encodeURIComponent(password);
  const connection = await amqp.connect(url.href, { ca: [authority], timeout: 10_000 });
  connection.on('error', () => undefined);
  return connection;
}
