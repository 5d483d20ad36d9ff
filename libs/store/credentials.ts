// Credentials of devices as rows (R67): sealed boxes that nothing here can open. Assessment owns the table, console may write
// it as well: what opens devices never goes by the bus.
import * as z from 'zod';
import type { Tx } from './store.js';

const box = z.object({ version: z.int().positive(), box: z.string() });

const row = z.object({
  kind: z.string(),
  scope: z.string(),
  id: z.string(),
  /** Shown; null: its kind has none. */
  userName: z.string().nullable(),
  /** Made by Muster, for one device. */
  generated: z.boolean(),
  version: z.int().positive(),
  changedBy: z.string(),
  changedAt: z.date(),
  box: z.string(),
  /** What it was before, the newest first: a device may still have it. */
  earlier: z.array(box),
});
export type CredentialRow = z.infer<typeof row>;

export type CredentialKey = Pick<CredentialRow, 'kind' | 'scope' | 'id'>;
export type NewCredential = Omit<CredentialRow, 'version' | 'changedAt' | 'earlier'>;

type On = Pick<Tx, 'query'>;
const columns = `kind, scope, id, user_name as "userName", generated, version, changed_by as "changedBy",
  changed_at as "changedAt", box, earlier`;
/** A password that was changed so often is on no device any more. */
const earlierMax = 4;

export const allCredentials = async (on: On): Promise<readonly CredentialRow[]> =>
  z.array(row).parse(await on.query(`select ${columns} from assessment.credential order by kind, scope, id`));

/** What there is for one device: its own, those of its groups, everybody's. */
export const credentialsFor = async (
  on: On,
  deviceId: string,
  groups: readonly string[],
): Promise<readonly CredentialRow[]> =>
  z.array(row).parse(
    await on.query(
      `select ${columns} from assessment.credential where scope = 'global' or (scope = 'device' and id = $1)
         or (scope = 'group' and id = any($2::text[])) order by kind, scope, id`,
      [deviceId, groups],
    ),
  );

/** In the place of what there was, which is kept as an earlier one. Resolves to its version. */
export async function putCredential(on: On, of: NewCredential): Promise<number> {
  const [put] = await on.query<{ version: number }>(
    `insert into assessment.credential as c (kind, scope, id, user_name, generated, changed_by, box)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (kind, scope, id) do update set user_name = excluded.user_name, generated = excluded.generated,
       changed_by = excluded.changed_by, changed_at = now(), box = excluded.box, version = c.version + 1,
       earlier = jsonb_path_query_array(
         jsonb_build_array(jsonb_build_object('version', c.version, 'box', c.box)) || c.earlier,
         '$[0 to ${earlierMax - 1}]')
     returning version`,
    [of.kind, of.scope, of.id, of.userName, of.generated, of.changedBy, of.box],
  );
  return put?.version ?? 1;
}

/** False: there was none. */
export async function removeCredential(on: On, { kind, scope, id }: CredentialKey): Promise<boolean> {
  const rows = await on.query(
    `delete from assessment.credential where kind = $1 and scope = $2 and id = $3 returning kind`,
    [kind, scope, id],
  );
  return rows.length > 0;
}

/** Puts boxes that hold the same in the place of those that were read; false: it was changed meanwhile. */
export async function resealCredential(
  on: On,
  { kind, scope, id, version }: CredentialRow,
  boxes: Pick<CredentialRow, 'box' | 'earlier'>,
): Promise<boolean> {
  const rows = await on.query(
    `update assessment.credential set box = $5, earlier = $6::jsonb
     where kind = $1 and scope = $2 and id = $3 and version = $4 returning kind`,
    [kind, scope, id, version, boxes.box, JSON.stringify(boxes.earlier)],
  );
  return rows.length > 0;
}
