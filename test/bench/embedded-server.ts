// The embedded Muster as a process that a bench starts and gives announced devices to, past TLS: by messages of its parent.
// Arguments: data folder. What `npm start` puts together, with the bus at hand.
import { setTimeout as delay } from 'node:timers/promises';
import { openEmbeddedBus } from '#bus/embedded';
import { edgeConfigured } from '#events/settings';
import { openLog } from '#runtime/log';
import { commonShape, configure, readAll, readConfig } from '#runtime/config';
import { host } from '#runtime/host';
import { startTelemetry } from '#runtime/telemetry';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { schemas, services, topology } from '../../apps/standalone/services.js';
import { announced, operatorsWords } from './announced.js';
import type { Answer, Order } from './embedded.js';

const [dir = ''] = process.argv.slice(2);
/** Devices announce one by one: larger groups would hold the database as no device does. */
const publishedAtOnce = 50;
const tell = (answer: Answer): void => void process.send?.(answer);

const telemetry = startTelemetry('muster', {});
const [config, configured] = readAll(
  () => readConfig(commonShape, process.env),
  () => configure(services, process.env),
);
const log = openLog({ level: 'warn', fields: {} });
const database = await openEmbedded({ dir });
await migrate(database, ['bus', ...schemas]);
const bus = openEmbeddedBus({ database, topology, log });
const running = await host({
  services: configured,
  bus,
  database,
  telemetry,
  log,
  instance: 'bench',
  http: { host: '127.0.0.1', port: config.MUSTER_HTTP_PORT },
  batchMax: config.MUSTER_BATCH_MAX,
  reportSeconds: config.MUSTER_REPORT_SECONDS,
});
await running.started;
await bus.publish(operatorsWords(await serverId()));

/** Under another id console's next word on the edge would replace ours. */
async function serverId(): Promise<string> {
  for (;;) {
    const [row] = await database.query<{ server: string }>(
      `select body->'data'->>'server' as server from bus.event where type = $1 order by seq desc limit 1`,
      [edgeConfigured.type],
    );
    if (row) return row.server;
    await delay(50);
  }
}

async function carry({ first, count }: Order): Promise<void> {
  for (let done = 0; done < count; done += publishedAtOnce) {
    await bus.publish(announced(first + done, Math.min(publishedAtOnce, count - done)));
  }
}

/** What the chain has made so far; cheap to ask. */
async function state(): Promise<Answer> {
  const [row] = await database.query<{ grouped: number; events: number; waiting: number }>(
    `select (select case when is_called then last_value else 0 end from autogroup.event_sequence) as grouped,
       coalesce((select max(seq) from bus.event), 0) as events,
       (select count(*) from bus.delivery) as waiting`,
    [],
    'page',
  );
  return {
    kind: 'state',
    grouped: row?.grouped ?? 0,
    events: row?.events ?? 0,
    idle: row?.waiting === 0,
    waiting: row?.waiting ?? 0,
  };
}

/** The largest, with their indexes. */
async function tables(): Promise<Answer> {
  const largest = await database.query<{ name: string; mb: number }>(
    `select schemaname || '.' || relname as name, round(pg_total_relation_size(relid) / 1048576.0)::int as mb
     from pg_stat_user_tables order by pg_total_relation_size(relid) desc limit 12`,
  );
  return { kind: 'tables', largest };
}

process.on('message', (order: Order) => {
  if (order.kind === 'carry') void carry(order).then(() => tell({ kind: 'published' }));
  if (order.kind === 'state') void state().then(tell);
  if (order.kind === 'tables') void tables().then(tell);
});
process.once('SIGTERM', () => {
  void running
    .stop()
    .then(() => database.close())
    .then(() => process.exit(0));
});
tell({ kind: 'ready', url: running.url, announcePort: running.portOf('gateway') ?? 0 });
// Whoever started it is gone.
process.once('disconnect', () => process.exit(1));
