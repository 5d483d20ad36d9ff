// One setting that a device can have, whatever protocol reads it.
import type { SettingValue } from '../../events/assessment.js';

export type SettingType =
  | { readonly type: 'boolean' }
  | { readonly type: 'choice'; readonly values: readonly string[] }
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly unit: string }
  /** `rule`: in words that follow `must be`. */
  | { readonly type: 'text'; readonly pattern: RegExp; readonly rule: string };

export interface Setting {
  readonly key: string;
  readonly title: string;
  readonly category: string;
  readonly type: SettingType;
  readonly severity: 'high' | 'medium' | 'low';
  /** The value that hardening guides ask for. */
  readonly recommended: SettingValue;
  /** What a person reads for a value: each choice has one, any other value where its own word is not enough. */
  readonly labels: Readonly<Record<string, string>>;
  /** Which rule asks for it, and what it is good for. */
  readonly why: string;
  /** It can be assessed, never set. */
  readonly readOnly: boolean;
  /** A change can cut Muster off from the device: such settings are written last. */
  readonly cutsOff: boolean;
  /** How each protocol gets at it, besides the open device API, which has every setting by its key. */
  readonly by: Ways;
}

export interface Ways {
  readonly snmp?: SnmpWay;
  /** Judged from the attributes of Get-Printer-Attributes: see libs/device/ipp. */
  readonly ipp?: IppWay;
  /** Seen from outside, by knocking at its ports: see libs/device/probe. */
  readonly probe?: ProbeWay;
}

/** One object of a MIB. */
export interface SnmpWay {
  /** Whole, with its instance, without a leading dot. */
  readonly oid: string;
  readonly syntax: SnmpSyntax;
  /** It can be set, where the device lets us. */
  readonly writable: boolean;
}

export type SnmpSyntax =
  /** INTEGER that names a value. A number that is not in it is a value that the catalogue does not know: failed. */
  | { readonly type: 'enum'; readonly values: ReadonlyMap<number, SettingValue> }
  /** INTEGER (or Gauge32) that is the value. */
  | { readonly type: 'number' }
  /** OCTET STRING in UTF-8 that is the value. */
  | { readonly type: 'text' }
  /** OCTET STRING or IpAddress, a secret's place: true when it says SET, or anything but NOT_SET, empty and zeros. */
  | { readonly type: 'present' };

/**
 * transport: off, ippsOnly, both or ippOnly (uri-security-supported, RFC 8011) · authentication: the weakest that
 * uri-authentication-supported names · jobPassword: whether jobs can have one (PWG 5100.11) · firmware: version.
 */
export interface IppWay {
  readonly fact: 'transport' | 'authentication' | 'jobPassword' | 'firmware';
}

/**
 * port: true when it takes connections, to which nothing is ever sent · tlsOldest: oldest version that it takes ·
 * certificate: one thing about the certificate of its HTTPS port · httpsRedirect: whether plain HTTP only leads to HTTPS.
 */
export type ProbeWay =
  | { readonly fact: 'port'; readonly port: number }
  | { readonly fact: 'tlsOldest' }
  | {
      readonly fact: 'certificate';
      readonly about: 'issuedByAuthority' | 'daysLeft' | 'strongKey' | 'namesDevice';
    }
  | { readonly fact: 'httpsRedirect' };

type Row = Omit<Setting, 'category' | 'labels' | 'readOnly' | 'cutsOff' | 'by'> &
  Partial<Pick<Setting, 'labels' | 'readOnly' | 'cutsOff' | 'by'>>;

/** The settings of one category. */
export const category = (title: string, rows: readonly Row[]): readonly Setting[] =>
  rows.map((row) => ({ labels: {}, readOnly: false, cutsOff: false, by: {}, ...row, category: title }));

export const onOff: SettingType = { type: 'boolean' };
export const choice = (...values: readonly string[]): SettingType => ({ type: 'choice', values });
