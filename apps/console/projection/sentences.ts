// One sentence of a device's history for each event about it, for an operator to read.
import type * as assessment from '#events/assessment';
import type { deviceConflicted, DeviceConflictDecided } from '#events/conflict';
import type * as device from '#events/device';
import type { EventDefinition } from '#events/event';
import type { AssessmentUndone } from '#events/undo';
import type { AssessmentVouched } from '#events/vouch';

type DataOf<T> = T extends EventDefinition<infer D> ? D : never;

const triggers: Readonly<Record<device.Trigger, string>> = {
  announced: 'its announcement',
  discovered: 'discovery',
  refresh: 'the regular refresh of groups',
  filterEdited: 'a change of a group filter',
  policyEdited: 'a change of a policy',
  seatFreed: 'a seat that became free',
  requested: 'a request of an operator',
};

/** Who asked for a task, and for which schedule it is; views and feeds of before do not say. */
type Asked = Partial<Pick<DataOf<typeof assessment.assessmentStarted>, 'requestedBy' | 'schedule'>>;

const names = new Intl.ListFormat('en', { type: 'conjunction' });

function causeOf({ trigger, requestedBy = [] }: Asked & { readonly trigger: device.Trigger }): string {
  const request = `a request of ${names.format(requestedBy)}`;
  if (requestedBy.length === 0) return triggers[trigger];
  return trigger === 'requested' ? request : `${triggers[trigger]} and ${request}`;
}

function runOf({ schedule, requestedBy = [] }: Asked): string {
  if (!schedule) return '';
  const asked = requestedBy.length > 0 ? ` that ${names.format(requestedBy)} asked for` : '';
  return ` by a run of the schedule ${schedule.name}${asked}`;
}

const probes: Readonly<Record<device.ProbeWay, string>> = {
  deviceApi: 'the open device API',
  snmp: 'SNMP',
  ipp: 'IPP',
};

const skipReasons = {
  remediationOff: 'Allow Automatic Remediation is off',
  noPolicy: 'no Initial Assessment Policy is chosen',
  policyUnknown: 'the policy that it was to get was deleted, or has not come to the service that assesses',
  switchOff: 'a policy of its groups would have applied, but the switch for that cause was off',
  outsideNetworks: 'its address is outside the device networks',
  notLicensed: 'it holds no licence',
  deviceDeleted: 'it was deleted',
  unreadable: 'its task is of another version of Muster',
  cancelled: 'an operator cancelled it',
  nothingToUndo: 'nothing that the task had changed is left to be put back',
} as const;

const skipped: Readonly<Record<assessment.TaskMode, string>> = {
  assess: 'Not assessed',
  dryRun: 'No dry run',
  undo: 'Not undone',
};

const outcomes = {
  compliant: 'Assessed: compliant',
  nonCompliant: 'Assessed: not compliant',
  unreachable: 'Not assessed: the device did not answer',
  failed: 'The assessment failed',
  cancelled: 'The assessment was cancelled',
} as const;

const undoOutcomes: Readonly<Record<AssessmentUndone['outcome'], string>> = {
  undone: 'Undone',
  partly: 'Undone in part',
  unreachable: 'Not undone: the device did not answer',
  failed: 'It could not be undone',
  cancelled: 'The undoing was cancelled',
};

const settings = (count: number): string => `${count} ${count === 1 ? 'setting' : 'settings'}`;

const proofs: Readonly<Record<DataOf<typeof device.deviceReconciled>['proof'], string>> = {
  first: '',
  sameAddress: '',
  sameCertificate: ' Its certificate is the known one.',
  verified: ' Its identity certificate was verified.',
  oldAddressSilent: ' Its old address was silent at several tries, so it was taken as moved.',
  operator: ' An operator decided so.',
};

/** Assessment goes by the same: see movedAt in its decide.ts. */
const withheld = ' Until somebody vouches for it, nothing goes there of what is kept to open it.';
const unproved: Readonly<Partial<Record<DataOf<typeof device.deviceReconciled>['proof'], string>>> = {
  oldAddressSilent: withheld,
  sameAddress: withheld,
};

const decisions: Readonly<Record<DeviceConflictDecided['outcome'], string>> = {
  kept: 'kept the known device: this claim is dismissed',
  moved: 'decided that the device is there now',
  gone: 'decided too late: that conflict was over, and nothing was changed',
  another: 'decided too late: another claim had come instead, and nothing was changed',
};

const late = {
  gone: 'nothing was to be vouched for any more',
  another: 'somebody else is there now, and nothing was changed',
} as const;

/** Why a conflict was not decided without a person. */
const causes = {
  answers: ({ ip }: { readonly ip: string }) => `something is still alive at ${ip}`,
  outsideNetworks: ({ ip }: { readonly ip: string }) =>
    `the known address ${ip} is outside the device networks and was not asked`,
  heardSince: ({ ip }: { readonly ip: string }) => `the known device was heard since, last at ${ip}`,
  otherCertificate: ({ ip }: { readonly ip: string }) =>
    `a search was shown another certificate than the one pinned to the device, known at ${ip}`,
} as const;

/** Seats without a licence file, as licensing names them. */
const builtInPool = 'community';

const listOf = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

function wayIn({
  trigger,
  probedBy,
}: Pick<DataOf<typeof device.deviceDiscovered>, 'trigger' | 'probedBy'>): string {
  if (probedBy === null) return triggers[trigger];
  return trigger === 'discovered'
    ? `${probes[probedBy]}, where an operator had it looked for`
    : `${probes[probedBy]}, as it said nothing that is understood`;
}

