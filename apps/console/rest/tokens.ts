// API tokens: for programs. Shown once, when made.
import { randomUUID } from 'node:crypto';
import { Body, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import * as z from 'zod';
import { printable } from '#events/identity';
import { PARTS, type StoredParts } from '#runtime/service';
import { Resource, wholeList } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import { audit } from '../who/audit.js';
import { hashOf, secret, tokenPrefix, type Caller } from '../who/caller.js';
import { tokenRoles } from '../../../libs/answers/access.js';

const newToken = z.strictObject({ name: printable(64), role: z.enum(tokenRoles) });

const columns = `id, name, role, created_by as "createdBy", created_at as "createdAt", last_used_at as "lastUsedAt"`;

@Resource('tokens')
export class TokensController {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  @Get()
  @Needs('admin')
  async list() {
    return wholeList(await this.parts.store.query(`select ${columns} from console.token order by name`));
  }

  @Post()
  @Needs('admin')
  async add(@Body({ schema: newToken }) { name, role }: z.infer<typeof newToken>, @Who() caller: Caller) {
    const token = tokenPrefix + secret();
    return this.parts.store.transaction(async (tx) => {
      const [row] = await tx.query(
        `insert into console.token (id, name, token_hash, role, created_by) values ($1, $2, $3, $4, $5)
         on conflict (name) do nothing returning ${columns}`,
        [randomUUID(), name, hashOf(token), role, caller.name],
      );
      if (!row) throw new Refusal('exists', `There is a token ${name} already.`);
      const { name: who, from } = caller;
      await audit(tx, { who, from, action: 'token.added', target: `token:${name}`, detail: { role } });
      return { ...row, token };
    });
  }

  @Delete(':id')
  @HttpCode(204)
  @Needs('admin')
  async remove(
    @Param('id', { schema: z.uuid() }) id: string,
    @Who() { name: who, from }: Caller,
  ): Promise<void> {
    await this.parts.store.transaction(async (tx) => {
      const [row] = await tx.query<{ name: string }>(
        'delete from console.token where id = $1 returning name',
        [id],
      );
      if (!row) throw new Refusal('notFound', 'There is no such token.');
      await audit(tx, { who, from, action: 'token.deleted', target: `token:${row.name}` });
    });
  }
}
