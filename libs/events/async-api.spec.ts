// Held by the official parser of AsyncAPI, and by the events themselves.
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import { asyncApi } from './async-api.js';
import { catalogue } from './catalogue.js';

const text = JSON.stringify(asyncApi('muster.events'));
const types = [...catalogue.keys()];

describe('the AsyncAPI document', () => {
  let parsed: Awaited<ReturnType<Parser['parse']>>;
  beforeAll(async () => {
    parsed = await new Parser().parse(text);
  });

  it('is valid to the official parser, examples included', () => {
    const worst = parsed.diagnostics.filter(({ severity }) => Number(severity) <= 1);
    expect(worst.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([]);
  });

  it('has a channel, a message and an operation for every event, and no other', () => {
    const document = parsed.document;
    expect(document?.version()).toBe('3.0.0');
    expect(
      document
        ?.channels()
        .all()
        .map((channel) => channel.address()),
    ).toEqual(types);
    expect(
      document
        ?.operations()
        .all()
        .map((operation) => operation.action()),
    ).toEqual(types.map(() => 'send'));
    expect(
      document
        ?.messages()
        .all()
        .map((message) => message.name()),
    ).toEqual(types);
  });

  it.each(types)('%s is bound to the exchange, with headers and an example', (type) => {
    const channel = parsed.document?.channels().get(type);
    expect(channel?.bindings().get('amqp')?.value()).toMatchObject({
      is: 'routingKey',
      exchange: { name: 'muster.events', type: 'topic' },
    });
    const message = channel?.messages().get(type);
    expect(message?.headers()?.properties()).toHaveProperty(['cloudEvents:specversion']);
    expect(message?.examples().all()[0]?.payload()).toMatchObject({ type });
  });
});

describe('the schema of a message', () => {
  const document = JSON.parse(text) as { components: { schemas: object } };
  const ajv = new Ajv({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: 'bus', ...document });
  const check = (type: string) => ajv.getSchema(`bus#/components/schemas/${type}`);
  const example = { ...exampleOf('device.flapping') };

  it('takes an older version and refuses a newer one, another type and unknown fields around the data', () => {
    const valid = check('device.flapping');
    expect(valid?.(example)).toBe(true);
    for (const wrong of [{ version: 2 }, { type: 'device.retired' }, { more: 1 }, { data: {} }])
      expect(valid?.({ ...example, ...wrong })).toBe(false);
  });

  function exampleOf(type: string): object {
    const { components } = JSON.parse(text) as {
      components: { messages: Record<string, { examples: readonly { payload: object }[] }> };
    };
    return components.messages[type]?.examples[0]?.payload ?? {};
  }
});
