// A device as the page shows it, built from what all services say about it. Events of one device may come in any order:
// each part of the view remembers the sequence of the event that made it, and an older one of that publisher leaves it be.
import type { AgentState, Cause, Status } from '#answers/devices';
import type { assessmentSkipped, DeviceAgent, TaskMode } from '#events/assessment';
import type { DeviceConflicted } from '#events/conflict';
import type { Event } from '#events/event';
import type { Identity } from '#events/identity';

/** Parts of the view that have an order of their own. */
export interface Marks {
  readonly identity: number;
  readonly conflict: number;
  readonly retired: number;
  readonly licence: number;
  readonly groups: number;
  readonly result: number;
  /** Newest assessment that a policy was used by; absent in views saved before it was kept. */
  readonly used?: number;
  /** Newest word about any assessment; absent in views saved before it was kept. */
  readonly assessment?: number;
  /** Newest words that ended all conflicts that were open, and with them those dismissed; absent likewise. */
  readonly settled?: number;
  readonly moved?: number;
}

export interface ActiveTask {
  readonly id: string;
  readonly state: 'queued' | 'running';
  readonly sequence: number;
  readonly trigger: string;
  /** Absent in views saved before there were others than assessments. */
  readonly mode?: TaskMode;
  /** Absent in views saved before it was kept. */
  readonly cause?: Cause;
  readonly policies: readonly {
    readonly policyId: string;
    readonly name: string;
    readonly version: number;
  }[];
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly attempt: number;
}

export interface LastAssessment {
  readonly outcome: 'compliant' | 'nonCompliant' | 'unreachable' | 'failed';
  readonly finishedAt: string;
  readonly policyUsed: string | null;
  readonly compliant: number;
  readonly total: number;
  /** Null: nothing counts. Absent in views saved before it was kept. */
  readonly score?: number | null;
}

/** What is remembered of an assessment whatever becomes of what it has changed (R62). */
export type Used = Pick<LastAssessment, 'policyUsed' | 'finishedAt'>;

export interface Skipped {
  readonly reason: (typeof assessmentSkipped.example)['reason'];
  readonly at: string;
}

interface Claimant {
  readonly ip: string;
  readonly fingerprint: string | null;
}

/** It was moved, or shows another certificate at its address, and nothing proves it: who is there, of whom nothing is sure. */
export interface MovedUnproved {
  readonly at: string;
  readonly because: 'oldAddressSilent' | 'sameAddress';
  readonly who: Claimant;
}

/** A claim to the device's serial number that an operator can decide about. */
export interface ClaimView {
  readonly claim: string;
  readonly sequence: number;
  readonly state: 'open' | 'dismissed';
  /** Null until the event that raised it has come. */
  readonly known: Claimant | null;
  readonly claimed: Claimant;
  readonly identity: Identity | null;
  readonly peerAddress: string | null;
  /** As device.conflicted has them; absent in views saved before they were kept. */
  readonly because?: DeviceConflicted['because'];
  readonly shared?: DeviceConflicted['shared'];
  readonly at: string;
  /** Who dismissed it. */
  readonly decidedBy: string | null;
}

export interface LeftOut {
  readonly claimants: number;
  /** The newest of them. */
  readonly claimed: Claimant;
  readonly at: string;
  readonly sequence: number;
}

export interface DeviceView {
  readonly id: string;
  readonly marks: Marks;
  readonly identity: Identity | null;
  /** Of the certificate that is pinned to it; null: none proves anything. Absent in views saved before it was kept. */
  readonly fingerprint?: string | null;
  /** Null until the event that says how it was found has come. */
  readonly autoDiscovered: boolean | null;
  readonly lastAnnouncedAt: string | null;
  readonly lastAnnouncement: string | null;
  readonly licence: {
    readonly licensed: boolean;
    readonly pool: string | null;
    readonly reason: string | null;
    readonly since: string;
  } | null;
  readonly groups: readonly { readonly id: string; readonly name: string }[];
  /** As told before operators could decide: of that, only the newest is known. */
  readonly conflict: { readonly known: Claimant; readonly claimed: Claimant; readonly at: string } | null;
  /** Newest first; absent in views saved before it was kept. */
  readonly claims?: readonly ClaimView[];
  /** Who claims it too, and found no room among those; absent likewise. */
  readonly leftOut?: LeftOut | null;
  /** Until somebody vouches for it; absent likewise. */
  readonly moved?: MovedUnproved | null;
  readonly tasks: readonly ActiveTask[];
  /** Tasks that ended, so that word of their beginning which comes late does not start them again. */
  readonly ended: readonly string[];
  /** Null: none, or what was changed was put back since. */
  readonly last: LastAssessment | null;
  /** Absent in views saved before it was kept. */
  readonly used?: Used | null;
  /** When what was changed was put back, if no assessment has come to a result since; absent likewise. */
  readonly putBackAt?: string | null;
  /** As it was read last; absent in views saved before it was kept. */
  readonly agent?: DeviceAgent | null;
  /** When it was last named for announcing itself too often; absent in views saved before it was kept. */
  readonly flapping?: Flapping | null;
  /** The newest word about its assessment, when that is why there is none. */
  readonly skipped?: Skipped | null;
  /** History entries ever written; the newest ones are kept. */
  readonly entries: number;
}

