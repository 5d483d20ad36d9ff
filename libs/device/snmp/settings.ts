// Settings as the objects of a MIB that they are, read and written, of the device that it must be and no other.
import snmp, { type Session, type Varbind } from 'net-snmp';
import type { SettingValue } from '../../events/device-setting.js';
import type { Outcome, Reading, Setback, Values, Written } from '../device.js';
import type { SnmpTarget } from './access.js';
import { set, type Answers } from './ask.js';
import { serialObjects, serialsIn } from './identity.js';
import { lookFor, saidOf, type Found, type SnmpObjects } from './objects.js';
import { statusText } from './setback.js';
import { varbindOf } from './value.js';

export async function readBy(
  session: Session,
  target: SnmpTarget,
  ways: SnmpObjects,
): Promise<Outcome<Reading>> {
  const { answers, objects } = await lookFor(session, lookingFor(target, ways));
  const other = otherThan(target, answers);
  if (other) return other;
  const values = new Map<string, SettingValue>();
  const failed = new Map<string, string>();
  for (const [key, each] of objects) {
    const said = saidOf(each, answers);
    if (said === null) continue;
    if ('value' in said) values.set(key, said.value);
    else failed.set(key, said.fault);
  }
  return { kind: 'answered', value: { values, failed } };
}

/** One by one: of several in one request, an agent may keep the first and refuse the second, whatever RFC 3416 4.2.5 says. */
export class Writing {
  readonly #applied = new Set<string>();
  readonly #refused = new Map<string, string>();
  /** Sent, and not answered. */
  #underWay: string | null = null;
  #proven = false;

  constructor(
    private readonly target: SnmpTarget,
    private readonly changes: Values,
    private readonly ways: SnmpObjects,
  ) {}

  /** Rejects with what net-snmp says when the device falls silent. */
  async run(session: Session): Promise<Outcome<Written>> {
    // Its types too: a number may be a Gauge32, a text an IpAddress.
    const now = await lookFor(session, lookingFor(this.target, this.ways));
    const other = otherThan(this.target, now.answers);
    if (other) return other;
    this.#proven = true;
    for (const [key, value] of this.changes) await this.#write(session, now, key, value);
    return { kind: 'answered', value: this.#written };
  }

  /** What was applied counts, even if the device fell silent after it. */
  endedBy(outcome: Outcome<Written>): Outcome<Written> {
    if (outcome.kind === 'answered' || !this.#proven) return outcome;
    const [sent, unsent] = [new Map<string, string>(), new Map<string, string>()];
    for (const key of this.changes.keys()) {
      if (this.#applied.has(key) || this.#refused.has(key)) continue;
      if (key === this.#underWay) sent.set(key, `it gave no answer when it was set: ${outcome.reason}`);
      else unsent.set(key, `not tried: ${outcome.reason}`);
    }
    return { kind: 'answered', value: { ...this.#written, unanswered: { sent, unsent } } };
  }

  get #written(): Written {
    return { applied: this.#applied, refused: this.#refused };
  }

  async #write(session: Session, now: Found, key: string, value: SettingValue): Promise<void> {
    const way = this.ways.get(key);
    // What it has not said that it has it is asked to set all the same: its own word for that is the reason.
    const objects = now.objects.get(key) ?? (way && !way.row ? { ...way, oids: [way.oid] } : null);
    if (!objects?.writable) return void this.#refused.set(key, 'it cannot be set by SNMP');
    this.#underWay = key;
    for (const oid of objects.oids) {
      const { syntax } = objects;
      const varbind = varbindOf({ oid, syntax }, value, now.answers.found.get(oid) ?? null);
      const fault = 'fault' in varbind ? varbind.fault : await refusalOf(session, varbind.value);
      if (fault !== null) this.#refused.set(key, fault);
    }
    if (!this.#refused.has(key)) this.#applied.add(key);
    this.#underWay = null;
  }
}

/** Null: it was set. */
async function refusalOf(session: Session, varbind: Varbind): Promise<string | null> {
  try {
    await set(session, varbind);
    return null;
  } catch (error) {
    if (!(error instanceof snmp.RequestFailedError)) throw error;
    return `the device answers ${statusText(error)}`;
  }
}

const lookingFor = ({ serial }: SnmpTarget, ways: SnmpObjects) => ({
  ways,
  besides: serial === null ? [] : serialObjects,
});

/** Null when it is the device that it must be. */
function otherThan({ serial, address }: SnmpTarget, answers: Answers): Setback | null {
  if (serial === null) return null;
  const said = serialsIn(answers);
  if (said.includes(serial)) return null;
  const [other] = said;
  const who =
    other === undefined ? `names no serial number that could be ${serial}` : `is ${other}, not ${serial}`;
  return { kind: 'failed', reason: `what answers at ${address} ${who}`, mayPass: other === undefined };
}
