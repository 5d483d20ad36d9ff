// Which certificate the gateway presents (R15): its own, from files, or the one that operators chose from the store, whose
// key comes sealed to this gateway. What cannot be opened changes nothing.
import { createPublicKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { messageOf } from '#events/message-of';
import type { SealedIdentity } from '#events/certificate';
import type { Presented as Report } from '#events/service';
import { authoritiesIn } from '#pki/authorities';
import { sameKey } from '#pki/authority/key';
import { fingerprintOf, subjectOf, type Credentials } from '#pki/certificate';
import { NotOpened, open, recipientText, type SealingKey } from '#pki/seal';
import type { Log } from '#runtime/log';

export interface Presented {
  /** Friendly name; null: its own. */
  readonly name: string | null;
  readonly credentials: Credentials;
  readonly certificate: X509Certificate;
}

export interface ChosenOptions {
  readonly own: Credentials;
  /** Null: there is no folder to keep one in, so nothing can be sealed to this gateway. */
  readonly sealing: SealingKey | null;
  readonly log: Pick<Log, 'info' | 'error'>;
}

export class ChosenIdentity {
  readonly #own: Presented;
  #current: Presented;
  #problem: string | null = null;
  /** What was asked for last: the same is neither opened nor told again. */
  #asked = 'null';

  constructor(private readonly options: ChosenOptions) {
    const { own } = options;
    this.#own = { name: null, credentials: own, certificate: new X509Certificate(own.certificate) };
    this.#current = this.#own;
  }

  get current(): Presented {
    return this.#current;
  }

  follow(chosen: SealedIdentity | null): void {
    const asked = JSON.stringify(chosen);
    if (asked === this.#asked) return;
    this.#asked = asked;
    try {
      const next = chosen === null ? this.#own : opened(chosen, this.options.sealing);
      this.#problem = null;
      if (fingerprintOf(next.certificate.raw) === this.report().identity.fingerprint) return;
      this.#current = next;
      this.#tell();
    } catch (error) {
      this.#problem = `the identity "${chosen?.name ?? ''}" cannot be presented: ${messageOf(error)}`.slice(
        0,
        512,
      );
      this.options.log.error(
        {
          code: 'identityNotOpened',
          identity: chosen?.name,
          reason: messageOf(error),
          presented: this.#current.name,
        },
        'The identity that was chosen cannot be presented; the one before stays',
      );
    }
  }

  report(): Report {
    const { sealing } = this.options;
    const { name, certificate } = this.#current;
    return {
      sealingKey: sealing && recipientText(sealing),
      identity: {
        name,
        subject: subjectOf(certificate),
        fingerprint: fingerprintOf(certificate.raw),
        until: certificate.validToDate.toISOString(),
      },
      problem: this.#problem,
    };
  }

  #tell(): void {
    const { identity } = this.report();
    this.options.log.info(
      { code: 'identityPresented', ...identity, until: this.#current.certificate.validToDate.toUTCString() },
      'Devices are shown another identity from now on',
    );
  }
}

/** Throws NotOpened, or what is wrong with the certificates. */
function opened(chosen: SealedIdentity, sealing: SealingKey | null): Presented {
  if (!sealing)
    throw new NotOpened('this gateway has no sealing key: give it a folder, MUSTER_GATEWAY_IDENTITY_DIR');
  const box = chosen.sealed.find(({ to }) => to === sealing.fingerprint)?.box;
  if (box === undefined)
    throw new NotOpened(
      `its key is not sealed to this gateway: muster ca gateways --admit ${sealing.fingerprint}`,
    );
  const key = open(box, sealing, chosen);
  const [pem = ''] = authoritiesIn(chosen.certificates);
  const certificate = new X509Certificate(pem);
  if (!sameKey(certificate.publicKey, createPublicKey(key)))
    throw new NotOpened('its key and its certificate do not belong together');
  if (certificate.validToDate < new Date())
    throw new NotOpened(`its certificate has expired, on ${certificate.validToDate.toUTCString()}`);
  const credentials = {
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: chosen.certificates,
  };
  usable(credentials);
  return { name: chosen.name, credentials, certificate };
}

/** OpenSSL takes no weak key and no weak signature, of the certificate or of those above it: better said here than at the door. */
function usable({ key, certificate }: Credentials): void {
  try {
    createSecureContext({ key, cert: certificate });
  } catch (error) {
    throw new NotOpened(`TLS does not take its certificates: ${messageOf(error)}`);
  }
}
