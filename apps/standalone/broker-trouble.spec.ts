// What keeps a command from the broker is said in words: tried on a broker, and on what is none.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '#bus/rabbit/declare';
import { Management } from '#bus/rabbit/management';
import { Authority } from '../../test/support/authority.js';
import { Process } from '../../test/support/process.js';
import { freePort } from '../../scripts/free-port.mjs';
import { freshVhost } from '../../test/support/servers.js';
import { brokerTrouble } from './broker-trouble.js';

describe('what keeps from a broker', () => {
  let broker: URL;
  let secure: Server;
  let securePort: number;

  beforeAll(async () => {
    broker = new URL(await freshVhost());
    const authority = await Authority.create('nobody knows it');
    const { key, certificate } = await authority.issue({ commonName: 'broker', ipAddresses: ['127.0.0.1'] });
    secure = createServer({ key, cert: certificate });
    secure.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    securePort = (secure.address() as AddressInfo).port;
  });
  afterAll(() => secure.close());

  const told = async (url: string): Promise<string | null> => {
    const connection = await connect({ urls: [url] }).catch((error: unknown) => brokerTrouble(error));
    if (connection === null || typeof connection === 'string') return connection;
    await connection.close();
    return 'nothing';
  };

  it('is a wrong password, and the command that meets it says no stack', async () => {
    const url = new URL(broker);
    url.password = 'wrong';
    expect(await told(url.href)).toMatch(/knows no such name with this password.*MUSTER_AMQP_PASSWORD_FILE/);
    const words = ['--since', '1h', '--queue', 'licensing.facts'];
    const environment = { MUSTER_AMQP_URL: url.href };
    const run = new Process({ name: 'replay', entry: 'apps/standalone/replay.js', words, environment });
    expect(await run.ended()).toBe(1);
    expect(run.output).toContain('MUSTER_AMQP_PASSWORD_FILE');
    expect(run.output).not.toMatch(/^ +at /m);
  }, 60_000);

  it('is a virtual host that is not there', async () => {
    const url = new URL(broker);
    url.pathname = '/nowhere';
    expect(await told(url.href)).toContain('virtual host');
  });

  it('is an authority that is not known', async () => {
    expect(await told(`amqps://muster@127.0.0.1:${securePort}`)).toContain('MUSTER_AMQP_CA_FILE');
  });

  it('is TLS to a port without, and none to a port with it', async () => {
    const url = broker.href.replace('amqp:', 'amqps:');
    expect(await told(url)).toContain('no TLS is spoken');
    const management = new Management({ url: `https://${broker.host}`, account: broker.href });
    const refused = await management.get('overview').catch((error: unknown) => error);
    expect(brokerTrouble(refused)).toContain('no TLS is spoken');
    expect(await told(`amqp://muster@127.0.0.1:${securePort}`)).toContain('may be one for TLS');
  });

  it('is that nobody is there', async () => {
    expect(await told(`amqp://muster@127.0.0.1:${await freePort()}`)).toContain('no broker answers');
    expect(brokerTrouble(new Error('something else'))).toBeNull();
  });

  it.each(['topology', 'migrate', 'integrator'])(
    '%s says with --help what it takes',
    async (name) => {
      const said = await Process.run({ name, entry: `apps/standalone/${name}.js`, words: ['--help'] });
      expect(said).toMatch(
        new RegExp(`^muster ${name} [^]* --passwords? ?|^muster ${name} [^]* --password-file`),
      );
    },
    60_000,
  );
});
