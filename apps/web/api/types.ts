// What console's REST API answers and takes, by the names that the pages use. All of it is written down in libs/answers and in
// the contract of events; here it only gets its names, as types.
import type { Answer } from '../../../libs/answers/answers.js';

export type { Event } from '../../../libs/events/event.js';
export type { Filter, Group } from '../../../libs/events/group.js';
export type { Identity } from '../../../libs/events/identity.js';
export type { Comparison, SettingResult, SettingValue } from '../../../libs/events/device-setting.js';
export type { Licence } from '../../../libs/events/licence.js';
export type { Listener } from '../../../libs/events/listener.js';
export type { IpsecRule } from '../../../libs/events/ipsec.js';
export type { Policy, PolicyIpsec, PolicyItem } from '../../../libs/events/policy.js';
export type { Settings } from '../../../libs/events/settings.js';
export type { TrustSet } from '../../../libs/events/trust-set.js';
export type { Role, TokenRole } from '../../../libs/answers/access.js';
export type { HeldState } from '../../../libs/answers/announcements.js';
export type { Status as DeviceStatus } from '../../../libs/answers/devices.js';

/** One page of a list. `next` goes into `after`; null on the last page. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly next: string | null;
}

/** A document that an operator writes, with the version that a later write must name. */
export interface Document<B> extends Readonly<Omit<Answer<'Licence'>, 'body'>> {
  readonly body: B;
}

type Item<List extends { readonly items: readonly unknown[] }> = Readonly<List['items'][number]>;

export type Session = Answer<'Session'>;
export type User = Answer<'User'>;
export type Token = Answer<'Token'>;
export type NewToken = Answer<'TokenMade'>;
export type AuditEntry = Answer<'AuditEntry'>;
export type AuditEntryWhole = Answer<'AuditEntryWhole'>;

export type Overview = Answer<'Overview'>;
export type Seats = Overview['seats'];
export type DeviceRow = Answer<'Device'>;
export type Agent = DeviceRow['agent'];
export type DeviceDetail = Answer<'DeviceDetail'>;
export type Conflict = DeviceDetail['conflicts'][number];
export type Claimant = Conflict['claimed'];
export type HistoryEntry = DeviceDetail['history'][number];
export type Assessment = NonNullable<DeviceDetail['lastAssessment']>;
export type ChangedTask = Item<Answer<'ChangeList'>>;
export type Change = ChangedTask['changes'][number];
export type GroupDryRun = Item<Answer<'DryRunList'>>;
export type DryRun = NonNullable<DeviceDetail['lastDryRun']>;
export type RefusalRow = Answer<'Refusal'>;
export type AnnouncementRow = Answer<'Announcement'>;
export type HeldDevice = Answer<'HeldDevice'>;
export type HeldClaim = Omit<HeldDevice['others'][number], 'claim'> & Pick<HeldDevice, 'claim'>;
export type HeldPage = Answer<'HeldDeviceList'>;
export type TaskRow = Answer<'Task'>;
export type CatalogueEntry = Item<Answer<'SettingList'>>;

export type Status = Answer<'Status'>;
export type ServiceStatus = Status['services'][number];
export type InstanceStatus = ServiceStatus['instances'][number];
export type InstanceState = InstanceStatus['state'];
export type QueueStatus = Status['queues'][number];
export type DeadDelivery = Answer<'DeadDelivery'>;
export type DeadDeliveryDetail = Answer<'DeadDeliveryDetail'>;
export type DeadPage = Answer<'DeadDeliveryList'>;
export type DeadKind = Item<Answer<'DeadKindList'>>;
/** What one step of a decision about many did; the rest is told of devices that wait for approval alone. */
export type DecisionStep = Answer<'DeadStep'> & Partial<Answer<'HeldStep'>>;

export type SettingsSaved = Answer<'SettingsSaved'>;
export type ScheduleRow = Answer<'Schedule'>;
export type RunRow = Answer<'Run'>;
export type ListenerRow = Answer<'ListenerDetail'>;
export type ListenerReport = NonNullable<ListenerRow['report']>;
export type LicenceRow = Answer<'Licence'>;
export type SerialRow = Item<Answer<'SerialList'>>;
export type SerialsAdded = Answer<'SerialsAdded'>;
export type DiscoveryRun = Answer<'Discovery'>;
export type DiscoveryAsked = Answer<'DiscoveryAsked'>;
export type DiscoveryResultRow = Item<Answer<'DiscoveryResultList'>>;

export type TrustSetRow = Answer<'TrustSet'>;
export type TrustSetSaved = Answer<'TrustSetSaved'>;
export type IdentityRow = Item<Answer<'IdentityList'>>;
export type GatewayRow = Item<Answer<'GatewayList'>>;
export type IssuedRow = Answer<'Certificate'>;
export type AuthorityShown = Answer<'Authority'>;
export type WishRow = Answer<'Wish'>;
export type WishKind = WishRow['kind'];
export type WishAsked = Answer<'WishAsked'>;
export type CredentialRow = Answer<'Credential'>;
