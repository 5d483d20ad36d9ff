// The assessment service with PostgreSQL, fed by hand: what it would tell is counted, kept as its relay would find it, and thrown
// away.
import { metrics } from '@opentelemetry/api';
import type { Batch, Bus } from '#bus/bus';
import { Delivery } from '#bus/delivery';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { openDeviceApi } from '#device/api';
import { openSnmp } from '#device/snmp/driver';
import { assessmentFinished } from '#events/assessment';
import type { Event } from '#events/event';
import { scheduleProgressed, type ScheduleProgressed } from '#events/schedule';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { saveOutbox } from '#store/outbox';
import { Store } from '#store/store';
import { assessWorker } from '../../apps/assessment/assess.js';
import { assessment } from '../../apps/assessment/assessment.js';
import type { Openers } from '../../apps/assessment/connect.js';
import { chunkWorker } from '../../apps/assessment/runs/chunk.js';
import { runWorker } from '../../apps/assessment/runs/run.js';
import { outboxBus } from '../support/outbox-bus.js';
import { silentLog } from '../support/silent.js';
import { snmpDevices } from './assess-names.js';

export interface Ports {
  readonly api: number;
  readonly snmp: number;
}

/** How assessments ended, of devices by themselves and of those of runs. */
export interface Ends {
  readonly instantOn: Map<string, number>;
  readonly scheduled: Map<string, number>;
}

export interface Assessing {
  readonly ends: Ends;
  /** Of runs, the newest word of each. */
  readonly runs: ReadonlyMap<string, ScheduleProgressed>;
  /** Nothing waits or runs. */
  isIdle(): Promise<boolean>;
  feed(...events: readonly Event[]): Promise<void>;
  /** What was told so far is thrown away, and counts no more. */
  forget(): Promise<void>;
  stop(): Promise<void>;
}

/** One protocol for each device, by its address. */
const openersOn =
  ({ api, snmp }: Ports): Openers =>
  ({ identity: { ip, serial }, fingerprint, networks }) => {
    const at = { address: ip, networks };
    if (ip.startsWith(snmpDevices.prefix)) {
      const access = { version: 'v2c', community: 'public' } as const;
      return { snmp: () => openSnmp({ ...at, port: snmp, access, serial }) };
    }
    return { api: () => openDeviceApi({ ...at, port: api, fingerprint, mutual: null }) };
  };

export async function startAssessing(url: string, ports: Ports): Promise<Assessing> {
  const database = await openPostgres({ url });
  await migrate(database, ['assessment']);
  const store = new Store(database, 'assessment');
  const ends: Ends = { instantOn: new Map(), scheduled: new Map() };
  const runs = new Map<string, ScheduleProgressed>();
  let facts: ((batch: Batch) => Promise<void>) | null = null;
  const bus: Bus = {
    ...outboxBus,
    record: async (tx, schema, events) => {
      await saveOutbox(tx, schema, events);
      tx.afterCommit(() => {
        for (const event of events) count(event, ends, runs);
      });
    },
    subscribe: (queue, handle) => {
      if (queue.endsWith('.facts')) facts = handle;
      return Promise.resolve({ stop: () => Promise.resolve() });
    },
  };
  const log = silentLog;
  const meter = metrics.getMeter('bench');
  const { consumers } = assessment;
  const delivery = new Delivery({ service: 'assessment', store, bus, consumers, log, meter });
  await delivery.start();
  const openers = openersOn(ports);
  const workers = [
    assessWorker({ store, openers, keyring: null, log }),
    runWorker(),
    chunkWorker({ store, bus, openers, keyring: null, log }),
  ];
  const on = { store, bus, workers, log, meter, service: 'assessment', instance: 'bench' };
  const running: RunningWorkers = runWorkers(on);
  return {
    ends,
    runs,
    feed: (...events) =>
      new Promise((settled, reject) => {
        const abandon = (): void => reject(new Error(delivery.problem() ?? 'abandoned'));
        facts?.({ messages: events, settleIn: () => Promise.resolve(), settled, abandon }).catch(reject);
      }),
    isIdle: async () => (await store.query('select 1 as one from assessment.task limit 1')).length === 0,
    forget: async () => {
      await store.query('truncate assessment.outbox');
      ends.instantOn.clear();
      ends.scheduled.clear();
    },
    stop: async () => {
      await running.stop();
      await delivery.stop();
      await database.close();
    },
  };
}

function count(event: Event, { instantOn, scheduled }: Ends, runs: Map<string, ScheduleProgressed>): void {
  if (scheduleProgressed.is(event)) runs.set(event.data.runId, event.data);
  if (!assessmentFinished.is(event)) return;
  const { outcome, runId } = event.data;
  const ends = runId === undefined ? instantOn : scheduled;
  ends.set(outcome, (ends.get(outcome) ?? 0) + 1);
}
