// Who wrote what, newest first.
import { Get, Inject, Param, Query } from '@nestjs/common';
import * as z from 'zod';
import { PARTS, type StoredParts } from '#runtime/service';
import { pageOf, pageQuery, Resource } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs } from '../who/access.js';

/** An entry, and the device that its target names. */
const columns = `a.id, at, who, action, target, from_address as "from", outcome,
  case when d.id is not null then jsonb_build_object('id', d.id, 'serial', d.serial,
    'model', d.state->'identity'->'model', 'listed', d.listed) end as device,
  devices_gone is null as "devicesKept"`;
const from = `console.audit a left join console.device d
  on d.id = case when target ~ '^device:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then substr(target, 8)::uuid end`;

const query = pageQuery
  .pick({ limit: true })
  .extend({ after: z.coerce.number().int().positive().optional() });

@Resource('audit')
export class AuditController {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** `decided`: how many deliveries it was about, where each is on record: see the entry itself. */
  @Get()
  @Needs('admin')
  async list(@Query({ schema: query }) { limit, after }: z.infer<typeof query>) {
    const { store } = this.parts;
    const rows = await store.query<{ id: number }>(
      `select ${columns}, detail - 'decided' as detail, jsonb_array_length(detail->'decided') as decided,
         coalesce(devices_gone, nullif(asked.devices, 0)) as devices, asked."taskId"
       from ${from} left join lateral (
         select count(distinct device_id)::int as devices,
           case when count(*) = 1 then min(task_id::text) end as "taskId"
         from console.asked where audit = a.id) as asked on true
       where $1::bigint is null or a.id < $1 order by a.id desc limit $2`,
      [after ?? null, limit + 1],
    );
    const [counted] = await store.query<{ total: number }>('select count(*) as total from console.audit');
    return pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: (row) => row,
      next: ({ id }) => String(id),
    });
  }

  /** One entry, whole: with each of the deliveries or devices it was about, up to a thousand. */
  @Get(':id')
  @Needs('admin')
  async one(@Param('id', { schema: z.coerce.number().int().positive() }) id: number): Promise<object> {
    const { store } = this.parts;
    const [entry] = await store.query<object>(`select ${columns}, detail from ${from} where a.id = $1`, [id]);
    if (!entry) throw new Refusal('notFound', 'There is no such entry.');
    const asked = await store.query(
      `select device_id as "deviceId", serial, coalesce(listed, false) as listed, task_id as "taskId"
       from console.asked left join console.device d on d.id = device_id where audit = $1 order by serial, request`,
      [id],
    );
    return { ...entry, asked };
  }
}
