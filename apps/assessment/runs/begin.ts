// The devices of a child task as it begins: whose turn it is, which of them are there at all, and what each is compared with.
import { ownAddresses } from '#addresses/own';
import { known } from '#device/ways/known';
import type { AppliedPolicy } from '#documents/policy';
import { assessmentStarted } from '#events/assessment';
import { membership } from '#events/device';
import type { Draft } from '#events/event';
import { identity } from '#events/identity';
import { policyChanged } from '#events/policy';
import type { Settings } from '#events/settings';
import { readDocuments } from '#store/documents';
import type { Tx } from '#store/store';
import type { Task } from '#store/tasks';
import * as z from 'zod';
import { subjectOf, type Begun } from '../assess-device.js';
import { choiceFor } from '../choose.js';
import { kind, kinds, schema, type Payload } from '../task.js';
import { becauseOf, skip, type GivenUp } from '../told.js';
import type { Failure } from '../trouble.js';
import { settingsOf, takeTurns, whomOf } from '../turn.js';
import { endsOf } from './left-behind.js';
import { isAudit, partOf, readRun, type Run } from './rows.js';
import { beginRows, busyDevices, holdChunk, type ChunkRow, type Moved } from './chunk-devices.js';
import type { ChunkPayload } from './run-task.js';

/** Tries of a device that cannot be spoken with; between them another has its place. */
export const retryDelaysMs = [10_000, 60_000];
const busyAgainMs = 1_000;

const device = z.object({
  id: z.string(),
  identity,
  fingerprint: z.string().nullable(),
  groups: z.array(membership),
  standing: z.enum(['active', 'unlicensed', 'retired']),
  lastPolicy: z.string().nullable(),
  ways: z.unknown(),
});
type Device = z.infer<typeof device>;

export interface BegunChunk {
  readonly begun: readonly Begun[];
  readonly events: readonly Draft[];
}

/** Under the locks of their turns. What is begun is `holder`'s. */
export async function beginChunk(
  tx: Tx,
  chunk: ChunkPayload,
  { holder, task }: { readonly holder: string; readonly task: Task },
): Promise<BegunChunk> {
  const run = await readRun(tx, chunk.runId);
  const settings = await settingsOf(tx);
  const rows = run?.state === 'running' && settings ? await holdChunk(tx, chunk) : [];
  if (!run || !settings || rows.length === 0) return { begun: [], events: [] };
  const ids = rows.map(({ deviceId }) => deviceId);
  const { now, mine } = await takeTurns(tx, ids);
  const busy = await busyDevices(tx, ids, { ...chunk, kinds });
  const around = { ...(await surroundings(tx, ids)), run, settings, now };
  const beginnings: One[] = [];
  for (const row of rows) {
    const free = mine.has(row.deviceId) && !busy.has(row.deviceId);
    const over = row.cancelledBecause !== null;
    if (over) beginnings.push(await endOne(tx, row, { runId: run.id, because: row.cancelledBecause }));
    else beginnings.push(free ? await beginOne(tx, row, { around, task }) : { moved: waits(row) });
  }
  await beginRows(tx, { runId: run.id, holder, moved: beginnings.map(({ moved }) => moved) });
  return {
    begun: beginnings.flatMap(({ begun }) => begun ?? []),
    events: beginnings.flatMap(({ event }) => event ?? []),
  };
}

interface Surroundings {
  readonly run: Run;
  readonly now: Date;
  readonly settings: Settings;
  readonly policies: ReadonlyMap<string, AppliedPolicy>;
  readonly devices: ReadonlyMap<string, Device>;
  readonly own: readonly string[];
}

async function surroundings(
  tx: Tx,
  ids: readonly string[],
): Promise<Pick<Surroundings, 'policies' | 'devices' | 'own'>> {
  const rows = await tx.query<{ id: string }>(
    `select id, identity, fingerprint, groups, standing, last_policy as "lastPolicy", ways
     from ${schema}.device where id = any($1::uuid[])`,
    [ids],
  );
  const policies = await readDocuments(tx, schema, policyChanged);
  return {
    policies: new Map(policies.map(({ id, version, body }) => [id, { policyId: id, version, body }])),
    devices: new Map(
      rows.flatMap((row) => {
        const read = device.safeParse(row);
        return read.success ? [[read.data.id, read.data]] : [];
      }),
    ),
    own: ownAddresses(),
  };
}

