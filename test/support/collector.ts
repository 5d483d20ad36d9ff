// A collector of spans by OTLP over HTTP, as operators run one: the test reads what the processes really export.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** The part of Muster that did it: service of its consumer, `device` for calls to one, `gateway`. */
  readonly owner: string;
}

export interface Collector {
  readonly url: string;
  /** Spans by trace, as far as they have come. */
  traces(): readonly (readonly Span[])[];
  /** All of it, as it was sent. */
  text(): string;
  close(): Promise<void>;
}

const value = z.object({ stringValue: z.string().optional() });
const attributes = z.array(z.object({ key: z.string(), value })).default([]);
const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().default(''),
  name: z.string(),
  attributes,
});
const exported = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(span).default([]) })) })),
});

export async function openCollector(): Promise<Collector> {
  const byTrace = new Map<string, Span[]>();
  const sent: string[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString('utf8');
      sent.push(text);
      const { resourceSpans } = exported.parse(JSON.parse(text));
      for (const one of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))) {
        const { traceId, spanId, parentSpanId, name } = one;
        const kept = { traceId, spanId, parentSpanId, name, owner: ownerOf(one) };
        byTrace.set(traceId, [...(byTrace.get(traceId) ?? []), kept]);
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    traces: () => [...byTrace.values()],
    text: () => sent.join('\n'),
    close: () => new Promise((closed) => void server.close(() => closed())),
  };
}

function ownerOf({ name, attributes: given }: z.infer<typeof span>): string {
  const consumer = given.find(({ key }) => key === 'messaging.consumer.group.name')?.value.stringValue;
  if (consumer) return consumer.split('.')[0] ?? consumer;
  if (name.startsWith('device ')) return 'device';
  return name === 'announcement' ? 'gateway' : name;
}
