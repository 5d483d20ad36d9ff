// What discovery knows, in SQL. Locks are named after serial numbers and certificates, also those not seen before, and
// taken in one order: two instances never create one device twice, nor wait for each other crosswise.
import { sourceOf } from '#addresses/source';
import { settingsChanged } from '#events/settings';
import { readDocument } from '#store/documents';
import { forgetRetired } from '#store/retired';
import type { Tx } from '#store/store';
import { enqueue, type TaskRequest } from '#store/tasks';
import { loadConflicts, saveConflicts } from './conflict-rows.js';
import { heal, type Certificate, type Change, type Claim, type Device, type Known } from './known.js';
import { loadQuarantine, saveQuarantine } from './quarantine-rows.js';

/** What a batch is about. */
export interface Subjects {
  readonly serials: readonly string[];
  readonly fingerprints: readonly string[];
}

/** The task that asks the old address of a device; see prove-move.ts. */
export const proveMove = { kind: 'proveMove', budget: 'proofs' } as const;

export async function loadKnown(tx: Tx, { serials, fingerprints }: Subjects): Promise<Known> {
  await lock(tx, [
    ...serials.map((serial) => `serial ${serial}`),
    ...fingerprints.map((hex) => `certificate ${hex}`),
  ]);
  const [row] = await tx.query<{ now: Date }>('select now() as now');
  const now = row?.now ?? new Date();
  const devices = await tx.query<Device>(
    `select ${deviceColumns} from discovery.device where serial = any($1::text[]) order by serial for update`,
    [serials],
  );
  const pinned = devices.flatMap(({ fingerprint, shown }) => fingerprint ?? shown ?? []);
  const certificates = await tx.query<Certificate & { fingerprint: string }>(
    `select fingerprint, serial, shared from discovery.certificate where fingerprint = any($1::text[])`,
    [[...fingerprints, ...pinned]],
  );
  const retired = await tx.query<{ serial: string; at: Date }>(
    `select serial, retired_at as at from discovery.tombstone
     where serial = any($1::text[]) and retired_at <= now()`,
    [serials],
  );
  const list = await tx.query<{ serial: string; listed: boolean; version: number }>(
    `select serial, listed, version from discovery.serial_filter where serial = any($1::text[])`,
    [serials],
  );
  const conflicts = await loadConflicts(
    tx,
    devices.map(({ id }) => id),
  );
  const { quarantine, heldCount } = await loadQuarantine(tx, serials);
  const settings = await readDocument(tx, 'discovery', settingsChanged);
  return {
    now,
    settings: settings?.body ?? null,
    settingsVersion: settings?.version ?? 0,
    devices: new Map(devices.map((device) => [device.identity.serial, heal(device, now)])),
    retiredAt: new Map(retired.map(({ serial, at }) => [serial, at])),
    list: new Map(list.map(({ serial, ...entry }) => [serial, entry])),
    conflicts,
    quarantine,
    heldCount,
    certificates: new Map(certificates.map(({ fingerprint, ...certificate }) => [fingerprint, certificate])),
  };
}

const deviceColumns = `id, identity, fingerprint, shown, accepted_at as "acceptedAt", proof, minute, announced,
  conflicted_at as "conflictedAt"`;

async function lock(tx: Tx, names: readonly string[]): Promise<void> {
  await tx.query(
    `select pg_advisory_xact_lock(key) from (
       select distinct hashtextextended('discovery ' || name, 0) as key from unnest($1::text[]) as name order by key
     ) as keys`,
    [names],
  );
}

/** Serial numbers of devices, to lock by. */
export async function serialsOf(
  tx: Pick<Tx, 'query'>,
  deviceIds: readonly string[],
): Promise<readonly string[]> {
  if (deviceIds.length === 0) return [];
  const rows = await tx.query<{ serial: string }>(
    `select serial from discovery.device where id = any($1::uuid[])`,
    [deviceIds],
  );
  return rows.map(({ serial }) => serial);
}

/** A device, and the certificate that proves it: null when it has none of its own. */
export interface Asked {
  readonly device: Device;
  readonly pinned: string | null;
}

/** Without a lock: for a look before work that takes long. */
export async function loadDevice(tx: Pick<Tx, 'query'>, id: string): Promise<Asked | null> {
  const [row] = await tx.query<Device & { shared: boolean | null }>(
    `select ${deviceColumns}, (select shared from discovery.certificate known
       where known.fingerprint = device.fingerprint) as shared
     from discovery.device where id = $1`,
    [id],
  );
  if (!row) return null;
  const { shared, ...device } = row;
  return { device, pinned: shared ? null : device.fingerprint };
}

export async function saveKnown(tx: Tx, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    if (change.kind === 'list') await saveList(tx, change);
    if (change.kind === 'retired') await saveRetired(tx, change);
  }
  await saveCertificates(tx, changes);
  await saveDevices(tx, changes);
  await saveClaims(tx, changes);
  await saveConflicts(tx, changes);
  await saveQuarantine(tx, changes);
}

type ChangeOf<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;
const of = <Kind extends Change['kind']>(kind: Kind, changes: readonly Change[]): readonly ChangeOf<Kind>[] =>
  changes.filter((change): change is ChangeOf<Kind> => change.kind === kind);

