// The numbers of a service for its report and its metrics: looked up every few seconds, whoever asks how often.
import type { Meter } from '@opentelemetry/api';
import type { Bus } from '../bus/bus.js';
import type { Worker } from '../bus/worker.js';
import { countOutbox } from '../store/outbox.js';
import { countParked } from '../store/parking.js';
import type { Store } from '../store/store.js';
import { countTasks } from '../store/task-claims.js';
import { observeFigures } from './gauges.js';
import { repeat } from './repeat.js';
import type { ServiceName } from '../events/service.js';
import type { Figures, Running } from './service.js';

export interface Measuring {
  readonly service: ServiceName;
  readonly bus: Pick<Bus, 'loads'>;
  /** Its own, told in its report. */
  readonly queues: readonly string[];
  /** Others, measured beside them. */
  readonly watches: readonly string[];
  readonly store: Store;
  /** False where events go to the bus in the transaction that made them. */
  readonly hasOutbox: boolean;
  readonly workers: readonly Worker[];
  readonly meter: Meter;
}

const everyMs = 5_000;
const unknown: Omit<Figures, 'spool' | 'edge'> = { queues: [], parked: null, outbox: null, budgets: [] };

/** Measures until it is stopped. A number that cannot be had is null: whoever needs what is away says so. */
export function measure(options: Measuring): Running {
  let latest = unknown;
  const observed = observeFigures(options.meter, options.service, () => latest);
  const measuring = repeat({
    name: 'figures',
    everyMs,
    work: async () => {
      const known = <T>(looking: Promise<T>) => looking.catch(() => null);
      const [queues, parked, outbox, budgets] = await Promise.all([
        options.bus.loads([...options.queues, ...options.watches]),
        known(countParked(options.store, options.store.schema)),
        options.hasOutbox ? known(countOutbox(options.store, options.store.schema)) : null,
        known(budgetsOf(options)),
      ]);
      latest = { queues, parked, outbox, budgets: budgets ?? [] };
      return 0;
    },
    log: { warn: () => undefined },
  });
  return {
    figures: () => ({
      ...latest,
      queues: latest.queues.filter(({ queue }) => options.queues.includes(queue)),
    }),
    stop: async () => {
      observed.stop();
      await measuring.stop();
    },
  };
}

async function budgetsOf({ store, workers }: Measuring): Promise<Figures['budgets']> {
  if (workers.length === 0) return [];
  return store.transaction(async (tx) => {
    const counts = await countTasks(tx, store.schema);
    const sum = (budget: string, states: readonly string[]): number =>
      counts
        .filter((row) => row.budget === budget && states.includes(row.state))
        .reduce((all, { count }) => all + count, 0);
    const budgets = [];
    for (const worker of new Map(workers.map((each) => [each.budget, each])).values()) {
      const { budget } = worker;
      const running = sum(budget, ['running']);
      const queued = sum(budget, ['queued', 'waiting']);
      budgets.push({ budget, running, queued, max: await worker.limit(tx) });
    }
    return budgets;
  });
}
