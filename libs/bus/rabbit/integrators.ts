// Integrators on a broker: what the definitions of one alone do not bring about.
import * as z from 'zod';
import { exchange } from '../topology.js';
import { integratorDefinitions, integratorOf, queueOfIntegrator, type Integrator } from '../integrator.js';
import type { Management } from './management.js';

const bindings = z.array(
  z.object({ source: z.string(), routing_key: z.string(), properties_key: z.string() }),
);
const queues = z.array(
  z.object({ name: z.string(), messages: z.int().default(0), consumers: z.int().default(0) }),
);

/** An integrator as its operator asks about it. */
export interface ListedIntegrator extends Integrator {
  readonly waiting: number;
  /** Connections that read. */
  readonly readers: number;
}

export class Integrators {
  constructor(
    private readonly broker: Management,
    private readonly vhost: string,
  ) {}

  /** Makes it, or changes its password and what it is bound to; what waits in its queue stays. */
  async add(integrator: Integrator, password: string): Promise<void> {
    await this.broker.importDefinitions(integratorDefinitions(integrator, { vhost: this.vhost, password }));
    const queue = queueOfIntegrator(integrator.name);
    const old = (await this.#bindingsOf(queue)).filter(
      ({ routing_key: key }) => !integrator.binds.includes(key),
    );
    for (const { properties_key: key } of old) {
      await this.broker.delete('bindings', this.vhost, 'e', exchange, 'q', queue, key);
    }
  }

  async list(): Promise<readonly ListedIntegrator[]> {
    const found = queues.parse((await this.broker.get('queues', this.vhost)) ?? []);
    const named = found.flatMap((queue) => {
      const name = integratorOf(queue.name);
      return name === null ? [] : [{ ...queue, own: name }];
    });
    return Promise.all(
      named.map(async ({ name, own, messages, consumers }) => ({
        name: own,
        binds: (await this.#bindingsOf(name)).map(({ routing_key: key }) => key).toSorted(),
        waiting: messages,
        readers: consumers,
      })),
    );
  }

  /** The account first, whose connections the broker then closes; what waits in the queue goes with it. */
  async remove(name: string): Promise<boolean> {
    const own = queueOfIntegrator(name);
    const account = await this.broker.delete('users', own);
    const queue = await this.broker.delete('queues', this.vhost, own);
    return account || queue;
  }

  async #bindingsOf(queue: string) {
    const all = bindings.parse((await this.broker.get('queues', this.vhost, queue, 'bindings')) ?? []);
    return all.filter(({ source }) => source === exchange);
  }
}
