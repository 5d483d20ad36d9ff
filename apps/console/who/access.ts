// What a route needs, and the guard that asks for it. A route that says nothing is refused to everyone.
import { createParamDecorator, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { callerOf } from '../http/door.js';
import { Refusal } from '../refusal.js';
import { suffices, type Caller } from './caller.js';
import type { TokenRole } from '../../../libs/answers/access.js';

export type Need = TokenRole | 'anyone';
export const needKey = 'muster:needs';

/** The least role that may call the route. */
export const Needs = (need: Need) => SetMetadata(needKey, need);

/** The caller of a route that needs a role. */
export const Who = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const caller = callerOf(context.switchToHttp().getResponse<Response>());
  if (!caller) throw new Refusal('unauthenticated', 'Sign in first.');
  return caller;
});

const reading = new Set(['GET', 'HEAD']);

export class Access implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const need = Reflect.getMetadata(needKey, context.getHandler()) as Need | undefined;
    const request = context.switchToHttp().getRequest<Request>();
    const caller = callerOf(context.switchToHttp().getResponse<Response>());
    if (need === undefined) throw new Error(`${context.getHandler().name} does not say which role it needs`);
    if (!reading.has(request.method)) refuseForgery(request, caller);
    if (need === 'anyone') return true;
    if (!caller) throw new Refusal('unauthenticated', 'Sign in, or send an API token.');
    if (!suffices(caller.role, need)) throw new Refusal('forbidden', `This needs the role ${need}.`);
    return true;
  }
}

/** A page of another site can make a browser send the cookie, but neither this header nor another origin's blessing. */
function refuseForgery({ headers }: Request, caller: Caller | null): void {
  const site = headers['sec-fetch-site'];
  const foreign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (foreign) throw new Refusal('forbidden', "Writes are taken from Muster's own page only.");
  if (caller?.by === 'cookie' && headers['x-muster'] !== '1') {
    throw new Refusal('forbidden', 'Writes by cookie need the header X-Muster: 1.');
  }
}
