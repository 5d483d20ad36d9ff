// All credentials sealed anew with the newest key (R67), until none is left that an older one has sealed: meanwhile others are
// set, and made by processes that have not read the new key yet.
import { placeName, type CredentialKind, type CredentialScope } from '#device/credential';
import { NotOpened } from '#pki/seal';
import type { KeyRing } from '#pki/key-ring';
import { allCredentials, resealCredential, type CredentialRow } from '#store/credentials';
import type { Store } from '#store/store';

export interface Resealed {
  readonly resealed: number;
  /** With the newest key, now. */
  readonly sealed: number;
  /** With an older one, now: so many were changed again and again. */
  readonly left: number;
  /** Names of those that no key in the file opens. */
  readonly unreadable: readonly string[];
}

type On = Pick<Store, 'transaction'>;
type Boxes = Pick<CredentialRow, 'box' | 'earlier'>;
interface Anew {
  readonly row: CredentialRow;
  /** Null: no key opens it. */
  readonly boxes: Boxes | null;
}

/** Rows in one transaction. */
const stepMax = 100;
const roundsMax = 10;

/** What it counts is what the table has in the end. */
export async function sealAnew(store: On, ring: KeyRing): Promise<Resealed> {
  let resealed = 0;
  for (let round = 1; ; round += 1) {
    const rows = await store.transaction(allCredentials);
    const old = rows.filter((row) => !isNewest(ring, row)).map((row) => ({ row, boxes: anew(ring, row) }));
    const left = old.filter(({ boxes }) => boxes !== null);
    if (left.length > 0 && round <= roundsMax) {
      for (let at = 0; at < left.length; at += stepMax)
        resealed += await putBack(store, left.slice(at, at + stepMax));
      continue;
    }
    const unreadable = old.flatMap(({ row, boxes }) => (boxes ? [] : [nameOf(row)]));
    return { resealed, sealed: rows.length - old.length, left: left.length, unreadable };
  }
}

/** Resolves to how many there were; one that was changed meanwhile is left to the next round, with what it was before. */
const putBack = (store: On, some: readonly Anew[]): Promise<number> =>
  store.transaction(async (tx) => {
    let count = 0;
    for (const { row, boxes } of some) if (boxes && (await resealCredential(tx, row, boxes))) count += 1;
    return count;
  });

const isNewest = (ring: KeyRing, { box, earlier }: CredentialRow): boolean =>
  [box, ...earlier.map((one) => one.box)].every((one) => ring.isNewest(one));

function anew(ring: KeyRing, row: CredentialRow): Boxes | null {
  const name = nameOf(row);
  const sealed = (box: string): string => ring.seal(ring.open(box, name), name);
  try {
    const earlier = row.earlier.map(({ version, box }) => ({ version, box: sealed(box) }));
    return { box: sealed(row.box), earlier };
  } catch (error) {
    if (error instanceof NotOpened) return null;
    throw error;
  }
}

const nameOf = ({ kind, scope, id }: CredentialRow): string =>
  placeName({ kind: kind as CredentialKind, scope: scope as CredentialScope, id });
