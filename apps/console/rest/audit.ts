// Who wrote what, newest first.
import { Get, Inject, Param, Query } from '@nestjs/common';
import * as z from 'zod';
import { PARTS, type StoredParts } from '#runtime/service';
import { pageOf, pageQuery, Resource } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs } from '../who/access.js';

const columns = `id, at, who, action, target, from_address as "from", outcome`;

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
      `select ${columns}, detail - 'decided' as detail, jsonb_array_length(detail->'decided') as decided
       from console.audit where $1::bigint is null or id < $1 order by id desc limit $2`,
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

  /** One entry, whole: with each of the deliveries it was about, up to a thousand. */
  @Get(':id')
  @Needs('admin')
  async one(@Param('id', { schema: z.coerce.number().int().positive() }) id: number): Promise<object> {
    const [entry] = await this.parts.store.query<object>(
      `select ${columns}, detail from console.audit where id = $1`,
      [id],
    );
    if (!entry) throw new Refusal('notFound', 'There is no such entry.');
    return entry;
  }
}
