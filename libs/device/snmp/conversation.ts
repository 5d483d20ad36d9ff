// Questions to one device by SNMP, within limits, whatever it does.
import snmp, { type Session } from 'net-snmp';
import { call } from '../call.js';
import type { Outcome } from '../device.js';
import { faultOfAccess, type SnmpTarget } from './access.js';
import { Line } from './line.js';
import { isPrivacyOther } from './privacy.js';
import { Denied, denials, setbackOf } from './setback.js';
import { usmStats } from './usm/header.js';

const otherPrivacy = new Denied(denials[usmStats.decryptionErrors]);

export interface Asking {
  /** What is asked for, as its span says it. */
  readonly name: string;
  readonly signal: AbortSignal;
  readonly wholeMs: number;
}

export class Conversation {
  #line: Line | null = null;

  constructor(private readonly target: SnmpTarget) {}

  /** Rejects only when `signal` is aborted, with its reason. Settles in time, whatever the device does. */
  async ask<T>(asking: Asking, work: (session: Session) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    asking.signal.throwIfAborted();
    return call(asking.name, this.target, () => this.#ask(asking, work));
  }

  async #ask<T>(
    { signal, wholeMs }: Asking,
    work: (session: Session) => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const { access } = this.target;
    const fault = faultOfAccess(access);
    if (fault !== null) return { kind: 'failed', reason: fault, mayPass: false };

    const line = (this.#line ??= new Line(this.target));
    line.begin();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(wholeMs)]);
    const giveUp = (): void => line.end(limited.reason);
    limited.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([line.session.then(work), line.broken]);
    } catch (error) {
      const { met, understood, lately } = line;
      this.#hangUp(line, error);
      const isUnheard = met && !understood && error instanceof snmp.RequestTimedOutError;
      const isOther = isUnheard && (await isPrivacyOther(this.target, limited));
      signal.throwIfAborted();
      return setbackOf(isOther ? otherPrivacy : error, access, { met, lately });
    } finally {
      limited.removeEventListener('abort', giveUp);
    }
  }

  close(): void {
    if (this.#line) this.#hangUp(this.#line, new Error('closed'));
  }

  #hangUp(line: Line, reason: unknown): void {
    line.end(reason);
    if (this.#line === line) this.#line = null;
  }
}
