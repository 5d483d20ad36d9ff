// A line to a printer: requests of IPP by HTTP (RFC 8010 4), over TLS or in clear, each with its answer.
import { isIPv6 } from 'node:net';
import type { Outcome, Setback, Target } from '../device.js';
import { Exchange, type Answer } from '../exchange.js';
import { BadIpp, decode } from './decode.js';
import { encode, tags, type Group, type Message, type Value } from './message.js';
import { setbackOf } from './status.js';

const type = 'application/ipp';
/** Where PWG 5100.14 has a printer, and where old ones are. */
const paths = { usual: '/ipp/print', old: '/' } as const;

export interface Asking {
  /** Of an operation. */
  readonly code: number;
  /** Operation attributes besides those of every request, by name. */
  readonly asked?: readonly (readonly [string, readonly Value[]])[];
  readonly groups?: readonly Group[];
}

export interface Answered {
  readonly groups: readonly Group[];
  /** Of the certificate it showed; null in clear. */
  readonly fingerprint: string | null;
}

export class Line {
  readonly exchange: Exchange;
  readonly #scheme: string;
  #path: string | null = null;
  #requestId = 0;

  constructor(
    private readonly target: Target,
    { clear }: { readonly clear: boolean },
  ) {
    this.exchange = new Exchange(target, { clear });
    this.#scheme = clear ? 'ipp' : 'ipps';
  }

  /** At the path where it answered before, or else at both. */
  async ask(asking: Asking, signal: AbortSignal): Promise<Outcome<Answered>> {
    const usual = this.#path ?? paths.usual;
    const first = await this.#post(usual, asking, signal);
    if (first.kind === 'answered') this.#path = usual;
    if (first.kind !== 'unsupported' || this.#path !== null) return first;
    const second = await this.#post(paths.old, asking, signal);
    if (second.kind !== 'answered') return first;
    this.#path = paths.old;
    return second;
  }

  async #post(path: string, asking: Asking, signal: AbortSignal): Promise<Outcome<Answered>> {
    this.#requestId += 1;
    const requestId = this.#requestId;
    const body = encode(this.#request(path, requestId, asking));
    const answer = await this.exchange.ask({ method: 'POST', path, type, body }, signal);
    return answer.kind === 'answered' ? understand(answer.value, requestId) : answer;
  }

  /** IPP/1.1, which printers of all versions speak. */
  #request(path: string, requestId: number, { code, asked = [], groups = [] }: Asking): Message {
    const { address, port } = this.target;
    const host = isIPv6(address) ? `[${address}]` : address;
    const attributes = new Map<string, readonly Value[]>([
      // These three first, in this order (RFC 8011 4.1.4).
      ['attributes-charset', [{ tag: tags.charset, content: 'utf-8' }]],
      ['attributes-natural-language', [{ tag: tags.naturalLanguage, content: 'en' }]],
      ['printer-uri', [{ tag: tags.uri, content: `${this.#scheme}://${host}:${port}${path}` }]],
      ...asked,
    ]);
    return { version: [1, 1], code, requestId, groups: [{ tag: tags.operation, attributes }, ...groups] };
  }
}

function understand({ bytes, type: named, fingerprint }: Answer, requestId: number): Outcome<Answered> {
  if (named !== type) return failed('it answers with another content type than that of IPP');
  let message: Message;
  try {
    message = decode(bytes);
  } catch (error) {
    if (error instanceof BadIpp) return failed(`its answer is no IPP: ${error.message}`);
    throw error;
  }
  if (message.requestId !== requestId) return failed('it answers another request than the one that was made');
  const setback = setbackOf(message.code);
  return setback ?? { kind: 'answered', value: { groups: message.groups, fingerprint } };
}

const failed = (reason: string): Setback => ({ kind: 'failed', reason, mayPass: 'once' });
