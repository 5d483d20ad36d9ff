// Whether every event came to everyone who hears it: the journal against the inboxes in which services note what they took.
import { ownerOf, type Topology } from '#bus/topology';
import { serviceReported } from '#events/service';

/** An event of the journal. */
export interface Kept {
  readonly id: string;
  readonly type: string;
  /** When the journal got it; needed only where inboxes forget. */
  readonly recordedAt?: string;
}

export interface Inboxes {
  readonly topology: Topology;
  readonly query: <Row extends object>(
    sql: string,
    parameters: readonly unknown[],
  ) => Promise<readonly Row[]>;
  /** Their schemas are in this database; all that hear anything, unless given. */
  readonly services?: readonly string[];
  /** Where an inbox keeps its newest rows alone: how many. */
  readonly rowsMax?: number;
}

/** Of each service. */
const linesMax = 20;
/** Told by the clock and never repeated: what the broker loses of it when it dies is in no outbox, and the next comes soon. */
const fleeting: readonly string[] = [serviceReported.type];

/** What a service that hears it has not taken exactly once, in words. An event that the journal has twice is one. */
export async function untaken(on: Inboxes, journal: Iterable<Kept>): Promise<readonly string[]> {
  const events = [...new Map([...journal].map((event) => [event.id, event])).values()];
  const found: string[] = [];
  for (const [service, types] of heardIn(on.topology)) {
    if (on.services && !on.services.includes(service)) continue;
    const heard = events.filter(({ type }) => types.has(type));
    const lines = await untakenBy(on, service, heard);
    found.push(...lines.slice(0, linesMax));
    if (lines.length > linesMax) found.push(`${service}: ${lines.length - linesMax} more like these`);
  }
  return found;
}

/** Event types by the service whose queues are bound to them. */
function heardIn({ queues }: Topology): ReadonlyMap<string, ReadonlySet<string>> {
  const heard = new Map<string, Set<string>>();
  for (const { queue, types } of queues) {
    const all = heard.get(ownerOf(queue)) ?? new Set();
    for (const type of types) if (!fleeting.includes(type)) all.add(type);
    heard.set(ownerOf(queue), all);
  }
  return heard;
}

/** What is recorded later than the oldest row that an inbox surely keeps was taken later than that, and is there as well. */
async function untakenBy(
  { query, rowsMax }: Inboxes,
  service: string,
  heard: readonly Kept[],
): Promise<readonly string[]> {
  const rows = await query<{ id: string; type: string; times: number }>(
    `select kept.id, kept.type, count(taken.event_id)::int as times
     from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as kept (id, type, recorded_at)
     left join ${service}.inbox as taken on taken.event_id = kept.id
     where $4::int is null or kept.recorded_at >= coalesce(
       (select taken_at from ${service}.inbox order by taken_at desc offset $4::int - 1 limit 1), '-infinity')
     group by kept.id, kept.type having count(taken.event_id) <> 1 order by kept.type, kept.id`,
    [
      heard.map(({ id }) => id),
      heard.map(({ type }) => type),
      heard.map(({ recordedAt }) => recordedAt ?? null),
      rowsMax ?? null,
    ],
  );
  return rows.map(({ id, type, times }) =>
    times === 0
      ? `${service} has not taken ${type} ${id}`
      : `${service} has taken ${type} ${id} ${times} times`,
  );
}
