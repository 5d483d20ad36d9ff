// Each event's way to the broker, seen: a span in its trace, and how long the confirm took.
import type { Histogram, Meter } from '@opentelemetry/api';
import type { Event } from '../../events/event.js';
import { momentsMs } from '../buckets.js';
import { BusError } from '../bus.js';
import { withSendSpans } from '../spans.js';
import type { Publisher } from './publisher.js';

export class Confirms {
  readonly #duration: Histogram | undefined;

  constructor(
    private readonly publisher: Pick<Publisher, 'send'>,
    meter: Meter | undefined,
  ) {
    this.#duration = meter?.createHistogram('muster.bus.confirm.duration', {
      description: 'From publishing to the confirm of the broker, or to the failure',
      unit: 'ms',
      advice: { explicitBucketBoundaries: momentsMs },
    });
  }

  /** As the publisher does it. */
  async send(event: Event): Promise<void> {
    const began = performance.now();
    const took = (result: string): void => this.#duration?.record(performance.now() - began, { result });
    try {
      await withSendSpans('rabbitmq', [event], () => this.publisher.send(event));
      took('confirmed');
    } catch (error) {
      took(error instanceof BusError ? error.code : 'failed');
      throw error;
    }
  }
}
