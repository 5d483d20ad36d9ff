// Groups and devices in SQL. Locks: the edition first, then devices by id.
import { defaultSettings, settingsChanged } from '#events/settings';
import { readDocument } from '#store/documents';
import { forgetRetired } from '#store/retired';
import type { Tx } from '#store/store';
import type { Change, Device, GroupRow, Groups, PolicyRow } from './groups.js';

export interface Wanted {
  readonly deviceIds: readonly string[];
  /** Groups that the batch writes: with their members, to see what was edited. */
  readonly groupIds: readonly string[];
  /** Groups or policies are written. */
  readonly edits: boolean;
}

/** Locks the devices, also those not seen before; and when there are edits, everybody else out. */
export async function loadGroups(tx: Tx, { deviceIds, groupIds, edits }: Wanted): Promise<Groups> {
  const groups = await loadDefinitions(tx, groupIds, edits);
  await tx.query(
    `insert into autogroup.device (id, refreshed)
     select distinct id, (select number from autogroup.refresh) from unnest($1::uuid[]) as id order by id on conflict do nothing`,
    [deviceIds],
  );
  const devices = await tx.query<Device>(
    `select ${deviceColumns} from autogroup.device where id = any($1::uuid[]) order by id for update`,
    [deviceIds],
  );
  return withDevices(tx, groups, devices);
}

/** At most `limit` devices whose groups are older than the newest edition, locked; those that others hold are left to them. */
export async function loadOutdated(tx: Tx, limit: number): Promise<Groups> {
  const groups = await loadDefinitions(tx, [], false);
  const devices = await tx.query<Device>(
    `select ${deviceColumns} from autogroup.device
     where edition < $1 and identity is not null and not retired order by id limit $2 for update skip locked`,
    [groups.edition, limit],
  );
  return withDevices(tx, groups, devices);
}

/** At most `limit` devices that this refresh has not looked at, locked. Those of an edit that was not worked off are left to regrouping. */
export async function loadUnrefreshed(tx: Tx, number: number, limit: number): Promise<Groups> {
  const groups = await loadDefinitions(tx, [], false);
  const devices = await tx.query<Device>(
    `select ${deviceColumns} from autogroup.device
     where refreshed < $1 and edition >= $2 and identity is not null and not retired
     order by refreshed, id limit $3 for update skip locked`,
    [number, groups.edition, limit],
  );
  return withDevices(tx, groups, devices);
}

const deviceColumns = 'id, identity, fingerprint, retired, sequence, groups, edition, owed, refreshed';

async function loadDefinitions(tx: Tx, written: readonly string[], edits: boolean): Promise<Groups> {
  const [row] = await tx.query<{ edition: number }>(
    `select number as edition from autogroup.edition for ${edits ? 'update' : 'share'}`,
  );
  const policies = await tx.query<PolicyRow>(`select id, version, content from autogroup.policy`);
  const groups = await tx.query<GroupRow>(
    `select id, version, edited_in as "editedIn", edited,
       case when id = any($1::text[]) then body else body || '{"members": []}' end as body
     from autogroup.groups order by id`,
    [written],
  );
  const settings = await readDocument(tx, 'autogroup', settingsChanged);
  return {
    settings: settings?.body ?? defaultSettings,
    edition: row?.edition ?? 0,
    groups: new Map(groups.map((group) => [group.id, group])),
    manual: new Map(),
    devices: new Map(),
    policies: new Map(policies.map((policy) => [policy.id, policy])),
  };
}

async function withDevices(tx: Tx, groups: Groups, devices: readonly Device[]): Promise<Groups> {
  const members = await tx.query<{ group: string; ids: readonly string[] }>(
    `select group_id as "group", array_agg(device_id) as ids from autogroup.member
     where device_id = any($1::uuid[]) group by group_id`,
    [devices.map(({ id }) => id)],
  );
  for (const { group, ids } of members) groups.manual.set(group, new Set(ids));
  for (const device of devices) groups.devices.set(device.id, device);
  return groups;
}

export async function saveGroups(tx: Tx, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    if (change.kind === 'group') await saveGroup(tx, change.group, change.edition);
    if (change.kind === 'policy') await savePolicy(tx, change.policy);
    if (change.kind === 'edited') await saveEdited(tx, change.groupIds, change.edition);
  }
  const devices = changes.flatMap((change) => (change.kind === 'device' ? [change.device] : []));
  const last = new Map(devices.map((device) => [device.id, device]));
  if (last.size === 0) return;
  await tx.query(
    `update autogroup.device
     set identity = row.identity, fingerprint = row.fingerprint, retired = row.retired,
         retired_at = case when row.retired then coalesce(retired_at, now()) end, sequence = row.sequence,
         groups = row.groups, edition = row.edition, owed = row.owed, refreshed = row.refreshed
     from jsonb_to_recordset($1::jsonb) as row (id uuid, identity jsonb, fingerprint text, retired boolean,
       sequence bigint, groups text[], edition int, owed text[], refreshed int)
     where device.id = row.id`,
    [JSON.stringify([...last.values()])],
  );
  if ([...last.values()].some(({ retired }) => retired)) await forgetRetired(tx, 'autogroup.device');
}

async function saveGroup(
  tx: Tx,
  { id, version, body, editedIn, edited }: GroupRow,
  edition: number,
): Promise<void> {
  await tx.query(`update autogroup.edition set number = $1`, [edition]);
  await tx.query(
    `insert into autogroup.groups (id, version, body, edited_in, edited) values ($1, $2, $3::jsonb, $4, $5)
     on conflict (id) do update set version = excluded.version, body = excluded.body,
       edited_in = excluded.edited_in, edited = excluded.edited`,
    [id, version, body && JSON.stringify(body), editedIn, edited],
  );
  await tx.query(`delete from autogroup.member where group_id = $1`, [id]);
  if (body?.kind !== 'manual') return;
  await tx.query(
    `insert into autogroup.member (group_id, device_id) select distinct $1, member from unnest($2::uuid[]) as member`,
    [id, body.members],
  );
}

async function savePolicy(tx: Tx, { id, version, content }: PolicyRow): Promise<void> {
  await tx.query(
    `insert into autogroup.policy (id, version, content) values ($1, $2, $3)
     on conflict (id) do update set version = excluded.version, content = excluded.content`,
    [id, version, content],
  );
}

async function saveEdited(tx: Tx, groupIds: readonly string[], edition: number): Promise<void> {
  await tx.query(`update autogroup.edition set number = $1`, [edition]);
  await tx.query(
    `update autogroup.groups set edited_in = $1, edited = 'policyEdited' where id = any($2::text[])`,
    [edition, groupIds],
  );
}
