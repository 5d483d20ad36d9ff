// Reads what RabbitMQ, or the embedded bus, gave up because it killed its reader again and again, and tells the service
// that it was for: that one keeps it as a dead letter. Nothing leaves the queue before the word of it is committed.
import type { ObservableResult } from '@opentelemetry/api';
import { v5 as nameBasedId } from 'uuid';
import { deliveryReturned, type Returned } from '#events/delivery';
import type { Batch } from '#bus/bus';
import { storable } from '#events/storable';
import { deadLetters } from '#bus/topology';
import type { Running, StoredParts } from '#runtime/service';
import { record } from './documents/written.js';

/** What ids are made under, so that a message taken twice is told of once. */
const namespace = '0d0c2f54-2a6a-4d3b-8f0e-6f3a52e53329';

export async function readDeadMessages(parts: StoredParts): Promise<Running> {
  const { bus, log } = parts;
  const handle = async (batch: Batch): Promise<void> => {
    try {
      await tell(parts, batch);
      batch.settled();
    } catch (error) {
      log.warn({ error }, 'Messages that killed their reader could not be taken; trying again');
      batch.abandon();
    }
  };
  const forget = showWaiting(parts);
  const subscription = await bus.subscribe(deadLetters, handle);
  return {
    stop: async () => {
      forget();
      await subscription.stop();
    },
  };
}

/** Zero but for moments, as long as they are taken. */
function showWaiting({ bus, meter }: StoredParts): () => void {
  const gauge = meter.createObservableGauge('muster.broker.dead', {
    description: 'Messages that killed their reader and are not taken over as dead letters yet',
  });
  const observe = async (result: ObservableResult): Promise<void> => {
    const [load] = await bus.loads([deadLetters]);
    if (load && load.depth !== null) result.observe(load.depth);
  };
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);
}

async function tell({ store, bus, log }: StoredParts, batch: Batch): Promise<void> {
  const letters = batch.messages.map((message): Returned => {
    const letter = deliveryReturned.schema.parse(message);
    return { ...letter, message: storable(letter.message) };
  });
  await store.transaction(async (tx) => {
    await batch.settleIn(tx, [...letters.keys()]);
    const drafts = letters.map((letter) =>
      deliveryReturned.draft(
        letter,
        nameBasedId(`${letter.queue} ${JSON.stringify(letter.message)}`, namespace),
      ),
    );
    await record(tx, bus, drafts);
  });
  for (const { queue, reason } of letters) {
    log.error({ queue, reason }, 'A message was given up by the bus; its service keeps it as a dead letter');
  }
}
