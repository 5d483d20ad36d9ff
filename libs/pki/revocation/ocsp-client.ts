// One OCSP responder, asked at the address that the operator named, and what it said lately.
import { randomBytes, type X509Certificate } from 'node:crypto';
import { fingerprintOf } from '../certificate.js';
import { fetchBytes, NotFetched } from './fetch.js';
import { askAbout, readAnswer, RefusedOcsp, type OcspAnswer } from './ocsp.js';
import { Places, type PlacesOptions } from './places.js';
import type { Standing } from './standing.js';

const limitMs = 3_000;
const bytesMax = 65_536;
/** Asked again after this time, so that a revocation is in force within a minute; until nextUpdate an older answer stands in. */
const askedAgainAfterMs = 10_000;
/** After a failure nobody waits for the responder for so long. */
const leftAloneMs = 5_000;
/** A failure is told of for so long: a gateway that is not ready for it is asked nothing, and would never find out. */
const toldForMs = 60_000;
const rememberedMax = 10_000;
/** With the limit of a question, less than a device waits for its answer. */
const manyAtOnce: PlacesOptions = { atOnce: 50, waitingMax: 250, waitMs: 1_000 };

interface Remembered extends OcspAnswer {
  readonly askedAt: number;
}

export class OcspClient {
  readonly #remembered = new Map<string, Remembered>();
  /** Those that wait for their turn among them. */
  readonly #underWay = new Map<string, Promise<Remembered | null>>();
  readonly #places: Places;
  #problem: string | null = null;
  #problemUntil = 0;
  #leftAloneUntil = 0;

  constructor(
    private readonly url: string,
    private readonly signal: AbortSignal,
    asking: PlacesOptions = manyAtOnce,
  ) {
    this.#places = new Places(asking);
  }

  /** Why the last question of late has no answer that counts. */
  get problem(): string | null {
    return performance.now() < this.#problemUntil ? this.#problem : null;
  }

  /** `absent` is its own word; `unanswered`: it was not asked, or has no answer that counts. */
  async standingOf(certificate: X509Certificate, issuer: X509Certificate, now: Date): Promise<Standing> {
    const key = fingerprintOf(certificate.raw);
    const known = this.#remembered.get(key);
    if (known && now.getTime() - known.askedAt < askedAgainAfterMs && holds(known, now))
      return known.standing;
    const asked = await this.#askOnce(key, certificate, issuer, now);
    if (asked) return asked.standing;
    return known && holds(known, now) ? known.standing : 'unanswered';
  }

  #askOnce(
    key: string,
    certificate: X509Certificate,
    issuer: X509Certificate,
    now: Date,
  ): Promise<Remembered | null> {
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const begun = this.#inTurn(key, certificate, issuer, now).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, begun);
    return begun;
  }

  async #inTurn(
    key: string,
    certificate: X509Certificate,
    issuer: X509Certificate,
    now: Date,
  ): Promise<Remembered | null> {
    if (this.#leftAlone || !(await this.#places.take())) return null;
    try {
      return this.#leftAlone ? null : this.#remember(key, await this.#ask(certificate, issuer, now), now);
    } catch (error) {
      return this.#failed(error);
    } finally {
      this.#places.leave();
    }
  }

  get #leftAlone(): boolean {
    return performance.now() < this.#leftAloneUntil;
  }

  async #ask(certificate: X509Certificate, issuer: X509Certificate, now: Date): Promise<OcspAnswer> {
    const question = askAbout(certificate, issuer, randomBytes(32));
    const body = { bytes: question.request, type: 'application/ocsp-request' };
    const { bytes } = await fetchBytes(this.url, { limitMs, bytesMax, body, signal: this.signal });
    return readAnswer(bytes ?? new Uint8Array(), question, now);
  }

  /** An answer that says for how long it holds; the oldest ones make room. */
  #remember(key: string, answer: OcspAnswer, now: Date): Remembered {
    this.#problem = null;
    const remembered = { ...answer, askedAt: now.getTime() };
    this.#remembered.delete(key);
    if (answer.nextUpdate) this.#remembered.set(key, remembered);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > rememberedMax && oldest !== undefined) this.#remembered.delete(oldest);
    return remembered;
  }

  #failed(error: unknown): null {
    if (!(error instanceof NotFetched || error instanceof RefusedOcsp)) throw error;
    this.#problem = error.message;
    this.#problemUntil = performance.now() + toldForMs;
    // One that answers, though wrongly, keeps nobody waiting.
    if (error instanceof NotFetched) {
      this.#leftAloneUntil = performance.now() + leftAloneMs;
      this.#places.dismiss();
    }
    return null;
  }
}

const holds = ({ nextUpdate }: OcspAnswer, now: Date): boolean => nextUpdate !== null && nextUpdate > now;
