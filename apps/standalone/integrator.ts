// `muster integrator`: accounts and queues for programs that are not Muster's own.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { faultsOf, integratorDefinitions, queueOfIntegrator } from '#bus/integrator';
import { Integrators } from '#bus/rabbit/integrators';
import { brokerUrls } from '#runtime/broker-urls';
import { busShape, ConfigError, readConfig } from '#runtime/config';
import { command } from './command.js';
import { managementOf } from './management.js';
import { topology } from './services.js';

const help = `muster integrator add NAME --bind PATTERN … --password-file FILE
                         makes account and queue integrator.NAME, or changes its password and patterns; a pattern is
                         a type of event, with * for one word and # for any: device.*  assessment.finished  #
muster integrator list   each with its patterns, how many events wait, and how many connections read them
muster integrator remove NAME
                         account and queue, and what waits in it
  --management URL       the broker's HTTP API; MUSTER_AMQP_URL, MUSTER_AMQP_PASSWORD_FILE and MUSTER_AMQP_CA_FILE say
                         who you are there, and in which virtual host
  --definitions          of add: prints RabbitMQ definitions instead, for rabbitmqctl import_definitions
  --vhost NAME           of --definitions (muster)`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  help: flag,
  definitions: flag,
  management: text,
  vhost: text,
  'password-file': text,
  bind: { type: 'string', multiple: true },
} as const;

const asked = () => parseArgs({ options, allowPositionals: true });
type Asked = ReturnType<typeof asked>['values'];

await command('integrator', async () => {
  const { values, positionals } = asked();
  const [verb = '', name = '', ...more] = positionals;
  if (values.help || verb === '') process.stdout.write(`${help}\n`);
  else if (verb === 'add' && more.length === 0) await add(name, values);
  else if (verb === 'list' && name === '') await list(values);
  else if (verb === 'remove' && name !== '' && more.length === 0) await remove(name, values);
  else throw new ConfigError([`integrator ${positionals.join(' ')} is not understood; see --help`]);
});

async function add(name: string, values: Asked): Promise<void> {
  const integrator = { name, binds: [...new Set(values.bind)] };
  const file = values['password-file'];
  const faults = faultsOf(integrator, topology.types);
  if (!file) throw new ConfigError([...faults, 'its password must be in a file: --password-file FILE']);
  const password = readFileSync(file, 'utf8').trim();
  if (password.length < 12) throw new ConfigError([...faults, 'a password has 12 characters or more']);
  if (faults.length > 0) throw new ConfigError(faults);
  if (values.definitions) {
    const made = integratorDefinitions(integrator, { vhost: values.vhost ?? 'muster', password });
    process.stdout.write(`${JSON.stringify(made, null, 2)}\n`);
    return;
  }
  await onBroker(values).add(integrator, password);
  process.stdout.write(`${queueOfIntegrator(name)} is bound to ${integrator.binds.join(', ')}\n`);
}

async function list(values: Asked): Promise<void> {
  for (const { name, binds, waiting, readers } of await onBroker(values).list()) {
    process.stdout.write(`${name}  bound to ${binds.join(', ')}; waiting ${waiting}, readers ${readers}\n`);
  }
}

async function remove(name: string, values: Asked): Promise<void> {
  const there = await onBroker(values).remove(name);
  if (!there) throw new ConfigError([`there is no integrator ${name}`]);
  process.stdout.write(`${queueOfIntegrator(name)} is gone\n`);
}

function onBroker({ management }: Asked): Integrators {
  if (!management) throw new ConfigError(["say where the broker's HTTP API is: --management URL"]);
  const config = readConfig(busShape, process.env);
  const [url = ''] = brokerUrls(config);
  const vhost = decodeURIComponent(new URL(url).pathname.slice(1)) || '/';
  return new Integrators(managementOf(management, config), vhost);
}
