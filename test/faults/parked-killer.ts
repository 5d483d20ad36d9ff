// A process with deliveries of licensing, which dies of any event about one serial number. Nothing comes to it: it
// tries what is parked, and notes what it has done in licensing.seen.
import { fileURLToPath } from 'node:url';
import { metrics } from '@opentelemetry/api';
import { consumer } from '#bus/consumer';
import { Delivery } from '#bus/delivery';
import { deviceFlapping } from '#events/device';
import { openPostgres } from '#store/open';
import { Store } from '#store/store';
import { outboxBus } from '../support/outbox-bus.js';
import { silentLog } from '../support/silent.js';

export const consumerName = 'licensing.counting';
export const killerSerial = 'KILLER';

const counting = consumer({
  name: consumerName,
  on: [deviceFlapping],
  load: () => Promise.resolve(null),
  decide: ({ data: { serial } }) => {
    if (serial === killerSerial) process.kill(process.pid, 'SIGKILL');
    return { changes: [serial], events: [] };
  },
  save: async (tx, serials) => {
    await tx.query('insert into licensing.seen select unnest($1::text[])', [serials]);
  },
});

async function run(): Promise<void> {
  const database = await openPostgres({ url: process.env['MUSTER_DATABASE_URL'] ?? '' });
  const store = new Store(database, 'licensing');
  const parts = { service: 'licensing', store, bus: outboxBus, consumers: [counting], log: silentLog };
  const delivery = new Delivery({ ...parts, meter: metrics.getMeter('test') });
  await delivery.start();
  process.once('SIGTERM', () => void delivery.stop().then(() => database.close()));
}

// The test imports its names alone.
if (process.argv[1] === fileURLToPath(import.meta.url)) await run();
