// What a person should look at, in sentences. Pure.
import { deadLetters } from '#bus/topology';
import type { DeadStatus, QueueStatus, ServiceStatus, Status } from './status.js';

/** Longer than any batch, any retry of the broker and any short outage takes. */
const queueLateMs = 60_000;
const outboxLateMs = 60_000;
const spoolLateMs = 60_000;
const spoolFull = 0.8;
/** It speaks every three seconds, and waits 20 s for an answer. */
export const authorityLateMs = 60_000;

interface Judged extends Pick<Status, 'bus' | 'services' | 'queues' | 'dead'> {
  /** Null: it is heard, or never was. */
  readonly authoritySilentMs: number | null;
}

export function troublesOf({ bus, services, queues, dead, authoritySilentMs }: Judged): readonly string[] {
  // Nobody can be heard: what else could be said of them is not known.
  const apart = bus.connected ? [] : [`console cannot use the bus: ${bus.problem ?? 'no reason known'}`];
  const heard = bus.connected ? services.flatMap(ofInstances) : [];
  const work = [...dead.map(ofDead), ...services.flatMap(ofWork)];
  const late = ofAuthority(authoritySilentMs);
  return [...apart, ...heard, ...work, ...queues.flatMap(ofQueue), ...unknownOf(queues), ...late];
}

/** It speaks to console directly, not by the bus. */
function ofAuthority(silentMs: number | null): readonly string[] {
  if (silentMs === null || silentMs <= authorityLateMs) return [];
  const meanwhile = 'until it is, nothing is revoked here and lists of revoked certificates may end';
  return [
    `the authority (muster trust) was not heard for ${seconds(silentMs)}; ${meanwhile} (gone for good: page Certificates)`,
  ];
}

/** The broker answers, and does not for these. */
function unknownOf(queues: readonly QueueStatus[]): readonly string[] {
  if (queues.every(({ depth }) => depth === null)) return [];
  return queues
    .filter(({ depth }) => depth === null)
    .map(({ queue }) => `${queue}: RabbitMQ does not tell of it; if it is not there, run muster topology`);
}

function ofInstances({ service, instances }: ServiceStatus): readonly string[] {
  const here = instances.filter(({ state }) => state === 'ready' || state === 'notReady');
  const each = instances.flatMap(({ instance, state, problems, notHeardForMs, replaced, edge }) => {
    if (state === 'ready' && edge?.problem) return [`${service} (${instance}): ${edge.problem}`];
    if (state === 'notReady') return [`${service} (${instance}) is not ready: ${problems.join('; ')}`];
    if (state !== 'notHeard' || replaced) return [];
    return [`${service} (${instance}) is not heard for ${seconds(notHeardForMs ?? 0)}`];
  });
  return here.length > 0 ? each : [`${service}: no instance runs`, ...each];
}

/** With the page and the command that show them. */
function ofDead({ consumer, dead }: DeadStatus): string {
  const wait = dead === 1 ? 'waits' : 'wait';
  const where = `page Deliveries, \`muster dead list --consumer ${consumer}\``;
  return `${consumer}: ${counted(dead, 'event')} could not be handled and ${wait} for a person: ${where}`;
}

function ofWork({ service, outbox, spool }: ServiceStatus): readonly string[] {
  const troubles: string[] = [];
  if (outbox && (outbox.oldestAgeMs ?? 0) > outboxLateMs) {
    troubles.push(
      `${service}: ${counted(outbox.waiting, 'event')} not published yet, for ${seconds(outbox.oldestAgeMs)}`,
    );
  }
  if (spool && (spool.oldestAgeMs ?? 0) > spoolLateMs) {
    troubles.push(
      `${service}: ${counted(spool.announcements, 'announcement')} in the spool, for ${seconds(spool.oldestAgeMs)}`,
    );
  }
  if (spool?.bytesMax && spool.bytes > spoolFull * spool.bytesMax) {
    const share = Math.floor((100 * spool.bytes) / spool.bytesMax);
    troubles.push(`${service}: the spool is ${share} % full; when it is full, devices are sent away`);
  }
  return troubles;
}

function ofQueue({ queue, depth, oldestAgeMs, readers }: QueueStatus): readonly string[] {
  if (queue === deadLetters)
    return depth ? [`${queue}: ${counted(depth, 'message')} that the broker gave up`] : [];
  if (depth && readers === 0) {
    const wait = depth === 1 ? 'waits' : 'wait';
    return [
      `${counted(depth, 'event')} ${wait} in ${queue}, and nobody reads ${depth === 1 ? 'it' : 'them'}`,
    ];
  }
  return (oldestAgeMs ?? 0) > queueLateMs && depth !== 0
    ? [`${queue}: the first of ${depth ?? 'some'} messages waits for ${seconds(oldestAgeMs)}`]
    : [];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const seconds = (ms: number | null): string => `${Math.round((ms ?? 0) / 1000)} s`;
