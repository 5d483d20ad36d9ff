// Which parties wait for approval with one serial number (R37), and what one more announcement changes in that. Pure.
//
// Nobody can prove to be a device that is not known yet; but what an operator was shown must not be somebody else's by the
// time of the click. So whoever was first stays, a verified certificate alone takes its place, and all others wait beside it.
import { otherClaimsMax } from '#events/approval';
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
    const left = held.others.filter((other) => sourceOf(other) !== sourceOf(said));
    const others = isVerified(held) ? left : (withOther(left, held) ?? left);
    return { held: { ...held, ...said, others }, place: 'first' };
  }
  const others = withOther(held.others, said);
  return others ? { held: { ...held, others }, place: 'beside' } : { held, place: 'none' };
}

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

/** That of all who wait with the serial number which the operator was shown. */
export const meantBy = (held: Held, claim: string | undefined): Said | undefined =>
  [held, ...held.others].find(({ data }) => claimOf(data) === claim);

/** One source has one place, and no other's: what it said last. Null: there is no room. */
function withOther(others: readonly Said[], { announcement, data }: Said): readonly Said[] | null {
  const said = { announcement, data };
  if (others.some((other) => sourceOf(other) === sourceOf(said))) {
    return others.map((other) => (sourceOf(other) === sourceOf(said) ? newer(other, said) : other));
  }
  return others.length < otherClaimsMax ? [...others, said] : null;
}

/** Where the connection came from, which cannot be made up. */
const sourceOf = ({ data }: Said): string => data.transport.peerAddress;

const isVerified = ({ data }: Said): boolean => data.authentication.outcome === 'verified';

/** The second one, unless it was accepted before the first. */
const newer = (before: Said, after: Said): Said =>
  Date.parse(before.data.acceptedAt) > Date.parse(after.data.acceptedAt) ? before : after;
