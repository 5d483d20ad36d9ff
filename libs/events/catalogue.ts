// Every event there is. A new one is added here, or nobody can publish, bind or read it.
import { announcementFiltered, deviceAnnounced } from './announcement.js';
import { deviceApprovalDecided, deviceApprovalRequested, deviceQuarantined } from './approval.js';
import * as assessment from './assessment.js';
import { expiryWarned } from './certificate.js';
import { deviceConflictDecided, deviceConflictDecisionRequested, deviceConflicted } from './conflict.js';
import * as delivery from './delivery.js';
import * as device from './device.js';
import { discoveryCancelRequested, discoveryProgressed, discoveryRequested } from './discovery.js';
import { parseEnvelope, parseEvent, UnreadableEvent, type Event, type EventDefinition } from './event.js';
import { groupChanged } from './group.js';
import { licenceChanged, seatsCounted } from './licence.js';
import { listenerChanged, listenerReported } from './listener.js';
import { policyChanged } from './policy.js';
import { announcementProbed, announcementsRefused } from './refusal.js';
import {
  scheduleCancelRequested,
  scheduleChanged,
  scheduleProgressed,
  scheduleRunRequested,
} from './schedule.js';
import { serialListChanged } from './serial-list.js';
import { serviceReported } from './service.js';
import { edgeConfigured, settingsChanged } from './settings.js';
import { trustSetChanged } from './trust-set.js';
import { assessmentUndone, assessmentUndoRequested } from './undo.js';
import { assessmentVouched, assessmentVouchRequested } from './vouch.js';

const definitions: readonly EventDefinition<never>[] = [
  deviceAnnounced,
  announcementsRefused,
  announcementProbed,
  announcementFiltered,
  deviceQuarantined,
  deviceApprovalRequested,
  deviceApprovalDecided,
  device.deviceDiscovered,
  device.deviceReconciled,
  deviceConflicted,
  deviceConflictDecisionRequested,
  deviceConflictDecided,
  device.deviceFlapping,
  device.deviceRetireRequested,
  device.deviceRetired,
  discoveryRequested,
  discoveryCancelRequested,
  discoveryProgressed,
  device.deviceLicensed,
  device.deviceUnlicensed,
  device.deviceGrouped,
  assessment.assessmentRequested,
  assessment.assessmentQueued,
  assessment.assessmentSkipped,
  assessment.assessmentStarted,
  assessment.assessmentFinished,
  assessmentUndoRequested,
  assessment.assessmentCancelRequested,
  assessmentUndone,
  assessmentVouchRequested,
  assessmentVouched,
  scheduleRunRequested,
  scheduleCancelRequested,
  scheduleProgressed,
  settingsChanged,
  edgeConfigured,
  policyChanged,
  groupChanged,
  scheduleChanged,
  listenerChanged,
  listenerReported,
  licenceChanged,
  seatsCounted,
  serialListChanged,
  trustSetChanged,
  expiryWarned,
  delivery.deliveryDied,
  delivery.deliveryReplayRequested,
  delivery.deliveryReturned,
  serviceReported,
] as unknown as readonly EventDefinition<never>[];

/** By type. */
export const catalogue: ReadonlyMap<string, EventDefinition> = new Map(
  definitions.map((definition) => [definition.type, definition as unknown as EventDefinition]),
);

/** Any known event, its data checked. Throws UnreadableEvent. */
export function readEvent(value: unknown): Event {
  const { type } = parseEnvelope(value);
  const definition = catalogue.get(type);
  if (!definition)
    throw new UnreadableEvent('unknownType', `no event of type ${type} is known to this build`);
  return parseEvent(definition, value);
}
