// Operators and their roles.
import { Body, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import * as z from 'zod';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { Resource, wholeList } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';
import { roles, type Role } from '../../../libs/answers/access.js';
import { hashPassword, newPassword } from '../who/password.js';

const userName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, 'must be letters, digits, dots, hyphens, _ or @');
const newUser = z.strictObject({ name: userName, role: z.enum(roles), password: newPassword });

const change = z
  .strictObject({ role: z.enum(roles).optional(), password: newPassword.optional() })
  .refine(({ role, password }) => role !== undefined || password !== undefined, 'needs role or password');

const columns = `name, role, created_by as "createdBy", created_at as "createdAt"`;

@Resource('users')
export class UsersController {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  @Get()
  @Needs('admin')
  async list() {
    return wholeList(await this.parts.store.query(`select ${columns} from console.operator order by name`));
  }

  @Post()
  @Needs('admin')
  async add(
    @Body({ schema: newUser }) { name, role, password }: z.infer<typeof newUser>,
    @Who() caller: Caller,
  ) {
    const hash = await hashPassword(password);
    return this.parts.store.transaction(async (tx) => {
      const [row] = await tx.query(
        `insert into console.operator (name, role, password_hash, created_by) values ($1, $2, $3, $4)
         on conflict do nothing returning ${columns}`,
        [name, role, hash, caller.name],
      );
      if (!row) throw new Refusal('exists', `There is an operator ${name} already.`);
      const { name: who, from } = caller;
      await audit(tx, { who, from, action: 'user.added', target: `user:${name}`, detail: { role } });
      return row;
    });
  }

  /** Ends the operator's sessions: what was open under the old password or role is closed. */
  @Put(':name')
  @Needs('admin')
  async change(
    @Param('name', { schema: userName }) name: string,
    @Body({ schema: change }) { role, password }: z.infer<typeof change>,
    @Who() { name: who, from }: Caller,
  ) {
    const hash = password === undefined ? null : await hashPassword(password);
    return this.parts.store.transaction(async (tx) => {
      if (role !== undefined && role !== 'admin') await keepLastAdmin(tx, name);
      const [before] = await tx.query<{ role: Role }>(
        'select role from console.operator where name = $1 for update',
        [name],
      );
      if (!before) throw new Refusal('notFound', `There is no operator ${name}.`);
      const [row] = await tx.query(
        `update console.operator set role = coalesce($2, role), password_hash = coalesce($3, password_hash)
         where name = $1 returning ${columns}`,
        [name, role ?? null, hash],
      );
      await tx.query('delete from console.session where operator = $1', [name]);
      const changed = [
        ...(role !== undefined && role !== before.role
          ? [{ path: 'role', from: before.role, to: role }]
          : []),
        ...(hash === null ? [] : [{ path: 'password', from: '(not shown)', to: '(not shown)' }]),
      ];
      await audit(tx, { who, from, action: 'user.changed', target: `user:${name}`, detail: { changed } });
      return row;
    });
  }

  @Delete(':name')
  @HttpCode(204)
  @Needs('admin')
  async remove(@Param('name', { schema: userName }) name: string, @Who() caller: Caller): Promise<void> {
    if (name === caller.name) throw new Refusal('inUse', 'You cannot delete yourself.');
    await this.parts.store.transaction(async (tx) => {
      await keepLastAdmin(tx, name);
      const rows = await tx.query('delete from console.operator where name = $1 returning name', [name]);
      if (rows.length === 0) throw new Refusal('notFound', `There is no operator ${name}.`);
      await audit(tx, {
        who: caller.name,
        from: caller.from,
        action: 'user.deleted',
        target: `user:${name}`,
      });
    });
  }
}

/** Locks the administrators, so that two changes at a time do not take the last one away. */
async function keepLastAdmin(tx: Tx, name: string): Promise<void> {
  const admins = await tx.query<{ name: string }>(
    `select name from console.operator where role = 'admin' order by name for update`,
  );
  if (admins.every((admin) => admin.name === name)) {
    throw new Refusal('inUse', `${name} is the last administrator.`);
  }
}
