// A quorum queue that RabbitMQ cannot start again, since a disk was full while it wrote what it knows of it: how that comes
// about, and what the runbook has an operator do ("A queue that RabbitMQ cannot start").
import { readFile, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { Distributed } from '../../scripts/distributed.mjs';
import { topology } from '../../apps/standalone/services.js';
import { Process } from '../support/process.js';

/** RabbitMQ does not run meanwhile. @param dir of the broker */
export async function breakQueue(dir: string, queue: string): Promise<void> {
  for (const name of await readdir(dir, { recursive: true })) {
    const file = join(dir, name);
    if (!/\/quorum\/.*\/config$/.test(file)) continue;
    if ((await readFile(file, 'utf8')).includes(`muster_${queue}'`)) return truncate(file, 200);
  }
  throw new Error(`${dir} has no queue ${queue}`);
}

/** Names of those that the broker, which runs, could not start. */
export async function lostQueues({ rabbit }: Distributed): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const { queue } of topology.queues) {
    const words = ['--script-name', 'rabbitmq-queues', 'quorum_status', '-p', 'muster', queue];
    if ((await rabbit.control(...words)).includes('noproc')) lost.push(queue);
  }
  return lost;
}

/** Made anew, and given what the journal has of the last hour. */
export async function remakeQueues(muster: Distributed, queues: readonly string[]): Promise<void> {
  for (const queue of queues) await muster.rabbit.control('delete_queue', '-p', 'muster', queue);
  await command(muster, 'apps/standalone/topology.js', []);
  for (const queue of queues)
    await command(muster, 'apps/standalone/replay.js', ['--queue', queue, '--since', '1h']);
}

async function command(muster: Distributed, entry: string, words: readonly string[]): Promise<void> {
  const environment = {
    MUSTER_AMQP_URL: `${muster.rabbit.url}/muster`,
    MUSTER_AMQP_CA_FILE: join(muster.secretsFolder, 'authority.crt'),
  };
  const run = new Process({ name: entry, entry, words, environment });
  const code = await run.ended();
  if (code !== 0) throw new Error(`${entry} ${words.join(' ')} ended with ${code}:\n${run.output}`);
}
