// The words of the page for what the API names: one place, so that a thing is called the same everywhere.
import type { Comparison, DeviceStatus, Overview, TokenRole } from './api/types.js';

const status: Readonly<Record<DeviceStatus, string>> = {
  compliant: 'Compliant',
  nonCompliant: 'Not compliant',
  unreachable: 'Unreachable',
  failed: 'Failed',
  unassessed: 'Not assessed',
  assessing: 'Being assessed',
  unlicensed: 'Unlicensed',
  conflicted: 'Conflict',
};

const statusMeaning: Readonly<Record<DeviceStatus, string>> = {
  compliant: 'Every setting is as its policy requires.',
  nonCompliant: 'At least one setting differs from its policy.',
  unreachable: 'The device did not answer when it was read.',
  failed: 'The device answered, but not as it should.',
  unassessed: 'No policy has been compared with it yet, or not since what was changed on it was put back.',
  assessing: 'It is being read, or waits for its turn.',
  unlicensed: 'No seat is left for it. It is assessed as soon as one is free.',
  conflicted: 'Two parties claim this serial number. Nothing was changed; an operator decides.',
};

const role: Readonly<Record<TokenRole, string>> = {
  admin: 'Administrator',
  operator: 'Operator',
  viewer: 'Viewer',
  trust: "Muster's own authority",
};

const outcome = {
  compliant: 'Compliant as it was',
  remediated: 'Changed and verified',
  nonCompliant: 'Not compliant',
  unsupported: 'Not supported by the device',
  failed: 'Could not be read',
} as const;

const assessmentOutcome = {
  compliant: 'Compliant',
  nonCompliant: 'Not compliant',
  unreachable: 'Unreachable',
  failed: 'Failed',
  cancelled: 'Cancelled',
} as const;

const agent = {
  enabled: 'Enabled',
  disabled: 'Disabled',
  notSupported: 'Not supported',
  unknown: 'Not read yet',
} as const;

const driver = { api: 'Device API', snmp: 'SNMP', ipp: 'IPP', probe: 'Seen from outside' } as const;

const taskMode = { assess: 'Assessment', dryRun: 'Dry run', undo: 'Undoing' } as const;

const flappingMeaning =
  'It announces itself more than 15 times a minute, and is assessed once in five minutes meanwhile.';

const severity = { high: 'High', medium: 'Medium', low: 'Low' } as const;

const comparison: Readonly<Record<Comparison, string>> = {
  equals: 'Exactly',
  atLeast: 'At least',
  atMost: 'At most',
  oneOf: 'One of',
};

const reason = {
  boot: 'Initial boot',
  powerCycle: 'Power cycle',
  linkUp: 'Link down and up',
  ipChanged: 'IP address changed',
  hostnameChanged: 'Hostname changed',
  coldReset: 'Cold reset',
  periodic: 'Periodic (47-48 h)',
  unstated: 'Not stated',
} as const;

const trigger = {
  announced: 'Announcement',
  discovered: 'Discovery',
  refresh: 'Group refresh',
  filterEdited: 'Group filter edited',
  policyEdited: 'Policy edited',
  seatFreed: 'Seat freed',
  requested: 'Asked for by an operator',
} as const;

const discoveryState = {
  importing: 'Being imported',
  running: 'Running',
  cancelling: 'Being stopped',
  done: 'Done',
  cancelled: 'Stopped',
} as const;

const discoveryOutcome = {
  found: 'Found',
  known: 'Known before',
  held: 'Waits for approval',
  claimed: 'Known elsewhere',
  refused: 'Refused',
  notReached: 'Not reached',
} as const;

const every = { once: 'Once on', daily: 'Daily', weekly: 'Weekly', monthly: 'Monthly' } as const;
const weekday = { 1: 'Mon', 2: 'Tue', 3: 'Wed', 4: 'Thu', 5: 'Fri', 6: 'Sat', 7: 'Sun' } as const;

const runState = {
  filling: 'Begins',
  running: 'Running',
  ending: 'Being stopped',
  done: 'Done',
  cancelled: 'Stopped',
  stopped: 'Stopped by itself',
  missed: 'Missed',
} as const;

const groupKind = { manual: 'Manual', automatic: 'Automatic', all: 'All devices' } as const;

const service = {
  gateway: 'Gateway',
  discovery: 'Discovery',
  licensing: 'Licensing',
  autogroup: 'Grouping',
  assessment: 'Assessment',
  forwarding: 'Forwarding',
  console: 'Console',
} as const;

const profile = {
  server: 'Server',
  client: 'Client',
  mutual: 'Server and client',
  device: 'Device',
  authority: 'Authority',
} as const;

const wish = {
  enrol: 'A device may enrol',
  sign: 'Sign a request',
  issue: 'Issue an identity',
  list: 'Publish the list',
} as const;

const revocationReason = {
  unspecified: 'Not stated',
  keyCompromise: 'The key may be known to others',
  affiliationChanged: 'Its holder is called otherwise now',
  superseded: 'Another one is used instead',
  cessationOfOperation: 'It is not used any more',
  privilegeWithdrawn: 'Its holder may not have it any more',
} as const;

const budget = {
  instantOn: 'Instant-on',
  scheduled: 'Scheduled',
  runs: 'Going through schedules',
  proofs: 'Proving moves',
  approval: 'Trying rules on held devices',
  probes: 'Asking unknown clients',
  searches: 'Going through discoveries',
  finds: 'Looking for devices',
  discoveries: 'Importing lists of devices',
  deliveries: 'Sending copies',
  rebuild: 'Showing devices anew',
} as const;

export const words = {
  status,
  statusMeaning,
  role,
  outcome,
  assessmentOutcome,
  agent,
  driver,
  taskMode,
  flappingMeaning,
  severity,
  comparison,
  reason,
  trigger,
  discoveryState,
  discoveryOutcome,
  every,
  weekday,
  runState,
  groupKind,
  service,
  profile,
  wish,
  revocationReason,
  budget,
};

/** The word for `key`, or the key itself when a newer server says something this page does not know. */
export function wordFor(table: Readonly<Record<string, string>>, key: string): string {
  return Object.hasOwn(table, key) ? (table[key] ?? key) : key;
}

const whole = new Intl.NumberFormat('en');
export const count = (number: number): string => whole.format(number);

/** `1 device`, `2 devices`. */
export function counted(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

/** Where devices announce themselves; the protocol's own port until the server has said otherwise. */
export const announcePort = (overview: Overview | undefined): number => overview?.announcePort ?? 3329;