export const blankView = (id: string): DeviceView => ({
  id,
  marks: {
    identity: 0,
    conflict: 0,
    retired: 0,
    licence: 0,
    groups: 0,
    result: 0,
    used: 0,
    assessment: 0,
    settled: 0,
    moved: 0,
  },
  identity: null,
  autoDiscovered: null,
  lastAnnouncedAt: null,
  lastAnnouncement: null,
  licence: null,
  groups: [],
  conflict: null,
  claims: [],
  leftOut: null,
  moved: null,
  tasks: [],
  ended: [],
  last: null,
  used: null,
  putBackAt: null,
  agent: null,
  flapping: null,
  skipped: null,
  entries: 0,
});

/** Whether the event is news for a part of the view: newer than what made it. */
export const fresh = (view: DeviceView, part: keyof Marks, event: Event): boolean =>
  event.sequence > (view.marks[part] ?? 0);

export const mark = (view: DeviceView, part: keyof Marks, event: Event): Marks => ({
  ...view.marks,
  [part]: event.sequence,
});

/** Other services know the identity too: good enough until discovery's own word comes. */
export const known = (view: DeviceView, identity: Identity): DeviceView =>
  view.identity ? view : { ...view, identity };

/** Shown in lists: somebody said who it is, and it was not deleted since. */
export const listed = ({ identity, marks }: DeviceView): boolean =>
  identity !== null && marks.retired <= marks.identity;

/** Two parties claim its serial number, and nothing has settled it since. */
export const conflicted = (view: DeviceView): boolean =>
  openClaims(view).length > 0 || Boolean(view.leftOut) || oldConflict(view) !== null;

export const openClaims = ({ claims = [] }: DeviceView): readonly ClaimView[] =>
  claims.filter(({ state }) => state === 'open');

/** One that names no claim: whatever discovery says of the device afterwards settles it. */
export const oldConflict = ({ conflict, marks }: DeviceView): DeviceView['conflict'] =>
  marks.conflict > marks.identity ? conflict : null;

/** The one word for a device: what hinders comes before what was found. */
export function statusOf(view: DeviceView): Status {
  if (conflicted(view)) return 'conflicted';
  if (view.licence && !view.licence.licensed) return 'unlicensed';
  if (view.tasks.some((task) => task.state === 'running')) return 'assessing';
  return view.last?.outcome ?? 'unassessed';
}

/** Views saved before it was kept have it in their last result. */
export const usedOf = ({ used, last }: DeviceView): Used | null =>
  used ?? (last && { policyUsed: last.policyUsed, finishedAt: last.finishedAt });

export function agentStateOf({ agent }: DeviceView): AgentState {
  if (!agent) return 'unknown';
  if (agent.enabled === null) return 'notSupported';
  return agent.enabled ? 'enabled' : 'disabled';
}

export interface Flapping {
  readonly at: string;
  readonly announcedPerMinute: number;
}

/** So long after the last time a device is shown as flapping (R18): who looks the next morning finds it. */
export const flappingShownMs = 24 * 3_600_000;

export const flappingOf = ({ flapping }: DeviceView, now: Date): Flapping | null =>
  flapping && now.getTime() - Date.parse(flapping.at) < flappingShownMs ? flapping : null;

/** What a search looks in, lower case. */
export const searchText = ({ identity }: DeviceView): string =>
  identity === null
    ? ''
    : [identity.serial, identity.model, identity.mac, identity.ip, identity.hostname, identity.firmware]
        .join('\n')
        .toLowerCase();
