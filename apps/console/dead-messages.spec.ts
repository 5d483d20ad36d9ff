// From the place where the bus puts what killed its reader to the list of dead letters, and back.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addDeadLetter } from '#bus/embedded/journal';
import { deviceDiscovered } from '#events/device';
import { stamp, type Event } from '#events/event';
import { migrate } from '#store/migrate';
import { databases, Trial } from '../../test/support/console.js';
import { until } from '../../test/support/until.js';

describe.each(databases)('what the bus gave up, on $name', ({ name, open }) => {
  const deviceId = randomUUID();
  const killer: Event = stamp(deviceDiscovered.draft({ ...deviceDiscovered.example, deviceId }), {
    ...{ publisher: 'discovery', sequence: 7, causedBy: null, traceparent: null },
    occurredAt: new Date().toISOString(),
  });
  let trial: Trial;
  beforeAll(async () => {
    const database = await open();
    await migrate(database, ['bus']);
    const letter = {
      queue: 'console.facts',
      attempts: 50,
      reason: 'killed its reader 50 times',
      message: killer,
    };
    await database.transaction((tx) => addDeadLetter(tx, letter));
    trial = await Trial.start(database);
  });
  afterAll(() => trial.stop());

  it('is a dead letter with its reason and its queue, and takes effect when it is replayed', async () => {
    const token = await trial.token('operator');
    const letters = async () => (await trial.ask('GET', '/api/deliveries', { token })).body;
    await until('it is listed', async () => (await letters()).total === 1);
    const [letter] = (await letters()).items;
    expect(letter).toMatchObject({
      consumer: 'console.projection',
      eventId: killer.id,
      eventType: 'device.discovered',
      attempts: 50,
      reason: 'killed its reader 50 times, in console.facts',
    });
    const left = () => trial.database.query(`select 1 from bus.delivery where queue = 'muster.dead'`);
    expect(await left()).toEqual([]);
    const address = `/api/deliveries/console.projection/${killer.id}`;
    expect(await trial.ask('POST', address, { token, body: { action: 'replay' } })).toMatchObject({
      status: 202,
    });
    const device = () => trial.ask('GET', `/api/devices/${deviceId}`, { token });
    await until('the device is there', async () => (await device()).status === 200);
    expect((await letters()).total).toBe(0);
    // Metrics are the process's, and the first console's in it.
    if (name !== databases[0].name) return;
    const metrics = async () => (await fetch(`${trial.host.url}/metrics`)).text();
    await until('the metric says so', async () => /^muster_broker_dead\S* 0$/m.test(await metrics()));
  });
});
