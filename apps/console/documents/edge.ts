// What the gateways are told: all of it, each time, under a version that only grows; told again now and then, as a broker
// that was made anew has no word of it.
import { isDeepStrictEqual } from 'node:util';
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
  return draftOf(row, await rulesOf(tx, settings));
}

/**
 * The draft of what is written here, under lockDocuments, and word to the gateways where it changed what they go by. Nothing
 * else is told them: each new version ends every connection of theirs.
 */
export async function tellingEdge(tx: Tx, writing: () => Promise<Draft>): Promise<readonly Draft[]> {
  const before = await currentRules(tx);
  const written = await writing();
  const settings = await readOne(tx, settingsChanged);
  if (!settings || isDeepStrictEqual(await rulesOf(tx, settings.body), before)) return [written];
  return [written, await configureEdge(tx, settings.body)];
}

interface Told {
  readonly server: string;
  readonly version: number;
}

type Trust = Pick<EdgeConfiguration, 'trustedAuthorities' | 'revocation'>;
/** All that gateways go by. */
type Rules = Omit<EdgeConfiguration, keyof Told>;

async function currentRules(tx: Tx): Promise<Rules | null> {
  const settings = await readOne(tx, settingsChanged);
  return settings && rulesOf(tx, settings.body);
}

/** Of the settings, and of what they name. */
async function rulesOf(tx: Tx, settings: Settings): Promise<Rules> {
  const { acceptAnnouncements, authentication, fromPrimaries } = settings;
  const trust = await trustOf(tx, settings);
  return {
    acceptAnnouncements,
    authentication,
    fromPrimaries,
    ...trust,
    identity: await identityOf(tx, settings),
  };
}

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

const draftOf = (told: Told, rules: Rules): Draft => edgeConfigured.draft({ ...told, ...rules });

/** The newest configuration once more, under its version: gateways that have it pay no heed. Resolves to 0. */
export async function repeatEdge({ store, bus }: Pick<StoredParts, 'store' | 'bus'>): Promise<number> {
  await store.transaction(async (tx) => {
    await lockDocuments(tx);
    const [row] = await tx.query<Told>('select server, edge_version as version from console.installation');
    const rules = await currentRules(tx);
    if (row && rules) await record(tx, bus, [draftOf(row, rules)]);
  });
  return 0;
}
