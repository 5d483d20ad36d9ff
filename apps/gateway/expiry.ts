// Certificates that end soon (R84): what the gateway presents, and the authorities that it trusts.
import { X509Certificate } from 'node:crypto';
import type { Meter } from '@opentelemetry/api';
import { subjectOf } from '#pki/certificate';
import { endingWithin, warnDays, warningOf } from '#pki/expiry';
import type { Log } from '#runtime/log';
import { repeat } from '#runtime/repeat';
import type { Running } from '#runtime/service';

export interface Held {
  readonly identity: X509Certificate;
  /** PEM, each by itself. */
  readonly authorities: readonly string[];
}

const lookMs = 3_600_000;
const warnEveryMs = 24 * lookMs;

/** Once for each certificate, then once a day. */
export class ExpiryWatch {
  readonly #toldAtMs = new Map<string, number>();

  constructor(
    private readonly held: () => Held,
    private readonly log: Pick<Log, 'warn'>,
  ) {}

  look(now: Date = new Date()): void {
    const { identity, authorities } = this.held();
    const all = [
      { of: 'identity', certificate: identity },
      ...authorities.map((pem) => ({ of: 'authority', certificate: new X509Certificate(pem) })),
    ];
    for (const { of, certificate } of endingWithin(warnDays, all, now)) {
      const { fingerprint256, validToDate: until } = certificate;
      const told = this.#toldAtMs.get(fingerprint256);
      if (told !== undefined && now.getTime() - told < warnEveryMs) continue;
      this.#toldAtMs.set(fingerprint256, now.getTime());
      const { code, message } = warningOf(until, now);
      const fields = { code, of, certificate: subjectOf(certificate), until: until.toUTCString() };
      this.log.warn(fields, message);
    }
  }
}

export function watchExpiry(watch: ExpiryWatch, log: Pick<Log, 'warn'>): Running {
  const work = () => Promise.resolve(watch.look()).then(() => 0);
  return repeat({ name: 'certificates that end', everyMs: lookMs, work, log });
}

/** Of what is presented: an alert tells in time. */
export function meterExpiry(meter: Meter, identity: () => X509Certificate): void {
  meter
    .createObservableGauge('muster.gateway.identity.remaining', {
      description: 'Until the certificate that devices are shown expires',
      unit: 's',
    })
    .addCallback((result) => result.observe((identity().validToDate.getTime() - Date.now()) / 1000));
}
