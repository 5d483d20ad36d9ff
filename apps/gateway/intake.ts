// Accepted means stored: an announcement becomes an event, and is answered for when the broker or the spool has it.
import type { Acknowledge } from '#announce/announcement';
import { BusError } from '#bus/bus';
import { killPoint } from '#bus/kill-point';
import { deviceAnnounced, type DeviceAnnounced } from '#events/announcement';
import { stamp } from '#events/event';
import type { Complaints } from './complaints.js';
import type { Keeping } from './keeping.js';
import { SpoolFault } from './spool/fault.js';

const retryAfterMinMs = 2_000;
const retryAfterSpreadMs = 13_000;

export interface IntakeOptions {
  readonly keeping: Pick<Keeping, 'keep'>;
  readonly complaints: Complaints;
  /** Announcements in hand that are not stored yet, at most. */
  readonly unconfirmedMax: number;
}

/** What is stored, and what the device is told of its authentication. */
export interface Admitted {
  readonly id: string;
  readonly data: DeviceAnnounced;
  readonly traceparent: string | null;
  readonly authentication: Acknowledge['authentication'];
}

export class Intake {
  /** By event id: a repeat that comes while the first is under way shares its outcome. */
  readonly #unconfirmed = new Map<string, Promise<void>>();
  #sequence = 0;

  constructor(private readonly options: IntakeOptions) {}

  /** Announcements in hand that are not stored yet. */
  get unconfirmed(): number {
    return this.#unconfirmed.size;
  }

  /** Never rejects: what could not be stored is to be announced again. */
  async store({ id, data, traceparent, authentication }: Admitted): Promise<Acknowledge> {
    const underWay = this.#unconfirmed.get(id);
    if (!underWay && this.#unconfirmed.size >= this.options.unconfirmedMax) {
      return retry('busy', 'the server has as much in hand as it can keep', authentication);
    }
    try {
      await (underWay ?? this.#keep({ id, data, traceparent, authentication }));
      return {
        result: 'accepted',
        authentication,
        reason: null,
        message: 'stored',
        retryAfterMs: null,
        event: id,
      };
    } catch (error) {
      this.#complain(error);
      return retry('notStored', 'the announcement could not be stored, or not in time', authentication);
    }
  }

  #keep({ id, data, traceparent }: Admitted): Promise<void> {
    const event = stamp(deviceAnnounced.draft(data, id), {
      publisher: 'gateway',
      sequence: this.#nextSequence(),
      occurredAt: data.acceptedAt,
      causedBy: null,
      traceparent,
    });
    killPoint('accepted');
    const kept = this.options.keeping.keep(event).finally(() => this.#unconfirmed.delete(id));
    this.#unconfirmed.set(id, kept);
    return kept;
  }

  /** Gateways have no database to count in: microseconds of their clocks grow, over restarts and instances too. */
  #nextSequence(): number {
    this.#sequence = Math.max(this.#sequence + 1, Date.now() * 1000);
    return this.#sequence;
  }

  #complain(error: unknown): void {
    const reason = error instanceof BusError || error instanceof SpoolFault ? error.code : 'broken';
    this.options.complaints.tell(
      'bus',
      reason,
      'Announcements cannot be stored now; devices are told to come again',
      {
        error,
      },
    );
  }
}

/**
 * To a connection whose handshake began before mode or authorities changed, and ended after: it proved itself by a rule that
 * does not hold any more, so nothing that it says is looked at. The handshake itself is let through: it is no fault of the
 * device's, and it hears that it is to come again.
 */
export const changedAnswer = (): Acknowledge =>
  retry('changed', 'the settings of the server have just changed', 'anonymous');

/** Spread at random, so that a fleet that was sent away does not come back as one. */
export function retry(
  reason: string,
  message: string,
  authentication: Acknowledge['authentication'],
): Acknowledge {
  const retryAfterMs = retryAfterMinMs + Math.floor(Math.random() * retryAfterSpreadMs);
  return { result: 'retry', authentication, reason, message, retryAfterMs, event: null };
}
