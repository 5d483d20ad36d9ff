// What the API answers, for its description: the devices, documents and figures that programs ask for most. The controllers
// do not check with these; a test holds real answers against them.
import * as z from 'zod';
import { credentialKinds, credentialScopes } from '#device/credential';
import { deviceAgent } from '#events/assessment';
import {
  comparison,
  settingDriver,
  settingOutcome,
  settingResult,
  settingValue,
  severity,
} from '#events/device-setting';
import { givenUp } from '#events/delivery';
import { fingerprint, friendlyName } from '#events/certificate';
import { discoveryOutcome } from '#events/discovery';
import { filter, groupBody } from '#events/group';
import { identity } from '#events/identity';
import { licenceBody, seatsCounted } from '#events/licence';
import { listenerBody } from '#events/listener';
import { policyBody } from '#events/policy';
import { runProgress, scheduleBody } from '#events/schedule';
import { serviceReport } from '#events/service';
import { settingsBody } from '#events/settings';
import { trustSetBody } from '#events/trust-set';
import { issuedCertificate } from '#pki/authority/exchange';
import { wishKinds } from '#pki/authority/wish';
import { serviceNames } from '#runtime/service';
import { runStates } from '../discoveries/discoveries.js';
import { everyField } from '../documents/every-field.js';
import { agentStates, statuses } from '../projection/device-view.js';
import { heldStates } from '../quarantine/decisions.js';
import { instanceStates } from '../status/status.js';
import { wishStates } from '../trust/wishes.js';

const time = z.iso.datetime();
const count = z.int().nonnegative();
/** See libs/documents/compliance.ts. */
const score = z.int().min(0).max(100).nullable();

const problem = z.object({
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  faults: z
    .array(
      z.object({
        path: z.string(),
        message: z.string(),
        line: z.int().optional(),
        column: z.int().optional(),
        to: z.int().optional(),
        code: z.string().optional(),
        text: z.string().optional(),
      }),
    )
    .optional(),
});

const device = z.object({
  id: z.uuid(),
  ...identity.shape,
  status: z.enum(statuses),
  autoDiscovered: z.boolean(),
  lastPolicyUsed: z.string().nullable(),
  agent: deviceAgent.omit({ enabled: true }).extend({ state: z.enum(agentStates) }),
  flapping: z.object({ at: time, announcedPerMinute: count }).nullable(),
  licensed: z.boolean(),
  groups: z.array(z.object({ id: z.string(), name: z.string() })),
  compliance: z.object({ compliant: count, total: count, score }).nullable(),
  lastAnnouncedAt: time.nullable(),
  lastAssessedAt: time.nullable(),
});

const claimant = z.object({ ip: z.string(), fingerprint: z.string().nullable() });
const conflict = z.object({
  claim: z.string(),
  known: claimant.nullable(),
  claimed: claimant,
  identity: identity.nullable(),
  peerAddress: z.string().nullable(),
  /** Why nothing was decided; null of conflicts from before it was told. */
  because: z.enum(['answers', 'outsideNetworks', 'heardSince', 'otherCertificate']).nullable(),
  /** The certificate that a side shows, where several devices show it: it proves nothing. */
  shared: z.object({ known: z.string().nullable(), claimed: z.string().nullable() }),
  at: time,
  decidedBy: z.string().nullable(),
});
const refusal = z.object({
  peer: z.string(),
  reason: z.string(),
  message: z.string(),
  serial: z.string().nullable(),
  count,
  firstAt: time,
  lastAt: time,
});

const change = z.object({
  taskId: z.uuid(),
  setting: z.string(),
  title: z.string(),
  before: settingValue,
  after: settingValue,
  driver: settingDriver,
  verified: z.boolean(),
  at: time,
  /** The task that has put it back. */
  undoneBy: z.uuid().nullable(),
});
const dryRun = z.object({
  taskId: z.uuid(),
  outcome: z.string(),
  detail: z.string().nullable(),
  finishedAt: time,
  policies: z.array(z.object({ policyId: z.string(), name: z.string(), version: z.int() })),
  /** What an assessment would write. */
  changes: z.array(
    change.pick({ setting: true, title: true, after: true }).extend({
      before: settingValue.nullable(),
      driver: settingDriver.nullable(),
    }),
  ),
});

