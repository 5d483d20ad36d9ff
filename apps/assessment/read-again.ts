// What was written is read again: what the device says of it then, whether it can still be spoken with, and whether it takes any
// notice of what is written.
import { setTimeout as delay } from 'node:timers/promises';
import { settingsCatalogue } from '#device/catalogue';
import type { Outcome, Reading, Setback, Unanswered, Values } from '#device/device';
import type { SettingValue } from '#events/device-setting';
import type { Step, Writing, Wrote } from './write.js';

/** A device that has just been changed may need a moment before it answers again. */
export const readAgainDelaysMs = [0, 500, 1_500];
/** What is not right at once is asked again, alone, after that. */
const doubtMs = 500;
/** A write that gets no answer takes seconds: a device that is silent to each of them would hold its task for minutes. */
const silentMax = 2;
const mute: Setback = {
  kind: 'failed',
  reason: `it answers what is read, but ${silentMax} writes got no answer and had no effect`,
  mayPass: 'once',
};

/** What is to be read again, and what the device said then. */
export class ReadAgain {
  /** Of all settings, brought up to date. */
  readonly values: Map<string, SettingValue>;
  readonly refused = new Map<string, string>();
  lost: Setback | null = null;
  readonly #failed = new Map<string, string>();
  readonly #written = new Set<string>();
  #wanted = new Map<string, SettingValue>();
  #last: Step | null = null;
  readonly #unanswered = new Map<string, string>();
  readonly #unsent = new Set<string>();
  /** Unanswered, and not read again since. */
  #doubted = new Set<string>();
  /** Writes that got no answer and had no effect. */
  #silent = 0;

  constructor(
    private readonly on: Writing,
    said: Values,
  ) {
    this.values = new Map(said);
  }

  /** Only what is read now shows what came of the last write. */
  get doubts(): boolean {
    return this.#doubted.size > 0;
  }

  get isMute(): boolean {
    return this.#silent >= silentMax;
  }

  silence({ sent, unsent }: Unanswered): void {
    for (const [key, reason] of [...sent, ...unsent]) this.#unanswered.set(key, reason);
    for (const key of unsent.keys()) this.#unsent.add(key);
    this.#doubted = new Set(sent.keys());
  }

  expect(step: Step): void {
    this.#last = step;
    for (const [key, value] of step.changes) {
      this.#wanted.set(key, value);
      this.#written.add(key);
    }
  }

  /** What was written since the last time. */
  async read(): Promise<void> {
    const wanted = this.#wanted;
    if (wanted.size === 0 || this.lost) return;
    this.#wanted = new Map();
    const said = await this.#patiently(new Set(wanted.keys()));
    if (said.kind !== 'answered') {
      // Nobody knows what it says of them now: to say that they are as before would forget that they were written.
      for (const key of wanted.keys()) this.values.delete(key);
      return this.#lose(said);
    }
    this.#take(new Set(wanted.keys()), said.value);
    await this.#doubt(wanted);
    // A device that has done it and not said so is slow, and no more.
    const done = [...this.#doubted].some((key) => this.#isAs(wanted, key));
    if (this.doubts && !done) this.#silent += 1;
    this.#doubted = new Set();
  }

  end(stopped: string | null): Wrote {
    const values = new Map([...this.values].filter(([key]) => this.#written.has(key)));
    const { refused, lost, isMute } = this;
    return {
      reading: { values, failed: this.#failed },
      refused,
      unanswered: this.#unanswered,
      stopped: stopped ?? (isMute ? `not written: ${mute.reason}` : null),
      mute: isMute && !lost ? mute : null,
      lost,
    };
  }

  #isAs(wanted: Values, key: string): boolean {
    const [says, value] = [this.values.get(key), wanted.get(key)];
    return says !== undefined && value !== undefined && this.on.isRight(key, says, value);
  }

  async #patiently(keys: ReadonlySet<string>): Promise<Outcome<Reading>> {
    const { device, signal } = this.on;
    let said: Outcome<Reading> = { kind: 'unreachable', reason: 'not asked', host: 'unknown' };
    for (const pauseMs of readAgainDelaysMs) {
      if (pauseMs > 0) await delay(pauseMs, null, { signal });
      said = await device.read(keys, signal);
      if (said.kind === 'answered' || device.isTooSlow) return said;
    }
    return (await device.reach(keys, signal)) ?? device.read(keys, signal);
  }

  /** What is not as it was written is asked again alone: some devices answer for all what holds for one. */
  async #doubt(wanted: Values): Promise<void> {
    const { device, signal } = this.on;
    const isWritten = (key: string): boolean => !this.refused.has(key) && !this.#unsent.has(key);
    const doubtful = [...wanted.keys()].filter((key) => !this.#isAs(wanted, key) && isWritten(key));
    if (doubtful.length > 0) await delay(doubtMs, null, { signal });
    for (const key of doubtful) {
      const said = await device.read(new Set([key]), signal);
      if (said.kind === 'answered') this.#take(new Set([key]), said.value);
      else if (device.isTooSlow) return this.#lose(said);
      else this.#failed.set(key, said.reason);
    }
  }

  #take(keys: ReadonlySet<string>, { values, failed }: Reading): void {
    for (const key of keys) {
      const value = values.get(key);
      const reason = failed.get(key);
      if (value === undefined) this.values.delete(key);
      else this.values.set(key, value);
      if (reason === undefined) this.#failed.delete(key);
      else this.#failed.set(key, reason);
    }
  }

  #lose(setback: Setback): void {
    const [pair] = this.#last?.cutsOff ? this.#last.changes : [];
    const title = pair && (settingsCatalogue.get(pair[0])?.title ?? pair[0]);
    const since = pair
      ? `it does not answer any more since ${title} was set to ${JSON.stringify(pair[1])}: `
      : '';
    this.lost = { ...setback, reason: `${since}${setback.reason}` };
  }
}
