// What operators want of Muster's own authority: asked for here, fetched and done by the authority, which says what became of
// it. Asked, done or refused; who asked and how it ended is in the audit log.
import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import {
  type Wish,
  type Wished,
  wishesAtOnce,
  wishKinds,
  wishWaitsDays,
  type WishKind,
  type WishOutcome,
} from '#pki/authority/wish';
import type { wishStates } from '#answers/trust';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { pageOf, type Page } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';
import { wishOf, type EnrolmentShown } from './asking.js';

const kinds = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(wishKinds)))
  .optional();
export const wishQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  /** Several by commas. */
  kind: kinds,
  after: z.coerce.number().int().positive().optional(),
});
export type WishQuery = z.infer<typeof wishQuery>;

interface WishShown {
  readonly id: string;
  readonly kind: WishKind;
  readonly about: string;
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly state: (typeof wishStates)[number];
  /** Of a refusal, in words. */
  readonly reason: string | null;
  readonly settledAt: Date | null;
  /** PEM: what was signed, and those above it. */
  readonly certificates: string | null;
}

interface WishAsked extends WishShown {
  /** Of `enrol`: told once, kept nowhere. */
  readonly secret: EnrolmentShown | null;
}

/** That wait at a time. */
const waitingMax = 100;
const columns = `id, kind, about, asked_by as "askedBy", asked_at as "askedAt", state, reason, settled_at as "settledAt",
  certificates`;

@Injectable()
export class Wishes {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** The newest first. */
  async list({ kind, limit, after }: WishQuery): Promise<Page<WishShown>> {
    const { store } = this.parts;
    const wanted = kind ?? [...wishKinds];
    const [counted] = await store.query<{ total: number }>(
      'select count(*)::int as total from console.wish where kind = any($1)',
      [wanted],
    );
    const rows = await store.query<WishShown & { number: number }>(
      `select number, ${columns} from console.wish where kind = any($1) and ($2::bigint is null or number < $2)
       order by number desc limit $3`,
      [wanted, after ?? null, limit + 1],
    );
    return pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: ({ number: _, ...shown }) => shown,
      next: ({ number }) => String(number),
    });
  }

  async read(id: string): Promise<WishShown> {
    const [row] = await this.parts.store.query<WishShown>(
      `select ${columns} from console.wish where id = $1`,
      [id],
    );
    if (row) return row;
    throw new Refusal('notFound', 'Nobody asked the authority for this.');
  }

  /** The authority hears it within seconds, if it runs. */
  ask(wished: Wished, by: Caller): Promise<WishAsked> {
    const { wish, about, secret } = wishOf(wished, by.name);
    return this.parts.store.transaction(async (tx) => {
      await expectRoom(tx);
      const [row] = await tx.query<WishShown>(
        `insert into console.wish (id, kind, about, body, asked_by) values ($1, $2, $3, $4::jsonb, $5) returning ${columns}`,
        [wish.id, wish.kind, about, JSON.stringify(wish), by.name],
      );
      if (!row) throw new Error('the wish was not stored');
      const { name: who, from } = by;
      const target = `wish:${wish.id}`;
      await audit(tx, { who, from, action: 'authority.asked', target, detail: detailOf(wish) });
      return { ...row, secret };
    });
  }
}

const unsaid: ReadonlySet<string> = new Set(['id', 'by', 'request', 'hash']);
/** For the audit log: all that it says but the request, which is long, and the hash. */
const detailOf = (wish: Wish): object =>
  Object.fromEntries(Object.entries(wish).filter(([field]) => !unsaid.has(field)));

async function expectRoom(tx: Tx): Promise<void> {
  // Under the lock of its row two that ask at once are counted one after the other.
  const [heard] = await tx.query('select 1 as heard from console.authority for update');
  if (!heard)
    throw new Refusal(
      'notFound',
      'No authority speaks to console: make one with muster ca init, and start muster trust with MUSTER_CONSOLE_URL and MUSTER_TOKEN_FILE.',
    );
  const [row] = await tx.query<{ waiting: number }>(
    `select count(*)::int as waiting from console.wish where state = 'asked'`,
  );
  if ((row?.waiting ?? 0) < waitingMax) return;
  throw new Refusal(
    'tooMany',
    `${waitingMax} wishes wait for the authority already. Is muster trust running?`,
  );
}

/** What the authority is to hear: the same until it has told what became of it. The oldest first. */
export async function waiting(tx: Tx): Promise<readonly Wish[]> {
  const rows = await tx.query<{ body: Wish }>(
    `select body from console.wish where state = 'asked' and asked_at > now() - interval '${wishWaitsDays} days'
     order by number limit ${wishesAtOnce}`,
  );
  return rows.map(({ body }) => body);
}

/** Of an authority that is gone. Resolves to how many waited. */
export async function giveUpWaiting(tx: Tx): Promise<number> {
  const rows = await tx.query(
    `update console.wish set state = 'refused', settled_at = now(), body = body - 'hash', reason = 'the authority was given up'
     where state = 'asked' returning 1 as given`,
  );
  return rows.length;
}

/** What the authority did counts even of a wish that was given up here. The hash of a secret is needed no more. */
export async function settle(tx: Tx, outcomes: readonly WishOutcome[], by: Caller): Promise<void> {
  for (const { id, refused, certificates } of outcomes) {
    const [row] = await tx.query<{ kind: string; about: string }>(
      `update console.wish set state = case when $2::text is null then 'done' else 'refused' end, reason = $2,
         certificates = $3, settled_at = now(), body = body - 'hash'
       where id = $1 and (state = 'asked' or (state = 'refused' and $2::text is null)) returning kind, about`,
      [id, refused, certificates],
    );
    if (!row) continue;
    await audit(tx, {
      who: by.name,
      from: by.from,
      action: 'authority.answered',
      target: `wish:${id}`,
      outcome: refused === null ? 'done' : 'refused',
      detail: refused === null ? row : { ...row, reason: refused },
    });
  }
}
