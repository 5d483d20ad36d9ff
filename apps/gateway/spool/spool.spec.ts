// What is kept survives the process, leaves only by a confirm, and never stops the gateway.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Event } from '#events/event';
import { lockFile } from '#store/lock-file';
import { retired } from '../../../test/support/buses.js';
import { ownFolder } from '../../../test/support/servers.js';
import { listeningLog } from '../../../test/support/silent.js';
import { until } from '../../../test/support/until.js';
import { root } from '../../../test/tidy/sources.js';
import { Spool } from './spool.js';

let dir: string;
const opened: Spool[] = [];
beforeEach(async () => {
  dir = join(await ownFolder('spool'), 'spool');
});
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.stop();
});

/** A broker that confirms what it gets, or nothing. */
function broker(confirms = true) {
  const got: Event[] = [];
  const state = { confirms };
  const publish = (event: Event): Promise<void> => {
    if (!state.confirms) return Promise.reject(new Error('not confirmed'));
    got.push(event);
    return Promise.resolve();
  };
  return { got, state, publish, ids: () => got.map(({ id }) => id) };
}

/** One that confirms what it gets but these, each refused so often. */
function choosyBroker(refused: readonly Event[], times: number) {
  const to = broker();
  const asked: string[] = [];
  const left = new Map(refused.map(({ id }) => [id, times]));
  const publish = (event: Event): Promise<void> => {
    asked.push(event.id);
    const refusals = left.get(event.id) ?? 0;
    if (refusals === 0) return to.publish(event);
    left.set(event.id, refusals - 1);
    return Promise.reject(new Error('not confirmed'));
  };
  return { ...to, publish, asked };
}

async function open(to: ReturnType<typeof broker>, change: { bytesMax?: number; dir?: string } = {}) {
  const log = listeningLog();
  const whole = { ...log, child: () => whole };
  const options = { dir, bytesMax: 50_000_000, publish: to.publish, log: whole, lookMs: 50, ...change };
  const spool = await Spool.open(options);
  opened.push(spool);
  return { spool, lines: log.lines };
}

const many = (count: number): readonly Event[] => Array.from({ length: count }, () => retired());
const idsOf = (events: readonly Event[]) => events.map(({ id }) => id);
const keepAll = (spool: Spool, events: readonly Event[]) =>
  Promise.all(events.map((event) => spool.keep(event, 'test')));
const empty = (spool: Spool) => until('the spool is empty', () => spool.status.announcements === 0);

describe('what is kept', () => {
  it('goes to the broker once it confirms, each once, in order', async () => {
    const to = broker(false);
    const { spool, lines } = await open(to);
    const events = many(450);
    for (let first = 0; first < 450; first += 150) await keepAll(spool, events.slice(first, first + 150));
    expect(spool.status).toMatchObject({ announcements: 450, bytesMax: 50_000_000 });
    expect(spool.status.bytes).toBeGreaterThan(50_000);
    expect(spool.status.oldestAgeMs).not.toBeNull();
    to.state.confirms = true;
    await empty(spool);
    expect(to.ids()).toEqual(idsOf(events));
    expect(lines.map(({ message }) => message)).toEqual([
      expect.stringContaining('wait in the spool'),
      expect.stringContaining('empty again'),
    ]);
    expect(lines[1]?.fields).toMatchObject({ announcements: 450 });
  });

  it('stays when the process ends, and is drained by the next without anything new', async () => {
    const events = many(30);
    const { spool } = await open(broker(false));
    await keepAll(spool, events);
    await spool.stop();
    const to = broker();
    await empty((await open(to)).spool);
    // Whole, with its traceparent: what waited here lies in the trace of its announcement.
    expect(to.got).toEqual(events);
  });

  // The first is tried alone, the 199 behind it together, and so on: 200 at most.
  it.each([
    ['in the middle', [50, 51, 120]],
    ['at the end of a batch and the beginning of the next', [199, 200, 201]],
    ['here and there', [0, 1, 7, 198, 199, 260, 448, 449]],
  ])('goes to the broker whole where that fails %s, in order', async (_, places) => {
    const events = many(450);
    const { spool: before } = await open(broker(false));
    await keepAll(before, events);
    await before.stop();
    const refused = places.flatMap((place) => events[place] ?? []);
    const to = choosyBroker(refused, 2);
    await empty((await open(to)).spool);
    expect(to.ids().toSorted()).toEqual(idsOf(events).toSorted());
    // Each is first tried in its turn, and no batch before the one in front of it is with the broker.
    expect([...new Set(to.asked)]).toEqual(idsOf(events));
    const batches = [to.ids().slice(0, 200), to.ids().slice(200, 400), to.ids().slice(400)];
    const expected = [events.slice(0, 200), events.slice(200, 400), events.slice(400)].map(idsOf);
    expect(batches.map((ids) => ids.toSorted())).toEqual(expected.map((ids) => ids.toSorted()));
    // So are those that failed.
    expect(to.ids().filter((id) => idsOf(refused).includes(id))).toEqual(idsOf(refused));
  });

  it('is there for the next process from the first that the broker never confirmed', async () => {
    const events = many(30);
    const to = choosyBroker(events.slice(12, 13), Infinity);
    const { spool } = await open(to);
    await keepAll(spool, events);
    await until('the others are published', () => to.got.length === 29);
    await spool.stop();
    const next = broker();
    await empty((await open(next)).spool);
    expect(next.ids()).toEqual(idsOf(events.slice(12)));
  });

  it('is drained while new ones come, which go behind it', async () => {
    const to = broker(false);
    const { spool } = await open(to);
    const events = many(1_000);
    await keepAll(spool, events.slice(0, 500));
    to.state.confirms = true;
    for (const event of events.slice(500)) {
      if (spool.holding) await spool.keep(event, 'test');
      else await to.publish(event);
    }
    await empty(spool);
    expect(to.ids()).toEqual(idsOf(events));
  });

  it('is there twice at most when the process dies between confirm and deletion', async () => {
    const events = many(3);
    const { spool } = await open(broker(false));
    await keepAll(spool, events);
    await spool.stop();
    const file = new DatabaseSync(join(dir, 'slot-0.db'));
    file.exec(`insert into announcement (at_ms, event) select at_ms, event from announcement`);
    file.close();
    const to = broker();
    await empty((await open(to)).spool);
    expect(to.ids()).toEqual(idsOf(events));
  });
});

