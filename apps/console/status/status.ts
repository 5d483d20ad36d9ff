// What `GET /api/status` answers: each service with its instances, each queue, and what is wrong. Pure.
import { instanceStates } from '#answers/status';
import { type QueueLoad, type ServiceName, serviceNames, type ServiceReport } from '#events/service';
import { troublesOf } from './troubles.js';

/** The newest report of an instance. */
export interface Heard {
  readonly service: string;
  readonly instance: string;
  readonly heardAt: Date;
  readonly body: ServiceReport;
}

/** A queue as console sees it now, and as its readers said. */
export interface QueueStatus extends Omit<QueueLoad, 'held'> {
  /** Instances that are heard and read it. */
  readonly readers: number;
}

/** Dead deliveries of a consumer, as console lists them. */
export interface DeadStatus {
  readonly consumer: string;
  readonly dead: number;
}

export interface Sources {
  readonly now: Date;
  readonly heard: readonly Heard[];
  /** Of every queue there is, from console's own look at the bus. */
  readonly queues: readonly QueueLoad[];
  readonly bus: { readonly connected: boolean; readonly problem: string | null };
  /** What a person decided about is not among them any more; the reports of services tell so later. */
  readonly dead: readonly DeadStatus[];
  /** When Muster's own authority last spoke to console; null: never, most likely there is none. */
  readonly authorityHeardAt: Date | null;
  /** Certificates that end soon, one sentence each. */
  readonly endings: readonly string[];
}

export interface InstanceStatus extends Pick<
  ServiceReport,
  'instance' | 'version' | 'startedAt' | 'problems' | 'spool' | 'edge'
> {
  /** notHeard: it ended without a word, or cannot reach the bus. */
  readonly state: (typeof instanceStates)[number];
  readonly heardAt: string;
  readonly notHeardForMs: number | null;
  /** It is gone, and another one was started since. */
  readonly replaced: boolean;
}

export interface ServiceStatus extends Pick<ServiceReport, 'parked' | 'outbox' | 'spool' | 'budgets'> {
  readonly service: ServiceName;
  readonly instances: readonly InstanceStatus[];
}

export interface Status {
  readonly at: string;
  readonly bus: Sources['bus'];
  /** One sentence each; empty: all is well. */
  readonly troubles: readonly string[];
  readonly services: readonly ServiceStatus[];
  readonly queues: readonly QueueStatus[];
  readonly dead: readonly DeadStatus[];
}

/** So late is no jitter, and no report that was lost. */
const silentAfterMs = (everyMs: number): number => 2 * everyMs + 10_000;

export function statusOf(sources: Sources): Status {
  const { now, bus, dead } = sources;
  const services = serviceNames.map((service) => serviceStatus(service, sources));
  const queues = sources.queues.map((load) => queueStatus(load, services, sources));
  const authoritySilentMs = sources.authorityHeardAt && now.getTime() - sources.authorityHeardAt.getTime();
  const judged = { bus, services, queues, dead, authoritySilentMs };
  const troubles = [...troublesOf(judged), ...sources.endings];
  return { at: now.toISOString(), bus, troubles, services, queues, dead };
}

function serviceStatus(service: ServiceName, { heard, now, dead }: Sources): ServiceStatus {
  const own = heard.filter((each) => each.service === service);
  const instances = own
    .map((each) => instanceStatus(each, own, now))
    .toSorted((a, b) => rank(a) - rank(b) || a.instance.localeCompare(b.instance));
  const newest = own.toSorted((a, b) => b.heardAt.getTime() - a.heardAt.getTime()).map(({ body }) => body);
  return {
    service,
    instances,
    parked: parkedOf(service, first(newest.map(({ parked }) => parked)), dead),
    outbox: first(newest.map(({ outbox }) => outbox)),
    spool: spoolOf(instances.filter(({ replaced }) => !replaced)),
    budgets: newest[0]?.budgets ?? [],
  };
}

/** Waiting ones are known to the service alone, dead ones to console first. */
function parkedOf(service: ServiceName, parked: ServiceReport['parked'], dead: readonly DeadStatus[]) {
  const own = dead.filter(({ consumer }) => consumer.startsWith(`${service}.`));
  return parked && { ...parked, dead: own.reduce((all, each) => all + each.dead, 0) };
}

const rank = ({ state, replaced }: InstanceStatus): number =>
  instanceStates.indexOf(state) + (replaced ? instanceStates.length : 0);

const first = <T>(values: readonly (T | null)[]): T | null => values.find((value) => value !== null) ?? null;

function instanceStatus({ heardAt, body }: Heard, own: readonly Heard[], now: Date): InstanceStatus {
  const silentMs = Math.max(0, now.getTime() - heardAt.getTime());
  const silent = silentMs > silentAfterMs(body.everyMs);
  const here = body.problems.length === 0 ? 'ready' : 'notReady';
  const state = body.state === 'stopped' ? 'stopped' : silent ? 'notHeard' : here;
  const gone = state === 'stopped' || state === 'notHeard';
  const { instance, version, startedAt, problems, spool, edge } = body;
  return {
    instance,
    state,
    problems: gone ? [] : problems,
    version,
    startedAt,
    heardAt: heardAt.toISOString(),
    notHeardForMs: state === 'notHeard' ? silentMs : null,
    replaced: gone && own.some((other) => Date.parse(other.body.startedAt) > heardAt.getTime()),
    spool,
    // Reports of the version before have none.
    edge: edge ?? null,
  };
}

/** What lies on the disk of an instance that is gone is counted too: it is there still. */
function spoolOf(instances: readonly InstanceStatus[]): ServiceReport['spool'] {
  const spools = instances.flatMap(({ spool }) => spool ?? []);
  if (spools.length === 0) return null;
  const sum = (of: (spool: (typeof spools)[number]) => number) =>
    spools.reduce((all, each) => all + of(each), 0);
  const limited = spools.every(({ bytesMax }) => bytesMax !== null);
  return {
    announcements: sum(({ announcements }) => announcements),
    bytes: sum(({ bytes }) => bytes),
    bytesMax: limited ? sum(({ bytesMax }) => bytesMax ?? 0) : null,
    oldestAgeMs: oldest(spools.map(({ oldestAgeMs }) => oldestAgeMs)),
  };
}

/** What the readers hold was reported by them; what waits is looked at now. */
function queueStatus(load: QueueLoad, services: readonly ServiceStatus[], { heard }: Sources): QueueStatus {
  const { queue, depth } = load;
  const alive = new Set(
    services.flatMap(({ service, instances }) =>
      instances
        .filter(({ state }) => state === 'ready' || state === 'notReady')
        .map(({ instance }) => `${service} ${instance}`),
    ),
  );
  const readers = heard
    .filter(({ service, instance }) => alive.has(`${service} ${instance}`))
    .flatMap(({ body }) => body.queues.filter((each) => each.queue === queue));
  const held = readers.reduce((all, reader) => all + reader.held, 0);
  return {
    queue,
    depth: depth === null ? null : depth - load.held + Math.max(held, load.held),
    oldestAgeMs: load.oldestAgeMs ?? oldest(readers.map(({ oldestAgeMs }) => oldestAgeMs)),
    readers: readers.length,
  };
}

function oldest(ages: readonly (number | null)[]): number | null {
  const known = ages.filter((age) => age !== null);
  return known.length === 0 ? null : Math.max(...known);
}
