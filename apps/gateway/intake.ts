// Accepted means stored: an announcement becomes an event, and is answered for when the bus has it.
import type { Acknowledge } from '#announce/announcement';
import { BusError, type Bus } from '#bus/bus';
import { killPoint } from '#bus/kill-point';
import { deviceAnnounced, type DeviceAnnounced } from '#events/device';
import { stamp } from '#events/event';
import type { Log } from '#runtime/log';
import type { Complaints } from './complaints.js';

const retryAfterMinMs = 2_000;
const retryAfterSpreadMs = 13_000;

export interface IntakeOptions {
  readonly bus: Bus;
  readonly log: Log;
  readonly complaints: Complaints;
  /** Announcements given to the bus and not confirmed yet, at most. */
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

  /** Never rejects: what could not be stored is to be announced again. */
  async store({ id, data, traceparent, authentication }: Admitted): Promise<Acknowledge> {
    const underWay = this.#unconfirmed.get(id);
    if (!underWay && this.#unconfirmed.size >= this.options.unconfirmedMax) {
      return retry('busy', 'the server has as much in hand as it can keep', authentication);
    }
    try {
      await (underWay ?? this.#publish({ id, data, traceparent, authentication }));
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

  #publish({ id, data, traceparent }: Admitted): Promise<void> {
    const event = stamp(deviceAnnounced.draft(data, id), {
      publisher: 'gateway',
      sequence: this.#nextSequence(),
      occurredAt: data.acceptedAt,
      causedBy: null,
      traceparent,
    });
    killPoint('accepted');
    const published = this.options.bus.publish([event]).finally(() => this.#unconfirmed.delete(id));
    this.#unconfirmed.set(id, published);
    return published;
  }

  /** Gateways have no database to count in: microseconds of their clocks grow, over restarts and instances too. */
  #nextSequence(): number {
    this.#sequence = Math.max(this.#sequence + 1, Date.now() * 1000);
    return this.#sequence;
  }

  #complain(error: unknown): void {
    const reason = error instanceof BusError ? error.code : 'broken';
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

/** Spread at random, so that a fleet that was sent away does not come back as one. */
export function retry(
  reason: string,
  message: string,
  authentication: Acknowledge['authentication'],
): Acknowledge {
  const retryAfterMs = retryAfterMinMs + Math.floor(Math.random() * retryAfterSpreadMs);
  return { result: 'retry', authentication, reason, message, retryAfterMs, event: null };
}
