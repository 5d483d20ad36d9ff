// What the gateways are told: all of it, each time, under a version that only grows; told again now and then, as a broker
// that was made anew has no word of it.
import type { Draft } from '#events/event';
import { edgeConfigured, settingsChanged, type Settings } from '#events/settings';
import { revocationOff } from '#events/trust-set';
import type { StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { lockDocuments, readOne, record } from './written.js';

export async function configureEdge(tx: Tx, settings: Settings): Promise<Draft> {
  const [row] = await tx.query<Told>(
    'update console.installation set edge_version = edge_version + 1 returning server, edge_version as version',
  );
  if (!row) throw new Error('console has not been started for the first time yet');
  return draftOf(row, settings);
}

interface Told {
  readonly server: string;
  readonly version: number;
}

function draftOf(told: Told, settings: Settings): Draft {
  const { acceptAnnouncements, authentication, trustedAuthorities, fromPrimaries } = settings;
  return edgeConfigured.draft({
    ...told,
    acceptAnnouncements,
    authentication,
    trustedAuthorities,
    revocation: revocationOff,
    fromPrimaries,
  });
}

/** The newest configuration once more, under its version: gateways that have it pay no heed. Resolves to 0. */
export async function repeatEdge({ store, bus }: Pick<StoredParts, 'store' | 'bus'>): Promise<number> {
  await store.transaction(async (tx) => {
    await lockDocuments(tx);
    const [row] = await tx.query<Told>('select server, edge_version as version from console.installation');
    const settings = await readOne(tx, settingsChanged);
    if (row && settings) await record(tx, bus, [draftOf(row, settings.body)]);
  });
  return 0;
}