const deviceDetail = device.extend({
  licence: z
    .object({
      licensed: z.boolean(),
      pool: z.string().nullable(),
      reason: z.string().nullable(),
      since: time,
    })
    .nullable(),
  conflict: z.looseObject({ known: claimant.nullable(), claimed: claimant, at: time }).nullable(),
  conflicts: z.array(conflict),
  dismissed: z.array(conflict),
  leftOut: z.object({ claimants: count, claimed: claimant, at: time }).nullable(),
  lastAnnouncement: z.looseObject({ id: z.uuid(), at: time }).nullable(),
  refusals: z.array(refusal),
  notAssessed: z.object({ reason: z.string(), text: z.string(), at: time }).nullable(),
  lastAssessment: z
    .object({
      outcome: z.string(),
      detail: z.string().nullable(),
      startedAt: time,
      finishedAt: time,
      policies: z.array(z.object({ policyId: z.string(), name: z.string(), version: z.int() })),
      results: z.array(settingResult),
    })
    .nullable(),
  lastDryRun: dryRun.nullable(),
  /** The newest time that all its settings were asked for. */
  lastReadOut: dryRun.pick({ taskId: true, outcome: true, detail: true, finishedAt: true }).nullable(),
  history: z.array(z.object({ at: time, type: z.string(), text: z.string() })),
});

/** What one party says of a serial number that waits. */
const heldClaim = z.object({
  ...identity.shape,
  announcement: z.uuid(),
  peerAddress: z.string(),
  fingerprint: z.string().nullable(),
  verified: z.boolean(),
  forwarded: z.boolean(),
  heardAt: time,
});
const held = heldClaim.extend({
  state: z.enum(heldStates),
  /** Names it in a decision; null until it announces itself anew, when it waited before claims had names. */
  claim: z.string().nullable(),
  /** Others who say so of themselves. */
  others: z.array(heldClaim.extend({ claim: z.string() })),
  /** Others who said so, and were refused. */
  refused: z.array(heldClaim.extend({ claim: z.string() })),
  /** When a decision came too late for it: it had changed. */
  missedAt: time.nullable(),
  since: time,
  decidedBy: z.string().nullable(),
});

const overview = z.object({
  devices: count,
  /** Unknown devices that wait for approval. */
  held: count,
  ...(Object.fromEntries(statuses.map((status) => [status, count])) as Record<
    (typeof statuses)[number],
    typeof count
  >),
  tasks: z.object({ queued: count, running: count }),
  seats: seatsCounted.schema,
  acceptAnnouncements: z.boolean(),
  allowRemediation: z.boolean(),
  announcePort: z.int(),
});

const { parked, outbox, spool, budgets, problems, instance, edge } = serviceReport.shape;
const status = z.object({
  at: time,
  bus: z.object({ connected: z.boolean(), problem: z.string().nullable() }),
  troubles: z.array(z.string()),
  services: z.array(
    z.object({
      service: z.enum(serviceNames),
      instances: z.array(
        z.object({
          instance,
          state: z.enum(instanceStates),
          problems,
          version: z.string(),
          startedAt: time,
          heardAt: time,
          notHeardForMs: count.nullable(),
          replaced: z.boolean(),
          spool,
          edge,
        }),
      ),
      parked,
      outbox,
      spool,
      budgets,
    }),
  ),
  queues: z.array(
    z.object({ queue: z.string(), depth: count.nullable(), oldestAgeMs: count.nullable(), readers: count }),
  ),
  dead: z.array(z.object({ consumer: z.string(), dead: count })),
});

const gateway = z.object({
  ...edge.unwrap().unwrap().shape,
  gateway: z.string(),
  sealingFingerprint: z.string().nullable(),
  sealingPem: z.string().nullable(),
  heardAt: time,
});

const documentOf = (body: z.ZodType) =>
  z.object({ id: z.string(), version: z.int().positive(), changedBy: z.string(), changedAt: time, body });
