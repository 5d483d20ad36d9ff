// Devices that wait for approval (R37), for the page: list, and what an operator decides about one, some or all that match.
// Discovery decides; what it tells is kept by rows.ts.
import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { matches } from '#documents/filter';
import {
  approvedMax,
  deviceApprovalRequested,
  seenClaim,
  type DeviceApprovalRequested,
} from '#events/approval';
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

const whichFields = ['seen', 'serials', 'search', 'filter', 'all'] as const;

/** Devices named, those that a search or a filter finds, or all; of those refused only where `state` says so. */
export const decisions = z
  .strictObject({
    action: z.enum(['admit', 'refuse']),
    /** Each with the claim to its serial number that was looked at: nothing is decided of what is another by now. */
    seen: z.array(seenClaim).min(1).max(approvedMax).optional(),
    /** Whatever waits first with these serial numbers, as the list shows it at this moment. */
    serials: z.array(serialNumber).min(1).max(approvedMax).optional(),
    search: searched.optional(),
    filter: filter.optional(),
    all: z.literal(true).optional(),
    state: z.enum(heldStates).default('held'),
    /** From the list, or from the answer to the step before: who came or changed since is left alone. */
    upTo: z.int().nonnegative().optional(),
  })
  .refine(
    (asked) => whichFields.filter((field) => asked[field] !== undefined).length === 1,
    'exactly one of seen, serials, search, filter and all says which are meant',
  );
export type Decisions = z.infer<typeof decisions>;

/** What one step did. While `left` is not 0, ask again with the same words and this `upTo`. */
export interface Step {
  readonly done: number;
  readonly left: number;
  /** Of those named: what waits is not what was seen, or nothing does. They were not asked for. */
  readonly changed: number;
  readonly upTo: number;
}

type Seen = DeviceApprovalRequested['seen'][number];

interface Meant extends Pick<Step, 'left' | 'changed'> {
  readonly some: readonly Seen[];
}

interface Row {
  readonly serial: string;
  readonly number: number;
  readonly body: QuarantineBody;
}

interface Listed extends Row {
  readonly since: Date;
  readonly heardAt: Date;
  readonly missedAt: Date | null;
  readonly decidedBy: string | null;
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

  /** Newest first. `upTo`, sent with a decision, leaves alone who came or changed since. */
  async list({ search, state, limit, after }: Asked): Promise<Page<object> & Pick<Step, 'upTo'>> {
    const { store } = this.parts;
    const upTo = await newest(store);
    const parameters = [state, containing(search), upTo];
    const rows = await store.query<Listed>(
      `select serial, number, body, since, heard_at as "heardAt", missed_at as "missedAt", decided_by as "decidedBy"
       from console.quarantine where ${undecided} and ($4::bigint is null or number < $4) order by number desc limit $5`,
      [...parameters, after ?? null, limit + 1],
    );
    const [counted] = await store.query<{ total: number }>(
      `select count(*)::int as total from console.quarantine where ${undecided}`,
      parameters,
    );
    const page = pageOf(rows, {
      limit,
      total: counted?.total ?? 0,
      item: ({ number: _, body, ...row }) => ({ claim: null, others: [], ...body, ...row, state }),
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
      const { some, left, changed } = await this.#meant(tx, asked, upTo);
      if (some.length > 0) await this.#ask(tx, some, asked, caller);
      return { done: some.length, left, changed, upTo };
    });
  }

  async #meant(tx: Tx, asked: Decisions, upTo: number): Promise<Meant> {
    const { seen, serials, search = '', filter: wanted, state } = asked;
    if (seen || serials) return named(tx, { seen, serials: serials ?? [] });
    const found = await matching(tx, { state, search, wanted: wanted ?? null, upTo });
    const some = found.slice(0, approvedMax);
    return { some, left: found.length - some.length, changed: 0 };
  }

  async #ask(tx: Tx, seen: readonly Seen[], asked: Decisions, { name, from }: Caller): Promise<void> {
    const { action: decision, filter: wanted, search, all } = asked;
    const serials = seen.map(({ serial }) => serial);
    await tx.query(
      'update console.quarantine set asked_at = now(), missed_at = null where serial = any($1::text[])',
      [serials],
    );
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
    const draft = { serials, decision, requestedBy: name, seen: [...seen] };
    await record(tx, this.parts.bus, [deviceApprovalRequested.draft(draft)]);
  }
}

interface Named {
  readonly seen: readonly Seen[] | undefined;
  readonly serials: readonly string[];
}

/** Of what was looked at, what is still shown; of serial numbers alone, what is shown first. */
async function named(tx: Tx, { seen, serials }: Named): Promise<Meant> {
  const all = new Set(seen?.map(({ serial }) => serial) ?? serials);
  const rows = await tx.query<Row>(
    `select serial, number, body from console.quarantine
     where serial = any($1::text[]) and state <> 'gone' and body is not null`,
    [[...all]],
  );
  const claims = new Map(seen?.map(({ serial, claim }) => [serial, claim]));
  const some = rows.flatMap(({ serial, body: { claim, others = [] } }) => {
    const meant = seen ? claims.get(serial) : claim;
    const isShown = meant === claim || others.some((other) => other.claim === meant);
    return meant && isShown ? [{ serial, claim: meant }] : [];
  });
  return { some, left: 0, changed: all.size - some.length };
}

interface Wanted {
  readonly state: HeldState;
  readonly search: string;
  readonly wanted: Filter | null;
  readonly upTo: number;
}

/** The oldest first, each with what waits first; in steps, as they can be many. */
async function matching(tx: Tx, { state, search, wanted, upTo }: Wanted): Promise<readonly Seen[]> {
  const found: Seen[] = [];
  for (let after = 0; ;) {
    const rows = await tx.query<Row>(
      `select serial, number, body from console.quarantine where ${undecided} and number > $4 order by number limit $5`,
      [state, containing(search), upTo, after, scanRows],
    );
    const some = rows.filter(({ body }) => !wanted || matches(wanted, body));
    found.push(...some.flatMap(({ serial, body: { claim } }) => (claim ? [{ serial, claim }] : [])));
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
