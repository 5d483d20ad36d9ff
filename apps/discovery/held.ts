// Which parties wait for approval with one serial number (R37), and what one more announcement changes in that. Pure.
//
// Nobody can prove to be a device that is not known yet; but what an operator was shown must not be somebody else's by the
// time of the click. So whoever was first stays, a verified certificate alone takes its place, and all others wait beside it.
// Refused is one of them: it has no place any more, and the others wait on. It is known again by its own certificate, wherever
// it shows that. From its source, impostor and printer may both come: who does is let in by a person alone.
import { sourceOf } from '#addresses/source';
import { otherClaimsMax, refusedClaimsMax } from '#events/approval';
import type { DeviceAnnounced } from '#events/announcement';
import { claimOf } from './conflict.js';
import type { Held, Said } from './known.js';
import type { Certificates } from './move.js';

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

export const isRefused = (held: Held, data: DeviceAnnounced, certificates: Certificates): boolean =>
  refusedOf(held).some((refused) => isAgain(refused, data, certificates));

/** Another party, of which nothing tells that it is not the one that was refused there. */
export const isFromRefused = (held: Held, said: Pick<Said, 'data'>): boolean =>
  refusedOf(held).some((refused) => cameFrom(refused) === cameFrom(said));

/** The same party, or its certificate from elsewhere, unless others have that too: a device gets another address now and then. */
const isAgain = (refused: Said, data: DeviceAnnounced, certificates: Certificates): boolean =>
  isSameParty(refused.data, data) || showsThatOf(refused.data, data, certificates);

/** What a server said that proved nothing was no certificate shown: it may be that of the very printer. */
function showsThatOf(refused: DeviceAnnounced, data: DeviceAnnounced, certificates: Certificates): boolean {
  const { fingerprint } = refused.transport;
  if (fingerprint === null || refused.origin?.verified === false) return false;
  return fingerprint === data.transport.fingerprint && !certificates.get(fingerprint)?.shared;
}

/** Without that party, which is refused from now on. Whoever waited beside it is first now, a verified one before others. */
export function refuse(held: Held, meant: Said, certificates: Certificates): Held {
  const [first, ...others] = waitingOf(held)
    .filter(({ data }) => !isAgain(meant, data, certificates))
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

/** What was refused stays what it was, as an operator was shown it who admits it after all; but for when it was heard last. */
export function hearRefused(held: Held, said: Said, certificates: Certificates): Held {
  const heard = (one: Said): Said =>
    isAgain(one, said.data, certificates)
      ? { ...bare(one), data: { ...one.data, acceptedAt: newer(one, said).data.acceptedAt } }
      : one;
  const refused = held.refused.map(heard);
  return held.state === 'held' ? { ...held, refused } : { ...held, ...heard(held), refused };
}

/** Those that are silent for longest are forgotten first: who goes on announcing, whatever it says, stays refused. */
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
const cameFrom = ({ data }: Pick<Said, 'data'>): string => sourceOf(data.transport.peerAddress);

const isVerified = ({ data }: Said): boolean => data.authentication.outcome === 'verified';

/** The second one, unless it was accepted before the first. */
const newer = (before: Said, after: Said): Said =>
  Date.parse(before.data.acceptedAt) > Date.parse(after.data.acceptedAt) ? before : after;
