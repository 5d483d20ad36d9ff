// What console's REST API says, and takes. Shapes of events and documents come from the contract, as types only.
import type { GivenUp } from '../../../libs/events/delivery.js';
import type { DiscoveryOutcome } from '../../../libs/events/discovery.js';
import type { Event } from '../../../libs/events/event.js';
import type { Filter, Group } from '../../../libs/events/group.js';
import type { Identity } from '../../../libs/events/identity.js';
import type { AssessmentFinished, TaskMode } from '../../../libs/events/assessment.js';
import type {
  Comparison,
  SettingChange,
  SettingResult,
  SettingValue,
} from '../../../libs/events/device-setting.js';
import type { Licence } from '../../../libs/events/licence.js';
import type { Listener } from '../../../libs/events/listener.js';
import type { IpsecRule } from '../../../libs/events/ipsec.js';
import type { Policy, PolicyIpsec, PolicyItem } from '../../../libs/events/policy.js';
import type { ServiceReport } from '../../../libs/events/service.js';
import type { Schedule, ScheduleProgressed } from '../../../libs/events/schedule.js';
import type { Settings } from '../../../libs/events/settings.js';
import type { TrustSet } from '../../../libs/events/trust-set.js';

export type {
  Comparison,
  Event,
  Filter,
  Group,
  Identity,
  IpsecRule,
  Licence,
  Listener,
  Policy,
  PolicyIpsec,
  PolicyItem,
  Settings,
  SettingResult,
  SettingValue,
  TrustSet,
};

export type Role = 'admin' | 'operator' | 'viewer';
/** A token may also be that of Muster's own authority. */
export type TokenRole = Role | 'trust';
export interface Session {
  readonly name: string;
  readonly role: Role;
}

/** One page of a list. `next` goes into `after`; null on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly next: string | null;
}

export type DeviceStatus =
  | 'compliant'
  | 'nonCompliant'
  | 'unreachable'
  | 'failed'
  | 'unassessed'
  | 'assessing'
  | 'unlicensed'
  | 'conflicted';

export interface Seats {
  readonly seats: number;
  readonly taken: number;
  readonly waiting: number;
}

export interface Overview {
  readonly devices: number;
  /** Unknown devices that wait for approval. */
  readonly held?: number;
  readonly compliant: number;
  readonly nonCompliant: number;
  readonly unreachable: number;
  readonly failed: number;
  readonly assessing: number;
  readonly unassessed: number;
  readonly unlicensed: number;
  readonly conflicted: number;
  readonly seats: Seats;
  readonly tasks: { readonly queued: number; readonly running: number };
  readonly acceptAnnouncements: boolean;
  readonly allowRemediation: boolean;
  /** The TCP port that devices announce themselves to. */
  readonly announcePort?: number;
}

export interface GroupName {
  readonly id: string;
  readonly name: string;
}

interface DeviceFacts extends Identity {
  readonly id: string;
  readonly status: DeviceStatus;
  readonly autoDiscovered: boolean;
  readonly lastPolicyUsed: string | null;
  readonly agent: Agent;
  /** It announced itself too often within the last day: when last, and how often. */
  readonly flapping: { readonly at: string; readonly announcedPerMinute: number } | null;
}

/** The device's announcement agent, as it was read last. */
export interface Agent {
  readonly state: 'enabled' | 'disabled' | 'notSupported' | 'unknown';
  /** Empty: found by name. Null: not known, or no such setting. */
  readonly server: string | null;
  readonly requireMutual: boolean | null;
}

export interface DeviceRow extends DeviceFacts {
  readonly licensed: boolean;
  readonly groups: readonly GroupName[];
  readonly compliance: {
    readonly compliant: number;
    readonly total: number;
    /** Weighed by severity, of 100; null: nothing counts, or it was assessed before there was a score. */
    readonly score?: number | null;
  } | null;
  readonly lastAnnouncedAt: string | null;
  readonly lastAssessedAt: string | null;
}

export interface Claimant {
  readonly ip: string;
  readonly fingerprint: string | null;
}

/** A claim to the device's serial number, and the other side of it. */
export interface Conflict {
  readonly claim: string;
  readonly known: Claimant | null;
  readonly claimed: Claimant;
  readonly identity: Identity | null;
  readonly peerAddress: string | null;
  /** Why nothing was decided; null of those from before it was told. */
  readonly because?: 'answers' | 'outsideNetworks' | 'heardSince' | 'otherCertificate' | null;
  /** The certificate that a side shows, where several devices show it: it proves nothing. */
  readonly shared?: { readonly known: string | null; readonly claimed: string | null };
  readonly at: string;
  /** Who dismissed it; null while it is open. */
  readonly decidedBy: string | null;
}