type Started = DataOf<typeof assessment.assessmentStarted>;

function workOf(mode: Started['mode'], policies: Started['policies']): string {
  if (mode === 'undo') return 'Undoing';
  if (mode === 'dryRun' && policies.length === 0) return 'Reading all its settings';
  return `${mode === 'dryRun' ? 'Dry run' : 'Assessment'} with ${listOf(policies.map(({ name }) => name))}`;
}

export const sentences = {
  discovered: ({ identity, ...how }: DataOf<typeof device.deviceDiscovered>): string =>
    `Discovered at ${identity.ip} through ${wayIn(how)}.`,
  reconciled: ({ changed, proof, fresh, ...how }: DataOf<typeof device.deviceReconciled>): string =>
    changed.length === 0
      ? `Seen again through ${wayIn(how)}, nothing changed.`
      : `${changed.map(({ field, from, to }) => `${field}: ${from ?? 'none'} → ${to ?? 'none'}`).join('; ')}.${proofs[proof]}${fresh ? (unproved[proof] ?? '') : ''}`,
  conflicted: ({ known, claimed, leftOut, because }: DataOf<typeof deviceConflicted>): string =>
    leftOut > 0
      ? `As many claims to this serial number wait as are kept: ${leftOut} more, the newest from ${claimed.ip}, were left out.`
      : `${claimed.ip} claims this serial number, and ${because === null ? `nothing proves it against ${known.ip}` : causes[because](known)}; nothing was changed.`,
  conflictDecided: ({ claimed, outcome, decidedBy }: DeviceConflictDecided): string =>
    `${claimed.ip} claims this serial number; ${decidedBy} ${decisions[outcome]}.`,
  flapping: ({ announcedPerMinute }: DataOf<typeof device.deviceFlapping>): string =>
    `Announced ${announcedPerMinute} times a minute; its assessments are spaced out.`,
  retired: ({ retiredBy }: DataOf<typeof device.deviceRetired>): string => `Deleted by ${retiredBy}.`,
  licensed: ({ pool }: DataOf<typeof device.deviceLicensed>): string =>
    pool === builtInPool
      ? 'Holds a seat of those that come with Muster.'
      : `Holds a seat of the licence ${pool}.`,
  unlicensed: ({ reason }: DataOf<typeof device.deviceUnlicensed>): string =>
    reason === 'poolExhausted'
      ? 'No seat was left; it gets one as soon as one is free.'
      : 'The licence has expired.',
  grouped: ({ groups }: DataOf<typeof device.deviceGrouped>): string =>
    `Groups: ${listOf(groups.map((group) => group.name))}.`,
  queued: ({ policies, mode, ...why }: DataOf<typeof assessment.assessmentQueued>): string => {
    const what =
      mode === 'undo'
        ? 'what a task has changed to be put back'
        : mode === 'dryRun' && policies.length === 0
          ? 'all its settings to be read'
          : `its ${mode === 'dryRun' ? 'dry run' : 'assessment'} with ${listOf(policies.map((policy) => policy.name))}`;
    return `Waits for ${what}, because of ${causeOf(why)}.`;
  },
  skipped: ({ reason, mode, cancelledBy }: DataOf<typeof assessment.assessmentSkipped>): string =>
    `${skipped[mode]}: ${cancelledBy === undefined ? skipReasons[reason] : `${cancelledBy} cancelled it`}.`,
  started: ({ policies, attempt, mode, ...why }: DataOf<typeof assessment.assessmentStarted>): string =>
    `${workOf(mode, policies)} started${runOf(why)}${attempt > 1 ? `, attempt ${attempt}` : ''}.`,
  finished: ({
    outcome,
    detail,
    results,
    mode,
    policies,
  }: DataOf<typeof assessment.assessmentFinished>): string => {
    const why = detail ? ` ${detail}` : '';
    if (mode === 'dryRun') {
      const would = results.filter(({ wouldWrite }) => wouldWrite).length;
      const read = outcome === 'compliant' || outcome === 'nonCompliant';
      if (policies.length === 0)
        return read
          ? `${detail ?? 'Its settings were read'}.`
          : `Its settings could not be read: ${outcome}.${why}`;
      return `Dry run: ${read ? `${settings(would)} would be changed` : outcome}.${why}`;
    }
    // Else an undoing is told of by its own event.
    if (mode === 'undo') return `${undoOutcomes.cancelled}.${why}`;
    const remediated = results.filter((result) => result.outcome === 'remediated').length;
    return `${outcomes[outcome]}${remediated > 0 ? `, ${settings(remediated)} remediated` : ''}.${why}`;
  },
  vouched: ({ who, outcome, vouchedBy }: AssessmentVouched): string =>
    outcome === 'vouched'
      ? `${vouchedBy} vouches for who is at ${who.ip}: what is kept to open the device goes there.`
      : `${vouchedBy} vouched too late for who was at ${who.ip}: ${late[outcome]}.`,
  undone: ({ outcome, detail, items }: AssessmentUndone): string => {
    const restored = items.filter((item) => item.outcome === 'restored').length;
    return `${undoOutcomes[outcome]}${restored > 0 ? `, ${settings(restored)} as before` : ''}.${detail ? ` ${detail}` : ''}`;
  },
};
