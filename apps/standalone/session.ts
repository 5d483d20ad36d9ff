// The demo acts as an operator would: through the REST API, signed in.

export interface DemoDevice {
  readonly id: string;
  readonly serial: string;
  readonly ip: string;
  readonly status: string;
  readonly licensed: boolean;
  readonly lastAssessedAt: string | null;
}

export class Session {
  private constructor(
    private readonly url: string,
    private readonly cookie: string,
  ) {}

  /** Rejects when the password is not the administrator's. */
  static async signIn(url: string, password: string): Promise<Session> {
    const response = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-muster': '1' },
      body: JSON.stringify({ name: 'admin', password }),
    });
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
    if (!response.ok || !cookie)
      throw new Error(`signing in as admin failed: ${response.status} ${await response.text()}`);
    return new Session(url, cookie);
  }

  async get<T>(path: string): Promise<T> {
    return (await this.#ask('GET', path)) as T;
  }

  async put(path: string, body: unknown): Promise<void> {
    await this.#ask('PUT', path, body);
  }

  /** Every device, page by page. */
  async devices(): Promise<readonly DemoDevice[]> {
    const all: DemoDevice[] = [];
    for (let after = ''; ;) {
      const page = await this.get<{ items: readonly DemoDevice[]; next: string | null }>(
        `/api/devices?limit=500${after && `&after=${encodeURIComponent(after)}`}`,
      );
      all.push(...page.items);
      if (!page.next) return all;
      after = page.next;
    }
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { cookie: this.cookie, 'x-muster': '1', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}
