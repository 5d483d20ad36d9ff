// Ages at /metrics are seconds: alerts compare them with seconds, and the dashboard shows them as such.
import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { topologyOf } from '#bus/topology';
import { openEmbeddedBus } from '#bus/embedded';
import { deviceRetired } from '#events/device';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { Store } from '#store/store';
import { retired } from '../../test/support/buses.js';
import { silentLog } from '../../test/support/silent.js';
import { until } from '../../test/support/until.js';
import { sampleOf } from '../../test/support/watched.js';
import { measure } from './figures.js';
import { startTelemetry } from './telemetry.js';

const queue = 'licensing.facts';

/** Of a database in which an event has waited in a queue, and another in an outbox, for two minutes. */
async function twoMinutesOld() {
  const database = await openEmbedded({ dir: null });
  onTestFinished(() => database.close());
  await migrate(database, ['bus', 'licensing']);
  const topology = topologyOf([deviceRetired], [{ service: 'licensing', on: [deviceRetired] }]);
  const bus = openEmbeddedBus({ database, topology, log: silentLog });
  onTestFinished(() => bus.stop());
  await bus.publish([retired()]);
  await database.query(`update bus.event set recorded_at = recorded_at - interval '120 s'`);
  await database.query(
    `insert into licensing.outbox (id, sequence, event, claimed_until)
     select id, 0, jsonb_build_object('id', id, 'occurredAt', $1::text), now() from gen_random_uuid() as id`,
    [new Date(Date.now() - 120_000).toISOString()],
  );
  return { bus, store: new Store(database, 'licensing') };
}

it('tells the age of what waits in a queue and in an outbox in seconds', async () => {
  const telemetry = startTelemetry('figures');
  onTestFinished(() => telemetry.stop());
  const { bus, store } = await twoMinutesOld();
  const measuring = measure({
    service: 'licensing',
    bus,
    queues: [queue],
    watches: [],
    store,
    hasOutbox: true,
    workers: [],
    meter: telemetry.meter,
  });
  onTestFinished(() => measuring.stop());
  const server = createServer((request, response) => telemetry.metrics(request, response));
  const url = await new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${portOf(server.address())}`));
  });
  onTestFinished(() => void server.close());
  const ageOf = async (metric: string, label: string) => {
    const measured = async () => {
      const age = sampleOf(await (await fetch(url)).text(), metric, label);
      return age !== undefined && age > 0 && age;
    };
    return until(`${metric} is measured`, measured);
  };
  for (const age of [
    await ageOf('muster_queue_oldest_age', `queue="${queue}"`),
    await ageOf('muster_outbox_oldest_age', 'service="licensing"'),
  ]) {
    expect(age).toBeGreaterThanOrEqual(120);
    // However late this machine is.
    expect(age).toBeLessThan(1_000);
  }
});

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server has no port');
}
