// What the page shows of conflicts: claims that wait for an operator, and those that one has dismissed. Pure; events of one
// device may come in any order.
import type { DeviceConflictDecided, DeviceConflicted } from '#events/conflict';
import type { DeviceReconciled } from '#events/device';
import type { Event } from '#events/event';
import type { AssessmentVouched } from '#events/vouch';
import type { ClaimView, DeviceView, MovedUnproved } from './device-view.js';

/**
 * Shown of one device: more than discovery keeps at a time (conflict.ts there), as word of what it forgot may come late.
 * Beyond that nobody's claim makes way for a newer one.
 */
const claimsMax = 200;

/** Assessment goes by the same: see movedAt in its decide.ts. */
export function movedUnproved(view: DeviceView, event: Event<DeviceReconciled>): MovedUnproved | null {
  const { proof: because, fresh, identity, fingerprint } = event.data;
  const who = { ip: identity.ip, fingerprint };
  if (fresh && (because === 'oldAddressSilent' || because === 'sameAddress'))
    return { at: event.occurredAt, because, who };
  if (because === 'verified' || because === 'operator' || !view.moved) return null;
  return { ...view.moved, who };
}

/** One that was vouched for, unless another is there since. */
export function vouched(view: DeviceView, { data: { outcome, who } }: Event<AssessmentVouched>): DeviceView {
  const { ip, fingerprint } = view.moved?.who ?? {};
  const isThere = who.ip === ip && who.fingerprint === fingerprint;
  return outcome === 'vouched' && isThere ? { ...view, moved: null } : view;
}

const settledAt = ({ marks }: DeviceView): number => marks.settled ?? 0;
const movedAt = ({ marks }: DeviceView): number => marks.moved ?? 0;

export function conflictRaised(view: DeviceView, event: Event<DeviceConflicted>): DeviceView {
  const { data, sequence, occurredAt: at } = event;
  const { claim, known, claimed } = data;
  if (claim === null) {
    if (sequence <= view.marks.conflict) return view;
    return { ...view, conflict: { known, claimed, at }, marks: { ...view.marks, conflict: sequence } };
  }
  const before = findClaim(view, claim);
  const isFull = !before && (view.claims ?? []).length >= claimsMax;
  if (data.leftOut > 0 || isFull) return leftOut(view, event);
  const newer = sequence > Math.max(settledAt(view), before?.sequence ?? 0);
  const { claimedIdentity: identity, peerAddress, because, shared } = data;
  const said = { claim, known, claimed, identity, peerAddress, because, shared };
  if (newer) return withClaim(view, { ...said, sequence, state: 'open', at, decidedBy: null });
  // Dismissed already: what was claimed came late.
  return before && before.known === null ? withClaim(view, { ...before, ...said }) : view;
}

/** The newest word of those for whom there was no room, until there is some again. */
function leftOut(view: DeviceView, { data, sequence, occurredAt: at }: Event<DeviceConflicted>): DeviceView {
  const { claims = [] } = view;
  const decided = claims.filter(({ state }) => state === 'dismissed').map((claim) => claim.sequence);
  if (sequence <= Math.max(settledAt(view), view.leftOut?.sequence ?? 0, ...decided)) return view;
  const { claimed, leftOut: claimants } = data;
  return { ...view, leftOut: { claimants: Math.max(1, claimants), claimed, at, sequence } };
}

/** Whoever comes again after that is kept, or told anew. */
const withRoom = (view: DeviceView, sequence: number): DeviceView =>
  view.leftOut && view.leftOut.sequence < sequence ? { ...view, leftOut: null } : view;

export function conflictDecided(view: DeviceView, event: Event<DeviceConflictDecided>): DeviceView {
  const { data, sequence, occurredAt: at } = event;
  const { outcome, claim, claimed, decidedBy } = data;
  if (outcome === 'moved') return moved(settled(view, sequence), sequence);
  if (outcome !== 'kept' || sequence <= movedAt(view)) return view;
  const left = forgotten(view, event);
  const before = findClaim(left, claim);
  if (before && before.sequence > sequence) return left;
  const unknown = { known: null, identity: null, peerAddress: null, at };
  return withClaim(withRoom(left, sequence), {
    ...unknown,
    ...before,
    claim,
    claimed,
    sequence,
    state: 'dismissed',
    decidedBy,
  });
}

/** Without the claim that discovery dismisses no more, unless it was raised anew since. */
function forgotten(view: DeviceView, { data, sequence }: Event<DeviceConflictDecided>): DeviceView {
  const { claims = [] } = view;
  const isLeft = ({ claim, sequence: at }: ClaimView): boolean => claim !== data.forgotten || at > sequence;
  return data.forgotten === null ? view : { ...view, claims: claims.filter(isLeft) };
}

/** As discovery does it: once the device is elsewhere or shows another certificate, open conflicts are over. */
export function conflictsSettled(view: DeviceView, { data, sequence }: Event<DeviceReconciled>): DeviceView {
  const isOther = data.changed.some(({ field }) => field === 'ip' || field === 'certificate');
  return isOther ? settled(view, sequence) : view;
}

/** What was dismissed stays so. */
function settled(view: DeviceView, sequence: number): DeviceView {
  const { claims = [], marks } = view;
  const left = claims.filter((claim) => claim.sequence > sequence || claim.state === 'dismissed');
  const { leftOut = null } = withRoom(view, sequence);
  return {
    ...view,
    claims: left,
    leftOut,
    marks: { ...marks, settled: Math.max(settledAt(view), sequence) },
  };
}

function moved(view: DeviceView, sequence: number): DeviceView {
  const { claims = [], marks } = view;
  const left = claims.filter((claim) => claim.sequence > sequence);
  return { ...view, claims: left, marks: { ...marks, moved: Math.max(movedAt(view), sequence) } };
}

const findClaim = ({ claims = [] }: DeviceView, claim: string): ClaimView | undefined =>
  claims.find((one) => one.claim === claim);

function withClaim(view: DeviceView, claim: ClaimView): DeviceView {
  const { claims = [] } = view;
  const others = claims.filter((one) => one.claim !== claim.claim);
  const newestFirst = [...others, claim].toSorted((a, b) => b.sequence - a.sequence);
  return { ...view, claims: newestFirst };
}
