// A task whose payload this build cannot read: another version of Muster made it. It is dropped, and what it has changed by then told.
import { identity } from '#events/identity';
import type { Draft } from '#events/event';
import type { Tx } from '#store/store';
import type { Task } from '#store/tasks';
import * as z from 'zod';
import { changesOf } from './changes.js';
import { begunBy, finished, skip } from './told.js';

const row = z.object({ identity });
export const unreadableDetail = 'the task is of another version of Muster, and cannot be read';

/** As skipped, unless it has changed its device: then as cancelled, as far as anything is known of it without its payload. */
export const unreadable =
  (mode: 'assess' | 'undo') =>
  async (tx: Tx, { id: taskId, key: deviceId }: Pick<Task, 'id' | 'key'>): Promise<readonly Draft[]> => {
    const changes = await changesOf(tx, taskId);
    const [device] = await tx.query(
      'select identity from assessment.device where id = $1 and identity is not null',
      [deviceId],
    );
    if (changes.length === 0 || !device) return [skip(deviceId, [], 'unreadable', { taskId, mode })];
    const of = { taskId, deviceId, identity: row.parse(device).identity, mode };
    const subject = { ...of, trigger: 'requested' as const, policies: [], covers: [], requestedBy: [] };
    return [finished(subject, begunBy(changes), { outcome: 'cancelled', detail: unreadableDetail, changes })];
  };
