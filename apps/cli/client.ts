// Console's REST API, asked from a command line.
import * as z from 'zod';

/** Thrown when console gave no answer that can be used. The message says what to do. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  constructor(
    /**
     * unreachable: nobody answers there, or console cannot now. notMuster: somebody else does, or another version.
     * unauthenticated and forbidden: the token. refused: console says why.
     */
    readonly code: 'unreachable' | 'notMuster' | 'unauthenticated' | 'forbidden' | 'refused',
    message: string,
    /** Of its answer, where there was one. */
    readonly status: number | null = null,
    /** What is wrong in what was sent, thing by thing. */
    readonly faults: readonly ClientFault[] = [],
  ) {
    super(message);
  }
}

const fault = z.object({
  message: z.string(),
  line: z.int().optional(),
  to: z.int().optional(),
  text: z.string().optional(),
});
export type ClientFault = z.infer<typeof fault>;

export interface ClientOptions {
  readonly url: string;
  readonly token: string | null;
}

export interface Asking {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead. */
  readonly content?: { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> };
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** So long console may take for an answer. */
export const answerMs = 15_000;
/** What a proxy says of a server behind it that is away. */
const noConsoleBehind: ReadonlySet<number> = new Set([502, 503, 504]);
const problem = z.object({ title: z.string(), detail: z.string(), faults: z.array(fault).default([]) });

export class Client {
  constructor(private readonly options: ClientOptions) {}

  get url(): string {
    return this.options.url;
  }

  /** The answer, checked. Rejects with ClientError. */
  async ask<T>(path: string, schema: z.ZodType<T>, asking: Asking = {}): Promise<T> {
    const response = await this.open(path, { signal: AbortSignal.timeout(answerMs), ...asking });
    const text = await response.text().catch((error: unknown) => {
      throw this.#unreachable(error);
    });
    const answer = schema.safeParse(jsonOf(text));
    if (answer.success) return answer.data;
    const what = z.prettifyError(answer.error);
    throw new ClientError('notMuster', `${this.url}${path} answers something else:\n${what}`);
  }

  /** A response that is good, to be read by the caller: a stream. Rejects with ClientError. */
  async open(
    path: string,
    { method = 'GET', body, content, headers, signal }: Asking = {},
  ): Promise<Response> {
    const { token } = this.options;
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(content ? { 'content-type': content.type } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(content ? { body: content.bytes } : {}),
      ...(signal ? { signal } : {}),
    }).catch((error: unknown) => {
      throw this.#unreachable(error);
    });
    if (!response.ok) throw await this.#refusal(response);
    return response;
  }

  #unreachable(error: unknown): ClientError {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message || cause.name : String(cause);
    return new ClientError('unreachable', `console at ${this.url} cannot be reached: ${why}`);
  }

  async #refusal(response: Response): Promise<ClientError> {
    const { status } = response;
    const text = await response.text().catch((error: unknown) => {
      throw this.#unreachable(error);
    });
    const told = problem.safeParse(jsonOf(text));
    if (!told.success) return this.#foreign(status);
    const { detail, faults } = told.data;
    if (status === 401) {
      const how = this.options.token === null ? 'name a token with --token-file' : 'the token is not known';
      return new ClientError('unauthenticated', `${how}; tokens are made on the page Access. ${detail}`);
    }
    if (status === 403) return new ClientError('forbidden', `the token may not do this. ${detail}`);
    if (status < 500) return new ClientError('refused', detail, status, faults);
    return new ClientError('unreachable', `console at ${this.url} answers with status ${status}: ${detail}`);
  }

  /** Somebody answers in words that are not console's. */
  #foreign(status: number): ClientError {
    const what = `${this.url} answers with status ${status}, and not as console does`;
    return noConsoleBehind.has(status)
      ? new ClientError('unreachable', `${what}: a proxy, it seems. Does console run behind it?`)
      : new ClientError('notMuster', `${what}: is it console's address? See --url and MUSTER_CONSOLE_URL.`);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
