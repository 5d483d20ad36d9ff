// What there is to open one device with, and what became of it before (R67).
//
//   approvals.ts  whose certificate a person has approved; vouching.ts: of one that was moved
//   held.ts       credentials of a device, as they are when its task begins; what was tried
//   candidates.ts in which order they are tried, and which are not
//   entrances.ts  handed out one at a time, within the budget
//   kept-back.ts  what was not sent to it, and why, in words
//   keyring.ts    how each kind of them opens a device
//   with-secrets.ts  secrets of a device as settings, changed and verified
//   vault.ts      opens boxes, seals new ones, and remembers what was right
import { hash } from 'node:crypto';
import {
  credentialKinds,
  credentialScopes,
  placeName,
  type CredentialKind,
  type CredentialScope,
} from '#device/credential';
import type { Membership } from '#events/device';
import type { Identity } from '#events/identity';
import { credentialsFor, type CredentialRow, type Owner } from '#store/credentials';
import type { Tx } from '#store/store';
import * as z from 'zod';

/** One secret that may open the device; sealed. */
export interface Candidate {
  readonly kind: CredentialKind;
  /** Where it belongs: what it was sealed for. */
  readonly place: string;
  /** Whose it is: of the device alone, or one that others have as well. */
  readonly scope: CredentialScope;
  readonly version: number;
  /** 0: as it is now; 1: what it was before; and so on. */
  readonly age: number;
  readonly box: string;
  readonly generated: boolean;
}

export interface Tried {
  /** Digest of what the device was then. */
  readonly subject: string;
  readonly isRight: boolean;
  /** It let Muster in once, or was given to the device, which may take it whenever it likes. */
  readonly wasRight: boolean;
  /** Refused in a row, and how long ago that was last. */
  readonly wrongs: number;
  readonly agoMs: number;
}

export interface Held {
  readonly owner: Owner;
  /** Those of the device before those of its groups, those before everybody's; what they were before comes after all of them. */
  readonly candidates: readonly Candidate[];
  /** By name of the candidate. */
  readonly tried: ReadonlyMap<string, Tried>;
  /** SHA-256 of the certificate that a person has approved as the device's; null: nobody has. */
  readonly approved: string | null;
  /** It was moved without a proof, and nobody has vouched for who is there now: see `movedAt` of a device. */
  readonly moved: boolean;
}

export const nothingHeld = (owner: Owner): Held => ({
  owner,
  candidates: [],
  tried: new Map(),
  approved: null,
  moved: false,
});

export const nameOf = ({ place, version }: Candidate): string => `${place}@${version}`;

const place = z.object({ kind: z.enum(credentialKinds), scope: z.enum(credentialScopes), id: z.string() });

/** @param address where it is about to be asked: nothing is for whoever is there where somebody has moved it just now */
export async function heldFor(
  tx: Pick<Tx, 'query'>,
  { address, ...owner }: Owner & { readonly address: string },
  groups: readonly Pick<Membership, 'groupId' | 'priority'>[],
): Promise<Held> {
  const byPriority = groups.toSorted((a, b) => a.priority - b.priority || (a.groupId < b.groupId ? -1 : 1));
  const order = byPriority.map(({ groupId }) => groupId);
  const rows = await credentialsFor(tx, owner, order);
  if (rows.length === 0) return nothingHeld(owner);
  const tried = await tx.query<Tried & { credential: string }>(
    `select credential, subject, is_right as "isRight", was_right as "wasRight", wrongs,
       (extract(epoch from now() - at) * 1000)::float as "agoMs"
     from assessment.credential_try where device_id = $1`,
    [owner.deviceId],
  );
  const [device] = await tx.query<Vouched>(
    `select approved, moved_at as "movedAt", identity is null
       or (identity->>'ip', fingerprint) is not distinct from ($2, $3) as "isThere"
     from assessment.device where id = $1`,
    [owner.deviceId, address, owner.fingerprint],
  );
  const rank = ({ scope, id }: CredentialRow): number =>
    scope === 'device'
      ? id === owner.deviceId
        ? -2
        : -1
      : scope === 'group'
        ? order.indexOf(id)
        : order.length;
  const candidates = rows.toSorted((a, b) => rank(a) - rank(b)).flatMap(candidatesOf);
  return {
    owner,
    candidates: candidates.toSorted((a, b) => a.age - b.age),
    tried: new Map(tried.map(({ credential, ...each }) => [credential, each])),
    approved: device?.approved ?? null,
    moved: device?.isThere === false || rows.every((row) => !isSetSince(row, device?.movedAt ?? null)),
  };
}

interface Vouched extends Record<string, unknown> {
  readonly approved: string | null;
  readonly movedAt: Date | null;
  readonly isThere: boolean;
}

/** Whoever sets a secret for this very device, once it was moved, means who is there. True also of one that never was. */
const isSetSince = ({ scope, generated, changedAt }: CredentialRow, movedAt: Date | null): boolean =>
  movedAt === null || (scope === 'device' && !generated && changedAt > movedAt);

function candidatesOf(row: CredentialRow): readonly Candidate[] {
  const at = place.parse(row);
  const of = { kind: at.kind, place: placeName(at), scope: at.scope, generated: row.generated };
  return [row, ...row.earlier].map(({ version, box }, age) => ({ ...of, version, age, box }));
}

/** Of a device: what was wrong for it may be right for what it has become. */
export function subjectOf({ model, firmware, ip }: Identity, fingerprint: string | null): string {
  return hash('sha256', JSON.stringify([model, firmware, ip, fingerprint])).slice(0, 16);
}

/** Remembered with the device: with other credentials its protocols are asked anew. */
export const digestOf = ({ candidates, approved, moved }: Held, community: string | null): string => {
  if (candidates.length === 0 && community === null) return '';
  const names = candidates.length === 0 ? [] : candidates.map(nameOf);
  const all =
    names.length === 0
      ? (community ?? '')
      : JSON.stringify([
          community,
          ...names,
          ...(approved === null ? [] : [approved]),
          ...(moved ? ['moved'] : []),
        ]);
  return hash('sha256', all).slice(0, 16);
};
