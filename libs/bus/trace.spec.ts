// One trace, however long an event lies between: parked and tried again, dead and replayed. The spans in the names of
// OpenTelemetry's conventions, and the log's lines with the same trace.
import { metrics, SpanStatusCode } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { consumer, Unprocessable } from '#bus/consumer';
import { Delivery } from '#bus/delivery';
import { openEmbeddedBus } from '#bus/embedded';
import { topologyOf } from '#bus/topology';
import type { Bus } from '#bus/bus';
import { catalogue } from '#events/catalogue';
import { deliveryDied, deliveryReplayRequested } from '#events/delivery';
import { deviceFlapping, deviceRetired } from '#events/device';
import { stamp, type Event } from '#events/event';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { Store, type Database } from '#store/store';
import { until } from '../../test/support/until.js';

interface Ended {
  readonly name: string;
  readonly trace: string;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
}

const deviceId = '0193f2a0-0000-7000-8000-000000000001';
const ended: Ended[] = [];
const done = (): Promise<void> => Promise.resolve();
const telemetry = new NodeSDK({
  metricReaders: [],
  spanProcessors: [
    {
      onStart: () => undefined,
      onEnd: (span) => {
        const { name, attributes, status } = span;
        ended.push({
          name,
          attributes,
          failed: status.code === SpanStatusCode.ERROR,
          trace: span.spanContext().traceId,
        });
      },
      forceFlush: done,
      shutdown: done,
    },
  ],
});
const lines: object[] = [];
const log = { info: say, warn: say, error: say };
function say(fields: object, message: string): void {
  lines.push({ ...fields, message });
}

let database: Database;
let bus: Bus;
let delivery: Delivery;
let mended = false;

/** Fails until it is mended: SLOW for now, DEAD for good. */
const fragile = consumer({
  name: 'licensing.fragile',
  on: [deviceFlapping],
  load: () => Promise.resolve(null),
  decide: ({ data: { serial } }) => {
    if (!mended) throw serial === 'DEAD' ? new Unprocessable('broken') : new TypeError('not yet');
    const notes = [{ fields: { outcome: 'fine' }, message: 'It went well' }];
    return { changes: [], events: [deviceRetired.draft({ deviceId, serial, retiredBy: 'test' })], notes };
  },
  save: () => Promise.resolve(),
});

beforeAll(async () => {
  telemetry.start();
  database = await openEmbedded({ dir: null });
  await migrate(database, ['bus', 'licensing']);
  const topology = topologyOf(catalogue.values(), [
    { service: 'licensing', on: [deviceFlapping, deliveryReplayRequested] },
    { service: 'console', on: [deviceRetired, deliveryDied] },
  ]);
  bus = openEmbeddedBus({ database, topology, log });
  const store = new Store(database, 'licensing');
  const meter = metrics.getMeter('test');
  delivery = new Delivery({ service: 'licensing', store, bus, consumers: [fragile], log, meter });
  await delivery.start();
});

afterAll(async () => {
  await delivery?.stop();
  await bus?.stop();
  await database?.close();
  await telemetry.shutdown();
});

const hex = (digit: string): string => digit.repeat(32);
const flapping = (serial: string, trace: string): Event =>
  stamp(deviceFlapping.draft({ deviceId, serial, announcedPerMinute: 16 }), {
    publisher: 'discovery',
    sequence: 1,
    occurredAt: new Date().toISOString(),
    causedBy: null,
    traceparent: `00-${trace}-b7ad6b7169203331-01`,
  });

const processed = (event: Event): readonly Ended[] =>
  ended.filter(
    ({ name, attributes }) => name.startsWith('process ') && attributes['messaging.message.id'] === event.id,
  );

it.each([
  { serial: 'SLOW', what: 'parked and tried again', trace: hex('a') },
  { serial: 'DEAD', what: 'dead and replayed', trace: hex('b') },
])('an event that was $what stays in its trace, and so does what it leads to', async ({ serial, trace }) => {
  mended = false;
  const event = flapping(serial, trace);
  await bus.publish([event]);
  await until('it has failed', () => processed(event).length > 0);
  mended = true;
  if (serial === 'DEAD') {
    const replay = deliveryReplayRequested.draft({
      ...deliveryReplayRequested.example,
      consumer: fragile.name,
      eventId: event.id,
      action: 'replay',
    });
    const by = { publisher: 'console', sequence: 1, occurredAt: event.occurredAt, causedBy: null };
    await until(
      'it is parked',
      async () => (await database.query('select from licensing.parked')).length > 0,
    );
    await bus.publish([stamp(replay, { ...by, traceparent: `00-${hex('c')}-b7ad6b7169203331-01` })]);
  }
  const tries = await until('it went well', () => {
    const seen = processed(event);
    return seen.some(({ failed }) => !failed) && seen;
  });
  expect(tries.map((span) => span.trace)).toEqual(tries.map(() => trace));
  expect(tries[0]?.failed).toBe(true);
  const [next] = await database.query<{ traceparent: string }>(
    `select body->>'traceparent' as traceparent from bus.event where type = 'device.retired' order by seq desc limit 1`,
  );
  expect(next?.traceparent).toContain(trace);
  const about = { trace, device: deviceId, serial };
  expect(lines).toContainEqual(
    expect.objectContaining({ ...about, event: event.id, consumer: fragile.name }),
  );
  expect(lines).toContainEqual(expect.objectContaining({ ...about, message: 'It went well' }));
});

it('names what was sent and processed as the conventions for messaging do', async () => {
  mended = true;
  const event = flapping('FINE', hex('d'));
  await bus.publish([event]);
  await until('it was processed', () => processed(event).length > 0);
  const common = { 'messaging.system': 'muster', 'messaging.message.id': event.id };
  expect(ended).toContainEqual({
    name: 'send muster.events:device.flapping',
    trace: hex('d'),
    failed: false,
    attributes: {
      ...common,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'muster.events:device.flapping',
      'muster.subject': event.subject,
    },
  });
  const destination = 'muster.events:device.flapping:licensing.facts';
  expect(processed(event)).toMatchObject([
    {
      name: `process ${destination}`,
      trace: hex('d'),
      attributes: {
        ...common,
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': destination,
        'messaging.consumer.group.name': fragile.name,
      },
    },
  ]);
  const batch = ended.findLast(({ name }) => name === `batch ${fragile.name}`);
  expect(batch?.attributes).toMatchObject({
    'messaging.batch.message_count': 1,
    'messaging.system': 'muster',
  });
});
