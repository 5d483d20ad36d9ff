// The rule at the edge: who may announce what. Nothing in an announcement is true until checked; nothing is waited for but word
// of a revocation.
import type { Announcement, AuthenticationOutcome } from '#announce/announcement';
import { hopsMax } from '#events/announcement';
import type { EdgeConfiguration } from '#events/settings';
import type { Peer } from '#pki/peer';
import type { ChainStanding } from '#pki/revocation/standing';
import { judgePeer, type Claim, type PeerFault, type Trust } from '#pki/verdict';

/** Where an announcement came from. */
export interface Source {
  /** Address of the other end, canonical. */
  readonly address: string;
  readonly peer: Peer;
}

/** What is judged by: the operator's settings, and whom they mean. */
export interface Rules {
  readonly edge: EdgeConfiguration;
  readonly trust: Trust;
}

const refusals = {
  addressMismatch: 'the announced address is not the one that the connection comes from',
  primariesOff: 'announcements forwarded by other servers are not taken here',
  loop: 'the announcement began here, or passed through too many servers',
} as const;

type RefusalReason = PeerFault | keyof typeof refusals;

interface Admitted {
  readonly admitted: true;
  readonly authentication: 'anonymous' | 'verified';
  /** What is known of the certificate's revocation, and of its issuers'; null: nobody was asked. */
  readonly standing: ChainStanding | null;
}

export interface Refused {
  readonly admitted: false;
  readonly authentication: AuthenticationOutcome;
  readonly reason: RefusalReason;
  readonly message: string;
  /** To come again: more may be known in a moment. */
  readonly passing: boolean;
}

export type Judgement = Admitted | Refused;

const anonymous: Admitted = { admitted: true, authentication: 'anonymous', standing: null };
const refused = ({ authentication }: Admitted, reason: keyof typeof refusals): Refused => ({
  admitted: false,
  authentication,
  reason,
  message: refusals[reason],
  passing: false,
});

export function judge(announcement: Announcement, from: Source, rules: Rules, now: Date): Promise<Judgement> {
  return announcement.origin
    ? judgeForwarded(announcement.origin, from, rules, now)
    : judgeDirect(announcement, from, rules, now);
}

async function judgeDirect(
  { identity }: Announcement,
  from: Source,
  rules: Rules,
  now: Date,
): Promise<Judgement> {
  const mutual = rules.edge.authentication === 'mutual';
  const judgement = mutual ? await proven(from.peer, { device: identity.serial }, rules, now) : anonymous;
  if (judgement.admitted && identity.ip !== from.address) return refused(judgement, 'addressMismatch');
  return judgement;
}

async function judgeForwarded(
  origin: NonNullable<Announcement['origin']>,
  from: Source,
  rules: Rules,
  now: Date,
): Promise<Judgement> {
  const { fromPrimaries, server } = rules.edge;
  if (fromPrimaries === 'off') return refused(anonymous, 'primariesOff');
  const judgement = fromPrimaries === 'verified' ? await proven(from.peer, 'server', rules, now) : anonymous;
  const loops = origin.server === server || origin.hops > hopsMax;
  return judgement.admitted && loops ? refused(judgement, 'loop') : judgement;
}

async function proven(peer: Peer, claim: Claim, { trust }: Rules, now: Date): Promise<Judgement> {
  const verdict = await judgePeer(peer, claim, trust, now);
  if (verdict.outcome === 'verified')
    return { admitted: true, authentication: 'verified', standing: verdict.standing };
  const { reason, message, passing } = verdict;
  return { admitted: false, authentication: 'failed', reason, message, passing };
}
