// Which devices a group has: by its document and by what each device says of itself, so that it is right though nobody told
// since it was edited.
import { matches } from '#documents/filter';
import type { Group } from '#events/group';
import { identity } from '#events/identity';
import type { Tx } from '#store/store';
import * as z from 'zod';

/** Devices looked at in one transaction. */
const pageMax = 2_000;

const row = z.object({ id: z.string(), identity });

export interface Page {
  readonly members: readonly string[];
  /** The last device looked at; null: there are no more. */
  readonly last: string | null;
}

/** Those after `after` that may be assessed. */
export async function membersPage(tx: Tx, group: Group, after: string | null): Promise<Page> {
  const rows = z.array(row).parse(
    await tx.query(
      `select id, identity from assessment.device
       where standing = 'active' and identity is not null and ($1::uuid is null or id > $1) order by id limit $2`,
      [after, pageMax],
    ),
  );
  const manual = new Set(group.members);
  const belongs = ({ id, identity: who }: z.infer<typeof row>): boolean => {
    if (group.kind === 'all') return true;
    if (group.kind === 'manual') return manual.has(id);
    return group.filter !== null && matches(group.filter, who);
  };
  const last = rows.length < pageMax ? null : (rows.at(-1)?.id ?? null);
  return { members: rows.filter(belongs).map(({ id }) => id), last };
}
