// npm run services: the distributed Muster without containers. Ctrl-C ends all of it.
import { parseArgs } from 'node:util';
import { install, missing } from './apt.mjs';
import { whenNpmGoes } from './child.mjs';
import { startDistributed } from './distributed.mjs';
import { inRoot, main, Trouble } from './project.mjs';
import { setUp } from './setup.mjs';

const help = `Each service of Muster as a process of its own, on private RabbitMQ and PostgreSQL servers of this machine.

  --data FOLDER         where everything lies (.data/services; for root /var/tmp/muster-services, as the servers run
                        as users of their own, which must be able to reach it)
  --instances N         processes per service (1 to 4)
  --http-port N         page and API of the first console (3330)
  --announce-port N     TLS port of the first gateway (3329)
  --management-port N   RabbitMQ's own page and HTTP API, on loopback; without it there is none`;

const text = { type: 'string' };
const defaultData = process.getuid?.() === 0 ? '/var/tmp/muster-services' : inRoot('.data', 'services');

function options() {
  try {
    const { values } = parseArgs({
      options: {
        help: { type: 'boolean' },
        data: { ...text, default: defaultData },
        instances: { ...text, default: '1' },
        'http-port': { ...text, default: '3330' },
        'announce-port': { ...text, default: '3329' },
        'management-port': text,
      },
    });
    return values;
  } catch (error) {
    throw new Trouble(`${error.message}\n${help}`);
  }
}

/** Without the administrator's name and password. */
function addressOf(text) {
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}`;
}

await main(async () => {
  const values = options();
  if (values.help) return void console.log(help);
  const instances = Number(values.instances);
  if (![1, 2, 3, 4].includes(instances)) throw new Trouble('--instances must be a number from 1 to 4');
  const packages = missing().filter((name) => name === 'rabbitmq-server' || name === 'postgresql');
  if (packages.length > 0) await install(packages);
  const { node } = await setUp();
  const asked = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
    whenNpmGoes(resolve);
  });
  const management = values['management-port'] && Number(values['management-port']);
  console.log('Starting RabbitMQ, PostgreSQL and the services …');
  const muster = await startDistributed({
    dir: values.data,
    node,
    instances,
    ports: { http: Number(values['http-port']), announce: Number(values['announce-port']), management },
    say: (label, line) => console.log(`${label.padEnd(13)}| ${line}`),
  });
  const [console1] = muster.named('console');
  const [gateway1] = muster.named('gateway');
  console.log(`
Muster runs, ${muster.processes.length} processes. Ctrl-C ends them.
  Page and API   ${console1.url}   (name admin, password in ${muster.adminPasswordFile})
  Announcements  TLS on port ${gateway1.announcePort}, if you switch them on
  Broker         ${addressOf(muster.rabbit.url)}/muster   (its administrator is muster, password in ${muster.secretsFolder}/rabbitmq)${management ? `\n  Management     http://127.0.0.1:${management}` : ''}
  Database       ${addressOf(muster.postgres.url)}
  Data           ${values.data}
  Secrets        ${muster.secretsFolder}   (a password for each account; authority.crt for broker and database)`);
  const ended = await Promise.race([
    asked,
    ...muster.processes.map(({ exited, name }) => exited.then(() => name)),
  ]);
  const early = muster.processes.some(({ name }) => name === ended);
  console.log(early ? `\n${ended} ended by itself; stopping the others.` : '\nStopping.');
  await muster.stop();
  return early ? 1 : 0;
});
