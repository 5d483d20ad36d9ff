// The bus as an AsyncAPI 3 document: a channel, a message and an operation for each event, made from the schemas that the
// events are checked with.
import * as z from 'zod';
import { catalogue } from './catalogue.js';
import { headersOf, messageHeaders } from './cloud-event.js';
import { envelope, stamp, type EventDefinition } from './event.js';
import { filter } from './group.js';
import { identity } from './identity.js';

const bindingVersion = '0.3.0';
const ref = (...path: readonly string[]) => ({ $ref: `#/${path.join('/')}` });
const part = (kind: string, name: string) => ref('components', kind, name);

/** What Muster sends to the exchange, as an integrator's tools read it. */
export function asyncApi(exchange: string): object {
  const all = [...catalogue.values()];
  const each = (make: (definition: EventDefinition) => object) =>
    Object.fromEntries(all.map((definition) => [definition.type, make(definition)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Muster',
      version: '1',
      description:
        'Every event of Muster. An integrator gets a queue of its own, bound to the types it asks for, and an account ' +
        'that reads this queue and nothing else. Deliveries repeat: compare ids. Ignore fields you do not know.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    servers: { broker },
    channels: each((definition) => channelOf(definition, exchange)),
    operations: each(operationOf),
    components: {
      messages: each(messageOf),
      schemas: schemasOf(all),
      securitySchemes: { account: { type: 'userPassword', description: 'The account of an integrator.' } },
    },
  };
}

const broker = {
  host: '{host}:5671',
  pathname: '/{vhost}',
  protocol: 'amqps',
  protocolVersion: '0.9.1',
  variables: { host: { description: 'Your RabbitMQ.' }, vhost: { default: 'muster' } },
  security: [part('securitySchemes', 'account')],
};

function channelOf({ type, title }: EventDefinition, exchange: string): object {
  return {
    address: type,
    description: title,
    messages: { [type]: part('messages', type) },
    bindings: {
      amqp: {
        is: 'routingKey',
        exchange: { name: exchange, type: 'topic', durable: true, autoDelete: false },
        bindingVersion,
      },
    },
  };
}

function operationOf({ type, title, publisher }: EventDefinition): object {
  return {
    action: 'send',
    summary: title,
    description: `Published by ${publisher === 'every' ? 'every service' : publisher}.`,
    channel: ref('channels', type),
    bindings: { amqp: { deliveryMode: 2, mandatory: true, timestamp: true, bindingVersion } },
  };
}

function messageOf(definition: EventDefinition): object {
  const { type, title } = definition;
  const example = exampleOf(definition);
  return {
    name: type,
    title,
    contentType: 'application/json',
    headers: part('schemas', 'headers'),
    payload: part('schemas', type),
    bindings: { amqp: { messageType: type, bindingVersion } },
    examples: [{ headers: headersOf(example), payload: example }],
  };
}

/** As it would lie in the journal. */
function exampleOf(definition: EventDefinition) {
  return stamp(definition.draft(definition.example, '0193f2a0-0000-7000-8000-0000000000e1'), {
    publisher: definition.publisher === 'every' ? 'discovery' : definition.publisher,
    sequence: 1,
    occurredAt: '2026-11-21T08:00:00.000Z',
    causedBy: null,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  });
}

/** Each schema by its name, referring to the others; draft 7 is what AsyncAPI's own schemas extend. */
function schemasOf(all: readonly EventDefinition[]): object {
  const registry = z.registry<{ id: string }>();
  registry.add(messageHeaders, { id: 'headers' });
  registry.add(filter, { id: 'filter' });
  registry.add(identity, { id: 'identity' });
  for (const { type, version, schema } of all) {
    const payload = envelope.extend({
      type: z.literal(type),
      version: z.int().positive().max(version),
      data: schema,
    });
    registry.add(payload, { id: type });
  }
  const { schemas } = z.toJSONSchema(registry, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    uri: (id) => part('schemas', id).$ref,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $id: _, $schema: __, ...schema }]) => [name, schema]),
  );
}
