// npm run services, as typed: each service a process with its own account on the broker and role in the database, both by
// TLS. What nobody may do is tried by everybody, and an integrator runs the consumer of INTEGRATING.md.
import { symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import amqp from 'amqplib';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLog } from '#runtime/log';
import { postgres } from '#store/open';
import { startFleet } from '../apps/agent/fleet.js';
import { topology } from '../apps/standalone/services.js';
import { connectAs, foreignTo, notRefused } from './privilege/broker.js';
import { notRefusedBy } from './privilege/database.js';
import { listeningBelow } from './privilege/listening.js';
import { rights, roles, type Right } from './privilege/rights.js';
import { Authority } from './support/authority.js';
import { NpmServices } from './support/npm-services.js';
import { Operator } from './support/operator.js';
import { Process } from './support/process.js';
import { ownFolder } from './support/servers.js';
import { tcpProxy } from './support/tcp-proxy.js';
import { until } from './support/until.js';
import { read, root } from './tidy/sources.js';

/** Of this file alone: others have their printers elsewhere. */
const networkPrefix = '127.19';
const log = openLog({ level: 'silent', fields: {} });
const startLimitMs = 300_000;
/** Of a test that runs programs: each takes seconds to start on a machine that is busy. */
const programsLimitMs = 180_000;
const integrator = 'fleetreport';
const queue = `integrator.${integrator}`;

