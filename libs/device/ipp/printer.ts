// One printer asked by IPP: over TLS, and in clear only for what everybody may read, where it takes connections and offers
// no TLS. Operations of RFC 8011 4.2.5 and RFC 3380 4.1.
import type { Outcome, Target } from '../device.js';
import { wanted } from './attributes.js';
import type { Said } from './facts.js';
import { Line } from './line.js';
import { tags, type Attributes } from './message.js';

export const operations = { getPrinterAttributes: 0x000b, setPrinterAttributes: 0x0013 } as const;

const requested = wanted.map((name) => ({ tag: tags.keyword, content: name }));

export interface Heard extends Said {
  /** Of the certificate it showed; null in clear. */
  readonly fingerprint: string | null;
}

export class Printer {
  readonly #secured: Line;
  readonly #open: Line;

  constructor(target: Target) {
    this.#secured = new Line(target, { clear: false });
    this.#open = new Line(target, { clear: true });
  }

  /** Nobody listens at its port, and nobody has. */
  get refuses(): boolean {
    return this.#secured.exchange.reach === 'refused';
  }

  async attributes(signal: AbortSignal): Promise<Outcome<Heard>> {
    const secured = await this.#get(false, signal);
    if (secured.kind === 'answered' || this.#secured.exchange.reach !== 'connected') return secured;
    const open = await this.#get(true, signal);
    return open.kind === 'unreachable' ? secured : open;
  }

  /** Never in clear. */
  async set(attributes: Attributes, signal: AbortSignal): Promise<Outcome<unknown>> {
    const groups = [{ tag: tags.printer, attributes }];
    return this.#secured.ask({ code: operations.setPrinterAttributes, groups }, signal);
  }

  close(): void {
    this.#secured.exchange.close();
    this.#open.exchange.close();
  }

  async #get(clear: boolean, signal: AbortSignal): Promise<Outcome<Heard>> {
    const asking = {
      code: operations.getPrinterAttributes,
      asked: [['requested-attributes', requested]] as const,
    };
    const answer = await (clear ? this.#open : this.#secured).ask(asking, signal);
    if (answer.kind !== 'answered') return answer;
    const { groups, fingerprint } = answer.value;
    const said = groups.find(({ tag }) => tag === tags.printer);
    return { kind: 'answered', value: { attributes: said?.attributes ?? new Map(), clear, fingerprint } };
  }
}
