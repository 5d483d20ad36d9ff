// What console's REST API answers: the one place where it is written down. Console makes the description of the API of it, and
// tests hold real answers against it; the page takes its types from it.
//
//   answers.ts        all of them, by name
//   shape.ts          what they share: pages of lists, documents with versions, problems
//   devices.ts        devices and what was found and changed on them      announcements.ts  who came, and who waits
//   documents.ts      what operators write       discoveries.ts  what they looked for      access.ts  who they are
//   trust.ts          certificates, credentials  status.ts       processes, dead letters
import * as z from 'zod';
import { filter } from '../events/group.js';
import { policyBody } from '../events/policy.js';
import { auditEntry, auditEntryWhole, newToken, session, token, user } from './access.js';
import { announcement, held, heldStep, refusal } from './announcements.js';
import { asked, changedTask, device, deviceDetail, dryRun, overview, task } from './devices.js';
import { discovery, discoveryShown } from './discoveries.js';
import {
  changes,
  compliance,
  deviceCompliance,
  group,
  licence,
  listener,
  listenerShown,
  policy,
  run,
  schedule,
  serial,
  serialsAdded,
  setting,
  settings,
  settingsSaved,
  trustSet,
  trustSetSaved,
} from './documents.js';
import { count, listOf, problem } from './shape.js';
import { dead, deadDetail, deadKind, deadStep, rebuild, status } from './status.js';
import { authority, credentialShown, gateway, identityStored, issued, wish } from './trust.js';

/** By the name that the description gives them. */
export const schemas = {
  Problem: problem,
  Device: device,
  DeviceDetail: deviceDetail,
  DeviceList: listOf(device),
  ChangeList: listOf(changedTask),
  DryRunList: listOf(dryRun.extend({ deviceId: z.uuid(), serial: z.string() })),
  Refusal: refusal,
  RefusalList: listOf(refusal),
  Announcement: announcement,
  AnnouncementList: listOf(announcement),
  HeldDevice: held,
  HeldDeviceList: listOf(held).extend({ upTo: count }),
  HeldStep: heldStep,
  Asked: asked,
  Task: task,
  TaskList: listOf(task),
  Overview: overview,
  Status: status,
  Filter: filter,
  Settings: settings,
  SettingsSaved: settingsSaved,
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
  SerialList: listOf(serial),
  SerialsAdded: serialsAdded,
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
  DeadStep: deadStep,
  DeadKindList: listOf(deadKind),
  Discovery: discovery,
  DiscoveryAsked: discovery.extend({ ignoredColumns: z.array(z.string()) }),
  DiscoveryList: listOf(discovery),
  DiscoveryResultList: listOf(discoveryShown),
  Rebuild: rebuild,
  Session: session,
  User: user,
  UserList: listOf(user),
  Token: token,
  TokenMade: newToken,
  TokenList: listOf(token),
  AuditEntry: auditEntry,
  AuditEntryWhole: auditEntryWhole,
  AuditList: listOf(auditEntry),
} as const;

export type AnswerName = keyof typeof schemas;
export type Answer<Name extends AnswerName> = z.infer<(typeof schemas)[Name]>;
