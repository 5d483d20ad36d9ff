// Dead deliveries: events that a service gave up, waiting for a person. Console keeps what `delivery.died` told; the
// service has the delivery itself, and does with it what an operator asks.
//
//   filter.ts   which ones are meant
//   dead.ts     list, one, and decisions about one, some or all that match
import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { deliveryReplayRequested, replayedMax, type GivenUp } from '#events/delivery';
import { printable } from '#events/identity';
import { PARTS, type StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { record } from '../documents/written.js';
import { pageOf, type Page } from '../http/resource.js';
import { Refusal } from '../refusal.js';
import { audit } from '../who/audit.js';
import type { Caller } from '../who/caller.js';
import { consumerName, filterBody, matching, parametersOf, type DeadFilter } from './filter.js';

/** Decided in one transaction: more are left for the next request, as an embedded Muster has one connection for all. */
export const stepMax = 1_000;

const verdict = {
  action: z.enum(['replay', 'drop']),
  /** Why it is dropped, for the audit log. */
  reason: printable(500).optional(),
} as const;
const saysWhy = ({ action, reason }: Verdict): boolean => action === 'replay' || reason !== undefined;
const lacksReason = { path: ['reason'], message: 'is missing: a drop says why' };

/** About one delivery. */
export const decision = z.strictObject(verdict).refine(saysWhy, lacksReason);
export interface Verdict {
  readonly action: 'replay' | 'drop';
  readonly reason?: string | undefined;
}

const named = z.strictObject({ consumer: consumerName, eventId: z.uuid() });
export type Named = z.infer<typeof named>;

/** About several: those named, all that match a filter, or all. */
export const decisions = z
  .strictObject({
    ...verdict,
    deliveries: z.array(named).min(1).max(replayedMax).optional(),
    filter: filterBody.optional(),
    all: z.literal(true).optional(),
    /** From the list, or from the answer to the step before: what was given up since is left alone. */
    upTo: z.int().nonnegative().optional(),
  })
  .refine(saysWhy, lacksReason)
  .refine(
    ({ deliveries, filter, all }) =>
      [deliveries, filter, all].filter((each) => each !== undefined).length === 1,
    'exactly one of deliveries, filter and all says which are meant',
  );
export type Decisions = z.infer<typeof decisions>;

/** What one step did. While `left` is not 0, ask again with the same words and this `upTo`. */
export interface Step {
  readonly done: number;
  readonly left: number;
  readonly upTo: number;
}

/** `upTo` is the place of the newest there is: sent with a decision, it means what was there when the list was read. */
export type DeadPage = Page<object> & Pick<Step, 'upTo'>;

interface Place {
  readonly limit: number;
  readonly after?: number | undefined;
  readonly upTo?: number | undefined;
}

interface Row {
  readonly consumer: string;
  readonly eventId: string;
  readonly subject: string;
  readonly number: number;
}

const columns = `consumer, event_id as "eventId", event_type as "eventType", subject, attempts, reason,
  died_at as "diedAt"`;

/** How many there are of one consumer and one type of event. */
export interface DeadKind {
  readonly consumer: string;
  readonly eventType: string;
  readonly dead: number;
}

const kindsMax = 500;

export const deadKinds = (on: Pick<Tx, 'query'>): Promise<readonly DeadKind[]> =>
  on.query<DeadKind>(
    `select consumer, event_type as "eventType", count(*) as dead from console.dead_delivery
     group by 1, 2 order by 3 desc, 1, 2 limit ${kindsMax}`,
  );

/** How many there are of each consumer that has any. */
export const deadByConsumer = (on: Pick<Tx, 'query'>) =>
  on.query<Omit<DeadKind, 'eventType'>>(
    `select consumer, count(*) as dead from console.dead_delivery group by 1 order by 1 limit ${kindsMax}`,
  );

@Injectable()
export class DeadDeliveries {
  constructor(@Inject(PARTS) private readonly parts: StoredParts) {}

  /** Newest first. */
  async list(filter: DeadFilter, { limit, after, upTo: asked }: Place): Promise<DeadPage> {
    const { store } = this.parts;
    const upTo = asked ?? (await newest(store));
    const parameters = parametersOf(filter);
    const rows = await store.query<Row>(
      `select number, ${columns} from console.dead_delivery
       where ${matching} and number <= $7 and ($8::bigint is null or number < $8) order by number desc limit $9`,
      [...parameters, upTo, after ?? null, limit + 1],
    );
    const total = await count(store, filter, upTo);
    const next = ({ number }: Row): string => String(number);
    return { ...pageOf(rows, { limit, total, item: ({ number: _, ...row }) => row, next }), upTo };
  }

  /** Of which consumers and events there are some, the most frequent first. */
  kinds(): Promise<readonly DeadKind[]> {
    return deadKinds(this.parts.store);
  }

  /** With the event as far as it was told: `event` is null when it was not, its `data` when it was too large. */
  async one({ consumer, eventId }: Named): Promise<object> {
    const [row] = await this.parts.store.query<{ event: GivenUp | null; eventType: string }>(
      `select ${columns}, event from console.dead_delivery where consumer = $1 and event_id = $2`,
      [consumer, eventId],
    );
    if (!row) throw missing();
    const { event, ...rest } = row;
    return { ...rest, event: event && { id: eventId, type: row.eventType, ...event } };
  }

  /** It leaves the list; should it die again, it comes back. */
  async decide(which: Named, verdict: Verdict, caller: Caller): Promise<void> {
    await this.parts.store.transaction(async (tx) => {
      const rows = await take(tx, [which]);
      if (rows.length === 0) throw missing();
      await this.#tell(tx, rows, verdict, caller);
      const target = `${which.consumer}:${which.eventId}`;
      const detail = { done: 1, ...why(verdict), decided: decidedOf(rows) };
      await audit(tx, { ...deed(verdict, caller), target, detail });
    });
  }

  /** One step of it. */
  async decideMany(asked: Decisions, caller: Caller): Promise<Step> {
    const { deliveries, filter = {}, all } = asked;
    const { store } = this.parts;
    const upTo = asked.upTo ?? (await newest(store));
    const done = await store.transaction(async (tx) => {
      const rows = await (deliveries ? take(tx, deliveries) : takeMatching(tx, filter, upTo));
      if (rows.length === 0) return 0;
      await this.#tell(tx, rows, asked, caller);
      const which = deliveries ? { deliveries } : { filter: all ? 'all' : filter, upTo };
      const detail = { done: rows.length, ...why(asked), ...which, decided: decidedOf(rows) };
      await audit(tx, { ...deed(asked, caller), target: 'deliveries', detail });
      return rows.length;
    });
    const left = done < stepMax ? 0 : await count(store, filter, upTo);
    return { done, left, upTo };
  }

  /** The services that have them: each consumer in as few events as can be. */
  async #tell(tx: Tx, rows: readonly Row[], { action, reason }: Verdict, { name }: Caller): Promise<void> {
    const byConsumer = Map.groupBy(
      rows.toSorted((a, b) => a.number - b.number),
      ({ consumer }) => consumer,
    );
    const drafts = [...byConsumer].flatMap(([consumer, dead]) =>
      inGroups(dead.map(({ eventId }) => eventId)).map(([eventId = '', ...otherEventIds]) =>
        deliveryReplayRequested.draft({
          consumer,
          eventId,
          action,
          requestedBy: name,
          ...(otherEventIds.length > 0 ? { otherEventIds } : {}),
          ...why({ action, reason }),
        }),
      ),
    );
    await record(tx, this.parts.bus, drafts);
  }
}

