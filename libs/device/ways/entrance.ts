// Where credentials come from, one at a time, and what must be known of a device before each.
import type { Driver, DriverName } from '../device.js';

/**
 * How surely it is the device that is meant. named: it says so itself, and anybody can · proved: by the certificate that
 * is pinned to it, or one that its authority vouches for.
 */
export type Proof = 'nothing' | 'named' | 'proved';

/** One way to be let in: a driver with a credential, or with none. */
export interface Entrance {
  /** Names it where it is told; never what it holds. */
  readonly id: string;
  /** Proved in this task before it is used: a secret goes to nobody else. */
  readonly needs: Proof;
  /** Whoever listens on the way learns the secret: never used after one that nobody could have learned. */
  readonly inClear: boolean;
  /** As a user of SNMPv3, who is let in where no community is any more. */
  readonly isUser?: true;
  /** The next is tried after silence. wrong: it was the wrong one if the device answers another · unknown: or not spoken. */
  readonly ifSilent?: 'wrong' | 'unknown';
  open(): Driver;
}

/** The credentials for one device, in one task. */
export interface Entrances {
  /** The next to try by this protocol, the one that is hoped for first; null: there is none, or no attempt is left. */
  next(driver: DriverName): Promise<Entrance | null>;
  /** Why `next` has handed out none, though some are kept; null, or absent: none is. */
  whyNone?(driver: DriverName): string | null;
  /** Called for each that was not tried, as the device is not proved as that one needs it. */
  keptBack?(entrance: Entrance): void;
  /** Called once for each that was tried: the device let it in, or did not. */
  judged(entrance: Entrance, right: boolean): Promise<void>;
}

/** One for each protocol, without a secret. */
export function withoutSecrets(openers: Readonly<Partial<Record<DriverName, () => Driver>>>): Entrances {
  const left = new Map(Object.entries(openers));
  return {
    next: (name) => {
      const open = left.get(name);
      left.delete(name);
      return Promise.resolve(open ? { id: name, needs: 'nothing', inClear: false, open } : null);
    },
    judged: () => Promise.resolve(),
  };
}
