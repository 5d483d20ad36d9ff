// An operator at the REST API, as tests need one.
import { until } from './until.js';

export interface DeviceRow {
  readonly id: string;
  readonly serial: string;
  readonly ip: string;
  readonly mac: string;
  readonly model: string;
  readonly status: string;
  readonly licensed: boolean;
  readonly autoDiscovered: boolean;
  readonly lastPolicyUsed: string | null;
  readonly lastAssessedAt: string | null;
}

export class Operator {
  private constructor(
    readonly url: string,
    private readonly cookie: string,
  ) {}

  static async signIn(url: string, password: string, name = 'admin'): Promise<Operator> {
    const response = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-muster': '1' },
      body: JSON.stringify({ name, password }),
    });
    const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
    if (!response.ok || !cookie) throw new Error(`signing in: ${response.status} ${await response.text()}`);
    return new Operator(url, cookie);
  }

  async ask<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { cookie: this.cookie, 'x-muster': '1', 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? null : JSON.parse(text)) as T;
  }

  get<T = unknown>(path: string): Promise<T> {
    return this.ask<T>('GET', path);
  }

  /** A response that goes on, such as the event stream. */
  async stream(
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, {
      headers: { ...headers, cookie: this.cookie },
      signal,
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async changeSettings(change: object): Promise<void> {
    const { version, body } = await this.get<{ version: number; body: object }>('/api/settings');
    await this.ask('PUT', '/api/settings', { version, body: { ...body, ...change } });
  }

  /** Takes announcements, remediates with the Base policy, connects to the virtual fleet's network. */
  switchOn(): Promise<void> {
    return this.changeSettings({
      acceptAnnouncements: true,
      allowRemediation: true,
      initialPolicy: 'base',
      deviceNetworks: ['127.8.0.0/16'],
    });
  }

  async devices(): Promise<readonly DeviceRow[]> {
    const all: DeviceRow[] = [];
    for (let after = ''; ;) {
      const query = `limit=500${after && `&after=${encodeURIComponent(after)}`}`;
      const page = await this.get<{ items: DeviceRow[]; next: string | null }>(`/api/devices?${query}`);
      all.push(...page.items);
      if (!page.next) return all;
      after = page.next;
    }
  }

  /** All devices, once there are `count` and none waits for its assessment. */
  settled(count: number, limitMs: number): Promise<readonly DeviceRow[]> {
    const busy = new Set(['unassessed', 'assessing']);
    return until(
      `${count} devices are assessed`,
      async () => {
        const devices = await this.devices();
        return devices.length >= count && devices.every(({ status }) => !busy.has(status)) && devices;
      },
      limitMs,
    );
  }
}
