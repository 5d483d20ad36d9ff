// Events whose data the page reads. The server checked them against the contract; here they only get their types back.
import type { AssessmentFinished } from '../../../libs/events/assessment.js';
import type { DeviceQuarantined } from '../../../libs/events/approval.js';
import type { AnnouncementFiltered, DeviceAnnounced } from '../../../libs/events/announcement.js';
import type {
  DeviceDiscovered,
  DeviceFact,
  DeviceGrouped,
  DeviceReconciled,
} from '../../../libs/events/device.js';
import type { Event } from './types.js';

interface Covering {
  readonly deviceId: string;
  readonly covers: readonly string[];
}

interface DataByType {
  'device.announced': DeviceAnnounced;
  'announcement.filtered': AnnouncementFiltered;
  'device.quarantined': DeviceQuarantined;
  'device.discovered': DeviceDiscovered;
  'device.reconciled': DeviceReconciled;
  'device.conflicted': { readonly deviceId: string; readonly announcements: readonly string[] };
  'device.licensed': DeviceFact;
  'device.unlicensed': DeviceFact;
  'device.grouped': DeviceGrouped;
  'assessment.queued': Covering;
  'assessment.skipped': Covering & { readonly reason: string };
  'assessment.started': Covering;
  'assessment.finished': AssessmentFinished;
}

export type KnownType = keyof DataByType;
export type KnownEvent = {
  [Type in KnownType]: {
    readonly id: string;
    readonly type: Type;
    readonly at: string;
    readonly data: DataByType[Type];
  };
}[KnownType];

const known: ReadonlySet<string> = new Set<KnownType>([
  'device.announced',
  'announcement.filtered',
  'device.quarantined',
  'device.discovered',
  'device.reconciled',
  'device.conflicted',
  'device.licensed',
  'device.unlicensed',
  'device.grouped',
  'assessment.queued',
  'assessment.skipped',
  'assessment.started',
  'assessment.finished',
]);

/** Null for a type that the page does not read, and for data that was too large for the stream. */
export function knownEvent({ id, type, occurredAt, data }: Event): KnownEvent | null {
  if (!known.has(type) || typeof data !== 'object' || data === null) return null;
  return { id, type, at: occurredAt, data } as KnownEvent;
}
