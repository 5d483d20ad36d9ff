// Devices that wait for approval (R37), for the page: list, and what an operator decides about one, some or all that match.
// Discovery decides; what it tells is kept by rows.ts.
import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { matches } from '#documents/filter';
import { approvedMax, deviceApprovalRequested } from '#events/approval';
import { filter, type Filter } from '#events/group';
import { serialNumber } from '#events/identity';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { filterFaults } from '../documents/faults.js';
import { record } from '../documents/written.js';
import { containing, pageOf, type Page } from '../http/resource.js';
import { Refusal, sentence } from '../refusal.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';
import type { QuarantineBody } from './rows.js';

export const heldStates = ['held', 'refused'] as const;
export type HeldState = (typeof heldStates)[number];

const searched = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'must be text');

/** Devices named, those that a search or a filter finds, or all; of those refused only where `state` says so. */
export const decisions = z
  .strictObject({
    action: z.enum(['admit', 'refuse']),
    serials: z.array(serialNumber).min(1).max(approvedMax).optional(),
    search: searched.optional(),
    filter: filter.optional(),
    all: z.literal(true).optional(),
    state: z.enum(heldStates).default('held'),
    /** From the list, or from the answer to the step before: who came since is left alone. */
    upTo: z.int().nonnegative().optional(),
  })
  .refine(
    (asked) =>
      [asked.serials, asked.search, asked.filter, asked.all].filter((each) => each !== undefined).length ===
      1,
    'exactly one of serials, search, filter and all says which are meant',
  );
export type Decisions = z.infer<typeof decisions>;

/** What one step did. While `left` is not 0, ask again with the same words and this `upTo`. */
export interface Step {
  readonly done: number;
  readonly left: number;
  readonly upTo: number;
}

interface Row {
  readonly serial: string;
  readonly number: number;
  readonly body: QuarantineBody;
}

export interface Asked {
  readonly search: string;
  readonly state: HeldState;
  readonly limit: number;
  readonly after?: number | undefined;
}

/** What was asked for is not asked for again; should discovery never answer, it is shown again. */
const undecided = `state = $1 and body is not null and (asked_at is null or asked_at < now() - interval '10 minutes')
  and ($2 = '%%' or search like $2) and number <= $3`;
const scanRows = 1_000;

@Injectable()
export class Quarantine {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** Newest first. `upTo`, sent with a decision, leaves alone who came since. */
  async list({ search, state, limit, after }: Asked): Promise<Page<object> & Pick<Step, 'upTo'>> {
    const { store } = this.parts;
    const upTo = await newest(store);
    const parameters = [state, containing(search), upTo];
    const rows = await store.query<Row & { since: Date; heardAt: Date; decidedBy: string | null }>(
      `select serial, number, body, since, heard_at as "heardAt", decided_by as "decidedBy" from console.quarantine
       where ${undecided} and ($4::bigint is null or number < $4) order by number desc limit $5`,
      [...parameters, after ?? null, limit + 1],
    );
    const [counted] = await store.query<{ total: number }>(
      `select count(*)::int as total from console.quarantine where ${undecided}`,
      parameters,
    );
    const page = pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: ({ number: _, body, ...row }) => ({ ...body, ...row, state }),
      next: ({ number }) => String(number),
    });
    return { ...page, upTo };
  }

  /** One step of it. */
  async decide(asked: Decisions, caller: Caller): Promise<Step> {
    const faults = asked.filter ? filterFaults(asked.filter, 'filter') : [];
    if (faults.length > 0) throw new Refusal('invalid', sentence(faults), faults);
    const { store } = this.parts;
    const upTo = asked.upTo ?? (await newest(store));
    return store.transaction(async (tx) => {
      const { some, left } = await this.#meant(tx, asked, upTo);
      if (some.length > 0) await this.#ask(tx, some, asked, caller);
      return { done: some.length, left, upTo };
    });
  }

  async #meant(
    tx: Tx,
    { serials, search = '', filter: wanted, state }: Decisions,
    upTo: number,
  ): Promise<{ readonly some: readonly string[]; readonly left: number }> {
    if (serials) return { some: [...new Set(serials)], left: 0 };
    const found = await matching(tx, { state, search, wanted: wanted ?? null, upTo });
    const some = found.slice(0, approvedMax);
    return { some, left: found.length - some.length };
  }

  async #ask(tx: Tx, serials: readonly string[], asked: Decisions, { name, from }: Caller): Promise<void> {
    const { action: decision, filter: wanted, search, all } = asked;
    await tx.query('update console.quarantine set asked_at = now() where serial = any($1::text[])', [
      serials,
    ]);
    await audit(tx, {
      who: name,
      from,
      action: `device.${decision}Requested`,
      target: 'quarantine',
      detail: {
        done: serials.length,
        decided: serials,
        filter: wanted ?? search ?? (all ? 'all' : undefined),
      },
    });
    const draft = { serials: [...serials], decision, requestedBy: name };
    await record(tx, this.parts.bus, [deviceApprovalRequested.draft(draft)]);
  }
}

interface Wanted {
  readonly state: HeldState;
  readonly search: string;
  readonly wanted: Filter | null;
  readonly upTo: number;
}

/** Serial numbers, the oldest first; in steps, as they can be many. */
async function matching(tx: Tx, { state, search, wanted, upTo }: Wanted): Promise<readonly string[]> {
  const found: string[] = [];
  for (let after = 0; ;) {
    const rows = await tx.query<Row>(
      `select serial, number, body from console.quarantine where ${undecided} and number > $4 order by number limit $5`,
      [state, containing(search), upTo, after, scanRows],
    );
    const some = rows.filter(({ body }) => !wanted || matches(wanted, body));
    found.push(...some.map(({ serial }) => serial));
    after = rows.at(-1)?.number ?? after;
    if (rows.length < scanRows) return found;
  }
}

async function newest(on: Pick<Tx, 'query'>): Promise<number> {
  const [row] = await on.query<{ number: number | null }>(
    'select max(number) as number from console.quarantine',
  );
  return row?.number ?? 0;
}

/** Devices that wait for an operator. */
export async function countHeld(on: Pick<Tx, 'query'>): Promise<number> {
  const [row] = await on.query<{ held: number }>(
    `select count(*)::int as held from console.quarantine where state = 'held'`,
  );
  return row?.held ?? 0;
}
