// The rule at the edge: who may announce what. Pure; nothing in an announcement is true until checked.
import type { Announcement, AuthenticationOutcome } from '#announce/announcement';
import { hopsMax } from '#events/device';
import type { EdgeConfiguration } from '#events/settings';
import { judgeDevice, judgePrimary, peerFaults, type Peer, type PeerFault } from '#pki/peer';

/** Where an announcement came from. */
export interface Source {
  /** Address of the other end, canonical. */
  readonly address: string;
  readonly peer: Peer;
}

export type RefusalReason = PeerFault | 'addressMismatch' | 'primariesOff' | 'loop';

export type Judgement =
  | { readonly admitted: true; readonly authentication: 'anonymous' | 'verified' }
  | {
      readonly admitted: false;
      readonly authentication: AuthenticationOutcome;
      readonly reason: RefusalReason;
    };

export const refusals: Readonly<Record<RefusalReason, string>> = {
  ...peerFaults,
  addressMismatch: 'the announced address is not the one that the connection comes from',
  primariesOff: 'announcements forwarded by other servers are not taken here',
  loop: 'the announcement began here, or passed through too many servers',
};

const failed = (reason: PeerFault): Judgement => ({ admitted: false, authentication: 'failed', reason });

export function judge(
  announcement: Announcement,
  from: Source,
  edge: EdgeConfiguration,
  now: Date,
): Judgement {
  return announcement.origin
    ? judgeForwarded(announcement.origin, from, edge, now)
    : judgeDirect(announcement, from, edge, now);
}

function judgeDirect(
  { identity }: Announcement,
  from: Source,
  edge: EdgeConfiguration,
  now: Date,
): Judgement {
  const mutual = edge.authentication === 'mutual';
  const verdict = mutual ? judgeDevice(from.peer, identity.serial, now) : null;
  if (verdict?.outcome === 'failed') return failed(verdict.reason);
  const authentication = mutual ? 'verified' : 'anonymous';
  if (identity.ip !== from.address) return { admitted: false, authentication, reason: 'addressMismatch' };
  return { admitted: true, authentication };
}

function judgeForwarded(
  origin: NonNullable<Announcement['origin']>,
  from: Source,
  edge: EdgeConfiguration,
  now: Date,
): Judgement {
  if (edge.fromPrimaries === 'off')
    return { admitted: false, authentication: 'anonymous', reason: 'primariesOff' };
  const verify = edge.fromPrimaries === 'verified';
  const verdict = verify ? judgePrimary(from.peer, now) : null;
  if (verdict?.outcome === 'failed') return failed(verdict.reason);
  const authentication = verify ? 'verified' : 'anonymous';
  if (origin.server === edge.server || origin.hops > hopsMax)
    return { admitted: false, authentication, reason: 'loop' };
  return { admitted: true, authentication };
}
