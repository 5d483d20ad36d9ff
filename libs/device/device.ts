// How Muster talks to a device.
//
//   device.ts      what a driver must do, one per protocol, and the ways in which a call can end
//   api.ts         the driver of the open HTTPS device API (apps/agent/DEVICE-API.md)
//   ipsec.ts       what that API says of rules of IPsec
//   snmp/          the driver of SNMP, by objects of MIBs: driver.ts there has its map
//   call.ts        what every call to a device begins with
//   exchange.ts    one bounded request over a TLS connection whose certificate is checked before a byte is sent:
//                  connection.ts
//   ipp/           the driver of IPP and IPPS
//   probe/         the driver that sees a device from outside: ports, TLS, its certificate; find/  how devices are found
//   login.ts       HTTP Digest: the password of a device's administrator
//   credential.ts  what opens a device: kinds, and what belongs to each
//   device-id.ts   what printers have been called since parallel ports
//   address.ts     where the server may connect to
//   agent.ts       the device's announcement agent, out of its settings
//   ways/          several drivers as one device: who serves what, which credentials, what is remembered
//   catalogue.ts   every setting there is; one data file per category in catalogue/
import type { SettingValue } from '../events/device-setting.js';
import type { Identity } from '../events/identity.js';
import type { Credential } from './credential.js';
import type { SaidRule, SentRule } from './ipsec.js';

/**
 * How a call to a device ended. Never mixed up: answered · unsupported: it answers, and has no such thing ·
 * denied: it wants a secret that was not given · unreachable: no answer in time · failed: an answer that is none, or
 * another device's.
 */
export type Outcome<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'unsupported' | 'denied'; readonly reason: string }
  /** refused: nobody listens there, which was said at once. */
  | {
      readonly kind: 'unreachable';
      readonly reason: string;
      readonly host: Host;
      readonly refused?: true;
    }
  /**
   * mayPass: it is worth trying again soon; once: what it answers cannot be understood, or does not end, and one more try shows
   * whether that was chance. other: who answers is not the device that was meant.
   */
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly mayPass: boolean | 'once';
      readonly other?: boolean;
    };

/** Whether who failed in its `attempt`th try, from 1, is worth another one soon. */
export const isWorthAgain = (setback: Setback, attempt: number): boolean =>
  setback.kind === 'failed' && (setback.mayPass === 'once' ? attempt === 1 : setback.mayPass);

/**
 * What an unreachable device shows of the host at its address. silent: nothing came back from there, once · alive: it
 * took, refused or cut the connection · unknown: this machine could not ask.
 */
export type Host = 'silent' | 'alive' | 'unknown';

export type Setback = Exclude<Outcome<never>, { kind: 'answered' }>;

/** A device to talk to. */
export interface Target {
  /** By number: names are never resolved here. */
  readonly address: string;
  readonly port: number;
  /** SHA-256 of the only certificate it may show, lower-case hex; null when none is known. */
  readonly fingerprint: string | null;
  /** Where the operator lets Muster connect to, in CIDR notation. */
  readonly networks: readonly string[];
  /** What the certificate must be besides; null: the pinned one is enough. */
  readonly mutual: Mutual | null;
}

/** Under mutual authentication a device's certificate holds when the device is called, too (R13). */
export interface Mutual {
  /** Whose it is. */
  readonly serial: string;
  /** PEM: whom it leads to. */
  readonly authorities: readonly string[];
}

export interface Identified {
  readonly identity: Identity;
  /** SHA-256 of the certificate it showed, lower-case hex; null: the protocol shows none. */
  readonly fingerprint: string | null;
}

/** By key of the settings catalogue. */
export type Values = ReadonlyMap<string, SettingValue>;

/** What a device said of its settings. One that is in neither map it does not have: it is unsupported. */
export interface Reading {
  readonly values: Values;
  /** Reason by key: it has the setting, and its answer is none, or was refused. */
  readonly failed: ReadonlyMap<string, string>;
  /** Reason by key, of what it names: it says by itself that it would not let it be set. */
  readonly fixed?: ReadonlyMap<string, string>;
  /** Nobody has spoken: it was seen from outside, and does not say that the device itself is there. */
  readonly unspoken?: true;
}

export interface Written {
  readonly applied: ReadonlySet<string>;
  /** Reason by key. */
  readonly refused: ReadonlyMap<string, string>;
  /** Reason by key: it fell silent. Some it was sent, and may have taken all the same. */
  readonly unanswered?: Unanswered;
}

export interface Unanswered {
  readonly sent: ReadonlyMap<string, string>;
  readonly unsent: ReadonlyMap<string, string>;
}

/** How Muster talks to devices, the way that says most first: see `Setting.by`. */
export const driverNames = ['api', 'snmp', 'ipp', 'probe'] as const;
export type DriverName = (typeof driverNames)[number];

/**
 * One protocol, one device. Each call rejects only when `signal` is aborted, with its reason, and settles in time,
 * whatever the device does.
 */
export interface Driver {
  readonly name: DriverName;
  identify(signal: AbortSignal): Promise<Outcome<Identified>>;
  /** @param keys settings of the catalogue; those that this protocol knows nothing of are left out of the answer */
  read(keys: ReadonlySet<string>, signal: AbortSignal): Promise<Outcome<Reading>>;
  /** Each for itself: what was refused hinders no other. Those that it cannot write are refused. */
  write(changes: Values, signal: AbortSignal): Promise<Outcome<Written>>;
  /** Its rules of IPsec (R68), as they stand there; absent: this protocol knows nothing of them. */
  ipsec?(signal: AbortSignal): Promise<Outcome<readonly SaidRule[]>>;
  /** Puts these rules in the place of all that it has. Null: it took them; else its reason why not, and nothing was changed. */
  setIpsec?(rules: readonly SentRule[], signal: AbortSignal): Promise<Outcome<string | null>>;
  /**
   * Puts a secret in the place of the one that it has, under a connection that nobody else can read. Absent, or unsupported:
   * this protocol cannot. Answered: it has taken it; whether it lets in is found out by using it.
   */
  setSecret?(secret: Credential, signal: AbortSignal): Promise<Outcome<null>>;
  /** Closes what is open to the device. */
  close(): void;
}