async function saveList(tx: Tx, { serials, listed, version }: ChangeOf<'list'>): Promise<void> {
  await tx.query(
    `insert into discovery.serial_filter (serial, listed, version)
     select distinct serial, $2::boolean, $3::int from unnest($1::text[]) as serial order by serial
     on conflict (serial) do update set listed = excluded.listed, version = excluded.version
       where serial_filter.version <= excluded.version`,
    [serials, listed, version],
  );
}

/** Its claims stay for their task, which tells what became of them. */
async function saveRetired(tx: Tx, { device, at }: ChangeOf<'retired'>): Promise<void> {
  await tx.query(`delete from discovery.device where id = $1`, [device.id]);
  await tx.query(`delete from discovery.conflict where device_id = $1`, [device.id]);
  await forgetRetired(tx, 'discovery.tombstone');
  await tx.query(
    `insert into discovery.tombstone (serial, retired_at) values ($1, $2)
     on conflict (serial) do update set retired_at = case when tombstone.retired_at > now() then excluded.retired_at
       else greatest(tombstone.retired_at, excluded.retired_at) end`,
    [device.identity.serial, at],
  );
}

async function saveCertificates(tx: Tx, changes: readonly Change[]): Promise<void> {
  const last = new Map(
    of('certificate', changes).map(({ fingerprint, certificate }) => [fingerprint, certificate]),
  );
  if (last.size === 0) return;
  await tx.query(
    `insert into discovery.certificate (fingerprint, serial, shared)
     select fingerprint, serial, shared
     from jsonb_to_recordset($1::jsonb) as row (fingerprint text, serial text, shared boolean)
     on conflict (fingerprint) do update set shared = certificate.shared or excluded.shared`,
    [JSON.stringify([...last].map(([fingerprint, certificate]) => ({ fingerprint, ...certificate })))],
  );
}

/** The last state of each device in the batch, unless it was retired after it. */
async function saveDevices(tx: Tx, changes: readonly Change[]): Promise<void> {
  const last = new Map<string, Device>();
  for (const change of changes) {
    if (change.kind === 'device') last.set(change.device.id, change.device);
    if (change.kind === 'retired') last.delete(change.device.id);
  }
  if (last.size === 0) return;
  const rows = [...last.values()].map((device) => ({ ...device, serial: device.identity.serial }));
  await tx.query(
    `insert into discovery.device
       (id, serial, identity, fingerprint, shown, accepted_at, proof, minute, announced, conflicted_at)
     select id, serial, identity, fingerprint, shown, "acceptedAt", proof, minute, announced, "conflictedAt"
     from jsonb_to_recordset($1::jsonb) as row (id uuid, serial text, identity jsonb, fingerprint text,
       shown text, "acceptedAt" timestamptz, proof text, minute timestamptz, announced int, "conflictedAt" timestamptz)
     on conflict (id) do update
       set identity = excluded.identity, fingerprint = excluded.fingerprint, shown = excluded.shown,
         accepted_at = excluded.accepted_at, proof = excluded.proof, minute = excluded.minute, announced = excluded.announced,
         conflicted_at = excluded.conflicted_at`,
    [JSON.stringify(rows)],
  );
}

/** Claims that wait for one device: of each source its newest first, so that nobody pushes out another's. */
const claimsMax = 1000;

async function saveClaims(tx: Tx, changes: readonly Change[]): Promise<void> {
  const claims = of('claim', changes);
  if (claims.length === 0) return;
  const rows = claims.map(({ claim }) => ({ ...claim, source: sourceOf(claim.data.transport.peerAddress) }));
  await tx.query(
    `insert into discovery.claim (announcement, device_id, data, source)
     select announcement, "deviceId", data, source
     from jsonb_to_recordset($1::jsonb) as row (announcement uuid, "deviceId" uuid, data jsonb, source text)
     on conflict do nothing`,
    [JSON.stringify(rows)],
  );
  await tx.query(
    `delete from discovery.claim where announcement in (
       select announcement from (
         select announcement, row_number() over (partition by device_id order by nth, created_at, announcement) as place
         from (
           select announcement, device_id, created_at, row_number() over (
             partition by device_id, coalesce(source, data->'transport'->>'peerAddress')
             order by created_at desc, announcement) as nth
           from discovery.claim where device_id = any($1::uuid[])) as of_source) as placed
       where place > $2)`,
    [[...new Set(claims.map(({ claim }) => claim.deviceId))], claimsMax],
  );
  const requests = claims.map(({ claim, notBefore, cause }): TaskRequest => {
    const { deviceId } = claim;
    const { id: causedBy, traceparent } = cause;
    return {
      ...proveMove,
      id: claim.announcement,
      key: deviceId,
      payload: { deviceId },
      notBefore,
      causedBy,
      traceparent,
    };
  });
  await enqueue(tx, 'discovery', requests, (queued) => queued);
}

export async function loadClaims(tx: Pick<Tx, 'query'>, deviceId: string): Promise<readonly Claim[]> {
  return tx.query<Claim & Record<string, unknown>>(
    `select announcement, device_id as "deviceId", data from discovery.claim where device_id = $1`,
    [deviceId],
  );
}

export async function settleClaims(tx: Tx, claims: readonly Claim[]): Promise<void> {
  const ids = claims.map(({ announcement }) => announcement);
  await tx.query(`delete from discovery.claim where announcement = any($1::uuid[])`, [ids]);
}
