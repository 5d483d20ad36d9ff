// Conflicts in SQL, under the locks that rows.ts takes for their devices. They are few (see hasRoom in conflict.ts): one
// statement for each change.
import type { Tx } from '#store/store';
import type { Change, Conflict } from './known.js';

export async function loadConflicts(
  tx: Tx,
  deviceIds: readonly string[],
): Promise<Map<string, readonly Conflict[]>> {
  if (deviceIds.length === 0) return new Map();
  const rows = await tx.query<Conflict & Record<string, unknown>>(
    `select device_id as "deviceId", claim, announcement, data, raised_at as "raisedAt",
       dismissed_at as "dismissedAt"
     from discovery.conflict where device_id = any($1::uuid[]) order by device_id, raised_at`,
    [deviceIds],
  );
  return Map.groupBy(rows, ({ deviceId }) => deviceId);
}

/** Certificates shown by the claims of these devices' conflicts: what is known of them decides with the claim. */
export async function claimedFingerprints(tx: Tx, deviceIds: readonly string[]): Promise<readonly string[]> {
  if (deviceIds.length === 0) return [];
  const rows = await tx.query<{ fingerprint: string }>(
    `select distinct data->'transport'->>'fingerprint' as fingerprint from discovery.conflict
     where device_id = any($1::uuid[]) and data->'transport'->>'fingerprint' is not null`,
    [deviceIds],
  );
  return rows.map(({ fingerprint }) => fingerprint);
}

export async function saveConflicts(tx: Tx, changes: readonly Change[]): Promise<void> {
  const deleted = new Set(changes.flatMap((change) => (change.kind === 'retired' ? [change.device.id] : [])));
  for (const change of changes) {
    if (change.kind === 'conflictsOver') await forget(tx, change.deviceId, change.dismissedToo);
    if (change.kind === 'conflictForgotten') await forgetOne(tx, change);
    if (change.kind === 'conflict' && !deleted.has(change.conflict.deviceId)) await keep(tx, change.conflict);
  }
}

async function forget(tx: Tx, deviceId: string, dismissedToo: boolean): Promise<void> {
  await tx.query(
    `delete from discovery.conflict where device_id = $1 and ($2::boolean or dismissed_at is null)`,
    [deviceId, dismissedToo],
  );
}

async function forgetOne(tx: Tx, { deviceId, claim }: Pick<Conflict, 'deviceId' | 'claim'>): Promise<void> {
  await tx.query(`delete from discovery.conflict where device_id = $1 and claim = $2`, [deviceId, claim]);
}

async function keep(tx: Tx, { deviceId, claim, announcement, data, ...at }: Conflict): Promise<void> {
  await tx.query(
    `insert into discovery.conflict (device_id, claim, announcement, data, raised_at, dismissed_at)
     values ($1, $2, $3, $4::jsonb, $5, $6)
     on conflict (device_id, claim) do update set announcement = excluded.announcement, data = excluded.data,
       raised_at = excluded.raised_at, dismissed_at = excluded.dismissed_at`,
    [deviceId, claim, announcement, JSON.stringify(data), at.raisedAt, at.dismissedAt],
  );
}
