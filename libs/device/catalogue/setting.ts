// One setting that a device can have, whatever protocol reads it. Settings are data: a file for each category.
//
//   setting.ts           what is said of a setting
//   snmp-objects.ts      where SNMP finds it: bases and kinds of objects
//   words.ts             values and requirements as a person reads them
//   network-services.ts  services beside printing    printing.ts    jobs: how they come in, how long they stay
//   scanning.ts          what leaves the device      management.ts  how it is managed, and what it reports
//   access.ts            passwords, SNMP, lists      encryption.ts  TLS and certificates
//   credentials.ts       whether secrets are those that Muster keeps
//   device-control.ts    panel, disk, ports, radio   announcement.ts  the announcement agent
import type { Comparison, SettingValue } from '../../events/device-setting.js';
import type { PolicyItem } from '../../events/policy.js';
import type { CredentialKind } from '../credential.js';

export type SettingType =
  | { readonly type: 'boolean' }
  /** `ordered`: the values stand from the weakest to the strongest, so that a policy can ask for at least one of them. */
  | { readonly type: 'choice'; readonly values: readonly string[]; readonly ordered?: true }
  /** `endless`: the value that means without end, and so is more than any other. */
  | {
      readonly type: 'number';
      readonly min: number;
      readonly max: number;
      readonly unit: string;
      readonly endless?: number;
    }
  /** `rule`: in words that follow `must be`. `version`: its numbers are compared one by one; empty is less than any. */
  | { readonly type: 'text'; readonly pattern: RegExp; readonly rule: string; readonly version?: true };

export interface Setting {
  readonly key: string;
  readonly title: string;
  readonly category: string;
  readonly type: SettingType;
  readonly severity: 'high' | 'medium' | 'low';
  /** The value that hardening guides ask for. */
  readonly recommended: SettingValue;
  /** How a policy compares with it, unless somebody says otherwise: a maximum of minutes, a minimum of days. */
  readonly compare: Comparison;
  /** Of `oneOf`: values that are as good. */
  readonly also: readonly SettingValue[];
  /**
   * Its baselines name no value, or allow each of them: a row holds where the device is as its policy requires. Of any
   * other setting a row holds where the device has what is asked for here, whatever a policy says.
   */
  readonly siteDecides: boolean;
  /** What a person reads for a value: each choice has one, any other value where its own word is not enough. */
  readonly labels: Readonly<Record<string, string>>;
  /** Which rule asks for it, and what it is good for. */
  readonly why: string;
  /** Rows of baselines that it answers: `STIG V-6783` (DISA MFD STIG), `NIST CM-7` (SP 800-53). */
  readonly maps: readonly string[];
  /** It can be assessed, never set. */
  readonly readOnly: boolean;
  /** A change can cut Muster off from the device: such settings are written last. */
  readonly cutsOff: boolean;
  /** Values after which no community lets in: by SNMP they are set by a user of SNMPv3 alone. */
  readonly endsCommunities?: readonly SettingValue[];
  /** A secret that Muster keeps for the device: no protocol says of itself whether it is that one. Null: any other setting. */
  readonly credential: CredentialKind | null;
  /** How each protocol gets at it, besides the open device API, which has every setting by its key. */
  readonly by: Protocols;
}

/** What is asked for, as an item of a policy has it. */
export const askedOf = ({
  recommended,
  compare,
  also,
}: Pick<Setting, 'recommended' | 'compare' | 'also'>): Pick<PolicyItem, 'required' | 'compare' | 'also'> => ({
  required: recommended,
  ...(compare === 'equals' ? {} : { compare }),
  ...(also.length === 0 ? {} : { also: [...also] }),
});

export interface Protocols {
  readonly snmp?: SnmpObject;
  /** Judged from the attributes of Get-Printer-Attributes: see libs/device/ipp. */
  readonly ipp?: IppFact;
  /** Seen from outside, by knocking at its ports: see libs/device/probe. */
  readonly probe?: ProbeFact;
}

/** One object of a MIB. */
export interface SnmpObject {
  /** Whole, with its instance, without a leading dot; with `row` a column, without one. */
  readonly oid: string;
  readonly syntax: SnmpSyntax;
  /** It can be set, where the device lets us. */
  readonly writable: boolean;
  /** Its instances are those of a table's rows that are meant. Of several, the setting is on where one is. */
  readonly row?: SnmpRow;
  /** For devices that have no such object. */
  readonly or?: SnmpObject;
}

/** Rows that have a number in one of their columns, such as what kind of channel they are. */
export interface SnmpRow {
  readonly column: string;
  readonly is: number;
}

export type SnmpSyntax =
  /**
   * INTEGER that names a value. Where several name the same one, the first of them is written. A number that is not in
   * it is a value that the catalogue does not know: failed.
   */
  | { readonly type: 'enum'; readonly values: ReadonlyMap<number, SettingValue> }
  /** INTEGER (or Gauge32) that is the value. */
  | { readonly type: 'number' }
  /** OCTET STRING in UTF-8 that is the value. */
  | { readonly type: 'text' }
  /** OCTET STRING or IpAddress, a secret's place: true when it says SET, or anything but NOT_SET, empty, zeros and `0`. */
  | { readonly type: 'present' };

/**
 * transport: off, ippsOnly, both or ippOnly (uri-security-supported, RFC 8011) · authentication: the weakest that
 * uri-authentication-supported names, by its keyword, as `ipp.auth` has them · jobPassword: whether jobs can have one
 * (PWG 5100.11) · firmware: version.
 */
export interface IppFact {
  readonly fact: 'transport' | 'authentication' | 'jobPassword' | 'firmware';
  /** The values that it can be set to, where the printer lets us. */
  readonly sets?: readonly SettingValue[];
}

/**
 * port: true when it takes connections, to which nothing is ever sent · tlsOldest: oldest version that it takes, as
 * `tls.oldestVersion` has them ·
 * certificate: one thing about the certificate of its HTTPS port · httpsRedirect: whether plain HTTP only leads to HTTPS.
 */
export type ProbeFact =
  | { readonly fact: 'port'; readonly port: number }
  | { readonly fact: 'tlsOldest' }
  | {
      readonly fact: 'certificate';
      readonly about: 'issuedByAuthority' | 'daysLeft' | 'strongKey' | 'namesDevice';
    }
  | { readonly fact: 'httpsRedirect' };

type Usual =
  'labels' | 'compare' | 'also' | 'siteDecides' | 'maps' | 'readOnly' | 'cutsOff' | 'credential' | 'by';
type Row = Omit<Setting, 'category' | Usual> & Partial<Pick<Setting, Usual>>;

const usual: Pick<Setting, Usual> = {
  labels: {},
  compare: 'equals',
  also: [],
  siteDecides: false,
  maps: [],
  readOnly: false,
  cutsOff: false,
  credential: null,
  by: {},
};

/** The settings of one category. */
export const category = (title: string, rows: readonly Row[]): readonly Setting[] =>
  rows.map((row) => ({ ...usual, ...row, category: title }));

export const onOff: SettingType = { type: 'boolean' };
export const choice = (...values: readonly string[]): SettingType => ({ type: 'choice', values });
/** From the weakest to the strongest. */
export const strength = (...values: readonly string[]): SettingType => ({
  type: 'choice',
  values,
  ordered: true,
});

/** Labels of what is found out about a device, and not switched. */
export const yesNo = { true: 'Yes', false: 'No' } as const;