export interface HistoryEntry {
  readonly at: string;
  readonly type: string;
  readonly text: string;
}

export type Assessment = Pick<
  AssessmentFinished,
  'outcome' | 'detail' | 'startedAt' | 'finishedAt' | 'policies' | 'results'
>;

/** One setting that Muster has changed. */
export interface Change extends SettingChange {
  readonly taskId: string;
  /** The task that has put it back. */
  readonly undoneBy: string | null;
}

/** What an assessment would change. */
export interface DryRun extends Pick<
  AssessmentFinished,
  'taskId' | 'outcome' | 'detail' | 'finishedAt' | 'policies'
> {
  readonly changes: readonly (Pick<Change, 'setting' | 'title' | 'after'> & {
    readonly before: SettingValue | null;
    readonly driver: Change['driver'] | null;
  })[];
}

export interface GroupDryRun extends DryRun {
  readonly deviceId: string;
  readonly serial: string;
}

export interface DeviceDetail extends DeviceFacts {
  readonly licence: {
    readonly licensed: boolean;
    readonly pool: string | null;
    readonly reason: string | null;
  } | null;
  readonly groups: readonly GroupName[];
  readonly compliance: DeviceRow['compliance'];
  readonly lastAnnouncement: AnnouncementRow | null;
  readonly lastAssessment: Assessment | null;
  /** Absent in answers of an earlier console. */
  readonly lastDryRun?: DryRun | null;
  /** Why the newest try ended before it began; null when there is nothing to say. */
  readonly notAssessed?: { readonly reason: string; readonly text: string; readonly at: string } | null;
  /** The newest one, also of those raised before operators could decide. */
  readonly conflict: { readonly known: Claimant | null; readonly claimed: Claimant } | null;
  /** Who was turned away with its serial number. */
  readonly refusals?: readonly RefusalRow[];
  readonly conflicts?: readonly Conflict[];
  readonly dismissed?: readonly Conflict[];
  /** Claimants for whom there was no room among those. */
  readonly leftOut?: { readonly claimants: number; readonly claimed: Claimant; readonly at: string } | null;
  readonly history: readonly HistoryEntry[];
}

