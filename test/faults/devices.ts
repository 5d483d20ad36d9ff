// Devices that announce themselves as the protocol asks: told `retry`, or nothing, they come again with the same id.
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { dial, heard, line, type Answer } from '../support/gateway.js';

export interface Told {
  readonly serial: string;
  readonly answer: Answer;
  /** From the line to its answer. */
  readonly tookMs: number;
}

export interface Unanswered {
  readonly serial: string;
  readonly port: number;
  readonly why: string;
  /** As performance.now tells it. */
  readonly beganMs: number;
  readonly endedMs: number;
}

/** The gateway answers within 5 s; a machine that runs other tests as well may be late, a device that hangs is another thing. */
export const answerLimitMs = Number(process.env['MUSTER_FAULTS_SECONDS'] ?? 0) >= 600 ? 5_000 : 9_000;
/** Nothing comes any more. */
const silenceLimitMs = 15_000;

/** Tries of one device, a tenth of a second apart: time enough for a gateway to start anew. */
const insistMax = 400;

/** Announcements of one test, each of another device with an address of its own. */
export class Devices {
  /** Every answer there was. */
  readonly told: Told[] = [];
  /** Every try that ended without one. */
  #unanswered: readonly Unanswered[] = [];
  #count = 0;

  /** Serials that a gateway said it keeps. */
  accepted(): ReadonlySet<string> {
    return new Set(
      this.told.filter(({ answer }) => answer['result'] === 'accepted').map(({ serial }) => serial),
    );
  }

  /** Tries that ended without an answer since this was asked last. */
  takeUnanswered(): readonly Unanswered[] {
    const taken = this.#unanswered;
    this.#unanswered = [];
    return taken;
  }

  /** A gateway was not there for a while: tries that met this are forgotten. */
  excuse(port: number, fromMs: number, untilMs: number): void {
    const met = (each: Unanswered) => each.port === port && each.beganMs <= untilMs && each.endedMs >= fromMs;
    this.#unanswered = this.#unanswered.filter((each) => !met(each));
  }

  /** One new device, once. */
  async announce(port: number): Promise<Told> {
    return this.#say(port, this.#next());
  }

  /** One new device, until it is accepted. */
  async insist(port: number): Promise<void> {
    const device = this.#next();
    for (let tries = 0; tries < insistMax; tries += 1) {
      const told = await this.#say(port, device).catch(() => null);
      if (told?.answer['result'] === 'accepted') return;
      await delay(100);
    }
    throw new Error(`${device.serial} was never accepted`);
  }

  /** New devices at a steady rate, each until it is accepted. */
  async stream(port: number, count: number, perSecond: number): Promise<void> {
    const began = performance.now();
    const all: Promise<void>[] = [];
    for (let each = 0; each < count; each += 1) {
      await delay(Math.max(0, began + (each * 1000) / perSecond - performance.now()));
      all.push(this.insist(port));
    }
    await Promise.all(all);
  }

  #next() {
    this.#count += 1;
    const number = this.#count;
    const ip = `127.20.${(number >> 8) & 0xff}.${number & 0xff}`;
    const mac = (0x02_20_00_00_00_00 + number).toString(16).padStart(12, '0');
    return { serial: `FAULT${String(number).padStart(6, '0')}`, ip, mac, announcementId: randomUUID() };
  }

  async #say(port: number, device: { readonly serial: string; readonly ip: string }): Promise<Told> {
    const beganMs = performance.now();
    try {
      const told = await answerOf(port, device);
      this.told.push(told);
      return told;
    } catch (error) {
      const { serial } = device;
      const missed = { serial, port, why: String(error), beganMs, endedMs: performance.now() };
      this.#unanswered = [...this.#unanswered, missed];
      throw error;
    }
  }
}

async function answerOf(
  port: number,
  device: { readonly serial: string; readonly ip: string },
): Promise<Told> {
  const socket = await dial(port, { localAddress: device.ip });
  const late = setTimeout(() => socket.destroy(), silenceLimitMs);
  const began = performance.now();
  socket.end(line(device));
  const [answer] = await heard(socket).finally(() => clearTimeout(late));
  if (!answer) throw new Error('no answer');
  return { serial: device.serial, answer, tookMs: performance.now() - began };
}
