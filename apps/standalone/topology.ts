// `muster topology`: all that the broker must hold before a service starts. Accounts, permissions and policies go through
// its management API or are printed as definitions; exchange, queues and bindings are declared over AMQP.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { declareTopology } from '#bus/rabbit/declare';
import { definitionsOf } from '#bus/rabbit/definitions';
import { busShape, ConfigError, readConfig } from '#runtime/config';
import { brokerUrls } from '#runtime/broker-urls';
import { command } from './command.js';
import { managementOf } from './management.js';
import { topology } from './services.js';

const help = `muster topology                     declares exchange, queues and bindings; MUSTER_AMQP_URL names the broker
muster topology --management URL    before that, makes accounts, permissions and policies by the broker's HTTP API
muster topology --definitions       prints them instead, as RabbitMQ definitions, and declares nothing
  --vhost NAME                      virtual host of the accounts (muster)
  --passwords FOLDER                folder with one password file per service`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = { help: flag, definitions: flag, management: text, vhost: text, passwords: text };

interface Asked {
  readonly help?: boolean;
  readonly definitions?: boolean;
  readonly management?: string;
  readonly vhost?: string;
  readonly passwords?: string;
}

await command('topology', async () => {
  const { values } = parseArgs({ options });
  if (values.help) process.stdout.write(`${help}\n`);
  else if (values.definitions) process.stdout.write(`${JSON.stringify(definitions(values), null, 2)}\n`);
  else await declare(values);
});

async function declare(asked: Asked): Promise<void> {
  const config = readConfig(busShape, process.env);
  const urls = brokerUrls(config);
  if (asked.management) await managementOf(asked.management, config).importDefinitions(definitions(asked));
  await declareTopology({ urls, authority: config.MUSTER_AMQP_CA_FILE ?? null }, topology);
  process.stdout.write(`declared ${topology.queues.length} queues and ${topology.streams.length} streams\n`);
}

function definitions({ passwords: folder, vhost = 'muster' }: Asked): object {
  if (!folder) throw new ConfigError(['accounts need --passwords FOLDER, with one file per service']);
  const passwordOf = (service: string) => readFileSync(join(folder, service), 'utf8').trim();
  return definitionsOf(topology, { vhost, passwordOf });
}
