// Who wrote what, from where; every login too.
import type { Tx } from '#store/store';

export interface Deed {
  readonly who: string;
  readonly from: string | null;
  /** Such as `policy.saved`, `login`. */
  readonly action: string;
  readonly target?: string;
  /** Asked: what comes of it is settled later. */
  readonly outcome?: 'done' | 'refused' | 'asked';
  readonly detail?: object;
}

/** In the transaction of the deed itself: what is not on record did not happen. Resolves to the id of the entry. */
export async function audit(tx: Pick<Tx, 'query'>, deed: Deed): Promise<number> {
  const [entry] = await tx.query<{ id: number }>(
    `insert into console.audit (who, action, target, from_address, outcome, detail) values ($1, $2, $3, $4, $5, $6)
     returning id`,
    [
      deed.who.slice(0, 128),
      deed.action,
      deed.target?.slice(0, 256) ?? null,
      deed.from,
      deed.outcome ?? 'done',
      deed.detail ? JSON.stringify(deed.detail) : null,
    ],
  );
  if (!entry) throw new Error('an entry that was made has an id');
  return entry.id;
}

/** What came of an entry that was `asked`. */
export async function settle(
  tx: Pick<Tx, 'query'>,
  entry: number,
  { outcome, detail }: { readonly outcome: 'done' | 'refused'; readonly detail?: object },
): Promise<void> {
  await tx.query('update console.audit set outcome = $2, detail = $3 where id = $1', [
    entry,
    outcome,
    detail ? JSON.stringify(detail) : null,
  ]);
}
