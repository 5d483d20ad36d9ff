// npm run bench:poison: how much slower a service is while one event of a hundred is poison, on RabbitMQ and PostgreSQL of
// its own: poison that cannot be read, and poison that the database refuses when it is saved, with its neighbours' changes.
// Without poison before and after, so that whatever else the machine does meets both. Floor: half; below it it exits with 1.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { install, startPostgres, startRabbit } from '../support/scripts.js';
import { openSeating, type Poison, type Seating } from './poisoned.js';

const events = Number(process.argv[2] ?? 10_000);
const say = (line: string) => process.stdout.write(`${line}\n`);

/** Good events a second, from the first one taken to the last one's effect. */
async function measure(seating: Seating, poison: Poison | null): Promise<number> {
  await seating.publish(events, poison);
  const good = poison === null ? events : events - events / 100;
  const goal = (await seating.seated()) + good;
  const began = performance.now();
  const delivery = await seating.run();
  while ((await seating.seated()) < goal) await delay(20);
  const perSecond = (1_000 * good) / (performance.now() - began);
  await delivery.stop();
  await seating.database.query('truncate licensing.parked');
  say(`${poison ?? 'no'} poison: ${perSecond.toFixed(0)} good events per second`);
  return perSecond;
}

const dir = await mkdtemp(join(tmpdir(), 'muster-poison-'));
await chmod(dir, 0o711);
await install({ say });
const rabbit = await startRabbit({ dir: join(dir, 'rabbit') });
const postgres = await startPostgres({ dir: join(dir, 'postgres') });
try {
  const seating = await openSeating({ vhost: rabbit.url, database: postgres.url });
  await measure(seating, null);
  await seating.curse();
  const before = await measure(seating, null);
  const unreadable = await measure(seating, 'unreadable');
  const refused = await measure(seating, 'refused');
  const without = (before + (await measure(seating, null))) / 2;
  await seating.stop();
  const [one, other] = [unreadable / without, refused / without];
  say(
    `RESULT poison events_per_s=${without.toFixed(0)} unreadable_ratio=${one.toFixed(2)} refused_ratio=${other.toFixed(2)}`,
  );
  if (Math.min(one, other) < 0.5) process.exitCode = 1;
} finally {
  await Promise.all([rabbit.kill(), postgres.kill()]);
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
}
