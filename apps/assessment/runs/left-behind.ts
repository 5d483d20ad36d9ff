// The devices of a child task that ends without having ended them: it was cancelled before it could go on, or failed for good.
import type { Finish } from '#bus/worker';
import { assessmentFinished } from '#events/assessment';
import { identity } from '#events/identity';
import type { Store } from '#store/store';
import * as z from 'zod';
import { changesOf } from '../changes.js';
import { kind, schema } from '../task.js';
import type { Failure } from '../trouble.js';
import { endChunk } from './run-devices.js';
import type { ChunkPayload } from './run-task.js';

const row = z.object({ deviceId: z.string(), taskId: z.string(), identity });

/** Those that were being spoken with are told of, with what was changed on them by then. */
export async function leftBehind(store: Store, chunk: ChunkPayload, failure: Failure): Promise<Finish> {
  const rows = await store.query(
    `select d.device_id as "deviceId", d.task_id as "taskId", o.identity from ${schema}.run_device d
     join ${schema}.device o on o.id = d.device_id
     where d.run_id = $1 and d.chunk = $2 and d.state = 'running' and o.identity is not null order by d.device_id`,
    [chunk.runId, chunk.chunk],
  );
  const now = new Date().toISOString();
  const events = [];
  for (const { deviceId, taskId, identity: who } of z.array(row).parse(rows)) {
    const finished = {
      taskId,
      deviceId,
      identity: who,
      trigger: 'requested' as const,
      policies: [],
      covers: [],
      mode: kind,
      runId: chunk.runId,
      startedAt: now,
      finishedAt: now,
      results: [],
      agent: null,
      changes: await changesOf(store, taskId),
      ...failure,
    };
    events.push(assessmentFinished.draft(finished));
  }
  return { events, save: (tx) => endChunk(tx, chunk, failure.outcome) };
}
