// What is refused again and again is tried ever more seldom: one try at a time, each twice as late as the one before.
import { afterEach, expect, test, vi } from 'vitest';
import { edgeConfigured } from '#events/settings';
import { counted, retired, topology } from '../../../test/support/buses.js';
import { freshVhost, rabbit } from '../../../test/support/servers.js';
import { silentLog } from '../../../test/support/silent.js';
import { until } from '../../../test/support/until.js';
import { exchange } from '../topology.js';
import { declareTopology } from './declare.js';
import { StreamFollower } from './follow.js';
import { Line } from './line.js';
import { Publisher } from './publisher.js';

const openings: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const stop of openings.splice(0).reverse()) await stop();
});

/** A connection, and when a channel was opened on it. Chance is taken out of the back-off: 50 ms, 100 ms, 200 ms … */
async function watchedLine(url: string) {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const line = new Line({ urls: [url], name: 'test', log: silentLog });
  openings.push(() => line.stop());
  await line.tried();
  const { model } = line;
  if (!model) throw new Error('not connected');
  const opened: number[] = [];
  for (const call of ['createChannel', 'createConfirmChannel'] as const) {
    const real = model[call].bind(model) as () => Promise<never>;
    vi.spyOn(model, call).mockImplementation(() => {
      opened.push(performance.now());
      return real();
    });
  }
  return { line, opened };
}

function expectDoubling(opened: readonly number[]): void {
  for (let n = 1; n < 6; n += 1) {
    // A timer may be a little early.
    expect((opened[n] ?? 0) - (opened[n - 1] ?? 0)).toBeGreaterThan(50 * 2 ** (n - 1) - 5);
  }
}

test('a stream that is not there yet is looked for by one try at a time, and followed once it is', async () => {
  const url = await freshVhost();
  const { line, opened } = await watchedLine(url);
  const follower = new StreamFollower({
    line,
    stream: 'muster.edge',
    type: edgeConfigured.type,
    each: () => undefined,
  });
  openings.push(() => follower.stop());
  await until('it tried six times', () => opened.length >= 6);
  expectDoubling(opened);
  await declareTopology({ urls: [url] }, topology);
  await until('it follows', () => follower.problem() === null);
});

test('a channel that is lost with each publish is replaced ever more seldom, whatever else is confirmed', async () => {
  const url = await freshVhost();
  await declareTopology({ urls: [url] }, topology);
  const vhost = new URL(url).pathname.slice(1);
  const server = await rabbit();
  await server.control('set_topic_permissions', '-p', vhost, 'muster', exchange, '^device[.]retired$', '.*');
  const { line, opened } = await watchedLine(url);
  const publisher = new Publisher({
    line,
    log: silentLog,
    requiredQueues: [],
    confirmTimeoutMs: 2_000,
    gatherMs: 0,
  });
  openings.push(() => publisher.stop());
  await publisher.opened();
  let confirmed = 0;
  await until('six channels were opened', async () => {
    await publisher.send(retired()).then(
      () => (confirmed += 1),
      () => undefined,
    );
    await publisher.send(counted()).catch(() => undefined);
    return opened.length >= 6;
  });
  expect(confirmed).toBeGreaterThan(0);
  expectDoubling(opened);
});
