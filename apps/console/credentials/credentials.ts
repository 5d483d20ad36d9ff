// Credentials of devices as operators write them (R67): sealed at once, never shown again. They go to assessment by its own
// table, and never by the bus.
import { Inject, Injectable } from '@nestjs/common';
import { placeName, userOf, type Credential, type CredentialPlace } from '#device/credential';
import { groupChanged } from '#events/group';
import { messageOf } from '#events/message-of';
import { KeyFile } from '#pki/key-file';
import type { KeyRing } from '#pki/key-ring';
import { PARTS, type StoredParts } from '#runtime/service';
import { credentialsAt, putCredential, removeCredential } from '#store/credentials';
import type { Tx } from '#store/store';
import type { ConsoleConfig } from '../config.js';
import { lockDocuments, readOne, type Writer } from '../documents/written.js';
import type { Page, PageQuery } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { audit } from '../who/audit.js';
import { sealAnew, type Resealed } from './rotation.js';
import { credentialsPage, shown, type Shown } from './shown.js';

@Injectable()
export class Credentials {
  readonly #keys: KeyFile | null;

  constructor(@Inject(PARTS) private readonly parts: StoredParts<ConsoleConfig>) {
    const { credentialKeys } = parts.config;
    this.#keys = credentialKeys === null ? null : new KeyFile(credentialKeys);
  }

  async page(query: PageQuery): Promise<Page<Shown>> {
    const ring = await this.#keys?.ring().catch(() => null);
    return this.parts.store.transaction((tx) => credentialsPage(tx, query, ring ?? null));
  }

  /** In the place of what was there, which is still tried after it: a device may have it. */
  async set(owner: Pick<CredentialPlace, 'scope' | 'id'>, secret: Credential, by: Writer): Promise<Shown> {
    const { scope, id } = owner;
    const place = { kind: secret.kind, scope, id };
    const name = placeName(place);
    const ring = await this.#ring();
    const box = ring.seal(JSON.stringify(secret), name);
    return this.parts.store.transaction(async (tx) => {
      await mustBeThere(tx, place);
      const row = { ...place, userName: userOf(secret), generated: false, changedBy: by.name, box };
      const version = await putCredential(tx, row);
      await told(tx, by, { action: 'credential.set', name, detail: { version } });
      const [found] = await shown(tx, await credentialsAt(tx, [place]), ring);
      if (!found) throw new Error(`${name} was written and is not there`);
      return found;
    });
  }

  async remove(place: CredentialPlace, by: Writer): Promise<void> {
    const name = placeName(place);
    await this.parts.store.transaction(async (tx) => {
      if (!(await removeCredential(tx, place))) throw new Refusal('notFound', `There is no ${name}.`);
      await told(tx, by, { action: 'credential.removed', name });
    });
  }

  /** Seals all of them with the newest key, so that older ones may go from the file. */
  async rotate(by: Writer): Promise<Resealed> {
    const { store, log } = this.parts;
    const done = await sealAnew(store, await this.#ring());
    for (const credential of done.unreadable) log.warn({ credential }, 'A credential could not be opened');
    const { resealed, left, unreadable } = done;
    const detail = { resealed, left, unreadable: unreadable.length };
    await store.transaction((tx) => told(tx, by, { action: 'credential.rotated', name: 'all', detail }));
    return done;
  }

  async #ring(): Promise<KeyRing> {
    if (!this.#keys) {
      const how = 'name a file of keys in MUSTER_CREDENTIALS_KEY_FILE, for console and assessment alike';
      throw new Refusal('invalid', `This Muster has no keys to seal credentials with: ${how}.`);
    }
    try {
      return await this.#keys.ring();
    } catch (error) {
      throw new Refusal('busy', `The keys that seal credentials cannot be read: ${messageOf(error)}.`);
    }
  }
}

/** A device or group that Muster knows. */
async function mustBeThere(tx: Tx, { scope, id }: CredentialPlace): Promise<void> {
  if (scope === 'global') return;
  // Nobody deletes a group meanwhile, with all that is its own.
  if (scope === 'group') await lockDocuments(tx);
  const found =
    scope === 'group'
      ? (await readOne(tx, groupChanged, id)) !== null
      : (await tx.query('select 1 as one from console.device where id::text = $1 and listed', [id])).length >
        0;
  if (!found) throw new Refusal('notFound', `There is no ${scope} ${id}.`);
}

interface Deed {
  readonly action: string;
  readonly name: string;
  readonly detail?: object;
}

const told = (tx: Tx, by: Writer, { action, name, detail = {} }: Deed): Promise<number> =>
  audit(tx, { who: by.name, from: by.from, action, target: `credential:${name}`, detail });