/** A process of its own that keeps events, three at a time, and tells the id of each that it may call accepted. */
function writer(folder: string): { readonly child: ChildProcess; readonly kept: string[] } {
  const program = `
    import { Spool } from './dist/apps/gateway/spool/spool.js';
    const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
    const publish = () => Promise.reject(new Error('away'));
    const spool = await Spool.open({ dir: process.argv[1], bytesMax: 5e7, publish, log });
    for (;;) await Promise.all([1, 2, 3].map(async () => {
      const event = { ...${JSON.stringify(retired())}, id: crypto.randomUUID() };
      await spool.keep(event, 'test');
      process.stdout.write(event.id + '\\n');
    }));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const kept: string[] = [];
  createInterface({ input: child.stdout }).on('line', (id) => kept.push(id));
  return { child, kept };
}

async function killed({ child }: { readonly child: ChildProcess }): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await gone;
}

describe('a process killed with -9', () => {
  it('leaves everything it called accepted, three times over', async () => {
    const kept: string[] = [];
    for (let kill = 1; kill <= 3; kill += 1) {
      const one = writer(dir);
      await until('it keeps', () => one.kept.length >= 30);
      await killed(one);
      kept.push(...one.kept);
    }
    const to = broker();
    await empty((await open(to)).spool);
    const got = new Set(to.ids());
    expect(kept.filter((id) => !got.has(id))).toEqual([]);
    expect(await readdir(dir)).not.toContain('slot-1.db');
  });

  it('leaves its file to one that lives, and never shares it before', async () => {
    const one = writer(dir);
    await until('it keeps', () => one.kept.length >= 10);
    const to = broker();
    const { spool, lines } = await open(to);
    const mine = retired();
    await spool.keep(mine, 'test');
    await empty(spool);
    expect(to.ids()).toEqual([mine.id]);
    await killed(one);
    const lost = () => one.kept.filter((id) => !to.ids().includes(id));
    await until('all are drained', () => lost().length === 0);
    expect(lines.map(({ message }) => message)).toContain(
      'Announcements that another gateway left are drained',
    );
    await until('the slot is given back', () => {
      const unlock = lockFile(join(dir, 'slot-0.lock'));
      unlock?.();
      return unlock !== null;
    });
  });
});

describe('a spool that cannot keep', () => {
  const complaints = (lines: Awaited<ReturnType<typeof open>>['lines']) =>
    lines.filter(({ message }) => /^The spool is (full|broken)/.test(message));

  it('is full at its limit, says so once, and keeps again when there is room', async () => {
    const to = broker(false);
    const { spool, lines } = await open(to, { bytesMax: 300_000 });
    const kept: Event[] = [];
    const fill = async (): Promise<unknown> => {
      for (;;) {
        const event = retired();
        try {
          await spool.keep(event, 'test');
          kept.push(event);
        } catch (error) {
          return error;
        }
      }
    };
    expect(await fill()).toMatchObject({ code: 'full' });
    await expect(spool.keep(retired(), 'test')).rejects.toMatchObject({ code: 'full' });
    expect(spool.status.bytes).toBeLessThanOrEqual(300_000);
    expect(spool.problem).toContain('full');
    expect(complaints(lines)).toHaveLength(1);
    expect(complaints(lines)[0]?.fields).toMatchObject({
      remedy: expect.stringContaining('MUSTER_GATEWAY_SPOOL_MAX_MB'),
    });
    to.state.confirms = true;
    await empty(spool);
    expect(to.ids()).toEqual(idsOf(kept));
    await until('it is mended', () => spool.problem === null);
    await spool.keep(retired(), 'test');
  });

  it('says what is wrong with its folder, and uses it once that is mended', async () => {
    const { spool, lines } = await (async () => {
      await writeFile(dir, 'in the way');
      return open(broker(false));
    })();
    expect(spool.problem).toContain('broken');
    await expect(spool.keep(retired(), 'test')).rejects.toMatchObject({ code: 'broken' });
    expect(complaints(lines)).toHaveLength(1);
    await rm(dir);
    await until('it is mended', () => spool.problem === null);
    await spool.keep(retired(), 'test');
    expect(lines.map(({ message }) => message)).toContain('The spool can be used again');
  });

  it('sets a file that is no database aside, under another name, and goes on', async () => {
    await mkdir(dir);
    await writeFile(join(dir, 'slot-0.db'), 'noise '.repeat(2_000));
    const { spool, lines } = await open(broker(false));
    await spool.keep(retired(), 'test');
    expect(spool.problem).toBeNull();
    expect(await readdir(dir)).toContainEqual(expect.stringMatching(/^slot-0\.db\.corrupt-/));
    expect(lines.map(({ message }) => message)).toContainEqual(expect.stringContaining('is corrupt'));
  });

  it('sets a file aside that proves corrupt when it is read, and goes on', async () => {
    const { spool } = await open(broker(false));
    await keepAll(spool, many(300));
    await spool.stop();
    const path = join(dir, 'slot-0.db');
    const pages = new DatabaseSync(path);
    const count = Number(Object.values(pages.prepare('pragma page_count').get() ?? {})[0]);
    pages.close();
    await writeFile(path, Buffer.alloc((count - 3) * 4096, 0xa5), { flag: 'r+' }).catch(() => undefined);
    const { spool: next, lines } = await open(broker());
    await next.keep(retired(), 'test');
    await empty(next);
    expect(lines.map(({ message }) => message)).toContainEqual(expect.stringContaining('is corrupt'));
    expect(await readdir(dir)).toContainEqual(expect.stringMatching(/^slot-0\.db\.corrupt-/));
  });

  it('keeps what is no event out of the way, for a person', async () => {
    const { spool } = await open(broker(false));
    const [before, after] = [retired(), retired()];
    await spool.keep(before, 'test');
    await spool.stop();
    const file = new DatabaseSync(join(dir, 'slot-0.db'));
    file.exec(`insert into announcement values (2, 0, '{"half'), (3, 0, '${JSON.stringify(after)}')`);
    file.close();
    const to = broker();
    const { spool: next, lines } = await open(to);
    await empty(next);
    expect(to.ids()).toEqual([before.id, after.id]);
    expect(lines.map(({ message }) => message)).toContainEqual(expect.stringContaining('no event'));
    await next.stop();
    const kept = new DatabaseSync(join(dir, 'slot-0.db'));
    expect(kept.prepare('select event from unreadable').all()).toEqual([{ event: '{"half' }]);
    kept.close();
  });

  const tiny = mountable();
  it.skipIf(!tiny)(
    'is full with its disk, deletes what is confirmed all the same, and keeps again',
    async () => {
      await mkdir(dir);
      mount(dir);
      onTestFinished(() => void spawnSync('umount', ['-l', dir]));
      const to = broker(false);
      const { spool } = await open(to);
      const kept: Event[] = [];
      const full = await until('the disk is full', () => {
        const event = retired();
        return spool.keep(event, 'test').then(
          () => void kept.push(event),
          (error: unknown) => error,
        );
      });
      expect(full).toMatchObject({ code: 'full' });
      to.state.confirms = true;
      await empty(spool);
      expect(to.ids()).toEqual(idsOf(kept));
      await until('it is mended', () => spool.problem === null);
      await spool.keep(retired(), 'test');
      await spool.stop();
    },
  );
});

function mount(folder: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
}

/** Only root may, and not in every container. */
function mountable(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = spawnSync('mktemp', ['-d']).stdout.toString().trim();
  const could = mount(folder);
  if (could) spawnSync('umount', [folder]);
  return could;
}
