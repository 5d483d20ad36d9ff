// What each account of the broker may do, and who has a role in the database: written by hand, as ARCHITECTURE.md ("Who may
// talk to whom") has it, and never taken from the topology, which it judges. A new event or queue is granted here as well.

export interface Right {
  readonly reads: readonly string[];
  /** Types of events. */
  readonly writes: readonly string[];
}

/** What every service with queues says of its own deliveries and of itself. */
const ofEach = ['delivery.died', 'service.reported'];
const twoQueues = (service: string): readonly string[] => [`${service}.facts`, `${service}.control`];

const announcements = ['device.announced', 'announcement.refused'];
const whatDiscoverySaysOfDevices = [
  'announcement.filtered',
  'announcement.probed',
  'device.discovered',
  'device.reconciled',
  'device.conflicted',
  'device.flapping',
  'device.retired',
  'device.quarantined',
  'device.approvalDecided',
  'device.conflictDecided',
  'discovery.progressed',
];
const licencesGivenAndRefused = ['device.licensed', 'device.unlicensed', 'seats.counted'];
const memberships = ['device.grouped'];
const assessments = [
  'assessment.queued',
  'assessment.skipped',
  'assessment.started',
  'assessment.finished',
  'assessment.undone',
  'assessment.vouched',
  'schedule.progressed',
];
const whatBecameOfListeners = ['listener.reported'];
const documents = [
  'settings.changed',
  'edge.configured',
  'policy.changed',
  'group.changed',
  'listener.changed',
  'licence.changed',
  'serialList.changed',
  'trustSet.changed',
  'schedule.changed',
];
const requestsOfOperators = [
  'device.retireRequested',
  'device.approvalRequested',
  'device.conflictDecisionRequested',
  'assessment.requested',
  'assessment.undoRequested',
  'assessment.cancelRequested',
  'assessment.vouchRequested',
  'delivery.replayRequested',
  'discovery.requested',
  'discovery.cancelRequested',
  'schedule.runRequested',
  'schedule.cancelRequested',
];
/** Of certificates that end. */
const warnings = ['certificate.expiryWarned'];
/** Of a message in `muster.dead`, which console takes. */
const returned = ['delivery.returned'];

/** By account, which is the service. */
export const rights: Readonly<Record<string, Right>> = {
  gateway: { reads: ['muster.edge'], writes: [...announcements, 'service.reported'] },
  discovery: { reads: twoQueues('discovery'), writes: [...whatDiscoverySaysOfDevices, ...ofEach] },
  licensing: { reads: twoQueues('licensing'), writes: [...licencesGivenAndRefused, ...ofEach] },
  autogroup: { reads: twoQueues('autogroup'), writes: [...memberships, ...ofEach] },
  assessment: { reads: twoQueues('assessment'), writes: [...assessments, ...ofEach] },
  forwarding: { reads: twoQueues('forwarding'), writes: [...whatBecameOfListeners, ...ofEach] },
  console: {
    reads: [...twoQueues('console'), 'muster.journal', 'muster.dead'],
    writes: [...documents, ...requestsOfOperators, ...warnings, ...returned, ...ofEach],
  },
};

/** Each may read and write the schema of its name, and nothing else but what it shares. The gateway has none. */
export const roles = ['assessment', 'autogroup', 'console', 'discovery', 'forwarding', 'licensing'];

/** Tables of others that a role may read and write. */
export const shared: Readonly<Record<string, readonly string[]>> = { console: ['assessment.credential'] };
