// What console tells gateways, without a console.
import amqp from 'amqplib';
import { exchange } from '#bus/topology';
import { stamp } from '#events/event';
import { edgeConfigured, type EdgeConfiguration } from '#events/settings';

/** The example of the contract, accepting, with a change. @param broker with its vhost */
export async function tellEdge(broker: string, change: Partial<EdgeConfiguration>): Promise<void> {
  const connection = await amqp.connect(broker);
  const channel = await connection.createConfirmChannel();
  const data = { ...edgeConfigured.example, acceptAnnouncements: true, ...change };
  const occurredAt = new Date().toISOString();
  const from = { publisher: 'console', sequence: 1, occurredAt, causedBy: null, traceparent: null };
  const event = stamp(edgeConfigured.draft(data), from);
  channel.publish(exchange, event.type, Buffer.from(JSON.stringify(event)), { messageId: event.id });
  await channel.waitForConfirms();
  await connection.close();
}
