// What a server says of its own certificate while it shakes hands (OCSP stapling, RFC 6066 8): the newest answer of its issuer's
// responder, fetched beside the handshakes, so that none ever waits for it.
import { X509Certificate } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../../events/message-of.js';
import { responderAddresses } from '../addresses.js';
import { authoritiesIn } from '../authorities.js';
import { fetchBytes } from './fetch.js';
import { type Own, postElsewhere } from './fetch-elsewhere.js';
import { askAbout, readAnswer, type OcspAnswer } from './ocsp.js';

const limitMs = 5_000;
const bytesMax = 65_536;
/** After a failure, or while nobody is named; twice as long with each failure more. */
const againAfterMs = 10_000;
const againMaxMs = 60_000;
/** A new answer is asked for when half of the last one's time is over, within these. */
const restMinMs = 5_000;
const restMaxMs = 3_600_000;

export interface Shown {
  /** PEM of what the server presents now: its certificate, its issuer among those that follow. */
  readonly certificate: string;
  /** From this machine's own files: a responder that it names may be on this machine, too. Else it came by the bus. */
  readonly own: boolean;
}

export interface StapleOptions {
  readonly shown: () => Shown;
  /** The responder, whatever is presented; null: the one that the certificate names (RFC 5280 4.2.2.1), if any. */
  readonly url: string | null;
  /** Told when it begins to fail, fails otherwise, or is well again: then with null. */
  readonly heard: (url: string, problem: string | null) => void;
  /** Addresses to which no certificate leads that came by the bus: by default this machine's. */
  readonly ownAddresses?: Own;
}

interface Held {
  /** The certificate that it is about, DER. */
  readonly about: Buffer;
  readonly bytes: Buffer;
  readonly nextUpdate: Date;
}

export class Staple {
  #held: Held | null = null;
  #problem: string | null = null;
  #failures = 0;
  /** PEM that was asked about last. */
  #askedAbout = '';
  #askedAtMs = -Infinity;
  #woken = new AbortController();
  readonly #ended = new AbortController();
  readonly #rounds: Promise<void>;

  constructor(private readonly options: StapleOptions) {
    this.#rounds = this.#goRound();
  }

  /** Whether there is an answer, about whatever certificate. */
  get holding(): boolean {
    return this.#held !== null;
  }

  /** Null: nothing is stapled, which clients take for a server that does not do it. @param presented DER */
  current(presented: Buffer, now: Date): Buffer | null {
    const held = this.#held;
    if (held?.about.equals(presented)) return held.nextUpdate > now ? held.bytes : null;
    if (held && performance.now() - this.#askedAtMs > againAfterMs) this.#woken.abort();
    return null;
  }

  /** Another certificate may be presented now. */
  look(): void {
    if (this.options.shown().certificate === this.#askedAbout) return;
    this.#failures = 0;
    this.#woken.abort();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#rounds;
  }

  async #goRound(): Promise<void> {
    const { signal: ended } = this.#ended;
    while (!ended.aborted) {
      this.#woken = new AbortController();
      // Woken while it asks, it asks again at once.
      const signal = AbortSignal.any([ended, this.#woken.signal]);
      await this.#renew();
      await setTimeout(this.#restMs(), null, { signal, ref: false }).catch(() => undefined);
    }
  }

  #restMs(): number {
    if (this.#problem !== null)
      return Math.min(againAfterMs * 2 ** Math.max(0, this.#failures - 1), againMaxMs);
    if (!this.#held) return againAfterMs;
    const half = (this.#held.nextUpdate.getTime() - Date.now()) / 2;
    return Math.min(Math.max(half, restMinMs), restMaxMs);
  }

  /** Never rejects. */
  async #renew(): Promise<void> {
    this.#askedAtMs = performance.now();
    const shown = this.options.shown();
    this.#askedAbout = shown.certificate;
    const url = this.options.url ?? responderIn(shown.certificate);
    if (url === null) this.#held = null;
    const problem = url === null ? null : await this.#problemOfAsking(url, shown);
    if (this.#ended.signal.aborted) return;
    const before = this.#problem;
    this.#problem = problem;
    this.#failures = problem === null ? 0 : this.#failures + 1;
    if (url !== null && problem !== before) this.options.heard(url, problem);
  }

  async #problemOfAsking(url: string, { certificate, own }: Shown): Promise<string | null> {
    try {
      const pair = pairIn(certificate);
      if (!pair) return 'the issuer does not follow the certificate in its file';
      // Without a nonce: the answer is for many.
      const question = askAbout(pair.own, pair.issuer, null);
      const body = { bytes: question.request, type: 'application/ocsp-request' };
      const fetching = { limitMs, bytesMax, body, signal: this.#ended.signal };
      const { url: named, ownAddresses } = this.options;
      const meant = own || named !== null;
      const bytes = meant
        ? (await fetchBytes(url, fetching)).bytes
        : await postElsewhere(url, fetching, ownAddresses);
      const answer = readAnswer(bytes ?? new Uint8Array(), question, new Date());
      return this.#take(pair.own.raw, Buffer.from(bytes ?? []), answer);
    } catch (error) {
      return messageOf(error);
    }
  }

  /** That it was revoked is kept from nobody: it has to be replaced. Of one that the responder does not know it can say nothing. */
  #take(about: Buffer, bytes: Buffer, { standing, nextUpdate }: OcspAnswer): string | null {
    this.#held = standing === 'absent' ? null : nextUpdate && { about, bytes, nextUpdate };
    if (standing === 'good') return null;
    return standing === 'revoked'
      ? 'it says that the certificate was revoked'
      : 'it does not know the certificate';
  }
}

/** That the certificate names; what cannot be read names none. */
function responderIn(pem: string): string | null {
  try {
    const [own] = authoritiesIn(pem);
    return (own !== undefined && responderAddresses(new X509Certificate(own))[0]) || null;
  } catch {
    return null;
  }
}

function pairIn(pem: string): { readonly own: X509Certificate; readonly issuer: X509Certificate } | null {
  const [own, ...above] = authoritiesIn(pem).map((text) => new X509Certificate(text));
  const issuer = above.find((each) => own?.checkIssued(each) && own.verify(each.publicKey));
  return own && issuer ? { own, issuer } : null;
}
