// Credentials of devices as rows (R67): sealed boxes that nothing here can open. Assessment owns the table, console may write
// it as well: what opens devices never goes by the bus.
import * as z from 'zod';
import type { Tx } from './store.js';

const box = z.object({ version: z.int().positive(), box: z.string() });

const row = z.object({
  kind: z.string(),
  scope: z.string(),
  id: z.string(),
  /** Of one device: whose it is now, which is another than `id` where it was deleted and found again; null: nobody else's. */
  deviceId: z.string().nullable(),
  /** Of the device as it was last spoken with. */
  serial: z.string().nullable(),
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
export interface NewCredential extends Omit<
  CredentialRow,
  'version' | 'changedAt' | 'earlier' | 'deviceId' | 'serial'
> {
  /** Of one device that is being spoken with. */
  readonly owner?: Pick<Owner, 'deviceId' | 'serial' | 'fingerprint'>;
}

type On = Pick<Tx, 'query'>;
const columns = `kind, scope, id, device_id as "deviceId", serial, user_name as "userName", generated, version, changed_by as "changedBy",
  changed_at as "changedAt", box, earlier`;
/** A password that was changed so often is on no device any more. */
const earlierMax = 4;

export const allCredentials = async (on: On): Promise<readonly CredentialRow[]> =>
  z.array(row).parse(await on.query(`select ${columns} from assessment.credential order by kind, scope, id`));

/** Those of these keys that there are. */
export async function credentialsAt(
  on: On,
  keys: readonly CredentialKey[],
): Promise<readonly CredentialRow[]> {
  const rows = await on.query(
    `select ${columns} from assessment.credential
     where (kind, scope, id) in (select * from unnest($1::text[], $2::text[], $3::text[])) order by kind, scope, id`,
    [keys.map(({ kind }) => kind), keys.map(({ scope }) => scope), keys.map(({ id }) => id)],
  );
  return z.array(row).parse(rows);
}

/** A device as it is when a task with it begins. */
export interface Owner {
  readonly deviceId: string;
  /** Null: not known yet. */
  readonly serial: string | null;
  readonly fingerprint: string | null;
  /** An authority vouches for who it is before it is told anything. */
  readonly vouched: boolean;
}

/**
 * What there is for one device: its own, those of its groups, everybody's. What was a deleted device's is its own where it has
 * that one's serial number and certificate, or its authority vouches for the number: whoever only says the number gets nothing.
 */
export async function credentialsFor(
  on: On,
  { deviceId, serial, fingerprint, vouched }: Owner,
  groups: readonly string[],
): Promise<readonly CredentialRow[]> {
  // Of two without a certificate neither can prove more than the other: what goes to such a device at all goes to both.
  const rows = await on.query(
    `with own as (
       select kind, scope, id from assessment.credential where scope = 'device' and (device_id = $1::uuid
         or (id = $1::text and device_id is null) or (serial = $2 and (fingerprint = $3 or $4)))),
     followed as (
       update assessment.credential c set device_id = $1::uuid, serial = $2, fingerprint = $3 from own
       where (c.kind, c.scope, c.id) = (own.kind, own.scope, own.id)
         and (c.device_id, c.serial, c.fingerprint) is distinct from ($1::uuid, $2::text, $3::text))
     select ${columns} from assessment.credential where (kind, scope, id) in (select * from own)
       or (scope = 'global' and id = '') or (scope = 'group' and id = any($5::text[]))
       or (scope = 'device' and serial = $2 and fingerprint is null and $3::text is null)
     order by kind, scope, id`,
    [deviceId, serial, fingerprint, vouched, groups],
  );
  return z.array(row).parse(rows);
}

/** In the place of what there was, which is kept as an earlier one. Resolves to its version. */
export async function putCredential(on: On, of: NewCredential): Promise<number> {
  const [put] = await on.query<{ version: number }>(
    `insert into assessment.credential as c (kind, scope, id, user_name, generated, changed_by, box, device_id, serial, fingerprint)
     values ($1, $2, $3, $4, $5, $6, $7, $8::uuid, $9, $10)
     on conflict (kind, scope, id) do update set user_name = excluded.user_name, generated = excluded.generated,
       changed_by = excluded.changed_by, changed_at = now(), device_id = coalesce(excluded.device_id, c.device_id),
       serial = coalesce(excluded.serial, c.serial), fingerprint = coalesce(excluded.fingerprint, c.fingerprint), box = excluded.box, version = c.version + 1,
       earlier = jsonb_path_query_array(
         jsonb_build_array(jsonb_build_object('version', c.version, 'box', c.box)) || c.earlier,
         '$[0 to ${earlierMax - 1}]')
     returning version`,
    [of.kind, of.scope, of.id, of.userName, of.generated, of.changedBy, of.box, ...ownerIn(of)],
  );
  return put?.version ?? 1;
}

const ownerIn = ({ owner }: NewCredential): readonly (string | null)[] =>
  owner ? [owner.deviceId, owner.serial, owner.fingerprint] : [null, null, null];

/** With those that it has from when it was another device. False: there was none. */
export async function removeCredential(on: On, { kind, scope, id }: CredentialKey): Promise<boolean> {
  const rows = await on.query(
    `delete from assessment.credential where kind = $1 and scope = $2 and (id = $3 or device_id::text = $3)
     returning kind`,
    [kind, scope, id],
  );
  return rows.length > 0;
}

/** All of a group that is deleted: another of the same id is another. Tells their kinds. */
export async function removeCredentialsOf(on: On, groupId: string): Promise<readonly string[]> {
  const rows = await on.query<{ kind: string }>(
    `delete from assessment.credential where scope = 'group' and id = $1 returning kind`,
    [groupId],
  );
  return rows.map(({ kind }) => kind);
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
