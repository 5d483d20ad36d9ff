// One call to console's REST API, and what is said when it fails.

/** One thing wrong in what was sent: where (`items.3.required`, empty for the whole) and why. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  /** In a list: which line, the last of several, and how it begins. */
  readonly line?: number;
  readonly to?: number;
  readonly text?: string;
}

/** Thrown when the API refuses a call or cannot be reached (status 0). `message` says what to do where the API knows it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number,
    readonly title: string,
    message: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(message);
  }

  /** Somebody else wrote the document since it was read. */
  get stale(): boolean {
    return this.status === 409;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Sends a string as plain text, a Blob as its type says, anything else as JSON; answers the body, or undefined when there is none. */
export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const { response, text } = await send(method, path, body);
  if (!response.ok) throw problemOf(response, text);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

export const read = <T>(path: string): Promise<T> => call<T>('GET', path);

/** `?a=1&b=2` of what is set; empty when nothing is. */
export function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** So long an answer that is read may take: a connection that is dead without a word would hold it for ever. */
const readMs = 30_000;

async function send(
  method: Method,
  path: string,
  body: unknown,
): Promise<{ readonly response: Response; readonly text: string }> {
  // X-Muster: a page of another site cannot set it, so a cookie alone writes nothing.
  const headers: Record<string, string> = { accept: 'application/json', 'x-muster': '1' };
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    headers['content-type'] = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
    init.body = typeof body === 'string' ? body : JSON.stringify(body);
  }
  if (method === 'GET') init.signal = AbortSignal.timeout(readMs);
  try {
    const response = await fetch(`/api/${path}`, init);
    return { response, text: await response.text() };
  } catch {
    throw new Problem(
      0,
      'Muster cannot be reached',
      'No answer came. Check that Muster is running and that this computer is on the network, then try again.',
    );
  }
}

const hints: Readonly<Record<number, string>> = {
  401: 'Your session has ended. Sign in again.',
  403: 'Your role does not allow this. Ask an administrator.',
  404: 'It is not there any more. Go back to the list.',
  413: 'It is too large. Send less at a time.',
  429: 'Too many tries. Wait a minute, then try again.',
  503: 'Muster is not ready. Try again in a moment.',
};

function problemOf(response: Response, text: string): Problem {
  const said = fieldsOf(text);
  const title = textIn(said, 'title') ?? `Error ${response.status}`;
  const detail =
    textIn(said, 'detail') ?? hints[response.status] ?? "Try again; if it stays so, look into console's log.";
  const faults = Array.isArray(said['faults']) ? said['faults'].map(faultOf) : [];
  return new Problem(response.status, title, detail, faults);
}

function faultOf(value: unknown): Fault {
  if (typeof value === 'string') return { path: '', message: value };
  const fields = isRecord(value) ? value : {};
  const path = Array.isArray(fields['path']) ? fields['path'].join('.') : (textIn(fields, 'path') ?? '');
  return {
    path: plainPath(path),
    message: textIn(fields, 'message') ?? textIn(fields, 'reason') ?? 'not accepted',
    ...numberIn(fields, 'line'),
    ...numberIn(fields, 'to'),
    ...(typeof fields['text'] === 'string' && { text: fields['text'] }),
  };
}

/** `/body/items/3`, `body.items[3]` and `items.3` are one place. */
function plainPath(path: string): string {
  return path
    .replaceAll(/[/[]/g, '.')
    .replaceAll(']', '')
    .replace(/^\.+/, '')
    .replace(/^body(\.|$)/, '');
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function textIn(fields: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

const numberIn = (fields: Readonly<Record<string, unknown>>, name: 'line' | 'to'): Partial<Fault> =>
  typeof fields[name] === 'number' ? { [name]: fields[name] } : {};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
