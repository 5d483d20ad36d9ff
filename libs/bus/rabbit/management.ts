// RabbitMQ's HTTP API, for what AMQP cannot do: accounts, permissions, policies, and lists. Only steps of an administrator
// use it; no service does.
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { text } from 'node:stream/consumers';

export interface ManagementOptions {
  /** Such as https://rabbitmq:15671 */
  readonly url: string;
  /** An amqp(s) address whose user and password are the administrator's. */
  readonly account: string;
  /** PEM of the authority that the broker's certificate must lead to. */
  readonly authority?: string | null;
}

type Method = 'GET' | 'POST' | 'DELETE';

const limitMs = 30_000;

export class Management {
  constructor(private readonly options: ManagementOptions) {}

  /** What is there already is kept, or changed to what they say. */
  async importDefinitions(definitions: object): Promise<void> {
    await this.#ask('POST', ['definitions'], definitions);
  }

  /** Null when there is nothing at that path. Each part of the path is a name, whatever it holds. */
  async get(...path: readonly string[]): Promise<unknown> {
    const body = await this.#ask('GET', path);
    return body === null ? null : (JSON.parse(body) as unknown);
  }

  /** False when there was nothing. */
  async delete(...path: readonly string[]): Promise<boolean> {
    return (await this.#ask('DELETE', path)) !== null;
  }

  async #ask(method: Method, path: readonly string[], body?: object): Promise<string | null> {
    const { url, account, authority } = this.options;
    const { username, password } = new URL(account);
    const address = new URL(`/api/${path.map(encodeURIComponent).join('/')}`, url);
    const request = (address.protocol === 'https:' ? secure : plain)(address, {
      method,
      auth: `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(limitMs),
      ...(authority ? { ca: authority } : {}),
    });
    const { status, answer } = await new Promise<{ status: number; answer: string }>((resolve, reject) => {
      request.on('error', reject).on('response', (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
      });
      request.end(body === undefined ? undefined : JSON.stringify(body));
    });
    if (status === 404) return null;
    if (status >= 300)
      throw new Error(
        `the broker's management API answered ${method} ${address.pathname} with ${status}: ${answer}`,
      );
    return answer;
  }
}
