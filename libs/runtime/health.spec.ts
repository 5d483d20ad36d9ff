// What a process says of itself while broker or database are away: not ready, with the reason, and alive all the same.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { tcpProxy, type TcpProxy } from '../../test/support/tcp-proxy.js';
import { Process } from '../../test/support/process.js';
import { freshDatabase, freshVhost } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';

let toBroker: TcpProxy;
let toDatabase: TcpProxy;
let licensing: Process;
let url: string;

beforeAll(async () => {
  toBroker = await tcpProxy(await freshVhost());
  toDatabase = await tcpProxy(await freshDatabase());
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const environment = {
    MUSTER_HTTP_HOST: '127.0.0.1',
    MUSTER_HTTP_PORT: `${port}`,
    MUSTER_AMQP_URL: toBroker.url,
    MUSTER_DATABASE_URL: toDatabase.url,
  };
  const run = (name: string, entry: string) => Process.run({ name, entry, environment });
  await Promise.all([
    run('topology', 'apps/standalone/topology.js'),
    run('migrate', 'apps/standalone/migrate.js'),
  ]);
  licensing = new Process({ name: 'licensing', entry: 'apps/licensing/main.js', environment });
  await until('it is ready', async () => (await ready()).status === 200).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${licensing.output}`);
  });
}, 120_000);

afterAll(async () => {
  await licensing?.signal('SIGKILL');
  await Promise.all([toBroker?.stop(), toDatabase?.stop()]);
});

interface Ready {
  readonly status: number;
  readonly problems: readonly string[];
}

const ready = async (): Promise<Ready> => {
  const answer = await fetch(`${url}/health/ready`).catch(() => null);
  if (!answer) return { status: 0, problems: [] };
  return { ...((await answer.json()) as Omit<Ready, 'status'>), status: answer.status };
};

it.each([
  { what: 'broker', way: () => toBroker, says: /no connection to RabbitMQ/ },
  { what: 'database', way: () => toDatabase, says: /licensing cannot ask its database/ },
])(
  'is not ready while its $what is away, alive throughout, and ready again by itself',
  async ({ way, says }) => {
    way().close();
    await until('it says so', async () => {
      const { status, problems } = await ready();
      return status === 503 && problems.some((problem) => says.test(problem));
    });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    way().open();
    await until('it is ready again', async () => (await ready()).status === 200);
    expect(licensing.exitCode).toBeNull();
  },
);
