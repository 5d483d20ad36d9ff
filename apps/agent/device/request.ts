// One request's body read under its limits, and one answer written.
import { STATUS_CODES, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import * as z from 'zod';

export const bodyBytesMax = 65_536;
export const requestTimeoutMs = 5_000;

/** Thrown when a request gets an answer of 400 or above. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number,
    detail: string,
    readonly headers: OutgoingHttpHeaders = {},
  ) {
    super(detail);
  }
}

export const problemText = (problem: Problem): string =>
  JSON.stringify({ title: STATUS_CODES[problem.status], status: problem.status, detail: problem.message });

export function answerJson(response: ServerResponse, status: number, body?: unknown): void {
  const headers = {
    'Cache-Control': 'no-store',
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  };
  response.writeHead(status, headers).end(body === undefined ? undefined : JSON.stringify(body));
}

export function answerProblem(response: ServerResponse, problem: Problem): void {
  const headers = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...problem.headers,
  };
  response.writeHead(problem.status, headers).end(problemText(problem));
}

/** The body as `schema` has it; throws Problem. */
export async function readJson<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new Problem(415, 'Content-Type must be application/json.');
  const parsed = schema.safeParse(parse(await readBody(request)));
  if (!parsed.success) throw new Problem(400, z.prettifyError(parsed.error).slice(0, 500));
  return parsed.data;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const tooLarge = () =>
    new Problem(413, `The body must not be larger than ${bodyBytesMax} bytes.`, { Connection: 'close' });
  if (Number(request.headers['content-length'] ?? 0) > bodyBytesMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const body: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Problem(400, 'The body is not UTF-8 JSON.');
  }
}
