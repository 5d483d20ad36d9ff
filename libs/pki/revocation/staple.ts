// What a server says of its own certificate while it shakes hands (OCSP stapling, RFC 6066 8): the newest answer of its issuer's
// responder, fetched beside the handshakes, so that none ever waits for it.
import { X509Certificate } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { messageOf } from '../../events/message-of.js';
import { authoritiesIn } from '../authorities.js';
import { fetchBytes } from './fetch.js';
import { askAbout, readAnswer, type OcspAnswer } from './ocsp.js';

const limitMs = 5_000;
const bytesMax = 65_536;
const againAfterMs = 10_000;
/** A new answer is asked for when half of the last one's time is over, within these. */
const restMinMs = 5_000;
const restMaxMs = 3_600_000;

export interface StapleOptions {
  /** PEM of what the server presents now: its certificate, its issuer among those that follow. */
  readonly certificate: () => string;
  readonly url: string;
  /** Told when it begins to fail, fails otherwise, or is well again: then with null. */
  readonly heard: (problem: string | null) => void;
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
  #askedAtMs = -Infinity;
  readonly #ended = new AbortController();
  readonly #rounds: Promise<void>;

  constructor(private readonly options: StapleOptions) {
    this.#rounds = this.#goRound();
  }

  /** Null: nothing is stapled, which clients take for a server that does not do it. @param presented DER */
  current(presented: Buffer, now: Date): Buffer | null {
    const held = this.#held;
    if (held && !held.about.equals(presented)) this.#renewSoon();
    return held && held.nextUpdate > now && held.about.equals(presented) ? held.bytes : null;
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#rounds;
  }

  /** Another certificate is presented by now. */
  #renewSoon(): void {
    if (performance.now() - this.#askedAtMs > againAfterMs) void this.#renew();
  }

  async #goRound(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await this.#renew();
      await setTimeout(this.#restMs(), null, { signal, ref: false }).catch(() => undefined);
    }
  }

  #restMs(): number {
    if (this.#problem !== null || !this.#held) return againAfterMs;
    const half = (this.#held.nextUpdate.getTime() - Date.now()) / 2;
    return Math.min(Math.max(half, restMinMs), restMaxMs);
  }

  async #renew(): Promise<void> {
    this.#askedAtMs = performance.now();
    const problem = await this.#problemOfRenewing();
    if (this.#ended.signal.aborted || problem === this.#problem) return;
    this.#problem = problem;
    this.options.heard(problem);
  }

  async #problemOfRenewing(): Promise<string | null> {
    const { certificate, url } = this.options;
    try {
      const pair = pairIn(certificate());
      if (!pair) return 'the issuer does not follow the certificate in its file';
      // Without a nonce: the answer is for many.
      const question = askAbout(pair.own, pair.issuer, null);
      const body = { bytes: question.request, type: 'application/ocsp-request' };
      const { bytes } = await fetchBytes(url, { limitMs, bytesMax, body, signal: this.#ended.signal });
      const answer = readAnswer(bytes ?? new Uint8Array(), question, new Date());
      return this.#take(pair.own.raw, Buffer.from(bytes ?? []), answer);
    } catch (error) {
      return messageOf(error);
    }
  }

  /** What is not good is kept from nobody: the certificate has to be replaced. */
  #take(about: Buffer, bytes: Buffer, { standing, nextUpdate }: OcspAnswer): string | null {
    this.#held = nextUpdate && { about, bytes, nextUpdate };
    if (standing === 'good') return null;
    return standing === 'revoked'
      ? 'it says that the certificate was revoked'
      : 'it does not know the certificate';
  }
}

function pairIn(pem: string): { readonly own: X509Certificate; readonly issuer: X509Certificate } | null {
  const [own, ...above] = authoritiesIn(pem).map((text) => new X509Certificate(text));
  const issuer = above.find((each) => own?.checkIssued(each) && own.verify(each.publicKey));
  return own && issuer ? { own, issuer } : null;
}
