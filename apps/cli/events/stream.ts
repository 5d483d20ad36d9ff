// The event stream of console (server-sent events): followed, and resumed after a cut by the number of the last event.
import { setTimeout as delay } from 'node:timers/promises';
import * as z from 'zod';
import { backOffMs, type Pauses } from '#events/back-off';
import { messageOf } from '#events/message-of';
import { ClientError, type Client } from '../client.js';

const event = z.looseObject({
  type: z.string(),
  subject: z.string(),
  occurredAt: z.string(),
  causedBy: z.string().nullable(),
  data: z.unknown(),
});
export type StreamedEvent = z.infer<typeof event>;

export interface Following {
  readonly each: (event: StreamedEvent) => void;
  /** What a person should know meanwhile. */
  readonly told: (text: string) => void;
  /** Nothing that happens from now on is missed. */
  readonly opened?: () => void;
  /** Events are missing that console does not have any more. */
  readonly missed?: () => void;
}

/** Console says something every 15 s; one that is silent for so long is gone. */
const silenceMaxMs = 45_000;
const pauses: Pauses = { firstMs: 1_000, maxMs: 10_000 };
/** Far more than the largest event that console sends. */
const frameCharactersMax = 1_000_000;

/** Resolves when `signal` says stop. Rejects with ClientError when console cannot be asked the first time, or says no. */
export async function follow(client: Client, signal: AbortSignal, on: Following): Promise<void> {
  let last: string | null = null;
  let connected = false;
  for (let failures = 0; !signal.aborted;) {
    try {
      for await (const frame of framesOf(client, last, signal)) {
        if (failures > 0) on.told('connected again');
        [connected, failures] = [true, 0];
        if (frame.event === 'open') on.opened?.();
        last = frame.id ?? last;
        if (frame.event === 'reset') {
          on.told('events were missed: console no longer has them');
          on.missed?.();
        }
        const read = event.safeParse(jsonIn(frame.data));
        if (frame.event === null && read.success) on.each(read.data);
      }
      if (!signal.aborted) on.told('the stream ended; resuming');
    } catch (error) {
      if (signal.aborted) return;
      const away = !(error instanceof ClientError) || error.code === 'unreachable';
      if (!away || !connected) throw error;
      if (failures === 0) on.told(`${messageOf(error)}; resuming`);
    }
    failures += 1;
    await delay(backOffMs(failures, pauses), null, { signal }).catch(() => undefined);
  }
}

interface Frame {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string;
}

/** The first one says that the stream is open, and nothing else. */
async function* framesOf(client: Client, last: string | null, signal: AbortSignal): AsyncGenerator<Frame> {
  const silent = new AbortController();
  const watch = setTimeout(() => silent.abort(new Error('console fell silent')), silenceMaxMs);
  try {
    const headers = { accept: 'text/event-stream', ...(last === null ? {} : { 'last-event-id': last }) };
    const response = await client.open('/api/events', {
      headers,
      signal: AbortSignal.any([signal, silent.signal]),
    });
    yield { id: null, event: 'open', data: '' };
    let text = '';
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      watch.refresh();
      const frames = (text + part).split('\n\n');
      text = frames.pop() ?? '';
      if (text.length > frameCharactersMax) throw new Error('console sends no events');
      for (const frame of frames) yield frameOf(frame);
    }
  } finally {
    clearTimeout(watch);
  }
}

function frameOf(text: string): Frame {
  const lines = text.split('\n');
  const field = (name: string): string | null =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
  return { id: field('id'), event: field('event'), data: field('data') ?? '' };
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
