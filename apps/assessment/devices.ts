// Devices as this service keeps them, and all that its decisions need.
import { membership, type Membership } from '#events/device';
import { identity, type Identity } from '#events/identity';
import { policyChanged } from '#events/policy';
import { settingsChanged, type Settings } from '#events/settings';
import { ownAddresses } from '#addresses/own';
import { readDocument, readDocuments } from '#store/documents';
import { forgetRetired } from '#store/retired';
import type { Tx } from '#store/store';
import { queuedTasks } from '#store/tasks';
import * as z from 'zod';
import { kind, payload, type Payload } from './task.js';

export interface Device {
  readonly id: string;
  /** Null until autogroup told of it. */
  readonly identity: Identity | null;
  readonly fingerprint: string | null;
  readonly groups: readonly Membership[];
  readonly groupedSequence: number;
  readonly standing: 'active' | 'unlicensed' | 'retired';
  /** Newest event of licensing that `standing` follows from; never compared by clocks. */
  readonly licensingSequence: number;
  readonly flappingAt: Date | null;
  readonly lastPolicy: string | null;
  readonly lastStartedAt: Date | null;
}

export interface KnownPolicy {
  readonly name: string;
  readonly version: number;
}

export interface State {
  readonly now: Date;
  /** Null: never seen. */
  readonly settings: Settings | null;
  readonly policies: ReadonlyMap<string, KnownPolicy>;
  readonly devices: Map<string, Device>;
  /** The task of a device that may be joined. */
  readonly queued: Map<string, { readonly id: string; readonly payload: Payload }>;
  readonly ownAddresses: readonly string[];
}

const schema = 'assessment';
const row = z.object({
  id: z.string(),
  identity: identity.nullable(),
  fingerprint: z.string().nullable(),
  groups: z.array(membership),
  groupedSequence: z.number(),
  standing: z.enum(['active', 'unlicensed', 'retired']),
  licensingSequence: z.number(),
  flappingAt: z.date().nullable(),
  lastPolicy: z.string().nullable(),
  lastStartedAt: z.date().nullable(),
});

const columns = `id, identity, fingerprint, groups, grouped_sequence as "groupedSequence", standing,
  licensing_sequence as "licensingSequence", flapping_at as "flappingAt", last_policy as "lastPolicy",
  last_started_at as "lastStartedAt"`;

/** With the rows of these devices locked, known before or not, in the order of their ids; then their queued tasks. */
export async function load(tx: Tx, deviceIds: readonly string[]): Promise<State> {
  const ids = [...new Set(deviceIds)].toSorted();
  await tx.query(
    `insert into ${schema}.device (id) select id from unnest($1::uuid[]) as id order by id on conflict do nothing`,
    [ids],
  );
  const rows = await tx.query(
    `select ${columns} from ${schema}.device where id = any($1::uuid[]) order by id for update`,
    [ids],
  );
  const [clock] = await tx.query<{ now: Date }>(`select now() as now`);
  const tasks = await queuedTasks(tx, schema, kind, ids);
  const settings = await readDocument(tx, schema, settingsChanged);
  const policies = await readDocuments(tx, schema, policyChanged);
  return {
    now: clock?.now ?? new Date(),
    settings: settings?.body ?? null,
    policies: new Map(policies.map(({ id, version, body }) => [id, { name: body.name, version }])),
    devices: new Map(
      z
        .array(row)
        .parse(rows)
        .map((device) => [device.id, device]),
    ),
    queued: new Map(tasks.map((task) => [task.key, { id: task.id, payload: payload.parse(task.payload) }])),
    ownAddresses: ownAddresses(),
  };
}

/** The last state of each device that a batch changed. */
export async function saveDevices(tx: Tx, devices: readonly Device[]): Promise<void> {
  const last = new Map(devices.map((device) => [device.id, device]));
  if (last.size === 0) return;
  await tx.query(
    `update ${schema}.device set identity = d.identity, fingerprint = d.fingerprint, groups = d.groups,
       grouped_sequence = d."groupedSequence", standing = d.standing, licensing_sequence = d."licensingSequence",
       retired_at = case d.standing when 'retired' then coalesce(retired_at, now()) end, flapping_at = d."flappingAt"
     from jsonb_to_recordset($1::jsonb) as d(id uuid, identity jsonb, fingerprint text, groups jsonb,
       "groupedSequence" bigint, standing text, "licensingSequence" bigint, "flappingAt" timestamptz)
     where device.id = d.id`,
    [JSON.stringify([...last.values()])],
  );
  if ([...last.values()].some(({ standing }) => standing === 'retired'))
    await forgetRetired(tx, 'assessment.device');
}

/** One device as its task begins, not locked, and the time by the database's clock. */
export async function deviceNow(
  tx: Tx,
  id: string,
): Promise<{ readonly device: Device | null; readonly now: Date }> {
  const rows = await tx.query<{ now: Date }>(
    `select ${columns}, clock_timestamp() as now from ${schema}.device where id = $1`,
    [id],
  );
  return { device: z.array(row).parse(rows)[0] ?? null, now: rows[0]?.now ?? new Date() };
}

interface Ended {
  readonly deviceId: string;
  readonly startedAt: Date;
  /** Null when none was applied. */
  readonly lastPolicy: string | null;
}

export async function markFinished(tx: Tx, { deviceId, startedAt, lastPolicy }: Ended): Promise<void> {
  await tx.query(
    `update ${schema}.device set last_started_at = $2, last_policy = coalesce($3, last_policy) where id = $1`,
    [deviceId, startedAt, lastPolicy],
  );
}
