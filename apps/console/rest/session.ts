// Who is signed in: log in, see, log out, change one's password.
import { Body, Delete, Get, HttpCode, Inject, Post, Put, Req, Res } from '@nestjs/common';
import type { CookieOptions, Request, Response } from 'express';
import * as z from 'zod';
import { printable } from '#events/identity';
import { PARTS, type StoredParts } from '#runtime/service';
import type { ConsoleConfig } from '../config.js';
import { Resource } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { Needs, Who } from '../who/access.js';
import { audit } from '../who/audit.js';
import { cookieName, sessionHours, type Caller } from '../who/caller.js';
import { Logins } from '../who/login.js';
import { hashPassword, newPassword, passwordFits } from '../who/password.js';

const login = z.strictObject({ name: printable(128), password: z.string().max(256) });
const change = z.strictObject({ current: z.string().max(256), next: newPassword });

@Resource('session')
export class SessionController {
  readonly #logins: Logins;

  constructor(@Inject(PARTS) private readonly parts: StoredParts<ConsoleConfig>) {
    this.#logins = new Logins(parts.store);
  }

  @Post()
  @HttpCode(200)
  @Needs('anyone')
  async login(
    @Body({ schema: login }) { name, password }: z.infer<typeof login>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    const from = request.ip ?? null;
    const { role, session } = await this.#logins.login({ name, password, from });
    response.cookie(cookieName, session, { ...this.#cookie(), maxAge: sessionHours * 3_600_000 });
    return { name, role };
  }

  @Get()
  @Needs('viewer')
  show(@Who() { name, role }: Caller) {
    return { name, role };
  }

  @Delete()
  @HttpCode(204)
  @Needs('viewer')
  async logout(@Who() caller: Caller, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.parts.store.transaction(async (tx) => {
      await tx.query('delete from console.session where id_hash = $1', [caller.hash]);
      await audit(tx, { who: caller.name, from: caller.from, action: 'logout' });
    });
    response.clearCookie(cookieName, this.#cookie());
  }

  /** Ends all other sessions of the operator. */
  @Put('password')
  @HttpCode(204)
  @Needs('viewer')
  async changePassword(
    @Body({ schema: change }) { current, next }: z.infer<typeof change>,
    @Who() caller: Caller,
  ) {
    if (caller.by !== 'cookie') throw new Refusal('forbidden', 'A token has no password.');
    const [row] = await this.parts.store.query<{ password_hash: string }>(
      'select password_hash from console.operator where name = $1',
      [caller.name],
    );
    const fits = await passwordFits(row?.password_hash ?? null, current);
    const hash = await hashPassword(next);
    const deed = { who: caller.name, from: caller.from, action: 'password.changed' };
    if (!fits) {
      await audit(this.parts.store, { ...deed, outcome: 'refused' });
      throw new Refusal('invalid', 'The current password is wrong.', [
        { path: 'current', message: 'is wrong' },
      ]);
    }
    await this.parts.store.transaction(async (tx) => {
      await tx.query('update console.operator set password_hash = $2 where name = $1', [caller.name, hash]);
      await tx.query('delete from console.session where operator = $1 and id_hash <> $2', [
        caller.name,
        caller.hash,
      ]);
      await audit(tx, deed);
    });
  }

  #cookie(): CookieOptions {
    return { httpOnly: true, sameSite: 'strict', secure: this.parts.config.secure, path: '/' };
  }
}
