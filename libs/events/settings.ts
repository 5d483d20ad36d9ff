// Instant-on settings (R10, R12, R15, R16, R19, R33, R37, R51-R54, R60, R62-R64), one document for the whole of Muster.
import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { friendlyName, sealedIdentity } from './certificate.js';
import { defineDocument, slug } from './document.js';
import { defineEvent } from './event.js';
import { filter } from './group.js';
import { printable } from './identity.js';
import { interval } from './interval.js';
import { revocation, revocationOff } from './trust-set.js';

/** A network in CIDR notation, IPv4 or IPv6. */
export const cidr = z
  .string()
  .max(50)
  .refine((text) => ipaddr.isValidCIDR(text), 'must be a network such as 10.0.0.0/8 or fd00::/8');

const authenticationMode = z.enum(['none', 'mutual']).default('none');
const fromPrimaries = z.enum(['off', 'encrypted', 'verified']).default('off');
/** PEM certificates of the authorities that device certificates must lead to in mutual mode (R13). */
const authorities = z.string().max(1_000_000).default('');

/** Admits unknown devices for which its filter holds. */
const approvalRule = z.strictObject({ name: printable(128), filter });

export const settingsBody = z.strictObject({
  /** Accept Device Announcements. */
  acceptAnnouncements: z.boolean().default(false),
  authentication: authenticationMode,
  trustedAuthorities: authorities,
  /** Id of the trust set whose authorities count instead; null: those above. */
  trustSet: slug.nullable().default(null),
  /** Friendly name of the identity that gateways present (R15); null: each its own. */
  identity: friendlyName.nullable().default(null),
  /** From Primary Listeners: off, encrypted only, or with a verified identity certificate. */
  fromPrimaries,
  /** Who says nothing that gateways understand is asked who it is (R19), at its address; never in mutual mode. */
  probeUnknownClients: z.boolean().default(false),
  /** Read community of SNMPv2c that it is asked with, in clear; null: not asked by SNMP. */
  probeCommunity: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 printable ASCII characters without spaces')
    .nullable()
    .default(null),
  /** Only devices on the serial-number list take part. */
  serialFilter: z.boolean().default(false),
  /** Unknown devices are held until an operator or a rule admits them. */
  approval: z.boolean().default(false),
  approvalRules: z.array(approvalRule).max(50).default([]),
  /** The kill switch too: read again before each write to a device. */
  allowRemediation: z.boolean().default(false),
  initialPolicy: slug.nullable().default(null),
  /** always initial (3.4), or the policy last used (3.3). */
  policyMode: z.enum(['initial', 'last']).default('initial'),
  skipInstantOnPolicy: z.boolean().default(false),
  /** Instant-on tasks at a time, over all instances. */
  maxNumberTasks: z.int().min(1).max(1000).default(10),
  /** Child tasks of schedules at a time, over all instances: a budget of its own (R63, R64). */
  scheduledTasksMax: z.int().min(1).max(100).default(10),
  /** Devices of each of them, all of which are spoken with at a time. */
  scheduledDevicesPerTask: z.int().min(1).max(100).default(25),
  autoGroupDiscoveryAutoRemediationEnable: z.boolean().default(false),
  autoGroupDailyRefreshAutoRemediationEnable: z.boolean().default(false),
  /** How often all groups are computed anew (R53), days:hours:minutes:seconds, once for any number of instances. */
  autoGroupFilterExecutionFrequency: interval.default('1:0:0:0'),
  autoGroupEditAutoRemediationEnable: z.boolean().default(false),
  /** Where Muster may connect to. Never loopback or link-local unless named here. */
  deviceNetworks: z
    .array(cidr)
    .max(1000)
    .default(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']),
});
export type Settings = z.infer<typeof settingsBody>;

/** What a fresh installation starts with: safe, nothing accepted, nothing changed. */
export const defaultSettings: Settings = settingsBody.parse({});

export const settingsChanged = defineDocument({
  noun: 'settings',
  version: 6,
  title: 'The instant-on settings changed.',
  body: settingsBody,
  single: true,
  example: defaultSettings,
});

/** All that the gateway, which has no database, must know. */
export const edgeConfigured = defineEvent({
  type: 'edge.configured',
  version: 3,
  publisher: 'console',
  title: 'The whole configuration of the gateways; the newest one holds, kept in the stream muster.edge.',
  schema: z.object({
    version: z.int().positive(),
    /** Id of this Muster, for cutting loops between servers (R72). */
    server: z.uuid(),
    acceptAnnouncements: z.boolean(),
    authentication: z.enum(['none', 'mutual']),
    /** PEM: those of the trust set in use, or of the settings. */
    trustedAuthorities: z.string().max(1_000_000),
    /** Off in version 1. */
    revocation: revocation.default(revocationOff),
    fromPrimaries: z.enum(['off', 'encrypted', 'verified']),
    /** What gateways present, its key sealed to each of them; null, and before version 3: each its own. */
    identity: sealedIdentity.nullable().default(null),
  }),
  subject: () => 'edge',
  example: {
    version: 4,
    server: '0193f2a0-0000-7000-8000-0000000000c1',
    acceptAnnouncements: true,
    authentication: 'none',
    trustedAuthorities: '',
    revocation: revocationOff,
    fromPrimaries: 'off',
    identity: null,
  },
});
export type EdgeConfiguration = z.infer<typeof edgeConfigured.schema>;
