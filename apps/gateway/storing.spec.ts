// Accepted means stored; whatever else happens is answered as well.
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { dial, gatewayBench, heard, line, say, type GatewayBench } from '../../test/support/gateway.js';
import { until } from '../../test/support/until.js';

/** Room to write again, the end of the connection, or neither in half a second. */
async function roomIn(socket: TLSSocket): Promise<boolean> {
  let room = false;
  const note = () => (room = true);
  socket.once('drain', note).once('close', note);
  await until('there is room', () => room, 500).catch(() => undefined);
  socket.off('drain', note).off('close', note);
  return room;
}

const reasons = (answers: readonly Readonly<Record<string, unknown>>[]) =>
  answers.map(({ reason, result }) => reason ?? result);

let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench();
  await bench.configure({});
});

describe('an announcement that is not stored', () => {
  it('is answered with retry when too many are in hand', async () => {
    const small = await bench.another({ MUSTER_GATEWAY_UNCONFIRMED_MAX: '3' });
    const answers = await say(small.port, Array.from({ length: 8 }, () => line()).join(''));
    expect(reasons(answers)).toEqual([
      ...Array<string>(3).fill('accepted'),
      ...Array<string>(5).fill('busy'),
    ]);
    await until('three are stored', () => bench.stored().length === 3);
    const delays = answers.slice(3).map(({ retryAfterMs }) => Number(retryAfterMs));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2_000);
    expect(new Set(delays).size).toBeGreaterThan(1);
    expect(reasons(await say(small.port, line()))).toEqual(['accepted']);
    await until('that one too', () => bench.stored().length === 4);
    await small.stop();
  });
});

describe('a spool whose file cannot be read', () => {
  /** One announcement waits in it, and every try to read that fails. */
  async function unreadable(extra = ''): Promise<string> {
    const dir = await mkdtemp(join(tmpdir(), 'muster-spool-'));
    const file = new DatabaseSync(join(dir, 'slot-0.db'));
    file.exec(
      `create view announcement as select 1 as place, 0 as at_ms, abs(-9223372036854775807 - 1) as event`,
    );
    if (extra !== '') file.exec(extra);
    file.close();
    return dir;
  }
  const takesMore = `create table taken (event text);
    create trigger takes instead of insert on announcement begin insert into taken values (new.event); end`;

  it.each([
    ['nor written', ''],
    ['but written', takesMore],
  ])('%s sends nobody away while the bus is there', async (_, extra) => {
    const before = bench.stored().length;
    const other = await bench.another({ MUSTER_GATEWAY_SPOOL_DIR: await unreadable(extra) });
    await until('it is told', () =>
      bench.lines.some(({ message }) => message.startsWith('The spool cannot be read')),
    );
    const answers = await say(other.port, Array.from({ length: 5 }, () => line()).join(''));
    expect(reasons(answers)).toEqual(Array<string>(5).fill('accepted'));
    await until('all are stored', () => bench.stored().length === before + 5);
    await other.stop();
    bench.lines.length = 0;
  });
});

describe('a gateway that stops', () => {
  it('answers what it has in hand, takes nobody in, ends', async () => {
    const other = await bench.another({});
    const before = bench.stored().length;
    const busy = await dial(other.port);
    const idle = await dial(other.port);
    busy.write(Array.from({ length: 20 }, () => line()).join(''));
    await once(busy, 'readable');
    const [answers] = await Promise.all([heard(busy), once(idle.resume(), 'close'), other.stop()]);
    expect(answers.length).toBeGreaterThan(0);
    await until('each accepted one is stored', () => bench.stored().length === before + answers.length);
    await expect(dial(other.port)).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('a hostile peer', () => {
  it('that never reads its answers is not read from for ever', async () => {
    const deaf = await dial(bench.port);
    deaf.pause();
    const text = line({ ip: '127.0.0.9' }).repeat(100);
    let written = 0;
    for (let chunks = 0; chunks < 2_000 && deaf.writable; chunks += 1) {
      written += text.length;
      if (!deaf.write(text) && !(await roomIn(deaf))) break;
    }
    expect(written).toBeLessThan(2_000 * text.length);
    deaf.destroy();
  });

  it('that sends without end is cut off, and costs no memory', { timeout: 30_000 }, async () => {
    const socket = await dial(bench.port);
    const chunk = Buffer.alloc(65_536, 0x20);
    const before = process.memoryUsage().rss;
    let sentBytes = 0;
    while (socket.writable && sentBytes < 1e9) {
      sentBytes += chunk.length;
      if (!socket.write(chunk)) await roomIn(socket);
    }
    expect(sentBytes).toBeLessThan(2e8);
    expect(process.memoryUsage().rss - before).toBeLessThan(2e8);
  });
});

// The last: nothing can be stored after it.
it('an announcement is answered with retry when the database is gone', async () => {
  await bench.loseDatabase();
  const [answer] = await say(bench.port, line());
  expect(answer).toMatchObject({ result: 'retry', reason: 'notStored', event: null });
  expect(bench.lines.some(({ message }) => message.includes('cannot be stored'))).toBe(true);
  await bench.gateway.stop();
});
