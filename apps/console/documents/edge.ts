// What the gateways are told: all of it, each time, under a version that only grows; told again now and then, as a broker
// that was made anew has no word of it.
import type { Draft } from '#events/event';
import type { SealedIdentity } from '#events/certificate';
import { edgeConfigured, settingsChanged, type EdgeConfiguration, type Settings } from '#events/settings';
import { revocationOff, trustSetChanged } from '#events/trust-set';
import type { StoredParts } from '#runtime/service';
import type { Tx } from '#store/store';
import { lockDocuments, readOne, record } from './written.js';

export async function configureEdge(tx: Tx, settings: Settings): Promise<Draft> {
  const [row] = await tx.query<Told>(
    'update console.installation set edge_version = edge_version + 1 returning server, edge_version as version',
  );
  if (!row) throw new Error('console has not been started for the first time yet');
  return draftOf(row, settings, await partsOf(tx, settings));
}

interface Told {
  readonly server: string;
  readonly version: number;
}

type Trust = Pick<EdgeConfiguration, 'trustedAuthorities' | 'revocation'>;
type Looked = Trust & Pick<EdgeConfiguration, 'identity'>;

/** What the settings name. */
const partsOf = async (tx: Tx, settings: Settings): Promise<Looked> => ({
  ...(await trustOf(tx, settings)),
  identity: await identityOf(tx, settings),
});

async function identityOf(tx: Tx, { identity }: Settings): Promise<SealedIdentity | null> {
  if (identity === null) return null;
  const [row] = await tx.query<SealedIdentity>(
    'select name, certificates, sealed from console.identity where name = $1',
    [identity],
  );
  return row ?? null;
}

/** Of the trust set that the settings name, or of the settings themselves. */
async function trustOf(tx: Tx, { trustSet, trustedAuthorities }: Settings): Promise<Trust> {
  const chosen = trustSet === null ? null : await readOne(tx, trustSetChanged, trustSet);
  return chosen
    ? { trustedAuthorities: chosen.body.authorities, revocation: { ...chosen.body.revocation } }
    : { trustedAuthorities, revocation: revocationOff };
}

function draftOf(told: Told, settings: Settings, looked: Looked): Draft {
  const { acceptAnnouncements, authentication, fromPrimaries } = settings;
  return edgeConfigured.draft({ ...told, acceptAnnouncements, authentication, fromPrimaries, ...looked });
}

/** The newest configuration once more, under its version: gateways that have it pay no heed. Resolves to 0. */
export async function repeatEdge({ store, bus }: Pick<StoredParts, 'store' | 'bus'>): Promise<number> {
  await store.transaction(async (tx) => {
    await lockDocuments(tx);
    const [row] = await tx.query<Told>('select server, edge_version as version from console.installation');
    const settings = await readOne(tx, settingsChanged);
    if (row && settings)
      await record(tx, bus, [draftOf(row, settings.body, await partsOf(tx, settings.body))]);
  });
  return 0;
}
