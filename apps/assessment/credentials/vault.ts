// The one place that opens credentials: with the keys of the key file, for as long as it takes to use them.
import { randomBytes } from 'node:crypto';
import { credential, placeName, userOf, type Credential, type CredentialKind } from '#device/credential';
import { messageOf } from '#events/message-of';
import type { KeyFile } from '#pki/key-file';
import type { Log } from '#runtime/log';
import { putCredential, type Owner } from '#store/credentials';
import type { Store } from '#store/store';
import { nameOf, type Candidate, type Held } from './held.js';

export interface VaultOptions {
  readonly store: Pick<Store, 'query'>;
  /** Null: this Muster has no key file, and keeps no credentials. */
  readonly keys: KeyFile | null;
  readonly log: Pick<Log, 'warn'>;
}

export class Vault {
  /** What was wrong in a task, by name: there is more to be said of it than what was remembered as the task began. */
  readonly #wrong = new WeakMap<Held, Set<string>>();

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

  /** A new one of Muster's own for one device, sealed and kept. Rejects where it cannot be. */
  async keep(kind: CredentialKind, owner: Owner, secret: Credential): Promise<Candidate> {
    const { keys, store } = this.options;
    if (!keys) throw new Error('there is no key file to seal a credential with');
    const at = { kind, scope: 'device', id: owner.deviceId } as const;
    const place = placeName(at);
    const box = (await keys.ring()).seal(JSON.stringify(secret), place);
    const of = { ...at, userName: userOf(secret), generated: true, changedBy: 'muster', box, owner };
    const version = await putCredential(store, of);
    return { kind, scope: at.scope, place, version, age: 0, box, generated: true };
  }

  /**
   * Kept before the device gets it: whether it takes it is not known until it lets in by it, which may be long after it was said to
   * be wrong. What was given away so is never given up.
   */
  async giving(held: Held, one: Candidate, subject: string): Promise<void> {
    await this.options.store.query(
      `insert into assessment.credential_try as t (device_id, credential, subject, is_right, was_right, wrongs)
       select id, $2, $3, false, true, 0 from assessment.device where id = $1
       on conflict (device_id, credential) do update set was_right = true`,
      [held.owner.deviceId, nameOf(one), subject],
    );
  }

  /** Remembers whether the device let it in; says so in the `held` of no running task. */
  async remember(held: Held, one: Candidate, now: { subject: string; isRight: boolean }): Promise<void> {
    const { deviceId } = held.owner;
    const before = held.tried.get(nameOf(one));
    const wrong = this.#wrong.get(held) ?? new Set();
    const isKnown = now.isRight && before?.isRight === true && before.subject === now.subject;
    if (isKnown && !wrong.has(nameOf(one))) return;
    if (!now.isRight) this.#wrong.set(held, wrong.add(nameOf(one)));
    await this.options.store.query(
      `insert into assessment.credential_try as t (device_id, credential, subject, is_right, was_right, wrongs)
       select id, $2, $3, $4::boolean, $4::boolean, case when $4::boolean then 0 else 1 end
       from assessment.device where id = $1
       on conflict (device_id, credential) do update set subject = excluded.subject, is_right = excluded.is_right,
         was_right = t.was_right or excluded.was_right, at = now(), wrongs = case
           when excluded.is_right then 0 when t.subject = excluded.subject then t.wrongs + 1 else 1 end`,
      [deviceId, nameOf(one), now.subject, now.isRight],
    );
  }
}

const made = (): string => randomBytes(18).toString('base64url');

/** @param model the one that it comes after: of SNMPv3 user and algorithms stay */
export function newSecret(kind: CredentialKind, model: Credential | null): Credential {
  switch (kind) {
    case 'admin':
      return { kind, password: made() };
    case 'snmpUser': {
      if (model?.kind !== kind) throw new Error('a user of SNMPv3 gets new passwords from one who is known');
      return { ...model, authPassword: made(), privPassword: made() };
    }
    case 'snmpRead':
    case 'snmpWrite':
      return { kind, community: made(), unproved: false };
  }
}