/** A peer that gateways turned away, for one reason. */
export interface RefusalRow {
  readonly peer: string;
  readonly reason: string;
  readonly message: string;
  /** What it said it is; nothing in it is proved. */
  readonly serial: string | null;
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** An announcement and what discovery made of it. */
export interface AnnouncementRow extends Identity {
  readonly id: string;
  readonly at: string;
  readonly reason: string;
  readonly peerAddress: string;
  readonly tlsVersion: string;
  readonly cipher: string;
  readonly group: string | null;
  readonly authentication: { readonly mode: string; readonly outcome: string };
  readonly forwarded: boolean;
  /** Null until discovery has judged it. */
  readonly outcome: 'discovered' | 'reconciled' | 'conflicted' | 'filtered' | 'held' | null;
  readonly detail: string | null;
  readonly deviceId: string | null;
}

/** One setting that a policy can ask for. */
export interface CatalogueEntry {
  readonly key: string;
  readonly title: string;
  readonly category: string;
  readonly type: 'boolean' | 'choice' | 'number' | 'text';
  readonly choices?: readonly string[];
  /** What a person reads for a value, by the value as text; for any other value its own word is enough. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly unit?: string;
  /** Of a text: in words that follow `must be`. */
  readonly rule?: string;
  readonly severity: PolicyItem['severity'];
  /** The value that hardening guides ask for. */
  readonly recommended: SettingValue;
  /** How a policy compares with it, unless somebody says otherwise. */
  readonly compare?: Comparison;
  readonly comparisons?: readonly Comparison[];
  /** Rows of baselines that it answers, such as `STIG V-6783`. */
  readonly maps?: readonly string[];
  /** Which rule asks for it, and what it is good for. */
  readonly description: string;
  /** It can be assessed, never set. */
  readonly readOnly: boolean;
  /** A change can cut Muster off from the device. */
  readonly cutsOff: boolean;
}

export type InstanceState = 'ready' | 'notReady' | 'notHeard' | 'stopped';

export interface InstanceStatus extends Readonly<
  Pick<ServiceReport, 'instance' | 'version' | 'startedAt' | 'problems'>
> {
  readonly state: InstanceState;
  readonly heardAt: string;
  /** It is gone, and another one was started since. */
  readonly replaced: boolean;
}

export interface ServiceStatus extends Readonly<
  Pick<ServiceReport, 'parked' | 'outbox' | 'spool' | 'budgets'>
> {
  readonly service: string;
  readonly instances: readonly InstanceStatus[];
}

export interface QueueStatus {
  readonly queue: string;
  /** Null: not known now. */
  readonly depth: number | null;
  readonly oldestAgeMs: number | null;
}

/** How the processes fare, and what waits where. */
export interface Status {
  readonly at: string;
  /** One sentence each; empty: all is well. */
  readonly troubles: readonly string[];
  readonly services: readonly ServiceStatus[];
  readonly queues: readonly QueueStatus[];
}

export interface TaskRow {
  readonly id: string;
  readonly deviceId: string;
  readonly serial: string;
  readonly ip: string;
  readonly hostname: string | null;
  readonly state: 'queued' | 'running';
  readonly mode?: TaskMode;
  readonly trigger: string;
  readonly policies: readonly {
    readonly policyId: string;
    readonly name: string;
    readonly version: number;
  }[];
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly attempt: number;
}

export interface ListenerReport {
  readonly state: 'idle' | 'delivering' | 'failing' | 'disabled';
  readonly waiting: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly failure: string | null;
}
export interface ListenerRow extends Document<Listener> {
  /** Null until forwarding has reported. */
  readonly report: ListenerReport | null;
}

/** What one party says of a serial number that waits. */
export interface HeldClaim extends Identity {
  readonly peerAddress: string;
  readonly fingerprint: string | null;
  readonly verified: boolean;
  readonly forwarded: boolean;
  readonly heardAt: string;
  /** Names it in a decision; null: from before claims had names, until it announces itself anew. */
  readonly claim: string | null;
}

/** An unknown device that waits for approval, or was refused. */
export interface HeldDevice extends HeldClaim {
  readonly state: HeldState;
  /** Others who say so of themselves. */
  readonly others: readonly HeldClaim[];
  /** Others who said so, and were refused. */
  readonly refused: readonly HeldClaim[];
  /** When a decision came too late for it: it had changed. */
  readonly missedAt: string | null;
  readonly since: string;
  readonly decidedBy: string | null;
}
export type HeldState = 'held' | 'refused';

/** `upTo`, sent with a decision about all of them, leaves alone who came or changed since. */
export interface HeldPage extends Page<HeldDevice> {
  readonly upTo: number;
}

export interface SerialRow {
  readonly serial: string;
  readonly addedBy: string;
  readonly addedAt: string;
  /** Null: its device was not discovered yet. */
  readonly discoveredAt?: string | null;
}
/** What became of serial numbers that were sent. */
export interface SerialsAdded {
  readonly added: number;
  /** On the list already, or twice in what was sent. */
  readonly known: number;
}

export interface RunRow extends Omit<ScheduleProgressed, 'runId'> {
  readonly id: string;
}
export interface ScheduleRow extends Document<Schedule> {
  /** Null: not by itself. */
  readonly next: string | null;
  readonly lastRun: RunRow | null;
}

/** What operators have looked for; counts are of addresses, a host name being one. */
export interface DiscoveryRun {
  readonly id: string;
  readonly askedBy: string;
  readonly askedAt: string;
  readonly state: 'importing' | 'running' | 'cancelling' | 'done' | 'cancelled';
  readonly cancelledBy: string | null;
  readonly endedAt: string | null;
  readonly entries: number;
  /** Entries of which discovery was told. */
  readonly imported: number;
  readonly knownBefore: number;
  readonly total: number;
  readonly waiting: number;
  readonly found: number;
  readonly known: number;
  readonly held: number;
  readonly claimed: number;
  readonly refused: number;
  readonly notReached: number;
  readonly nobody: number;
}
export interface DiscoveryAsked extends DiscoveryRun {
  readonly ignoredColumns: readonly string[];
}
export interface DiscoveryResultRow {
  readonly line: number;
  /** As the list has it. */
  readonly entry: string | null;
  readonly name: string | null;
  readonly location: string | null;
  readonly address: string;
  readonly outcome: DiscoveryOutcome;
  readonly serial: string | null;
  readonly deviceId: string | null;
  readonly reason: string | null;
}

export type LicenceRow = Document<Licence>;

/** A certificate in a trust set. */
export interface TrustedCertificate {
  readonly subject: string;
  readonly until: string;
}

export interface TrustSetRow extends Document<TrustSet> {
  readonly certificates: readonly TrustedCertificate[];
}

export interface TrustSetSaved extends TrustSetRow {
  /** Of a bundle: what cannot be trusted, and why, in sentences. */
  readonly dropped: readonly string[];
}

/** An identity that gateways can present. */
export interface IdentityRow {
  readonly name: string;
  readonly subject: string;
  readonly fingerprint: string;
  readonly until: string;
  /** Fingerprints of the sealing keys that open its private key. */
  readonly sealedTo: readonly string[];
  readonly chosen: boolean;
  readonly changedBy: string;
  readonly changedAt: string;
}

/** A gateway, and what it presents. */
export interface GatewayRow {
  readonly gateway: string;
  readonly sealingFingerprint: string | null;
  readonly sealingPem: string | null;
  readonly identity: {
    readonly name: string | null;
    readonly subject: string;
    readonly fingerprint: string;
    readonly until: string;
  };
  readonly problem: string | null;
  readonly heardAt: string;
}

/** A certificate that Muster's own authority issued. */
export interface IssuedRow {
  readonly serial: string;
  readonly name: string | null;
  readonly profile: string;
  readonly subject: string;
  readonly names: string;
  readonly device: string | null;
  readonly fingerprint: string;
  readonly from: string;
  readonly until: string;
  readonly revokedAt: string | null;
  readonly reason: string | null;
  readonly askedBy: string | null;
  readonly refused: string | null;
}

/** Muster's own authority, as it told; all null: there is none, or it does not speak to console. */
export interface AuthorityShown {
  readonly chain: string | null;
  readonly url: string | null;
  readonly listNumber: number | null;
  readonly listUntil: string | null;
  readonly heardAt: string | null;
  /** What it does when it is asked from here; null: it never told. */
  readonly does: readonly WishKind[] | null;
}

export type WishKind = 'enrol' | 'sign' | 'issue' | 'list';

/** What somebody wants of the authority, and what became of it. */
export interface WishRow {
  readonly id: string;
  readonly kind: WishKind;
  readonly about: string;
  readonly askedBy: string;
  readonly askedAt: string;
  readonly state: 'asked' | 'done' | 'refused';
  readonly reason: string | null;
  readonly settledAt: string | null;
  /** PEM: what was signed, and those above it. */
  readonly certificates: string | null;
}

/** Answered once, when a secret is made: with it a device enrols. */
export interface WishAsked extends WishRow {
  readonly secret: { readonly user: string; readonly password: string } | null;
}

/** An event that a consumer gave up. */
export interface DeadDelivery {
  readonly consumer: string;
  readonly eventId: string;
  readonly eventType: string;
  /** What the event is about; empty when it was not told. */
  readonly subject: string;
  readonly attempts: number;
  readonly reason: string;
  readonly diedAt: string;
}

/** `upTo`, sent with a decision about all of them, leaves alone what was given up since. */
export interface DeadPage extends Page<DeadDelivery> {
  readonly upTo: number;
}

/** How many there are of one consumer and one type of event. */
export interface DeadKind {
  readonly consumer: string;
  readonly eventType: string;
  readonly dead: number;
}

/** With the event itself, as far as it was told. */
export interface DeadDeliveryDetail extends DeadDelivery {
  readonly event: GivenUp | null;
}

/** What one step of a replay or drop did. */
export interface DecisionStep {
  readonly done: number;
  readonly left: number;
  readonly upTo: number;
  /** Devices that wait for approval alone: those named of whom something else waits than was seen. */
  readonly changed?: number;
  /** Likewise: serial numbers that match, of several parties each. */
  readonly leftOut?: { readonly count: number } | null;
}

export interface User {
  readonly name: string;
  readonly role: Role;
  readonly createdBy: string;
  readonly createdAt: string;
}

export interface CredentialDevice {
  readonly serial: string;
  readonly hostname: string | null;
  readonly deleted: boolean;
}

/** What opens devices, without what it is. */
export interface CredentialRow {
  readonly kind: 'admin' | 'snmpRead' | 'snmpWrite' | 'snmpUser';
  readonly scope: 'device' | 'group' | 'global';
  /** Of the device or group; empty: everybody's. */
  readonly id: string;
  /** Null: it is of no single device, or nothing is known of that. */
  readonly device: CredentialDevice | null;
  readonly userName: string | null;
  /** Made by Muster, for one device; absent in answers of an earlier console. */
  readonly generated?: boolean;
  readonly version: number;
  readonly changedBy: string;
  readonly changedAt: string;
}

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly role: TokenRole;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
}

export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly who: string;
  readonly action: string;
  readonly target: string | null;
  readonly from: string | null;
  readonly outcome: 'done' | 'refused';
  /** Deliveries that it was about, each on record in the entry itself; null: not of that kind. */
  readonly decided?: number | null;
  /** What was changed (`changed`: a list of path, from, to), or whatever else there is to say. */
  readonly detail?: unknown;
}

/** A document that an operator writes, with the version that a later write must name. */
export interface Document<B> {
  readonly id: string;
  readonly version: number;
  readonly changedBy: string;
  readonly changedAt: string;
  readonly body: B;
}

export interface SettingsSaved extends Document<Settings> {
  /** Said when Accept Device Announcements was switched on. */
  readonly reminder: string | null;
}

/** Answered once, when a token is made. */
export interface NewToken extends Token {
  readonly token: string;
}
