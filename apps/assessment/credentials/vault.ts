// The one place that opens credentials: with the keys of the key file, for as long as it takes to use them.
import { credential, type Credential } from '#device/credential';
import { messageOf } from '#events/message-of';
import type { KeyFile } from '#pki/key-file';
import type { Log } from '#runtime/log';
import type { Store } from '#store/store';
import { nameOf, type Candidate, type Held } from './held.js';

export interface VaultOptions {
  readonly store: Pick<Store, 'query'>;
  /** Null: this Muster has no key file, and keeps no credentials. */
  readonly keys: KeyFile | null;
  readonly log: Pick<Log, 'warn'>;
}

export class Vault {
  constructor(private readonly options: VaultOptions) {}

  /** Null where it cannot be opened: the log says why, and never what is in it. */
  async open(one: Candidate): Promise<Credential | null> {
    const { keys, log } = this.options;
    try {
      if (!keys) throw new Error('there is no key file: MUSTER_CREDENTIALS_KEY_FILE is not set');
      const ring = await keys.ring();
      return credential.parse(JSON.parse(ring.open(one.box, one.place)));
    } catch (error) {
      const why = error instanceof SyntaxError ? 'it holds no credential' : messageOf(error);
      log.warn({ credential: nameOf(one), why }, 'A credential could not be opened');
      return null;
    }
  }

  /** Remembers whether the device let it in; says so in the `held` of no running task. */
  async remember({ deviceId, tried }: Held, one: Candidate, now: { subject: string; isRight: boolean }): Promise<void> {
    const before = tried.get(nameOf(one));
    if (before?.isRight === now.isRight && before.subject === now.subject) return;
    await this.options.store.query(
      `insert into assessment.credential_try (device_id, credential, subject, is_right)
       select id, $2, $3, $4 from assessment.device where id = $1
       on conflict (device_id, credential) do update set subject = excluded.subject, is_right = excluded.is_right, at = now()`,
      [deviceId, nameOf(one), now.subject, now.isRight],
    );
  }
}
