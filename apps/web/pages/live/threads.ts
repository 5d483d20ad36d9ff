// Announcements, each with what followed from it. Pure: rows from the API and events from the stream in, threads out.
import { knownEvent, type KnownEvent } from '../../api/known-events.js';
import type { AnnouncementRow, Event } from '../../api/types.js';
import type { Tone } from '../../parts/pill.js';
import { counted, wordFor, words } from '../../words.js';

export interface Step {
  readonly text: string;
  readonly tone: Tone;
}

/** One announcement. */
export interface Thread {
  readonly id: string;
  readonly at: string;
  readonly serial: string;
  readonly model: string;
  readonly ip: string;
  readonly reason: string;
  /** How its connection was secured. */
  readonly secured: Secured;
  readonly deviceId: string | null;
  /** By kind, in the order in which they happen; a later word of a kind replaces the earlier one. */
  readonly steps: ReadonlyMap<StepKind, Step>;
}

interface Secured {
  readonly tlsVersion: string;
  readonly cipher: string;
  readonly group: string | null;
}

export type StepKind = 'admission' | 'licence' | 'groups' | 'assessment';

export const threadsMax = 200;

/** Newest first. */
export function threadsOf(rows: readonly AnnouncementRow[], events: readonly Event[]): readonly Thread[] {
  const threads = new Map(rows.map((row) => [row.id, threadOfRow(row)]));
  for (const event of events) {
    const known = knownEvent(event);
    if (known) follow(threads, known);
  }
  return [...threads.values()].sort((a, b) => b.at.localeCompare(a.at)).slice(0, threadsMax);
}

function threadOfRow({
  id,
  at,
  serial,
  model,
  ip,
  reason,
  deviceId,
  outcome,
  detail,
  ...secured
}: AnnouncementRow): Thread {
  const step = outcome === null ? null : admission[outcome];
  const said = step && detail !== null ? { ...step, text: `${step.text}: ${detail}` } : step;
  const steps = new Map<StepKind, Step>(said ? [['admission', said]] : []);
  return { id, at, serial, model, ip, reason, secured: securedBy(secured), deviceId, steps };
}

const securedBy = ({ tlsVersion, cipher, group }: Secured): Secured => ({ tlsVersion, cipher, group });

const admission = {
  discovered: { text: 'Discovered', tone: 'good' },
  reconciled: { text: 'Known, brought up to date', tone: 'good' },
  conflicted: { text: 'Conflict, nothing changed', tone: 'warn' },
  held: { text: 'Held: waits for approval', tone: 'warn' },
  filtered: { text: 'Not admitted', tone: 'warn' },
} as const satisfies Record<string, Step>;

const filterWords = {
  serialNotListed: 'Not admitted: serial number not on the list',
  deviceDeleted: 'Not admitted: accepted before the device was deleted',
  claimDismissed: 'Not admitted: an operator has dismissed this claim',
  deviceRefused: 'Not admitted: an operator has refused this party',
  quarantineFull: 'Not admitted: as many as can be held wait for approval',
  claimBeside: 'Held: another party waits with this serial number too',
  claimsFull: 'Not admitted: too many parties wait with this serial number',
} as const;

const skipWords: Readonly<Record<string, string>> = {
  remediationOff: 'Not assessed: Allow Automatic Remediation is off',
  noPolicy: 'Not assessed: no Initial Assessment Policy is chosen',
  policyUnknown: 'Not assessed: the policy that it was to get was deleted, or has not come',
  switchOff: 'Not assessed: its switch is off',
  outsideNetworks: 'Not assessed: outside the device networks',
  notLicensed: 'Not assessed: it holds no licence',
  deviceDeleted: 'Not assessed: it was deleted',
  unreadable: 'Not assessed: its task is of another version of Muster',
  cancelled: 'Not assessed: an operator cancelled it',
};

function follow(threads: Map<string, Thread>, event: KnownEvent): void {
  if (event.type === 'device.announced') {
    const { identity, reason, acceptedAt: at, transport } = event.data;
    const { serial, model, ip } = identity;
    const steps = threads.get(event.id)?.steps ?? new Map();
    const { id } = event;
    const secured = securedBy(transport);
    threads.set(id, { id, at, serial, model, ip, reason, secured, deviceId: null, steps });
    return;
  }
  const { announcements, deviceId, kind, step } = wordOf(event);
  for (const id of announcements) {
    const thread = threads.get(id);
    if (!thread) continue;
    const steps = new Map(thread.steps).set(kind, step);
    threads.set(id, { ...thread, deviceId: deviceId ?? thread.deviceId, steps });
  }
}

interface Word {
  readonly announcements: readonly string[];
  readonly deviceId: string | null;
  readonly kind: StepKind;
  readonly step: Step;
}

type Following = Exclude<KnownEvent, { type: 'device.announced' }>;

function wordOf(event: Following): Word {
  if (event.type === 'announcement.filtered') {
    const step: Step = { text: filterWords[event.data.reason], tone: 'warn' };
    return { announcements: [event.data.announcement], deviceId: null, kind: 'admission', step };
  }
  if (event.type === 'device.quarantined') {
    const { announcement } = event.data;
    return { announcements: [announcement], deviceId: null, kind: 'admission', step: admission.held };
  }
  const { deviceId } = event.data;
  const announcements = 'covers' in event.data ? event.data.covers : event.data.announcements;
  return { announcements, deviceId, ...stepOf(event) };
}

function stepOf(
  event: Exclude<Following, { type: 'announcement.filtered' | 'device.quarantined' }>,
): Pick<Word, 'kind' | 'step'> {
  switch (event.type) {
    case 'device.discovered':
      return { kind: 'admission', step: admission.discovered };
    case 'device.reconciled':
      return { kind: 'admission', step: admission.reconciled };
    case 'device.conflicted':
      return { kind: 'admission', step: admission.conflicted };
    case 'device.licensed':
      return { kind: 'licence', step: { text: 'Licensed', tone: 'good' } };
    case 'device.unlicensed':
      return { kind: 'licence', step: { text: 'No seat left', tone: 'warn' } };
    case 'device.grouped':
      return { kind: 'groups', step: { text: counted(event.data.groups.length, 'group'), tone: 'calm' } };
    case 'assessment.queued':
      return { kind: 'assessment', step: { text: 'Waits for its assessment', tone: 'busy' } };
    case 'assessment.started':
      return { kind: 'assessment', step: { text: 'Being assessed', tone: 'busy' } };
    case 'assessment.skipped':
      return { kind: 'assessment', step: { text: wordFor(skipWords, event.data.reason), tone: 'calm' } };
    case 'assessment.finished':
      return { kind: 'assessment', step: finished(event.data) };
  }
}

function finished({ outcome, results }: Extract<KnownEvent, { type: 'assessment.finished' }>['data']): Step {
  const changed = results.filter((result) => result.outcome === 'remediated').length;
  const text = changed > 0 ? `, ${counted(changed, 'setting')} changed` : '';
  return {
    text: `${words.assessmentOutcome[outcome]}${text}`,
    tone: outcome === 'compliant' ? 'good' : 'bad',
  };
}
