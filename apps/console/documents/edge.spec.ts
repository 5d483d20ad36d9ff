// The gateways' configuration on a broker that was made anew: nobody saves anything, and it is there all the same.
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Bus } from '#bus/bus';
import { openRabbit } from '#bus/rabbit';
import { declareTopology } from '#bus/rabbit/declare';
import { topologyOf } from '#bus/topology';
import { catalogue } from '#events/catalogue';
import { parseEvent } from '#events/event';
import { edgeConfigured, type EdgeConfiguration } from '#events/settings';
import { configure } from '#runtime/config';
import { host } from '#runtime/host';
import { openLog } from '#runtime/log';
import { startTelemetry } from '#runtime/telemetry';
import { migrate } from '#store/migrate';
import { openPostgres } from '#store/open';
import { Store, type Database } from '#store/store';
import { freshDatabase, freshVhost } from '../../../test/support/servers.js';
import { until } from '../../../test/support/until.js';
import { console } from '../console.js';

const log = openLog({ level: 'silent', fields: {} });
const on = console.consumers.flatMap((consumer) => consumer.on);
const topology = topologyOf(catalogue.values(), [{ service: 'console', on }]);

let database: Database;
beforeAll(async () => {
  database = await openPostgres({ url: await freshDatabase() });
  await migrate(database, ['console']);
});
afterAll(() => database.close());

async function newBroker(): Promise<Bus> {
  const url = await freshVhost();
  await declareTopology({ urls: [url] }, topology);
  return openRabbit({ urls: [url], name: 'console', store: new Store(database, 'console'), log });
}

/** What a gateway hears there first. */
async function heardFrom(bus: Bus): Promise<EdgeConfiguration> {
  const heard: EdgeConfiguration[] = [];
  await bus.follow(edgeConfigured, (event) => void heard.push(parseEvent(edgeConfigured, event).data));
  const running = await host({
    services: configure([console], {}),
    ...{ bus, database, log, instance: 'trial', batchMax: 200, reportSeconds: 15 },
    telemetry: startTelemetry('edge-trial', undefined),
    http: { host: '127.0.0.1', port: 0 },
  });
  await running.started;
  await until('the gateways are told', () => heard.length > 0);
  await running.stop();
  return heard[0] ?? edgeConfigured.example;
}

it('is told again, under the version that it has', async () => {
  const first = await heardFrom(await newBroker());
  const again = await heardFrom(await newBroker());
  expect(first.version).toBeGreaterThan(0);
  expect(again).toEqual(first);
});
