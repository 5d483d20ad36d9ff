// Work going on now (R64), of instant-on and of runs of schedules: those that run first, then those that wait longest.
import { Get, Inject, Query } from '@nestjs/common';
import { PARTS, type StoredParts } from '#runtime/service';
import { pageQuery, Resource, type PageQuery } from '../http/resource.js';
import { Needs } from '../who/access.js';

@Resource('tasks')
export class TasksController {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  @Get()
  @Needs('viewer')
  async list(@Query({ schema: pageQuery }) { limit }: PageQuery) {
    const active = `console.device d, jsonb_array_elements(d.state->'tasks') as task
      where d.listed and d.queued + d.running > 0`;
    const items = await this.parts.store.query(
      `select task->>'id' as id, d.id as "deviceId", d.serial, d.state->'identity'->>'model' as model,
         d.state->'identity'->>'ip' as ip,
         d.state->'identity'->>'hostname' as hostname, task->>'state' as state,
         coalesce(task->>'mode', 'assess') as mode,
         coalesce(task->'cause', jsonb_build_object(
           'trigger', task->>'trigger', 'requestedBy', jsonb_build_array(), 'run', null)) as cause,
         task->'policies' as policies, task->>'queuedAt' as "queuedAt", task->>'startedAt' as "startedAt",
         (task->>'attempt')::int as attempt
       from ${active} order by task->>'state' desc, coalesce(task->>'startedAt', task->>'queuedAt'), d.id limit $1`,
      [limit],
    );
    const [counted] = await this.parts.store.query<{ total: number }>(
      `select count(*) as total from ${active}`,
    );
    return { items, total: counted?.total ?? 0, next: null };
  }
}
