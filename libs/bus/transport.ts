// How Nest starts and drains the deliveries: a microservice of the application, without Nest's own handling of messages,
// which hides errors from whoever must settle them.
import { Server, type CustomTransportStrategy } from '@nestjs/microservices';

/** A delivery, or whatever else runs as long as the application. */
export interface Deliverable {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** `app.connectMicroservice({ strategy: new DeliveryTransport(deliveries) })` */
export class DeliveryTransport extends Server implements CustomTransportStrategy {
  constructor(private readonly deliveries: readonly Deliverable[]) {
    super();
  }

  listen(listening: (error?: unknown) => void): void {
    Promise.all(this.deliveries.map((delivery) => delivery.start())).then(
      () => listening(),
      (error: unknown) => listening(error),
    );
  }

  /** Resolves when every batch in flight is over. */
  async close(): Promise<void> {
    await Promise.all(this.deliveries.map((delivery) => delivery.stop()));
  }

  override on(): void {
    throw new Error('deliveries have no events of their own: ask their problem()');
  }

  override unwrap<T>(): T {
    throw new Error('there is no server of Nest behind the deliveries');
  }
}