const listOf = (item: z.ZodType) =>
  z.object({ items: z.array(item), total: count, next: z.string().nullable() });

const settings = documentOf(everyField(settingsBody));
const policy = documentOf(everyField(policyBody));
const changes = z.array(
  z.object({
    setting: z.string().nullable(),
    field: z.string(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    text: z.string(),
  }),
);
const setting = z.looseObject({
  key: z.string(),
  title: z.string(),
  category: z.string(),
  type: z.enum(['boolean', 'choice', 'number', 'text']),
  severity,
  recommended: settingValue,
  compare: comparison,
  comparisons: z.array(comparison),
  description: z.string(),
  maps: z.array(z.string()),
  readOnly: z.boolean(),
  cutsOff: z.boolean(),
  protocols: z.array(z.string()),
});
const deviceCompliance = z.object({
  score,
  right: count,
  wrong: count,
  leftOut: count,
  assessedAt: time.nullable(),
  baselines: z.array(
    z.object({
      id: z.string(),
      verdict: z.enum(['right', 'wrong', 'leftOut']),
      settings: z.array(z.object({ setting: z.string(), title: z.string(), outcome: settingOutcome })),
    }),
  ),
});
const compliance = z.object({
  score,
  devices: count,
  scored: count,
  baselines: z.array(z.object({ id: z.string(), right: count, wrong: count })),
});
const group = documentOf(everyField(groupBody));
const run = runProgress.omit({ runId: true }).extend({ id: z.uuid() });
const schedule = documentOf(everyField(scheduleBody)).extend({
  next: time.nullable(),
  lastRun: run.nullable(),
});
const listener = documentOf(everyField(listenerBody));
const listenerShown = listener.extend({
  report: z
    .object({
      state: z.string(),
      waiting: count,
      delivered: count,
      dropped: count,
      failure: z.string().nullable(),
    })
    .nullable(),
});
const licence = documentOf(licenceBody);
const trustSet = documentOf(everyField(trustSetBody)).extend({
  certificates: z.array(z.object({ subject: z.string(), until: time })),
});
const trustSetSaved = trustSet.extend({ dropped: z.array(z.string()) });
const identityStored = z.object({
  name: friendlyName,
  subject: z.string(),
  fingerprint,
  until: time,
  sealedTo: z.array(fingerprint),
  chosen: z.boolean(),
  changedBy: z.string(),
  changedAt: time,
});
const issued = z.object({
  ...issuedCertificate.omit({ revoked: true }).shape,
  name: friendlyName.nullable(),
  revokedAt: time.nullable(),
  reason: z.string().nullable(),
  askedBy: z.string().nullable(),
  refused: z.string().nullable(),
});
const authority = z.object({
  chain: z.string().nullable(),
  url: z.string().nullable(),
  listNumber: count.nullable(),
  listUntil: time.nullable(),
  heardAt: time.nullable(),
  does: z.array(z.enum(wishKinds)).nullable(),
});
const wish = z.object({
  id: z.uuid(),
  kind: z.enum(wishKinds),
  about: z.string(),
  askedBy: z.string(),
  askedAt: time,
  state: z.enum(wishStates),
  reason: z.string().nullable(),
  settledAt: time.nullable(),
  certificates: z.string().nullable(),
});

const credentialShown = z.object({
  kind: z.enum(credentialKinds),
  scope: z.enum(credentialScopes),
  id: z.string(),
  device: z.object({ serial: z.string(), hostname: z.string().nullable(), deleted: z.boolean() }).nullable(),
  userName: z.string().nullable(),
  generated: z.boolean(),
  version: z.int().positive(),
  changedBy: z.string(),
  changedAt: time,
  earlier: count,
});

const dead = z.object({
  consumer: z.string(),
  eventId: z.uuid(),
  eventType: z.string(),
  subject: z.string(),
  attempts: count,
  reason: z.string(),
  diedAt: time,
});
const deadKind = z.object({ consumer: z.string(), eventType: z.string(), dead: count });
const deadDetail = dead.extend({
  event: givenUp.extend({ id: z.uuid(), type: z.string() }).nullable(),
});

const discovery = z.object({
  id: z.uuid(),
  askedBy: z.string(),
  askedAt: time,
  format: z.string(),
  state: z.enum(runStates),
  cancelledBy: z.string().nullable(),
  endedAt: time.nullable(),
  entries: count,
  imported: count,
  knownBefore: count,
  total: count,
  waiting: count,
  found: count,
  known: count,
  held: count,
  claimed: count,
  refused: count,
  notReached: count,
  nobody: count,
});
const discoveryShown = z.object({
  line: count,
  address: z.string(),
  outcome: discoveryOutcome,
  serial: z.string().nullable(),
  deviceId: z.uuid().nullable(),
  reason: z.string().nullable(),
  entry: z.string().nullable(),
  name: z.string().nullable(),
  location: z.string().nullable(),
});

const rebuild = z.object({
  state: z.enum(['never', 'running', 'finished', 'failed']),
  phase: z.enum(['waiting', 'reading', 'making']).nullable(),
  askedBy: z.string().nullable(),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
  failure: z.string().nullable(),
  eventsRead: count,
  devicesDone: count,
  devicesTotal: count.nullable(),
  devicesLeft: count,
  leftDevices: z.array(z.object({ deviceId: z.uuid(), reason: z.string() })),
});

/** By the name that the description gives them. */
export const schemas = {
  Problem: problem,
  Device: device,
  DeviceDetail: deviceDetail,
  DeviceList: listOf(device),
  ChangeList: listOf(change),
  DryRunList: listOf(dryRun.extend({ deviceId: z.uuid(), serial: z.string() })),
  Refusal: refusal,
  RefusalList: listOf(refusal),
  HeldDevice: held,
  HeldDeviceList: listOf(held).extend({ upTo: count }),
  Overview: overview,
  Status: status,
  Filter: filter,
  Settings: settings,
  Policy: policy,
  PolicyList: listOf(policy),
  PolicyBody: policyBody,
  PolicyDifference: z.object({ id: z.string(), from: count, to: count, changes }),
  PolicyImported: z.object({
    id: z.string(),
    version: count,
    outcome: z.enum(['new', 'changed', 'unchanged']),
    saved: z.boolean(),
    changes,
  }),
  SettingList: listOf(setting),
  Compliance: compliance,
  DeviceCompliance: deviceCompliance,
  Group: group,
  GroupList: listOf(group),
  Schedule: schedule,
  ScheduleList: listOf(schedule),
  RunAsked: z.object({ runId: z.uuid() }),
  Run: run,
  RunList: listOf(run),
  Listener: listener,
  ListenerDetail: listenerShown,
  ListenerList: listOf(listenerShown),
  Licence: licence,
  LicenceList: listOf(licence),
  TrustSet: trustSet,
  TrustSetSaved: trustSetSaved,
  TrustSetList: listOf(trustSet),
  IdentityList: listOf(identityStored),
  GatewayList: listOf(gateway),
  Certificate: issued,
  CertificateList: listOf(issued),
  Authority: authority,
  Wish: wish,
  WishList: listOf(wish),
  WishAsked: wish.extend({ secret: z.object({ user: z.string(), password: z.string() }).nullable() }),
  Credential: credentialShown,
  CredentialList: listOf(credentialShown),
  CredentialsResealed: z.object({
    ...{ resealed: count, sealed: count, left: count },
    unreadable: z.array(z.string()),
  }),
  DeadDelivery: dead,
  DeadDeliveryDetail: deadDetail,
  DeadDeliveryList: listOf(dead).extend({ upTo: count }),
  DeadKindList: listOf(deadKind),
  Discovery: discovery,
  DiscoveryAsked: discovery.extend({ ignoredColumns: z.array(z.string()) }),
  DiscoveryList: listOf(discovery),
  DiscoveryResultList: listOf(discoveryShown),
  Rebuild: rebuild,
} as const;

type SchemaName = keyof typeof schemas;

/** What a route answers when all is well; routes that are not here answer what their description says. */
export const answers: Readonly<Record<string, SchemaName>> = {
  'get /api/overview': 'Overview',
  'get /api/status': 'Status',
  'get /api/devices': 'DeviceList',
  'get /api/devices/{id}': 'DeviceDetail',
  'get /api/devices/{id}/compliance': 'DeviceCompliance',
  'get /api/devices/{id}/policy': 'PolicyBody',
  'get /api/compliance': 'Compliance',
  'get /api/catalogue': 'SettingList',
  'get /api/devices/{id}/changes': 'ChangeList',
  'get /api/groups/{id}/dry-runs': 'DryRunList',
  'get /api/announcements/refused': 'RefusalList',
  'get /api/quarantine': 'HeldDeviceList',
  'post /api/groups/preview': 'DeviceList',
  'get /api/settings': 'Settings',
  'put /api/settings': 'Settings',
  'get /api/policies': 'PolicyList',
  'get /api/policies/{id}': 'Policy',
  'put /api/policies/{id}': 'Policy',
  'get /api/policies/{id}/diff': 'PolicyDifference',
  'post /api/policies/import': 'PolicyImported',
  'get /api/groups': 'GroupList',
  'get /api/groups/{id}': 'Group',
  'put /api/groups/{id}': 'Group',
  'get /api/schedules': 'ScheduleList',
  'get /api/schedules/{id}': 'Schedule',
  'put /api/schedules/{id}': 'Schedule',
  'post /api/schedules/{id}/run': 'RunAsked',
  'get /api/runs': 'RunList',
  'get /api/runs/{id}': 'Run',
  'post /api/runs/{id}/cancel': 'Run',
  'get /api/listeners': 'ListenerList',
  'get /api/listeners/{id}': 'ListenerDetail',
  'put /api/listeners/{id}': 'Listener',
  'get /api/licences': 'LicenceList',
  'get /api/trust-sets': 'TrustSetList',
  'get /api/trust-sets/{id}': 'TrustSet',
  'put /api/trust-sets/{id}': 'TrustSetSaved',
  'get /api/identities': 'IdentityList',
  'get /api/gateways': 'GatewayList',
  'get /api/certificates': 'CertificateList',
  'get /api/authority': 'Authority',
  'get /api/wishes': 'WishList',
  'get /api/wishes/{id}': 'Wish',
  'post /api/wishes': 'WishAsked',
  'get /api/credentials': 'CredentialList',
  'put /api/credentials': 'Credential',
  'post /api/credentials/rotate': 'CredentialsResealed',
  'get /api/deliveries': 'DeadDeliveryList',
  'get /api/deliveries/kinds': 'DeadKindList',
  'get /api/deliveries/{consumer}/{eventId}': 'DeadDeliveryDetail',
  'get /api/discoveries': 'DiscoveryList',
  'post /api/discoveries': 'DiscoveryAsked',
  'get /api/discoveries/{id}': 'Discovery',
  'get /api/discoveries/{id}/results': 'DiscoveryResultList',
  'post /api/discoveries/{id}/cancel': 'Discovery',
  'get /api/projection/rebuild': 'Rebuild',
};

const placeOf = (name: string): string => `#/components/schemas/${name}`;

/** The schemas as OpenAPI has them, each referring to the others by name. */
export function components(): Record<string, object> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries<z.ZodType>(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, {
    io: 'input',
    target: 'openapi-3.0',
    unrepresentable: 'any',
    uri: placeOf,
  });
  const named = new Map<string, object>();
  for (const [name, { $id: _, $schema: __, ...schema }] of Object.entries(made.schemas))
    named.set(name, schema);
  return Object.fromEntries(named);
}

/** The answers of a route: what it says of itself, with the schema of what is in it, and a problem for all else. */
export function responsesOf(route: string, own: object): object {
  const name = answers[route];
  const described = Object.entries<object>({ ...own }).map(([status, response]): [string, object] => [
    status,
    name && /^20[02]$/.test(status)
      ? { description: 'Done', content: { 'application/json': { schema: { $ref: placeOf(name) } } } }
      : { ...response, description: 'Done' },
  ]);
  const schema = { $ref: placeOf('Problem') };
  const problem = { description: 'Refused', content: { 'application/problem+json': { schema } } };
  return { ...Object.fromEntries(described), default: problem };
}
