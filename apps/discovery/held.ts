// Which parties wait for approval with one serial number (R37), and what one more announcement changes in that. Pure.
//
// Nobody can prove to be a device that is not known yet; but what an operator was shown must not be somebody else's by the
// time of the click. So whoever was first stays, a verified certificate alone takes its place, and all others wait beside it.
// Refused is one of them: it has no place any more, and the others wait on.
import { sourceOf } from '#announce/source';
import { otherClaimsMax, refusedClaimsMax } from '#events/approval';
import type { DeviceAnnounced } from '#events/device';
import { claimOf } from './conflict.js';
import type { Held, Said } from './known.js';

export interface Heard {
  readonly held: Held;
  /** Where the announcement is now: it is what waits, it waits beside that, or as many as can be do already. */
  readonly place: 'first' | 'beside' | 'none';
}

export function hear(held: Held, said: Said): Heard {
  if (isSameParty(held.data, said.data)) return { held: { ...held, ...newer(held, said) }, place: 'first' };
  if (isVerified(said) && !(isVerified(held) && newer(held, said) === held)) {
    const left = held.others.filter((other) => cameFrom(other) !== cameFrom(said));
    const others = isVerified(held) ? left : (withOther(left, held) ?? left);
    return { held: { ...held, ...said, others }, place: 'first' };
  }
  const others = withOther(held.others, said);
  return others ? { held: { ...held, others }, place: 'beside' } : { held, place: 'none' };
}

/** Whether somebody who waits announced itself from there: what is asked there tells nothing more of it (R19). */
export const announcedFrom = (held: Held, peerAddress: string): boolean =>
  waitingOf(held).some((said) => !said.data.probedBy && cameFrom(said) === sourceOf(peerAddress));

/** From the same address, with the same certificate, by the same way. */
export const isSameParty = (one: DeviceAnnounced, other: DeviceAnnounced): boolean =>
  partyOf(one) === partyOf(other);

const partyOf = ({ identity, transport, origin }: DeviceAnnounced): string =>
  JSON.stringify([
    identity.ip,
    transport.peerAddress,
    transport.fingerprint,
    origin?.server ?? null,
    origin?.verified ?? null,
  ]);

/** That of all who wait with the serial number, or were refused, which the operator was shown. */
export const meantBy = (held: Held, claim: string | undefined): Said | undefined =>
  [...waitingOf(held), ...refusedOf(held)].find(({ data }) => claimOf(data) === claim);

const waitingOf = (held: Held): readonly Said[] => (held.state === 'held' ? [held, ...held.others] : []);

export const refusedOf = (held: Held): readonly Said[] =>
  held.state === 'held' ? held.refused : [held, ...held.refused];

export const isRefused = (held: Held, data: DeviceAnnounced): boolean =>
  refusedOf(held).some((refused) => isSameParty(refused.data, data));

/** Without that party, which is refused from now on. Whoever waited beside it is first now, a verified one before others. */
export function refuse(held: Held, meant: Said): Held {
  const [first, ...others] = waitingOf(held)
    .filter(({ data }) => !isSameParty(data, meant.data))
    .map(bare)
    .toSorted((one, other) => Number(isVerified(other)) - Number(isVerified(one)));
  if (!first) return { ...held, ...bare(meant), state: 'refused', others: [] };
  const refused = [bare(meant), ...lastHeard(held.refused, refusedClaimsMax - 1)];
  return { ...held, ...first, others, refused };
}

/** Somebody else announces a serial number of which all parties so far were refused: it waits. */
export const waitsBeside = (held: Held, said: Said): Held => ({
  ...held,
  ...said,
  state: 'held',
  others: [],
  refused: lastHeard(refusedOf(held).map(bare), refusedClaimsMax),
});

/** What was refused stays what it was: it is what an operator is shown who admits it after all. */
export function hearRefused(held: Held, said: Said): Held {
  const claim = claimOf(said.data);
  const heard = (one: Said): Said => (claimOf(one.data) === claim ? bare(newer(one, said)) : one);
  const refused = held.refused.map(heard);
  return held.state === 'held' ? { ...held, refused } : { ...held, ...heard(held), refused };
}

/** Those that are silent for longest are forgotten first: who goes on announcing stays refused. */
const lastHeard = (refused: readonly Said[], max: number): readonly Said[] =>
  refused.toSorted((a, b) => Date.parse(b.data.acceptedAt) - Date.parse(a.data.acceptedAt)).slice(0, max);

const bare = ({ announcement, data }: Said): Said => ({ announcement, data });

/** One source has one place, and no other's: what it said last. Null: there is no room. */
function withOther(others: readonly Said[], said: Said): readonly Said[] | null {
  if (others.some((other) => cameFrom(other) === cameFrom(said))) {
    return others.map((other) => (cameFrom(other) === cameFrom(said) ? bare(newer(other, said)) : other));
  }
  return others.length < otherClaimsMax ? [...others, bare(said)] : null;
}

/** The source of the connection, which cannot be made up. */
const cameFrom = ({ data }: Said): string => sourceOf(data.transport.peerAddress);

const isVerified = ({ data }: Said): boolean => data.authentication.outcome === 'verified';

/** The second one, unless it was accepted before the first. */
const newer = (before: Said, after: Said): Said =>
  Date.parse(before.data.acceptedAt) > Date.parse(after.data.acceptedAt) ? before : after;