/** Which ones they were, for the audit log: one step's at most, so that an entry stays readable and bounded. */
const decidedOf = (rows: readonly Row[]): readonly string[] =>
  rows.map(({ consumer, eventId, subject }) => [consumer, eventId, subject].join(' ').trim());

const missing = (): Refusal => new Refusal('notFound', 'There is no such dead delivery.');

const deed = ({ action }: Verdict, { name: who, from }: Caller) => ({
  who,
  from,
  action: `delivery.${action}`,
});
const why = ({ action, reason }: Verdict) => (action === 'drop' && reason !== undefined ? { reason } : {});

function inGroups(ids: readonly string[]): readonly (readonly string[])[] {
  const groups = Math.ceil(ids.length / replayedMax);
  return Array.from({ length: groups }, (_, at) => ids.slice(at * replayedMax, (at + 1) * replayedMax));
}

const returning = 'returning consumer, event_id as "eventId", subject, number';

const take = (tx: Tx, deliveries: readonly Named[]): Promise<readonly Row[]> =>
  tx.query<Row>(
    `delete from console.dead_delivery d using jsonb_to_recordset($1::jsonb) as r(consumer text, "eventId" uuid)
     where d.consumer = r.consumer and d.event_id = r."eventId"
     returning d.consumer, d.event_id as "eventId", d.subject, d.number`,
    [JSON.stringify(deliveries)],
  );

/** The oldest of them. */
const takeMatching = (tx: Tx, filter: DeadFilter, upTo: number): Promise<readonly Row[]> =>
  tx.query<Row>(
    `delete from console.dead_delivery where number = any(array(
       select number from console.dead_delivery where ${matching} and number <= $7
       order by number limit ${stepMax} for update)) ${returning}`,
    [...parametersOf(filter), upTo],
  );

async function count(on: Pick<Tx, 'query'>, filter: DeadFilter, upTo: number): Promise<number> {
  const [row] = await on.query<{ total: number }>(
    `select count(*) as total from console.dead_delivery
     where ${matching} and number <= $7`,
    [...parametersOf(filter), upTo],
  );
  return row?.total ?? 0;
}

async function newest(on: Pick<Tx, 'query'>): Promise<number> {
  const [row] = await on.query<{ number: number | null }>(
    'select max(number) as number from console.dead_delivery',
  );
  return row?.number ?? 0;
}
