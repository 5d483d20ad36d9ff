// What lies in the broker's queues.

export interface Queues {
  /** Messages that no service has settled. */
  readonly waiting: number;
  /** Messages that the broker gave up. */
  readonly dead: number;
}

interface Broker {
  control(...words: string[]): Promise<string>;
}

export async function readQueues(broker: Broker, vhost: string): Promise<Queues> {
  const said = await broker.control('list_queues', '-p', vhost, 'name', 'messages');
  const counts = [...said.matchAll(/^(\S+)\s+(\d+)$/gm)].map(([, name = '', count]) => ({
    name,
    count: Number(count),
  }));
  const sum = (pattern: RegExp): number =>
    counts.filter(({ name }) => pattern.test(name)).reduce((total, { count }) => total + count, 0);
  return { waiting: sum(/\.(facts|control)$/), dead: sum(/^muster\.dead$/) };
}
