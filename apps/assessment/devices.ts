// Devices as this service keeps them, and all that its decisions need.
import type { Known } from '#device/ways/known';
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
import { kind, kinds, payload, type Payload } from './task.js';

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
  /** It was moved then without a proof: what is kept for it goes nowhere until somebody vouches for it. */
  readonly movedAt: Date | null;
  /** Newest event of console that called off what was asked for by then. */
  readonly cancelSequence: number;
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
  /** Ids of what operators wished besides and may still be joined, by kind and device: see `wishKey`. */
  readonly wishes: Map<string, string>;
  readonly ownAddresses: readonly string[];
}

export const wishKey = (of: string, deviceId: string): string => `${of} ${deviceId}`;

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
  movedAt: z.date().nullable(),
  cancelSequence: z.number(),
});

const columns = `id, identity, fingerprint, groups, grouped_sequence as "groupedSequence", standing,
  licensing_sequence as "licensingSequence", flapping_at as "flappingAt", last_policy as "lastPolicy",
  last_started_at as "lastStartedAt", moved_at as "movedAt", cancel_sequence as "cancelSequence"`;

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
  const tasks = await queuedTasks(tx, schema, kinds, ids);
  const ofKind = (wanted: boolean): typeof tasks => tasks.filter((task) => (task.kind === kind) === wanted);
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
    queued: new Map(
      ofKind(true).map((task) => [task.key, { id: task.id, payload: payload.parse(task.payload) }]),
    ),
    wishes: new Map(ofKind(false).map((task) => [wishKey(task.kind, task.key), task.id])),
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
       retired_at = case d.standing when 'retired' then coalesce(retired_at, now()) end, flapping_at = d."flappingAt",
       moved_at = d."movedAt", cancel_sequence = d."cancelSequence"
     from jsonb_to_recordset($1::jsonb) as d(id uuid, identity jsonb, fingerprint text, groups jsonb,
       "groupedSequence" bigint, standing text, "licensingSequence" bigint, "flappingAt" timestamptz, "movedAt" timestamptz,
       "cancelSequence" bigint)
     where device.id = d.id`,
    [JSON.stringify([...last.values()])],
  );
  if ([...last.values()].some(({ standing }) => standing === 'retired'))
    await forgetRetired(tx, 'assessment.device');
}

/** What is kept of a device of which an assessment has ended. */
export interface Ended {
  readonly deviceId: string;
  readonly startedAt: Date;
  /** Null when none was applied. */
  readonly lastPolicy: string | null;
  /** Null: as before. */
  readonly ways: Known | null;
}

/** Their rows are locked already where they are several. */
export async function markFinished(tx: Tx, ended: readonly Ended[]): Promise<void> {
  await tx.query(
    `update ${schema}.device set last_started_at = e."startedAt", last_policy = coalesce(e."lastPolicy", last_policy),
       ways = coalesce(nullif(e.ways, 'null'::jsonb), device.ways)
     from jsonb_to_recordset($1::jsonb) as e("deviceId" uuid, "startedAt" timestamptz, "lastPolicy" text, ways jsonb)
     where device.id = e."deviceId"`,
    [JSON.stringify(ended)],
  );
}

/** What was found out about its protocols by a task that is no assessment. */
export async function rememberWays(tx: Tx, deviceId: string, ways: Known): Promise<void> {
  await tx.query(`update ${schema}.device set ways = $2::jsonb where id = $1`, [
    deviceId,
    JSON.stringify(ways),
  ]);
}
