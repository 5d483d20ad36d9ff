// Whether what was accepted took effect, once: pure, from what the journal says. An announcement is followed from event to
// event by what caused what; each step must be there, and be there once.
import { assessmentFinished, assessmentQueued, type AssessmentFinished } from '#events/assessment';
import { deviceAnnounced } from '#events/announcement';
import { deviceDiscovered, deviceGrouped, deviceLicensed, deviceReconciled } from '#events/device';
import type { Event, EventDefinition } from '#events/event';

/** An announcement for which a device got its acknowledge. */
export interface Accepted {
  /** Id of the event, as the acknowledge said. */
  readonly id: string;
  readonly serial: string;
  readonly announcementId: string;
}

export interface Fate extends Accepted {
  readonly why: string;
}

export interface Verdict {
  readonly lost: readonly Fate[];
  readonly twice: readonly Fate[];
}

/** How far the chain is followed, where not all services run; gateway: to the journal. */
export type Stage = 'gateway' | 'discovery' | 'licensing' | 'autogroup' | 'assessment';

interface Step {
  readonly stage: Stage;
  /** Exactly one event of these must follow from the one before. */
  readonly types: readonly EventDefinition[];
}

const chain: readonly Step[] = [
  { stage: 'discovery', types: [deviceDiscovered, deviceReconciled] },
  { stage: 'licensing', types: [deviceLicensed] },
  { stage: 'autogroup', types: [deviceGrouped] },
  { stage: 'assessment', types: [assessmentQueued] },
];

/** @param events of the journal: it may hold one more than once, as a publisher repeats what was not confirmed */
export function judge(
  accepted: readonly Accepted[],
  events: Iterable<Event>,
  last: Stage = 'assessment',
): Verdict {
  const journal = index(events);
  const steps = chain.slice(0, chain.findIndex(({ stage }) => stage === last) + 1);
  const found = accepted.map((one) => ({ one, ...follow(one, journal, steps) }));
  const fates = (kind: 'lost' | 'twice'): readonly Fate[] =>
    found.flatMap(({ one, ...ends }) => (ends[kind] === null ? [] : [{ ...one, why: ends[kind] }]));
  return { lost: fates('lost'), twice: fates('twice') };
}

interface Journal {
  readonly byId: ReadonlyMap<string, Event>;
  readonly byCause: ReadonlyMap<string, readonly Event[]>;
  /** By the announcements that they cover. */
  readonly finished: ReadonlyMap<string, readonly AssessmentFinished[]>;
}

function index(events: Iterable<Event>): Journal {
  const byId = new Map<string, Event>();
  const byCause = new Map<string, Event[]>();
  const finished = new Map<string, AssessmentFinished[]>();
  for (const event of events) {
    // The first of several counts: a repeat that a gateway stamped anew was accepted later.
    if (byId.has(event.id)) continue;
    byId.set(event.id, event);
    if (event.causedBy !== null) append(byCause, event.causedBy, event);
    if (assessmentFinished.is(event)) for (const id of event.data.covers) append(finished, id, event.data);
  }
  return { byId, byCause, finished };
}

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const there = map.get(key);
  if (there) there.push(value);
  else map.set(key, [value]);
}

interface End {
  readonly lost: string | null;
  readonly twice: string | null;
}

function follow({ id }: Accepted, journal: Journal, steps: readonly Step[]): End {
  const announced = journal.byId.get(id);
  if (!announced || !deviceAnnounced.is(announced)) return { lost: 'not in the journal', twice: null };
  let cause: Event = announced;
  let twice: string | null = null;
  for (const { types } of steps) {
    const followers = (journal.byCause.get(cause.id) ?? []).filter((event) =>
      types.some((type) => type.is(event)),
    );
    const [first] = followers;
    if (!first) return { lost: `no ${namesOf(types)} from ${cause.type} ${cause.id}`, twice };
    if (followers.length > 1)
      twice ??= `${followers.length} ${namesOf(types)} from ${cause.type} ${cause.id}`;
    cause = first;
  }
  if (steps.length < chain.length) return { lost: null, twice };
  return { ...assessed(announced.data.acceptedAt, journal.finished.get(id) ?? []), ...(twice && { twice }) };
}

/** Its effect is one assessment, which began after it was accepted. */
function assessed(acceptedAt: string, finished: readonly AssessmentFinished[]): End {
  const [first] = finished;
  if (!first) return { lost: 'no assessment covers it', twice: null };
  const early = new Date(first.startedAt) < new Date(acceptedAt);
  return {
    lost: early ? `assessed at ${first.startedAt}, accepted at ${acceptedAt}` : null,
    twice: finished.length > 1 ? `${finished.length} assessments cover it` : null,
  };
}

const namesOf = (types: readonly EventDefinition[]): string => types.map(({ type }) => type).join(' or ');
