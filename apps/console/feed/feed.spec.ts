// The event stream: in order, without gaps, resumed where it broke off.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceFlapping } from '#events/device';
import { parseEnvelope, type Event } from '#events/event';
import { serviceReported } from '#events/service';
import { until } from '../../../test/support/until.js';
import { databases, Trial } from '../../../test/support/console.js';
import { appendFeed } from './append.js';

interface Frame {
  readonly id: number;
  readonly event: string;
  readonly data: string;
}

/** A client of the stream. */
class Listener {
  readonly frames: Frame[] = [];
  readonly #leaving = new AbortController();
  #text = '';
  ended = false;

  static async open(trial: Trial, token: string, last?: number): Promise<Listener> {
    const listener = new Listener();
    const response = await fetch(`${trial.host.url}/api/events`, {
      signal: listener.#leaving.signal,
      headers: {
        authorization: `Bearer ${token}`,
        ...(last === undefined ? {} : { 'last-event-id': String(last) }),
      },
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    void listener.#read(response);
    return listener;
  }

  leave(): void {
    this.#leaving.abort();
  }

  async #read(response: Response): Promise<void> {
    try {
      for await (const chunk of response.body ?? []) this.#take(Buffer.from(chunk).toString());
    } catch {
      // left
    }
    this.ended = true;
  }

  #take(text: string): void {
    const blocks = (this.#text + text).split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks.filter((one) => !one.startsWith(':'))) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      this.frames.push({
        id: Number(field('id')),
        event: field('event') ?? 'message',
        data: field('data') ?? '',
      });
    }
  }
}

describe.each(databases)('the event stream on $name', ({ name, open }) => {
  let trial: Trial;
  let token: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('viewer');
  });
  afterAll(() => trial.stop());

  const flap = (announcedPerMinute: number): Event =>
    trial.event('discovery', deviceFlapping.draft({ ...deviceFlapping.example, announcedPerMinute }));
  const numbers = ({ frames }: Listener): readonly number[] =>
    frames.map(
      ({ data }) => deviceFlapping.schema.parse(parseEnvelope(JSON.parse(data)).data).announcedPerMinute,
    );

  it('sends what happens from now on, and goes on from Last-Event-ID', async () => {
    await trial.bus.publish([flap(1)]);
    await until(
      'the first is in the feed',
      async () =>
        (await trial.database.query(`select 1 from console.feed where event->>'type' = 'device.flapping'`))
          .length === 1,
    );
    const first = await Listener.open(trial, token);
    await trial.bus.publish([flap(2), flap(3)]);
    await until('two frames', () => first.frames.length === 2);
    expect(numbers(first)).toEqual([2, 3]);
    first.leave();
    await trial.bus.publish(Array.from({ length: 300 }, (_, n) => flap(4 + n)));
    const second = await Listener.open(trial, token, first.frames.at(-1)?.id);
    await until('the rest', () => second.frames.length === 300);
    expect(numbers(second)).toEqual(Array.from({ length: 300 }, (_, n) => 4 + n));
    second.leave();
  });

  it('tells a client that was away too long to load everything anew', async () => {
    await trial.database.query(
      'delete from console.feed where sequence < (select last from console.feed_head) - 5',
    );
    const late = await Listener.open(trial, token, 1);
    await until('the reset', () => late.frames.length > 0);
    expect(late.frames[0]?.event).toBe('reset');
    const confused = await Listener.open(trial, token, 999_999_999);
    await until('the reset', () => confused.frames[0]?.event === 'reset');
    late.leave();
    confused.leave();
  });

  it('says where to go on before there was an event', async () => {
    const leaving = new AbortController();
    const response = await fetch(`${trial.host.url}/api/events`, {
      signal: leaving.signal,
      headers: { authorization: `Bearer ${token}` },
    });
    const first = await response.body?.getReader().read();
    leaving.abort();
    const [, from] = /^id: (\d+)$/m.exec(Buffer.from(first?.value ?? []).toString()) ?? [];
    await trial.hear(flap(7));
    const listener = await Listener.open(trial, token, Number(from));
    await until('what came meanwhile', () => listener.frames.length === 1);
    expect(numbers(listener)).toEqual([7]);
    listener.leave();
  });

  it('leaves large data out', async () => {
    const listener = await Listener.open(trial, token);
    const large = Array.from({ length: 4000 }, (_, n) => `LARGE-${n}`).join('\n');
    await trial.ask('POST', '/api/serials/import', { token: await trial.token('operator'), body: large });
    await until('the change', () => listener.frames.length === 1);
    expect(JSON.parse(listener.frames[0]?.data ?? '')).toMatchObject({
      type: 'serialList.changed',
      data: null,
      omitted: true,
    });
    listener.leave();
  });

  it('does not send how the services fare: it would drown what is waited for', async () => {
    const listener = await Listener.open(trial, token);
    await trial.bus.publish([trial.event('licensing', serviceReported.draft(serviceReported.example))]);
    await until(
      'console has heard it',
      async () => (await trial.database.query(`select 1 from console.instance`)).length > 0,
    );
    await trial.bus.publish([flap(1)]);
    await until('a frame', () => listener.frames.length > 0);
    expect(listener.frames.map(({ data }) => parseEnvelope(JSON.parse(data)).type)).toEqual([
      'device.flapping',
    ]);
    listener.leave();
  });

  it('gives no caller all the places there are', async () => {
    const [greedy, other] = [await trial.token('viewer'), await trial.token('viewer')];
    const open = await Promise.all(Array.from({ length: 20 }, () => Listener.open(trial, greedy)));
    const refused = await trial.ask('GET', '/api/events', { token: greedy });
    expect([refused.status, refused.body.detail]).toEqual([503, expect.stringContaining('20 event streams')]);
    (await Listener.open(trial, other)).leave();
    open[0]?.leave();
    const again = await until('a place is free', () => Listener.open(trial, greedy).catch(() => null));
    for (const listener of [...open, again]) listener.leave();
  });

  it.runIf(name === 'PostgreSQL')('loses nothing when transactions overlap', async () => {
    const listener = await Listener.open(trial, token);
    const appending = Array.from({ length: 40 }, (_, n) =>
      trial.database.transaction(async (tx) => {
        // Opened in one order, appended in another, held open for different times.
        await tx.query('select pg_sleep($1)', [((n * 7) % 10) / 100]);
        await appendFeed(tx, [flap(n), flap(n)]);
        await tx.query('select pg_sleep($1)', [((n * 3) % 10) / 200]);
      }),
    );
    await Promise.all(appending);
    await until('all 80', () => listener.frames.length >= 80);
    const ids = listener.frames.map(({ id }) => id);
    expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
    listener.leave();
  });

  it('ends with the process, and does not hold it', async () => {
    const other = await Trial.start(await open());
    const listener = await Listener.open(other, await other.token('viewer'));
    await other.stop();
    await until('the stream has ended', () => listener.ended);
  });
});