describe('npm run services', () => {
  let services: NpmServices;
  let authority: string;
  let passwordFile: string;

  beforeAll(async () => {
    services = await NpmServices.start(startLimitMs);
    authority = services.secret('authority.crt');
    passwordFile = path.join(services.dir, 'integrator.password');
    await writeFile(passwordFile, 'a password of its own\n');
  }, startLimitMs + 10_000);

  afterAll(() => services.kill());

  const administrator = () => ({
    MUSTER_AMQP_URL: services.told('Broker').replace('//', '//muster@'),
    MUSTER_AMQP_PASSWORD_FILE: services.secretFile('rabbitmq'),
    MUSTER_AMQP_CA_FILE: services.secretFile('authority.crt'),
  });

  const integrate = (...words: readonly string[]): Promise<string> =>
    Process.run({
      name: `integrator ${words.join(' ')}`,
      entry: 'apps/standalone/integrator.js',
      words: [...words, '--management', services.told('Management')],
      environment: administrator(),
    });

  it(
    'lets an administrator give an integrator a queue, and bind it anew',
    async () => {
      // To what nobody says meanwhile: it would be in the queue.
      await integrate('add', integrator, '--bind', 'listener.*', '--password-file', passwordFile);
      const binds = ['--bind', 'device.*', '--bind', 'assessment.finished'];
      const said = await integrate('add', integrator, ...binds, '--password-file', passwordFile);
      expect(said).toBe(`${queue} is bound to device.*, assessment.finished\n`);
      const listed = await integrate('list');
      expect(listed).toMatch(
        /^fleetreport {2}bound to assessment\.finished, device\.\*; waiting \d+, readers 0\n$/,
      );
    },
    programsLimitMs,
  );

  it('carries a device to its end with no more rights than each service has', async () => {
    const operator = await Operator.signIn(services.told('Page and API'), services.secret('admin'));
    await operator.switchOn();
    await operator.changeSettings({ deviceNetworks: [`${networkPrefix}.0.0/16`] });
    const stateDir = path.join(services.dir, 'fleet');
    const server = { host: '127.0.0.1', port: services.announcePort };
    const fleet = await startFleet({ count: 2, stateDir, server, networkPrefix, log });
    const devices = await operator.settled(2, 60_000);
    await fleet.stop();
    expect(devices.map(({ status, licensed }) => ({ status, licensed }))).toEqual(
      devices.map(() => ({ status: 'compliant', licensed: true })),
    );
    const refusals = services.output
      .split('\n')
      .filter((line) => /permission denied|ACCESS_REFUSED|access refused/i.test(line));
    expect(refusals).toEqual([]);
  }, 90_000);

  /** The consumer of INTEGRATING.md, as written there, until it has heard so many assessments; types in their order. */
  const consume = async (assessments: number): Promise<readonly string[]> => {
    const [, code = ''] = /```js\n([^]*?)```/.exec(read('libs/events/INTEGRATING.md') ?? '') ?? [];
    const folder = await ownFolder('consumer');
    const entry = path.join(folder, 'consumer.mjs');
    await writeFile(entry, code);
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const environment = {
      BROKER: services.told('Broker'),
      AUTHORITY: services.secretFile('authority.crt'),
      NAME: integrator,
      PASSWORD_FILE: passwordFile,
    };
    const consumer = new Process({ name: 'consumer', entry, environment });
    const heard = () =>
      [...consumer.output.matchAll(/"type":"([^"]+)","version"/g)].map(([, type = '']) => type);
    const enough = () => {
      if (consumer.exitCode !== null) throw new Error(consumer.output);
      return heard().filter((type) => type === 'assessment.finished').length >= assessments;
    };
    await until('it has heard the assessments', enough, 60_000);
    await consumer.signal('SIGKILL');
    return heard();
  };

  it(
    'hands its events to the consumer of INTEGRATING.md',
    async () => {
      const heard = await consume(2);
      expect(heard).toEqual(
        expect.arrayContaining(['device.announced', 'device.licensed', 'device.grouped']),
      );
      const others = heard.filter((type) => !type.startsWith('device.') && type !== 'assessment.finished');
      expect(others).toEqual([]);
    },
    programsLimitMs,
  );

  it(
    'hands them out again from the journal',
    async () => {
      const words = ['--since', '1h', '--queue', queue, '--type', 'assessment.finished'];
      await Process.run({
        name: 'replay',
        entry: 'apps/standalone/replay.js',
        words,
        environment: administrator(),
      });
      expect(await consume(2)).toContain('assessment.finished');
    },
    programsLimitMs,
  );

  const accounts: readonly (Right & { readonly user: string })[] = [
    ...Object.entries(rights).map(([user, right]) => ({ ...right, user })),
    { user: queue, writes: [], reads: [queue] },
  ];

  it.each(accounts)(
    '$user does nothing on the broker that is not its own',
    async ({ user, ...own }) => {
      const password = user === queue ? services.secret('../integrator.password') : services.secret(user);
      const connection = await connectAs(services.told('Broker'), { user, password, authority });
      const attempts = foreignTo(own, topology, [queue]);
      expect(attempts.length).toBeGreaterThan(100);
      expect(await notRefused(connection, attempts)).toEqual([]);
      await connection.close();
    },
    60_000,
  );

  it('lets an account that knows the name of a foreign queue count what waits there, and no more', async () => {
    const password = services.secret('../integrator.password');
    const connection = await connectAs(services.told('Broker'), { user: queue, password, authority });
    const channel = await connection.createChannel();
    const told = await channel.checkQueue('discovery.facts');
    expect(Object.keys(told).toSorted()).toEqual(['consumerCount', 'messageCount', 'queue']);
    expect(told.consumerCount).toBe(1);
    await connection.close();
  });

  it('knows no guest, and hears nobody who does not speak TLS', async () => {
    const broker = services.told('Broker');
    const guest = { user: 'guest', password: 'guest', authority };
    await expect(connectAs(broker, guest)).rejects.toThrow(/ACCESS.REFUSED|403/);
    const plain = broker.replace('amqps:', 'amqp:').replace('//', `//gateway:${services.secret('gateway')}@`);
    await expect(amqp.connect(plain, { timeout: 5_000 })).rejects.toThrow();
  });

  const roleAddress = (role: string): string => {
    const url = new URL(services.told('Database'));
    url.username = role;
    url.password = services.secret(role);
    url.pathname = '/postgres';
    return url.href;
  };

  it.each(roles)(
    'the role %s does nothing in the database that is not its own',
    async (role) => {
      const client = new Client({ connectionString: roleAddress(role), ssl: { ca: authority } });
      await client.connect();
      const { tried, found } = await notRefusedBy(client, role, roles).finally(() => client.end());
      expect(found).toEqual([]);
      expect(tried).toBeGreaterThan(100);
    },
    60_000,
  );

  it('has no role that gets in without TLS', async () => {
    const client = new Client({ connectionString: roleAddress('discovery') });
    await expect(client.connect()).rejects.toThrow(/no encryption/);
  });

  it('is not believed by those who trust another authority, or look for another name', async () => {
    const other = (await Authority.create('Another authority')).certificate;
    const broker = services.told('Broker');
    const user = { user: 'discovery', password: services.secret('discovery') };
    await expect(connectAs(broker, { ...user, authority: other })).rejects.toThrow(/certificate/);
    await expect(reach(roleAddress('discovery'), other)).rejects.toThrow(/certificate/);
    // Both servers are heard at 127.0.0.1 alone: a proxy stands where they are not.
    const proxies = await Promise.all(
      [broker, roleAddress('discovery')].map((url) => tcpProxy(url, '127.0.0.2')),
    );
    const [wrongBroker = '', wrongDatabase = ''] = proxies.map(({ url }) => url);
    await expect(connectAs(wrongBroker, { ...user, authority })).rejects.toThrow(/altnames|does not match/);
    await expect(reach(wrongDatabase, authority)).rejects.toThrow(/altnames|does not match/);
    await Promise.all(proxies.map((proxy) => proxy.stop()));
    await expect(reach(roleAddress('discovery'), authority)).resolves.toBeUndefined();
  });

  it('listens where it must, and nowhere else', () => {
    const all = listeningBelow(services.pid);
    const onLoopback = all.filter(({ address }) => address === '127.0.0.1');
    // Erlang's map of names takes loopback in both families, whichever it is told.
    const beyond = all.filter(
      ({ address, program }) => address !== '127.0.0.1' && !(address === '::1' && program === 'epmd'),
    );
    expect(beyond.map(({ address, port }) => ({ address, port }))).toEqual([
      { address: '::', port: services.announcePort },
    ]);
    const ports = onLoopback.map(({ port }) => port);
    for (const told of ['Page and API', 'Broker', 'Database'].map((label) =>
      Number(new URL(services.told(label)).port),
    ))
      expect(ports).toContain(told);
    expect(ports).toContain(services.managementPort);
    // Health of seven services; AMQP, management and distribution of RabbitMQ; the map of its names; PostgreSQL.
    const count = (pattern: RegExp) => onLoopback.filter(({ program }) => pattern.test(program)).length;
    expect([count(/^beam/), count(/^epmd/), count(/^postgres/), onLoopback.length]).toEqual([3, 1, 1, 12]);
  });

  it(
    'takes an integrator away, with its queue',
    async () => {
      expect(await integrate('remove', integrator)).toBe(`${queue} is gone\n`);
      expect(await integrate('list')).toBe('');
      const password = services.secret('../integrator.password');
      await expect(connectAs(services.told('Broker'), { user: queue, password, authority })).rejects.toThrow(
        /ACCESS.REFUSED|403/,
      );
    },
    programsLimitMs,
  );

  it('ends whole, and well, at one signal', async () => {
    expect(await services.end()).toBe(0);
    expect(services.output).toContain('Stopping.');
  }, 60_000);
});

/** As services do it. */
async function reach(url: string, authority: string): Promise<void> {
  const database = postgres({ url, authority });
  await database.connect().finally(() => database.close().catch(() => undefined));
}
