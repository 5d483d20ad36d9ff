// What the processes are told of each other, held to what they hear.
import { expect, it } from 'vitest';
import { serviceReported } from '#events/service';
import { requiredQueues } from '#runtime/required-queues';
import { topology } from './services.js';

it('each service publishes only while every queue is there that hears what it tells', () => {
  const hearing = (publishes: readonly string[]): readonly string[] =>
    topology.queues
      // A report that nobody reads is no loss: the next one says it all.
      .filter(({ types }) => types.some((type) => type !== serviceReported.type && publishes.includes(type)))
      .map(({ queue }) => queue);
  expect(requiredQueues).toEqual(
    Object.fromEntries(topology.accounts.map(({ service, publishes }) => [service, hearing(publishes)])),
  );
});
