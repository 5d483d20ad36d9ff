// Whom the gateway trusts now: the authorities of its edge configuration, and who of theirs was revoked.
import { X509Certificate } from 'node:crypto';
import type { Meter } from '@opentelemetry/api';
import { asksForCertificates } from '#events/asks-for-certificates';
import type { EdgeConfiguration } from '#events/settings';
import { soundAuthoritiesIn } from '#pki/authorities';
import { Revocation } from '#pki/revocation/revocation';
import type { SourceReport } from '#pki/revocation/sources';
import type { Trust } from '#pki/verdict';
import type { Log } from '#runtime/log';

/** As the handshake wants it, and as the verdict on its certificate does. */
interface Held extends Trust {
  readonly pem: readonly string[];
  readonly revocation: Revocation | null;
  /** Why nobody can be verified; null when somebody can. */
  readonly fault: string | null;
}

/** Authorities in one line of the log. */
const toldMax = 10;

const nobody: Held = { pem: [], revocation: null, fault: null };

export interface EdgeTrustOptions {
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Of lists that the operator names by file; null: none was given. */
  readonly folder: string | null;
  /** Where lists that were fetched are kept over restarts; null: nowhere. */
  readonly keptIn: string | null;
}

export class EdgeTrust {
  #held = nobody;
  /** What it was made of: as long as that stays, the lists that were fetched are kept. */
  #madeOf = '';
  #hard = false;

  constructor(private readonly options: EdgeTrustOptions) {}

  get current(): Held {
    return this.#held;
  }

  /** New authorities hold at once; their lists are on their way, and waited for by who must know. */
  follow(edge: EdgeConfiguration): void {
    const { trustedAuthorities, revocation } = edge;
    const asked = asksForCertificates(edge);
    const madeOf = asked ? JSON.stringify([trustedAuthorities, revocation]) : '';
    if (madeOf === this.#madeOf) return;
    void this.#held.revocation?.stop();
    this.#madeOf = madeOf;
    this.#hard = revocation.policy === 'hard';
    this.#held = asked ? this.#make(edge) : nobody;
  }

  /** What keeps devices from being verified. */
  problems(): readonly string[] {
    const { fault, revocation } = this.#held;
    return [...(fault ? [fault] : []), ...(this.#hard && revocation ? revocation.problems(new Date()) : [])];
  }

  async stop(): Promise<void> {
    await this.#held.revocation?.stop();
  }

  #make({ trustedAuthorities, revocation: settings }: EdgeConfiguration): Held {
    const { log, folder, keptIn } = this.options;
    try {
      const { sound, refused } = soundAuthoritiesIn(trustedAuthorities);
      for (const reason of refused) log.warn({ reason }, 'An authority is not trusted, for its certificate');
      const heard = (report: SourceReport) => this.#hear(report);
      const notKept = (error: unknown) =>
        log.warn(
          { error, folder: keptIn },
          'A list of revoked certificates cannot be kept for the next start',
        );
      const authorities = sound.map((text) => new X509Certificate(text));
      const revocation =
        settings.policy === 'off'
          ? null
          : new Revocation({ settings, authorities, folder, keptIn, heard, notKept });
      if (revocation) void this.#tellUnspoken(revocation);
      const fault =
        sound.length > 0 ? null : 'none of the trusted authorities can be used: nobody can be verified';
      return { pem: sound, revocation, fault };
    } catch (error) {
      log.error(
        { error },
        'The trusted authorities cannot be read; nobody can be verified until they are mended',
      );
      return { ...nobody, fault: 'the trusted authorities cannot be read: nobody can be verified' };
    }
  }

  /** Once for each trust set: it is no trouble of the gateway's, and may be as the operator wants it. */
  async #tellUnspoken(revocation: Revocation): Promise<void> {
    const authorities = await revocation.unspoken();
    if (authorities.length === 0) return;
    this.options.log.warn(
      { count: authorities.length, authorities: authorities.slice(0, toldMax) },
      'No list says of some trusted authorities whether they were revoked: hard takes no device of theirs',
    );
  }

  #hear({ source, list, problem }: SourceReport): void {
    if (problem === null)
      this.options.log.info({ source, ...list }, 'A list of revoked certificates is in force');
    else this.options.log.warn({ source, problem }, 'A list of revoked certificates cannot be had');
  }
}

/** How long the lists still hold: an alert tells before devices are refused for it. */
export function meterTrust(meter: Meter, trust: EdgeTrust): void {
  meter
    .createObservableGauge('muster.gateway.crl.remaining', {
      description: 'Until a list of revoked certificates is out of date; negative once it is',
      unit: 's',
    })
    .addCallback((result) => {
      for (const { issuer, nextUpdate } of trust.current.revocation?.lists() ?? []) {
        result.observe((nextUpdate.getTime() - Date.now()) / 1000, { issuer });
      }
    });
}
