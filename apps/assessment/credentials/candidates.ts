// Which credentials a device is tried with, and in which order: pure.
import type { CredentialKind } from '#device/credential';
import { nameOf, type Candidate, type Held } from './held.js';

/** What goes out in one try: a password, a user of SNMPv3, or a community to read with and one to write with. */
export interface Attempt {
  readonly kind: 'admin' | 'snmpUser' | 'communities';
  /** Read with; judged by whether the device answers. */
  readonly with: Candidate;
  /** Of communities: null where none is known. */
  readonly writeWith: Candidate | null;
}

/** What was right before comes first; what was wrong for the device as it is does not come at all. */
export function attemptsOf(held: Held, subject: string, kind: 'admin' | 'snmpUser'): readonly Attempt[] {
  return hopefulFirst(held, usable(held, subject, [kind])).map((one) => ({
    kind,
    with: one,
    writeWith: null,
  }));
}

/** A community to read and one to write that stand at the same place go together. */
export function communitiesOf(held: Held, subject: string): readonly Attempt[] {
  const all = usable(held, subject, ['snmpRead', 'snmpWrite']);
  const writing = all.filter(({ kind }) => kind === 'snmpWrite');
  const pairs = Map.groupBy(all, ({ kind, place, age }) => `${place.slice(kind.length)} ${age}`);
  const attempts = [...pairs.values()].map((pair): Attempt | null => {
    const read = pair.find(({ kind }) => kind === 'snmpRead');
    const write = pair.find(({ kind }) => kind === 'snmpWrite');
    const first = read ?? write;
    return first ? { kind: 'communities', with: first, writeWith: write ?? writing[0] ?? null } : null;
  });
  const found = attempts.filter((one) => one !== null);
  return found.toSorted((a, b) => rank(held, a.with) - rank(held, b.with));
}

/** It has let Muster in by SNMPv3 before. */
export const knowsUser = (held: Held): boolean =>
  held.candidates.some((one) => one.kind === 'snmpUser' && wasRight(held, one));

const usable = (held: Held, subject: string, kinds: readonly CredentialKind[]): readonly Candidate[] =>
  held.candidates.filter((one) => {
    const tried = held.tried.get(nameOf(one));
    const isWrong = tried !== undefined && !tried.isRight && tried.subject === subject;
    return kinds.includes(one.kind) && !isWrong;
  });

const hopefulFirst = (held: Held, candidates: readonly Candidate[]): readonly Candidate[] =>
  candidates.toSorted((a, b) => rank(held, a) - rank(held, b));

/** The device let Muster in by it the last time it was used. */
export const wasRight = (held: Held, one: Candidate): boolean =>
  held.tried.get(nameOf(one))?.isRight === true;

const rank = (held: Held, one: Candidate): number => (wasRight(held, one) ? 0 : 1);
