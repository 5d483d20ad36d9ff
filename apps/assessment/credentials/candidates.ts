// Which credentials a device is tried with, and in which order: pure.
import type { CredentialKind } from '#device/credential';
import { nameOf, type Candidate, type Held, type Tried } from './held.js';

/** What goes out in one try: a password, a user of SNMPv3, or a community to read with and one to write with. */
export interface Attempt {
  readonly kind: 'admin' | 'snmpUser' | 'communities';
  /** Read with; judged by whether the device answers. Null, of communities: none is kept beside the one to write with. */
  readonly with: Candidate | null;
  /** Of communities: null where none is known. */
  readonly writeWith: Candidate | null;
}

/** What let Muster in last comes first; what was wrong for the device as it is does not come, or not yet. */
export function attemptsOf(held: Held, subject: string, kind: 'admin' | 'snmpUser'): readonly Attempt[] {
  const all = usable(held, subject, [kind]).toSorted(
    (a, b) => turn(held, subject, b) - turn(held, subject, a),
  );
  return all.map((one) => ({ kind, with: one, writeWith: null }));
}

/** A community to read and one to write that stand at the same place go together. */
export function communitiesOf(held: Held, subject: string): readonly Attempt[] {
  const all = usable(held, subject, ['snmpRead', 'snmpWrite']);
  const writing = all.filter(({ kind }) => kind === 'snmpWrite');
  const pairs = Map.groupBy(all, ({ kind, place, age }) => `${place.slice(kind.length)} ${age}`);
  const attempts = [...pairs.values()].map((pair): Attempt | null => {
    const read = pair.find(({ kind }) => kind === 'snmpRead');
    const write = pair.find(({ kind }) => kind === 'snmpWrite');
    if (!read && !write) return null;
    return { kind: 'communities', with: read ?? null, writeWith: write ?? writing[0] ?? null };
  });
  const found = attempts.filter((one) => one !== null);
  const turnOf = (one: Attempt): number => turn(held, subject, one.with ?? one.writeWith);
  return found.toSorted((a, b) => turnOf(b) - turnOf(a));
}

/** It has let Muster in by SNMPv3 before, whatever it said since: a refusal comes in clear, and anybody on the way may say one. */
export const knowsUser = (held: Held): boolean =>
  held.candidates.some((one) => one.kind === 'snmpUser' && held.tried.get(nameOf(one))?.wasRight === true);

/** The device as it is has refused the one that is kept for it now. */
export const refusesUser = (held: Held, subject: string): boolean =>
  held.candidates.some((one) => one.kind === 'snmpUser' && one.age === 0 && isWrong(held, subject, one));

const isWrong = (held: Held, subject: string, one: Candidate): boolean => {
  const tried = held.tried.get(nameOf(one));
  return tried !== undefined && !tried.isRight && tried.subject === subject;
};

const usable = (held: Held, subject: string, kinds: readonly CredentialKind[]): readonly Candidate[] =>
  held.candidates.filter((one) => {
    const tried = held.tried.get(nameOf(one));
    const mayBe = !isWrong(held, subject, one) || (tried !== undefined && mayBeRightAgain(one, tried));
    return kinds.includes(one.kind) && mayBe;
  });

const minuteMs = 60_000;
/** After one refusal, after two, and so on: a device whose door is locked gets time to open it again. */
const againAfterMs = [10 * minuteMs, 60 * minuteMs, 6 * 60 * minuteMs, 24 * 60 * minuteMs] as const;

/**
 * What has let Muster in before may do so again: a password may be away for a minute, and a refusal may be forged. What Muster
 * made nobody else knows, so that it is never given up. A user of SNMPv3 shows no password to whom he is wrong for, and a device
 * may be told of him at any time.
 */
function mayBeRightAgain(one: Candidate, tried: Tried): boolean {
  const { wasRight: before, wrongs, agoMs } = tried;
  if (!before && !one.generated && one.kind !== 'snmpUser') return false;
  const waitMs = againAfterMs[Math.min(wrongs, againAfterMs.length) - 1] ?? 0;
  // A clock that was ahead keeps nobody waiting.
  return agoMs < 0 || agoMs >= waitMs;
}

/** The device let Muster in by it the last time it was used. */
export const wasRight = (held: Held, one: Candidate): boolean =>
  held.tried.get(nameOf(one))?.isRight === true;

/**
 * The higher, the sooner: what was right last time; what the device as it is was not tried with; then what it refused longest
 * ago, so that of many that are tried again, and few in each task, each has its turn.
 */
function turn(held: Held, subject: string, one: Candidate | null): number {
  const tried = one ? held.tried.get(nameOf(one)) : undefined;
  if (tried?.isRight) return Number.MAX_VALUE;
  return tried?.subject === subject && tried.agoMs >= 0 ? tried.agoMs : Number.MAX_SAFE_INTEGER;
}
