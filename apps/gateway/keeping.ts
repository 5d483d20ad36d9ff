// Where an accepted announcement is safe: on the broker, or else in the spool.
import type { Bus } from '#bus/bus';
import { killPoint } from '#bus/kill-point';
import type { Event } from '#events/event';
import { messageOf } from '#events/message-of';
import type { Spool } from './spool/spool.js';

/** Less than the bus itself waits: what then follows is a flush to the disk, and the device hears of it within 5 s. */
export const patienceMs = 2_500;
/** Where there is no spool to go to: as long as the bus itself waits, whatever may have become of it. */
export const patienceAloneMs = 4_000;

export interface KeepingOptions {
  readonly bus: Bus;
  /** Null where the operator gave no folder. */
  readonly spool: Spool | null;
}

export class Keeping {
  constructor(private readonly options: KeepingOptions) {}

  /**
   * Resolves when the event survives the death of every process. Rejects with BusError or SpoolFault within 5 s; it may
   * still arrive. While something waits in the spool, others go behind it: nobody waits for a broker that is not there,
   * and a device's announcements keep their order. What drains the spool finds out when the broker is back. Behind a spool
   * that cannot be used nobody goes while the broker is there: what waits in it may wait for long.
   */
  async keep(event: Event): Promise<void> {
    const { spool } = this.options;
    if (!spool) return this.#publish(event, patienceAloneMs);
    if (spool.holding && (spool.problem === null || !this.#connected)) return this.#behind(spool, event);
    try {
      await this.#publish(event);
    } catch (error) {
      await this.#spool(spool, event, messageOf(error));
    }
  }

  /** A spool that is full or broken is no reason to send devices away while the broker is there. */
  async #behind(spool: Spool, event: Event): Promise<void> {
    try {
      await this.#spool(spool, event, 'others wait before it');
    } catch (error) {
      if (!spool.flowing && !this.#connected) throw error;
      await this.#publish(event);
    }
  }

  get #connected(): boolean {
    return this.options.bus.status().connected;
  }

  async #spool(spool: Spool, event: Event, why: string): Promise<void> {
    await spool.keep(event, why);
    killPoint('spooled');
  }

  /** What the bus still does after we have lost patience, it does for itself. */
  #publish(event: Event, limitMs = patienceMs): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`the bus did not confirm within ${limitMs} ms`));
      const timer = setTimeout(late, limitMs);
      const settled = (): void => clearTimeout(timer);
      this.options.bus.publish([event]).then(resolve, reject).finally(settled);
    });
  }
}
