// One try of some events with one consumer: a transaction that claims, loads, decides, saves, records and parks.
import { deliveryDied, givenUpOf } from '../events/delivery.js';
import { UnreadableEvent, type Event } from '../events/event.js';
import { reasonOf, timedOut, unavailable } from '../store/failure.js';
import { stampEach, type Caused } from '../store/outbox.js';
import { park, type Parked } from '../store/parking.js';
import type { Store, Tx } from '../store/store.js';
import type { Bus } from './bus.js';
import { NotYet, Unprocessable, type Consumer, type Note } from './consumer.js';
import { killPoint } from './kill-point.js';
import { envelopeOf, storableEvent, storableText } from '../events/storable.js';
import type { Phase } from './delivery-metrics.js';
import { fieldsOf } from './log-fields.js';
import { traceparentOf, type EventSpan } from './spans.js';

/** An event and how often it was tried before. */
export interface Item {
  readonly event: Event;
  readonly attempts: number;
}

/** After 1 s, 10 s and 60 s; the fourth failure is the last. */
const retryDelaysMs = [1_000, 10_000, 60_000];
/** What waits for something else, such as settings, is asked each second for ten minutes. */
const notYetDelayMs = 1_000;
const notYetAttemptsMax = 600;
/** Whose statements time out may only be in the way of another one's lock: it has an hour. */
const timedOutAttemptsMax = 60;

/** When a failed event is tried again; null when it is dead. */
function delayAfter(error: unknown, attempts: number): number | null {
  if (error instanceof Unprocessable || error instanceof UnreadableEvent) return null;
  if (error instanceof NotYet) return attempts < notYetAttemptsMax ? notYetDelayMs : null;
  const last = timedOut(error) && attempts < timedOutAttemptsMax ? retryDelaysMs.at(-1) : null;
  return retryDelaysMs[attempts - 1] ?? last ?? null;
}

export interface Attempt {
  readonly store: Store;
  readonly bus: Bus;
  readonly consumer: Consumer;
  /** Takes responsibility for events inside the transaction; those not in the answer are another's, or done. */
  readonly claim: (tx: Tx, items: readonly Item[]) => Promise<ReadonlySet<string>>;
  readonly spanOf: (event: Event) => EventSpan | undefined;
  readonly took: (phase: Phase, durationMs: number) => void;
}

/** What came of it, for log and metrics. */
export interface Outcome {
  readonly handled: number;
  readonly parked: readonly Parked[];
  readonly notes: readonly Note[];
}

/** Why events are not to be tried with the others, by their ids. */
export type Refused = ReadonlyMap<string, unknown>;

/**
 * Resolves when committed: those of `refused` parked, the others handled or parked. Rejects, with nothing changed, when load
 * or save failed or the database is not there.
 */
export function attempt(on: Attempt, items: readonly Item[], refused: Refused = new Map()): Promise<Outcome> {
  const { store, consumer } = on;
  return store.transaction(async (tx) => {
    tx.afterCommit(() => killPoint('committed'));
    const mine = await on.claim(tx, items);
    killPoint('claimed');
    const claimed = items.filter(({ event }) => mine.has(event.id));
    if (claimed.length === 0) return { handled: 0, parked: [], notes: [] };
    const tried = claimed.filter(({ event }) => !refused.has(event.id));
    const began = performance.now();
    const state = await loadFor(consumer, tx, tried);
    const loaded = performance.now();
    const { changes, events, notes, failed: undecided } = decideAll(on, tried, state);
    killPoint('decided');
    const decided = performance.now();
    if (changes.length > 0) await consumer.save(tx, changes);
    const failed = [...undecided, ...failuresOf(claimed, refused)];
    await park(tx, store.schema, consumer.name, failed);
    await record(on, tx, [...events, ...deaths(consumer, failed)]);
    on.took('load', loaded - began);
    on.took('decide', decided - loaded);
    on.took('save', performance.now() - decided);
    return { handled: claimed.length - failed.length, parked: failed, notes };
  });
}

