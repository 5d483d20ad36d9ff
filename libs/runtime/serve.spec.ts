// A service's process where something it needs is wrong or away: it says so, and ends as it should.
import { createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { Process } from '../../test/support/process.js';
import { until } from '../../test/support/until.js';

let process: Process | null = null;
afterEach(async () => {
  await process?.signal('SIGKILL');
});

function start(service: string, environment: Readonly<Record<string, string>>): Process {
  return (process = new Process({ name: service, entry: `apps/${service}/main.js`, environment }));
}

/** Nobody listens there. */
async function nothingThere(): Promise<Readonly<Record<string, string>>> {
  return {
    MUSTER_HTTP_HOST: '127.0.0.1',
    MUSTER_HTTP_PORT: '0',
    MUSTER_AMQP_URL: `amqp://127.0.0.1:${await freePort()}`,
    MUSTER_DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/muster`,
  };
}

it.each(['gateway', 'console', 'trust'])('%s answers --help, and does not start', async (name) => {
  const asked = new Process({ name, entry: `apps/${name}/main.js`, words: ['--help'] });
  process = asked;
  expect(await asked.ended()).toBe(0);
  expect(asked.output).toMatch(
    new RegExp(`^muster ${name}\n[^]* It takes no options: .*Configuration\\.\n$`),
  );
});

it('lists every fault of its environment at once, and no password', async () => {
  const wrong = {
    MUSTER_LOG_LEVEL: 'loud',
    MUSTER_BATCH_MAX: '201',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector',
    MUSTER_AMQP_URL: 'http://muster:hush@rabbitmq',
    MUSTER_AMQP_CA_FILE: '/nowhere/ca.pem',
    MUSTER_ANNOUNCE_PORT: '70000',
  };
  const gateway = start('gateway', wrong);
  expect(await gateway.ended()).toBe(1);
  const faults = gateway.output.split('\n').filter((line) => line.startsWith('  - '));
  expect(faults.map((fault) => fault.match(/MUSTER_\w+|OTEL_\w+/)?.[0]).toSorted()).toEqual(
    [...Object.keys(wrong), 'MUSTER_GATEWAY_KEY_FILE'].toSorted(),
  );
  expect(gateway.output).not.toContain('hush');
});

it('says what is not set, of the bus, of the database and of itself', async () => {
  const discovery = start('discovery', { MUSTER_DEVICE_PORT: 'x' });
  expect(await discovery.ended()).toBe(1);
  for (const name of [
    'MUSTER_AMQP_URL is not set',
    'MUSTER_DATABASE_URL is not set',
    'MUSTER_DEVICE_PORT:',
  ]) {
    expect(discovery.output).toContain(name);
  }
});

it('drains and ends well when it is told to while it waits for the database', async () => {
  const discovery = start('discovery', await nothingThere());
  await until('it waits', () => discovery.output.includes('The database cannot be reached'));
  expect(await discovery.signal('SIGTERM')).toBe(0);
  expect(discovery.output).toContain('Stopped');
  expect(discovery.output).not.toContain('AbortError');
});

it('ends well when it is told to before it serves anything', async () => {
  let came = false;
  const mute = createServer(() => (came = true));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const address = mute.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const discovery = start('discovery', {
    ...(await nothingThere()),
    MUSTER_AMQP_URL: `amqp://127.0.0.1:${port}`,
  });
  await until('it asks a broker that says nothing', () => came);
  expect(await discovery.signal('SIGTERM')).toBe(0);
  mute.close();
});

it('says in one sentence that its port is taken', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const discovery = start('discovery', { ...(await nothingThere()), MUSTER_HTTP_PORT: `${port}` });
  expect(await discovery.ended()).toBe(1);
  taken.close();
  expect(discovery.output).toContain(
    `discovery cannot start: port ${port} is in use: end what uses it, or name another one with MUSTER_HTTP_PORT\n`,
  );
});