interface One {
  readonly moved: Moved;
  readonly begun?: Begun;
  readonly event?: Draft;
}

const waits = ({ deviceId }: ChunkRow): Moved => {
  return { deviceId, state: 'waiting', outcome: null, afterMs: busyAgainMs };
};

/** It is not spoken with again. */
async function endOne(
  tx: Tx,
  row: ChunkRow,
  { runId, because }: { readonly runId: string; readonly because: string },
): Promise<One> {
  const failure: Failure = { outcome: 'cancelled', detail: because };
  const [told] = await endsOf(tx, [row], { runId, failure });
  const moved = { deviceId: row.deviceId, state: 'ended', outcome: 'cancelled', afterMs: null } as const;
  return { moved, ...(told && { event: told.event }) };
}

/** It is skipped, unless it was changed already: then its end says what was changed. */
async function neverAgain(
  tx: Tx,
  row: ChunkRow,
  { runId, reason }: { readonly runId: string; readonly reason: GivenUp },
): Promise<One> {
  const { deviceId, taskId, wrote } = row;
  if (wrote) return endOne(tx, row, { runId, because: becauseOf[reason] });
  return {
    moved: { deviceId, state: 'ended', outcome: 'skipped', afterMs: null },
    event: skip(deviceId, [], reason, { taskId, runId }),
  };
}

async function beginOne(
  tx: Tx,
  row: ChunkRow,
  { around, task }: { readonly around: Surroundings; readonly task: Task },
): Promise<One> {
  const { run, now, settings } = around;
  const { deviceId, taskId, attempt } = row;
  const found = around.devices.get(deviceId);
  const chosen = choose(found, around);
  if (!found || 'skipped' in chosen) {
    const reason = 'skipped' in chosen ? chosen.skipped : 'deviceDeleted';
    return neverAgain(tx, row, { runId: run.id, reason });
  }
  const ids = chosen.policies.map(({ policyId }) => policyId);
  const { requestedBy, ...of } = partOf(run);
  const payload: Payload = {
    identity: found.identity,
    fingerprint: found.fingerprint,
    trigger: 'requested',
    policies: ids,
    named: ids,
    covers: [],
    requestedBy,
  };
  const own: Task<Payload> = { ...task, id: taskId, kind, key: deviceId, payload, attempt: attempt + 1 };
  const turn = {
    device: { ...found, known: known.safeParse(found.ways).data ?? null },
    settings,
    groups: found.groups,
  };
  const { body } = run;
  const triesMax = retryDelaysMs.length + 1;
  const part = { ...of, remediate: body.remediate, audit: isAudit(body) };
  const whom = await whomOf(tx, { ...payload, deviceId }, turn);
  const begun: Begun = {
    task: own,
    startedAt: now,
    policies: chosen.policies,
    whom,
    wrote: row.wrote,
    triesMax,
    part,
  };
  const subject = subjectOf(begun);
  const started = { ...subject, startedAt: now.toISOString(), attempt: own.attempt };
  const began = { startedAt: now, policies: subject.policies };
  return {
    moved: { deviceId, state: 'running', outcome: null, afterMs: null, began },
    begun,
    event: assessmentStarted.draft(started),
  };
}

type Chosen = { readonly policies: readonly AppliedPolicy[] } | { readonly skipped: GivenUp };

function choose(found: Device | undefined, { run, settings, policies, own }: Surroundings): Chosen {
  if (!found) return { skipped: 'deviceDeleted' };
  const around = { settings, known: new Set(policies.keys()), ownAddresses: own };
  const choice = choiceFor(found, around, { trigger: 'requested', policyId: run.body.policyId });
  if ('skipped' in choice && choice.skipped !== null) return { skipped: choice.skipped };
  const there = 'policies' in choice ? choice.policies.flatMap((id) => policies.get(id) ?? []) : [];
  return there.length === 0 ? { skipped: 'policyUnknown' } : { policies: there };
}