async function loadFor(consumer: Consumer, tx: Tx, items: readonly Item[]): Promise<unknown> {
  if (items.length === 0) return null;
  return consumer.load(
    tx,
    items.map(({ event }) => event),
  );
}

/**
 * Gives one event up, or puts it off, because its load or save failed alone. One that cannot be parked as it is is dead, with
 * its envelope alone: it must not hold up those behind it. Committed when it resolves.
 */
export async function setAside(on: Attempt, item: Item, error: unknown): Promise<Outcome> {
  try {
    return await setAsideWhole(on, item, error);
  } catch (refusal) {
    if (unavailable(refusal)) throw refusal;
    const short = (each: unknown): string => reasonOf(each).slice(0, 900);
    const reason = `${short(error)}; kept without its data, which the journal has, because parking failed: ${short(refusal)}`;
    return setAsideWhole(on, { ...item, event: envelopeOf(item.event) }, new Unprocessable(reason));
  }
}

function setAsideWhole(on: Attempt, item: Item, error: unknown): Promise<Outcome> {
  const { store, consumer } = on;
  return store.transaction(async (tx) => {
    const mine = await on.claim(tx, [item]);
    if (!mine.has(item.event.id)) return { handled: 0, parked: [], notes: [] };
    const failed = [failure(item, error)];
    await park(tx, store.schema, consumer.name, failed);
    await record(on, tx, deaths(consumer, failed));
    return { handled: 0, parked: failed, notes: [] };
  });
}

function decideAll(on: Attempt, items: readonly Item[], state: unknown) {
  const changes: unknown[] = [];
  const events: Caused[] = [];
  const notes: Note[] = [];
  const failed: Parked[] = [];
  for (const item of items) {
    try {
      const decision = on.consumer.decide(item.event, state, item.attempts);
      for (const change of decision.changes) on.consumer.evolve?.(state, change);
      changes.push(...decision.changes);
      for (const { fields, message } of decision.notes ?? [])
        notes.push({ fields: { ...fieldsOf(item.event), ...fields }, message });
      const cause = {
        id: item.event.id,
        traceparent: traceparentOf(on.spanOf(item.event)) ?? item.event.traceparent,
      };
      events.push(...decision.events.map((draft) => ({ draft, cause })));
    } catch (error) {
      failed.push(failure(item, error));
    }
  }
  return { changes, events, notes, failed };
}

/** With what the database was doing, which names a row, or a table. */
function timeoutOf(error: unknown): string {
  const where =
    error instanceof Error && 'where' in error && typeof error.where === 'string' ? error.where : '';
  const what = `its statement took too long, while the database answered others: ${reasonOf(error)}`;
  return [what, where]
    .filter((part) => part !== '')
    .join('; ')
    .slice(0, 2_000);
}

const failuresOf = (items: readonly Item[], refused: Refused): readonly Parked[] =>
  items.filter(({ event }) => refused.has(event.id)).map((item) => failure(item, refused.get(item.event.id)));

function failure({ event, attempts }: Item, error: unknown): Parked {
  const tried = attempts + 1;
  return {
    event: storableEvent(event),
    attempts: tried,
    delayMs: delayAfter(error, tried),
    reason: storableText(timedOut(error) ? timeoutOf(error) : reasonOf(error)),
    waits: error instanceof NotYet,
  };
}

function deaths(consumer: Consumer, failed: readonly Parked[]): readonly Caused[] {
  return failed
    .filter(({ delayMs }) => delayMs === null)
    .map(({ event, attempts, reason }) => ({
      draft: deliveryDied.draft({
        consumer: consumer.name,
        eventId: event.id,
        eventType: storableText(event.type.slice(0, 128)),
        attempts,
        reason,
        event: givenUpOf(event),
      }),
      cause: { id: event.id, traceparent: event.traceparent },
    }));
}

async function record(on: Attempt, tx: Tx, items: readonly Caused[]): Promise<void> {
  if (items.length === 0) return;
  await on.bus.record(tx, on.store.schema, await stampEach(tx, on.store.schema, items));
}
