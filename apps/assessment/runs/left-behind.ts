// The devices of a child task that ends without having ended them: it was cancelled before it could go on, or failed for good.
import type { Finish } from '#bus/worker';
import { appliedPolicy, type TaskMode } from '#events/assessment';
import type { Draft } from '#events/event';
import { identity } from '#events/identity';
import type { Log } from '#runtime/log';
import type { Tx } from '#store/store';
import type { Task } from '#store/tasks';
import * as z from 'zod';
import { changesOf } from '../changes.js';
import { teller } from '../notes.js';
import { kind, schema } from '../task.js';
import { begunBy, finished, skip } from '../told.js';
import type { Failure } from '../trouble.js';
import { unreadableDetail } from '../unreadable.js';
import { giveUpChunk } from './chunk-devices.js';
import { isAudit, partOf, readRun } from './rows.js';
import { endLeft, type BegunRow } from './run-devices.js';
import { chunkOf, type ChunkPayload } from './run-task.js';

/** In the transaction that ends the task, so that whoever was spoken with is told of once, and nobody is left out. */
export function leftBehind(chunk: ChunkPayload, failure: Failure, log: Pick<Log, 'info'>): Finish {
  return {
    events: [],
    settle: async (tx) => {
      const ended = await endLeft(tx, chunk, failure.outcome);
      const events = await endsOf(tx, ended, { runId: chunk.runId, failure });
      tx.afterCommit(() => {
        for (const { event, serial } of events) teller(log)([event], serial);
      });
      return { events: events.map(({ event }) => event) };
    },
  };
}

/** Of a child task of another version, which its key still names: without its devices' ends the run would wait for them for ever. */
export async function unreadableChunk(tx: Tx, { key }: Pick<Task, 'key'>): Promise<readonly Draft[]> {
  const chunk = chunkOf(key);
  if (!chunk) return [];
  const { runId } = chunk;
  const rows = await giveUpChunk(tx, chunk);
  const changed = rows.filter(({ outcome }) => outcome === 'cancelled');
  const failure = { outcome: 'cancelled', detail: unreadableDetail } as const;
  const ends = await endsOf(tx, changed, { runId, failure });
  const skips = rows.flatMap(({ outcome, deviceId, taskId }) =>
    outcome === 'skipped' ? [skip(deviceId, [], 'unreadable', { taskId, runId })] : [],
  );
  return [...skips, ...ends.map(({ event }) => event)];
}

const row = z.object({ id: z.string(), identity });

interface Told {
  readonly event: Draft;
  readonly serial: string;
}

/** The end of each, with all that was changed on it by then. One that was cancelled by itself says so. */
export async function endsOf(
  tx: Tx,
  rows: readonly BegunRow[],
  { runId, failure }: { readonly runId: string; readonly failure: Failure },
): Promise<readonly Told[]> {
  const devices = await tx.query(
    `select id, identity from ${schema}.device where id = any($1::uuid[]) and identity is not null`,
    [rows.map(({ deviceId }) => deviceId)],
  );
  const identities = new Map(
    z
      .array(row)
      .parse(devices)
      .map((device) => [device.id, device.identity]),
  );
  const run = await readRun(tx, runId);
  const mode: TaskMode = run && isAudit(run.body) ? 'dryRun' : kind;
  const told: Told[] = [];
  for (const { deviceId, taskId, startedAt, policies, cancelledBecause } of rows) {
    const who = identities.get(deviceId);
    if (!who) continue;
    const changes = await changesOf(tx, taskId);
    const subject = {
      taskId,
      deviceId,
      identity: who,
      trigger: 'requested' as const,
      policies: z.array(appliedPolicy).parse(policies ?? []),
      covers: [],
      mode,
      requestedBy: [],
      runId,
      ...(run && partOf(run)),
    };
    const why: Failure =
      cancelledBecause === null ? failure : { outcome: 'cancelled', detail: cancelledBecause };
    told.push({
      event: finished(subject, startedAt ?? begunBy(changes), { ...why, changes }),
      serial: who.serial,
    });
  }
  return told;
}
