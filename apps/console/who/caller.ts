// Who is calling: an operator by cookie, or a program by API token. Both are 256 random bits of which the database has
// only the SHA-256.
import { createHash, randomBytes } from 'node:crypto';
import type { Request } from 'express';
import { roles, type Role, type TokenRole } from '#answers/access';
import { unavailable } from '#store/failure';
import type { Store } from '#store/store';

export interface Caller {
  /** Name of the operator, or `token:` and the token's name. */
  readonly name: string;
  readonly role: TokenRole;
  readonly by: 'cookie' | 'token';
  /** SHA-256 of what was shown. */
  readonly hash: Buffer;
  /** Address of the client; headers of proxies are believed only from those that are trusted. */
  readonly from: string | null;
}

export const cookieName = 'muster_session';
export const tokenPrefix = 'mst_';

export const secret = (): string => randomBytes(32).toString('base64url');
export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** May `role` do what needs `needed`? What the authority may, nobody else may. */
export function suffices(role: TokenRole, needed: TokenRole): boolean {
  if (role === 'trust' || needed === 'trust') return role === needed;
  return roles.indexOf(role) >= roles.indexOf(needed);
}

export interface Callers {
  readonly store: Store;
}

const secretPattern = /^[A-Za-z0-9_-]{43}$/;

export async function identify({ store }: Callers, request: Request): Promise<Caller | null> {
  const from = request.ip ?? null;
  const bearer = /^Bearer mst_(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (request.headers.authorization !== undefined) {
    return bearer && secretPattern.test(bearer) ? byToken(store, hashOf(tokenPrefix + bearer), from) : null;
  }
  const cookie = cookieIn(request.headers.cookie ?? '');
  return cookie && secretPattern.test(cookie)
    ? bySession(store, hashOf(cookie), { from, touch: true })
    : null;
}

/** Whether the caller may still stay: asked while a stream is open, which does not count as being seen. */
export async function stillThere({ store }: Callers, { by, hash, from }: Caller): Promise<boolean> {
  const caller = by === 'token' ? byToken(store, hash, from) : bySession(store, hash, { from, touch: false });
  return (await caller) !== null;
}

function cookieIn(header: string): string | null {
  const pair = header.split(';').find((part) => part.trim().startsWith(`${cookieName}=`));
  return pair?.split('=')[1]?.trim() ?? null;
}

async function byToken(store: Store, hash: Buffer, from: string | null): Promise<Caller | null> {
  const [row] = await store.query<{ name: string; role: TokenRole; idle: boolean }>(
    `select name, role, coalesce(last_used_at < now() - interval '1 minute', true) as idle
     from console.token where token_hash = $1`,
    [hash],
  );
  if (!row) return null;
  if (row.idle) {
    await note(store, 'update console.token set last_used_at = now() where token_hash = $1', hash);
  }
  return { name: `token:${row.name}`, role: row.role, by: 'token', hash, from };
}

/** A session ends 12 hours after the login, and when nothing was asked for an hour. */
export const sessionHours = 12;
const idleHours = 1;

async function bySession(
  store: Store,
  hash: Buffer,
  { from, touch }: { readonly from: string | null; readonly touch: boolean },
): Promise<Caller | null> {
  const [row] = await store.query<{ name: string; role: Role; idle: boolean }>(
    `select o.name, o.role, s.seen_at < now() - interval '1 minute' as idle
     from console.session s join console.operator o on o.name = s.operator
     where s.id_hash = $1 and s.expires_at > now() and s.seen_at > now() - interval '${idleHours} hour'`,
    [hash],
  );
  if (!row) return null;
  if (touch && row.idle) {
    await note(store, 'update console.session set seen_at = now() where id_hash = $1', hash);
  }
  return { name: row.name, role: row.role, by: 'cookie', hash, from };
}

/** Who may look, may look on a full disk too: that is when operators do. */
async function note(store: Store, sql: string, hash: Buffer): Promise<void> {
  await store.query(sql, [hash]).catch((error: unknown) => {
    if (!unavailable(error)) throw error;
  });
}
