// What the gateways are told: all of it, each time, under a version that only grows.
import type { Draft } from '#events/event';
import { edgeConfigured, type Settings } from '#events/settings';
import type { Tx } from '#store/store';

export async function configureEdge(tx: Tx, settings: Settings): Promise<Draft> {
  const [row] = await tx.query<{ server: string; version: number }>(
    'update console.installation set edge_version = edge_version + 1 returning server, edge_version as version',
  );
  if (!row) throw new Error('console has not been started for the first time yet');
  const { acceptAnnouncements, authentication, trustedAuthorities, fromPrimaries } = settings;
  return edgeConfigured.draft({
    ...row,
    acceptAnnouncements,
    authentication,
    trustedAuthorities,
    fromPrimaries,
  });
}
