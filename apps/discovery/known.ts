// What discovery knows while it decides, and how a change changes it.
import type { DeviceAnnounced } from '#events/announcement';
import type { DeviceReconciled, ProbeWay } from '#events/device';
import type { Identity } from '#events/identity';
import type { Settings } from '#events/settings';

export type Proof = DeviceReconciled['proof'];
export type Changed = DeviceReconciled['changed'];

/**
 * An announcement, or what stands for one: what somebody said who was asked who it is. A client of the edge (R19) lets in a
 * serial number that is not known, and is no claim to one that is; whoever is where an operator had a device looked for
 * (R35) is judged as if it had announced that from there.
 */
export interface Arrival extends DeviceAnnounced {
  /** Absent: it announced itself. */
  readonly probedBy?: ProbeWay;
  /** Present: it was looked for. */
  readonly trigger?: 'discovered';
}

export interface Device {
  readonly id: string;
  readonly identity: Identity;
  /** SHA-256 of the pinned certificate; it proves nothing once that certificate is shared. */
  readonly fingerprint: string | null;
  /** SHA-256 of the certificate that it showed last, whether or not that is its own; null: none yet. */
  readonly shown: string | null;
  readonly acceptedAt: Date;
  readonly proof: Proof;
  /** Start of the minute of its newest announcement, and how many came in it. */
  readonly minute: Date;
  readonly announced: number;
  readonly conflictedAt: Date | null;
}

/** Where a certificate was seen first, and whether another serial number showed it too. */
export interface Certificate {
  readonly serial: string;
  readonly shared: boolean;
}

/** An announcement that came from another address or certificate than the device's, and waits for a proof. */
export interface Claim {
  readonly announcement: string;
  readonly deviceId: string;
  readonly data: Arrival;
}

/** A claim that was raised as a conflict, until an operator decides or the device changes. */
export interface Conflict {
  readonly deviceId: string;
  /** See claimOf in conflict.ts. */
  readonly claim: string;
  /** The newest announcement that makes the claim. */
  readonly announcement: string;
  readonly data: Arrival;
  readonly raisedAt: Date;
  /** Set: an operator keeps the known device, and hears no more of this claim while it is remembered. */
  readonly dismissedAt: Date | null;
}

/** An announcement, by its id. */
export interface Said {
  readonly announcement: string;
  readonly data: Arrival;
}

/** An unknown device that waits for approval, with its newest announcement; or all of its parties were refused. */
export interface Held extends Said {
  readonly serial: string;
  /** Of the announcement that is here: when it was refused, nobody waits. */
  readonly state: 'held' | 'refused';
  /** What other parties announced of the same serial number, one for each source; see held.ts. */
  readonly others: readonly Said[];
  /** Further parties that an operator has refused; they wait no more. */
  readonly refused: readonly Said[];
  /** Of the settings by which all who wait were judged last. */
  readonly settingsVersion: number;
}

export type Change =
  | { readonly kind: 'device'; readonly device: Device }
  | { readonly kind: 'certificate'; readonly fingerprint: string; readonly certificate: Certificate }
  | { readonly kind: 'claim'; readonly claim: Claim; readonly notBefore: Date | null; readonly cause: Cause }
  | { readonly kind: 'conflict'; readonly conflict: Conflict }
  | { readonly kind: 'conflictForgotten'; readonly deviceId: string; readonly claim: string }
  | { readonly kind: 'conflictsOver'; readonly deviceId: string; readonly dismissedToo: boolean }
  | { readonly kind: 'held'; readonly held: Held }
  | { readonly kind: 'released'; readonly serial: string }
  | { readonly kind: 'retired'; readonly device: Device; readonly at: Date }
  | {
      readonly kind: 'list';
      readonly version: number;
      readonly serials: readonly string[];
      readonly listed: boolean;
    };

/** The event that a task goes back to. */
export interface Cause {
  readonly id: string;
  readonly traceparent: string | null;
}

export interface Known {
  readonly now: Date;
  /** Null: never seen. */
  readonly settings: Settings | null;
  readonly settingsVersion: number;
  /** By serial number, as all that follows but conflicts and certificates. */
  readonly devices: Map<string, Device>;
  readonly retiredAt: Map<string, Date>;
  readonly list: Map<string, { readonly listed: boolean; readonly version: number }>;
  readonly quarantine: Map<string, Held>;
  /** Devices that wait for approval, all of them. */
  heldCount: number;
  /** By id of the device. */
  readonly conflicts: Map<string, readonly Conflict[]>;
  /** By fingerprint. */
  readonly certificates: Map<string, Certificate>;
}

/** What a clock that was ahead has left in the future bars nothing that comes now. */
export function heal(device: Device, now: Date): Device {
  const healed = (at: Date): Date => (at > now ? new Date(0) : at);
  const { acceptedAt, minute, conflictedAt } = device;
  return {
    ...device,
    acceptedAt: healed(acceptedAt),
    minute: healed(minute),
    conflictedAt: conflictedAt && healed(conflictedAt),
  };
}

export function evolve(known: Known, change: Change): void {
  switch (change.kind) {
    case 'device':
      known.devices.set(change.device.identity.serial, change.device);
      break;
    case 'certificate':
      known.certificates.set(change.fingerprint, change.certificate);
      break;
    case 'retired':
      known.devices.delete(change.device.identity.serial);
      known.retiredAt.set(change.device.identity.serial, change.at);
      known.conflicts.delete(change.device.id);
      break;
    case 'conflict': {
      const { conflict } = change;
      const others = conflictsOf(known, conflict.deviceId).filter(({ claim }) => claim !== conflict.claim);
      known.conflicts.set(conflict.deviceId, [...others, conflict]);
      break;
    }
    case 'conflictForgotten': {
      const left = conflictsOf(known, change.deviceId).filter(({ claim }) => claim !== change.claim);
      known.conflicts.set(change.deviceId, left);
      break;
    }
    case 'held':
      count(known, change.held.serial, change.held.state);
      known.quarantine.set(change.held.serial, change.held);
      break;
    case 'released':
      count(known, change.serial, null);
      known.quarantine.delete(change.serial);
      break;
    case 'conflictsOver':
      known.conflicts.set(
        change.deviceId,
        conflictsOf(known, change.deviceId).filter(
          ({ dismissedAt }) => dismissedAt !== null && !change.dismissedToo,
        ),
      );
      break;
    case 'list':
      for (const serial of change.serials) {
        const { listed, version } = change;
        if ((known.list.get(serial)?.version ?? 0) <= version) known.list.set(serial, { listed, version });
      }
      break;
    case 'claim':
      break;
  }
}

function count(known: Known, serial: string, after: Held['state'] | null): void {
  const before = known.quarantine.get(serial)?.state;
  known.heldCount += Number(after === 'held') - Number(before === 'held');
}

export const conflictsOf = (known: Known, deviceId: string): readonly Conflict[] =>
  known.conflicts.get(deviceId) ?? [];
