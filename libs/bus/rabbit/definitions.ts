// RabbitMQ definitions: what the broker must hold and AMQP cannot declare. Accounts with hashes of their passwords, what each
// may do, and the limits of queues.
import { createHash, randomBytes } from 'node:crypto';
import { deadLetters, exchange, journal, returnsMax, type Topology } from '../topology.js';

/**
 * To be imported by the broker. Limits are policies, never arguments of a
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
