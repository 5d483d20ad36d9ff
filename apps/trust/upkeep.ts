// What the process looks after: lists that are due, certificates that end, the identity that EST shows.
import type { Meter } from '@opentelemetry/api';
import { warnDays, warningOf } from '#pki/expiry';
import type { Log } from '#runtime/log';
import { newestList, type TrustAuthority } from './authority.js';
import type { Books } from './books.js';
import { expiryOf } from './expiry.js';

const warnEveryMs = 24 * 3_600_000;

export interface LookingAfter {
  readonly dir: string;
  readonly books: Books;
  readonly authority: TrustAuthority;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  readonly meter: Meter;
  /** Shows another identity where it has changed: whether it had to. Null: there is no EST. */
  readonly est: (() => boolean) | null;
}

export class Upkeep {
  #warnedAtMs = -Infinity;
  #problem: string | null = null;
  readonly #forget: () => void;

  constructor(private readonly on: LookingAfter) {
    const ending = on.meter.createObservableGauge('muster.trust.ending', {
      description: `Certificates that end within ${warnDays} days: of authority and identities, and of devices`,
    });
    const list = on.meter.createObservableGauge('muster.trust.list.remaining', {
      description: 'Until the published list is too old to be trusted',
      unit: 's',
    });
    const observeEnding: Parameters<typeof ending.addCallback>[0] = (result) => {
      const { endings, devices } = expiryOf(on.books, on.dir, new Date());
      result.observe(endings.length, { of: 'muster' });
      result.observe(devices, { of: 'devices' });
    };
    const observeList: Parameters<typeof list.addCallback>[0] = (result) => {
      for (const issuer of ['root', 'issuing'] as const) {
        const newest = newestList(on.books, issuer);
        if (newest) result.observe((newest.nextUpdate.getTime() - Date.now()) / 1000, { issuer });
      }
    };
    ending.addCallback(observeEnding);
    list.addCallback(observeList);
    this.#forget = () => {
      ending.removeCallback(observeEnding);
      list.removeCallback(observeList);
    };
  }

  /** Every few seconds: what another process wrote into the books is seen here too. */
  async look(now: Date = new Date()): Promise<void> {
    this.#renewList(now);
    if (now.getTime() - this.#warnedAtMs >= warnEveryMs) this.#warn(now);
    this.#renewIdentity();
  }

  problems(): readonly string[] {
    return this.#problem === null ? [] : [this.#problem];
  }

  stop(): void {
    this.#forget();
  }

  #renewList(now: Date): void {
    const newest = newestList(this.on.books, 'issuing');
    const left = (newest?.nextUpdate.getTime() ?? 0) - now.getTime();
    const whole = newest ? newest.nextUpdate.getTime() - newest.thisUpdate.getTime() : 1;
    if (left > whole / 2) {
      // Made here, or by hand.
      this.#problem = null;
      return;
    }
    try {
      const { number, nextUpdate } = this.on.authority.publish('issuing');
      this.#problem = null;
      this.on.log.info(
        { number, nextUpdate: nextUpdate.toUTCString() },
        'A new list of revoked certificates is published',
      );
    } catch (error) {
      // An old list is better than none, until it ends: then devices are refused.
      this.#problem =
        left > 0 ? null : 'the list of revoked certificates is too old, and no new one can be made';
      this.on.log.error({ error }, 'No new list of revoked certificates could be made; it is tried again');
    }
  }

  #renewIdentity(): void {
    try {
      if (this.on.est?.()) this.on.log.info({}, 'EST shows another identity now');
    } catch (error) {
      this.on.log.error({ error }, 'The new identity for EST cannot be used; the one before is still shown');
    }
  }

  #warn(now: Date): void {
    const expiry = expiryOf(this.on.books, this.on.dir, now);
    this.#warnedAtMs = now.getTime();
    for (const { what, until } of expiry.endings) {
      const { code, message } = warningOf(until, now);
      this.on.log.warn({ code, certificate: what, until: until.toUTCString() }, message);
    }
    const root = newestList(this.on.books, 'root');
    if (root && root.nextUpdate.getTime() - now.getTime() < warnDays * 86_400_000)
      this.on.log.warn(
        { code: 'rootListExpires', until: root.nextUpdate.toUTCString() },
        "The root's list needs its key to be renewed: muster ca crl --root --renew",
      );
    if (expiry.devices > 0)
      this.on.log.warn(
        { code: 'deviceCertificatesExpire', devices: expiry.devices },
        `Devices have not renewed a certificate with less than ${warnDays} days left: muster ca list --expiring ${warnDays}`,
      );
  }
}
