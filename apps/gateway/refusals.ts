// Tells the bus whom the gateway turned away, and why (R18, R95): summed up, so that a flood at the door is a few kilobytes
// each ten seconds behind it. What cannot be told at once is not told: the log and the metrics have it.
import { cut } from '#events/cut';
import type { Bus } from '#bus/bus';
import { stamp } from '#events/event';
import { ipAddress, serialNumber } from '#events/identity';
import { announcementsRefused, refusalsMax, type Refusal } from '#events/refusal';

/** The first is told soon; those that follow wait for each other. */
const soonMs = 1_000;
const everyMs = 10_000;
const messageMax = 300;

export interface Turned {
  readonly peer: string;
  readonly reason: string;
  readonly message: string;
  readonly serial?: unknown;
}

export interface RefusalsOptions {
  readonly bus: Pick<Bus, 'publish' | 'status'>;
  readonly gateway: string;
}

export class Refusals {
  readonly #named = new Map<string, Refusal>();
  #timer: NodeJS.Timeout | null = null;
  #toldAtMs = -Infinity;
  #unnamed = 0;
  #sequence = 0;
  #telling: Promise<void> = Promise.resolve();

  constructor(private readonly options: RefusalsOptions) {}

  /** Costs a look into a map: it is called for each packet of a flood. */
  note({ peer, reason, message, serial }: Turned): void {
    const key = `${reason} ${peer}`;
    const before = this.#named.get(key);
    if (!before && this.#named.size >= refusalsMax) {
      this.#unnamed += 1;
      return;
    }
    const address = before?.peer ?? ipAddress.safeParse(peer).data;
    if (address === undefined) return;
    this.#named.set(key, {
      peer: address,
      reason,
      message: cut(message, messageMax),
      serial: serialNumber.safeParse(serial).data ?? before?.serial ?? null,
      count: (before?.count ?? 0) + 1,
      lastAt: new Date().toISOString(),
    });
    const waitMs = Math.max(soonMs, this.#toldAtMs + everyMs - performance.now());
    this.#timer ??= setTimeout(() => this.#tell(), waitMs).unref();
  }

  /** What was noted last is told still. */
  async stop(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#tell();
    await this.#telling;
  }

  #tell(): void {
    this.#timer = null;
    if (this.#named.size === 0) return;
    const { gateway, bus } = this.options;
    const refusals = [...this.#named.values()];
    const draft = announcementsRefused.draft({ gateway, refusals, unnamed: this.#unnamed });
    this.#named.clear();
    this.#unnamed = 0;
    this.#toldAtMs = performance.now();
    if (!bus.status().connected) return;
    // As the intake counts: gateways have no database to count in.
    this.#sequence = Math.max(this.#sequence + 1, Date.now() * 1000);
    const event = stamp(draft, {
      publisher: 'gateway',
      sequence: this.#sequence,
      occurredAt: new Date().toISOString(),
      causedBy: null,
      traceparent: null,
    });
    this.#telling = bus.publish([event]).catch(() => undefined);
  }
}
