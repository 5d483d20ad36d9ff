// What a device said when it was asked who it is, as if it had announced that over a connection of which nothing is known but
// where it came from; and what events tell of how a device came.
import type { DeviceReconciled } from '#events/device';
import type { Arrival, Said } from './known.js';
import type { Found } from './who-is.js';

/** Asked at its own address: see whoIs. */
export const arrivalOf = ({ identity, fingerprint, probedBy }: Found, now: Date): Arrival => ({
  identity,
  reason: 'unstated',
  announcementId: null,
  acceptedAt: now.toISOString(),
  transport: { peerAddress: identity.ip, tlsVersion: '', cipher: '', group: null, fingerprint },
  authentication: { mode: 'none', outcome: 'anonymous' },
  origin: null,
  configVersion: 0,
  probedBy,
});

type Came = Pick<DeviceReconciled, 'trigger' | 'announcements' | 'acceptedAt' | 'origin' | 'probedBy'>;

/** Who was looked for by an operator (R35) has not announced anything. */
export function cameBy({ announcement, data }: Said): Came {
  const { origin, probedBy = null, acceptedAt } = data;
  return data.trigger === 'discovered'
    ? { trigger: 'discovered', announcements: [], acceptedAt: null, origin, probedBy }
    : { trigger: 'announced', announcements: [announcement], acceptedAt, origin, probedBy };
}

/** Those of them that are announcements. */
export const announcementsOf = (all: readonly Said[]): readonly string[] =>
  all.flatMap((said) => cameBy(said).announcements);
