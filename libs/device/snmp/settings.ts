// Settings as the objects of a MIB that they are, read and written, of the device that it must be and no other.
import snmp, { type Session } from 'net-snmp';
import type { SettingValue } from '../../events/assessment.js';
import type { SnmpWay } from '../catalogue/setting.js';
import type { Outcome, Reading, Setback, Values, Written } from '../device.js';
import type { SnmpTarget } from './access.js';
import { getAll, set, type Answers } from './ask.js';
import { serialObjects, serialsIn } from './identity.js';
import { statusText } from './setback.js';
import { valueOf, varbindOf } from './value.js';

type Ways = ReadonlyMap<string, SnmpWay>;

export async function readBy(session: Session, target: SnmpTarget, ways: Ways): Promise<Outcome<Reading>> {
  const answers = await getAll(session, [...proofOf(target), ...oidsOf(ways)]);
  const other = otherThan(target, answers);
  if (other) return other;
  const values = new Map<string, SettingValue>();
  const failed = new Map<string, string>();
  for (const [key, { oid, syntax }] of ways) {
    const varbind = answers.found.get(oid);
    const fault = answers.failed.get(oid);
    if (varbind) {
      const judged = valueOf(syntax, varbind);
      if ('value' in judged) values.set(key, judged.value);
      else failed.set(key, judged.fault);
    } else if (fault !== undefined) failed.set(key, fault);
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
    private readonly ways: Ways,
  ) {}

  /** Rejects with what net-snmp says when the device falls silent. */
  async run(session: Session): Promise<Outcome<Written>> {
    // Its types too: a number may be a Gauge32, a text an IpAddress.
    const now = await getAll(session, [...proofOf(this.target), ...oidsOf(this.ways)]);
    const other = otherThan(this.target, now);
    if (other) return other;
    this.#proven = true;
    for (const [key, value] of this.changes) await this.#write(session, now, key, value);
    return this.#written;
  }

  /** What was applied counts, even if the device fell silent after it: the rest is refused. */
  endedBy(outcome: Outcome<Written>): Outcome<Written> {
    if (outcome.kind === 'answered' || !this.#proven) return outcome;
    for (const key of this.changes.keys()) {
      if (this.#applied.has(key) || this.#refused.has(key)) continue;
      const fate = key === this.#underWay ? 'whether it took it is not known' : 'not tried';
      this.#refused.set(key, `${fate}: ${outcome.reason}`);
    }
    return this.#written;
  }

  get #written(): Outcome<Written> {
    return { kind: 'answered', value: { applied: this.#applied, refused: this.#refused } };
  }

  async #write(session: Session, now: Answers, key: string, value: SettingValue): Promise<void> {
    const way = this.ways.get(key);
    if (!way?.writable) return void this.#refused.set(key, 'it cannot be set by SNMP');
    const varbind = varbindOf(way, value, now.found.get(way.oid) ?? null);
    if ('fault' in varbind) return void this.#refused.set(key, varbind.fault);
    this.#underWay = key;
    try {
      await set(session, varbind.value);
      this.#applied.add(key);
    } catch (error) {
      if (!(error instanceof snmp.RequestFailedError)) throw error;
      this.#refused.set(key, `the device answers ${statusText(error)}`);
    }
    this.#underWay = null;
  }
}

const oidsOf = (ways: Ways): readonly string[] => [...ways.values()].map(({ oid }) => oid);

const proofOf = ({ serial }: SnmpTarget): readonly string[] => (serial === null ? [] : serialObjects);

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
