// The devices page as a browser keeps it open: it follows the event stream, and asks for its lists again when an event
// made them stale, at most once a second.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const lists = ['/api/devices?limit=100', '/api/overview'];
const pauseMs = 1_000;

export interface OpenPage {
  /** How often its lists were asked for. */
  readonly asked: () => number;
  /** How many events came by the stream. */
  readonly heard: () => number;
  close(): Promise<void>;
}

export async function openPage(url: string, passwordFile: string): Promise<OpenPage> {
  const cookie = await signIn(url, (await readFile(passwordFile, 'utf8')).trim());
  const closing = new AbortController();
  const { signal } = closing;
  const headers = { cookie, 'x-muster': '1' };
  const ask = async (path: string): Promise<void> => {
    const response = await fetch(`${url}${path}`, { headers, signal });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    await response.arrayBuffer();
  };
  const count = { asked: 0, heard: 0 };
  const stream = await fetch(`${url}/api/events`, {
    headers: { ...headers, accept: 'text/event-stream' },
    signal,
  });
  if (!stream.ok || !stream.body) throw new Error(`the event stream: ${stream.status}`);
  const body = stream.body.pipeThrough(new TextDecoderStream());
  const reading = (async () => {
    for await (const text of body) count.heard += text.split('\ndata:').length - 1;
  })().catch(() => undefined);
  const asking = (async () => {
    for (let seen = -1; !signal.aborted;) {
      if (count.heard !== seen) {
        seen = count.heard;
        await Promise.all(lists.map(ask));
        count.asked += 1;
      }
      await delay(pauseMs, null, { signal });
    }
  })().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return {
    asked: () => count.asked,
    heard: () => count.heard,
    close: async () => {
      closing.abort();
      await Promise.all([reading, asking]);
    },
  };
}

async function signIn(url: string, password: string): Promise<string> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-muster': '1' },
    body: JSON.stringify({ name: 'admin', password }),
  });
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (!response.ok || !cookie) throw new Error(`signing in: ${response.status} ${await response.text()}`);
  return cookie;
}
