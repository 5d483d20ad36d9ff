// Who wrote what, newest first.
import { Get, Inject, Query } from '@nestjs/common';
import * as z from 'zod';
import { PARTS, type StoredParts } from '#runtime/service';
import { pageOf, pageQuery, Resource } from '../http/resource.js';
import { Needs } from '../who/access.js';

const query = pageQuery.extend({ after: z.coerce.number().int().positive().optional() });

@Resource('audit')
export class AuditController {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  @Get()
  @Needs('admin')
  async list(@Query({ schema: query }) { limit, after }: z.infer<typeof query>) {
    const { store } = this.parts;
    const rows = await store.query<{ id: number }>(
      `select id, at, who, action, target, from_address as "from", outcome, detail from console.audit
       where $1::bigint is null or id < $1 order by id desc limit $2`,
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
}
