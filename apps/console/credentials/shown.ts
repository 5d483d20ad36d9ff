// Credentials as they are told of: whose, of which kind, how they are used; never what they are.
import {
  credential,
  placeName,
  type Credential,
  type CredentialOf,
  type CredentialPlace,
} from '#device/credential';
import { NotOpened } from '#pki/seal';
import type { KeyRing } from '#pki/key-ring';
import { credentialsAt, type CredentialKey, type CredentialRow } from '#store/credentials';
import type { Tx } from '#store/store';
import * as z from 'zod';
import { containing, pageOf, type Page, type PageQuery } from '../http/resource.js';

export interface Shown extends Omit<CredentialRow, 'box' | 'earlier' | 'deviceId' | 'serial'>, Use {
  readonly earlier: number;
  /** Null: it is of no single device, or nothing is known of that. */
  readonly device: ShownDevice | null;
}

/** Whose a credential is. */
export interface ShownDevice {
  readonly serial: string;
  readonly hostname: string | null;
  readonly deleted: boolean;
  /** Whether one is pinned to it. Null: that is not known, or it was deleted. */
  readonly certificate: boolean | null;
}

/** What is in the box, beside the secret. Null: its kind has no such thing, or no key in the file opens it. */
interface Use {
  readonly auth: CredentialOf<'snmpUser'>['auth'] | null;
  readonly priv: CredentialOf<'snmpUser'>['priv'] | null;
  /** It goes to devices, too, that nobody vouches for. */
  readonly unproved: boolean | null;
}

interface Place extends CredentialKey, Record<string, unknown> {
  readonly rank: number;
  /** Of a device its serial number; empty for others. */
  readonly name: string;
}

/** Those of everybody and of groups come before those of devices, of which there are many; these by serial number. */
const ranks = `array_position(array['global', 'group', 'device'], c.scope)`;
const named = `case when c.scope = 'device' then coalesce(nullif(d.serial, ''), c.serial, '') else '' end`;
// A device is found by what the list of devices finds it by.
const matching = `from assessment.credential c left join console.device d
    on d.id = case when c.scope = 'device' then coalesce(c.device_id, c.id::uuid) end
  where ($1 = '%%' or d.search like $1
    or lower(concat_ws(E'\\n', c.id, c.serial, d.serial, c.user_name, c.changed_by)) like $1)`;

/** Found by whose they are, their user, and who set them. `ring`: null, where there are no keys to open them with. */
export async function credentialsPage(
  tx: Tx,
  { search, limit, after }: PageQuery,
  ring: KeyRing | null,
): Promise<Page<Shown>> {
  const [rank = '', name = '', kind = '', id = ''] = after.split('/');
  const found = await tx.query<Place>(
    `select c.kind, c.scope, c.id, ${ranks} as rank, ${named} as name ${matching}
       and (${ranks}, ${named}, c.kind, c.id) > ($2, $3, $4, $5)
     order by ${ranks}, ${named}, c.kind, c.id limit $6`,
    [containing(search), Number(rank) || 0, name, kind, id, limit + 1],
  );
  const [counted] = await tx.query<{ total: number }>(`select count(*)::int as total ${matching}`, [
    containing(search),
  ]);
  const page = pageOf(found, {
    limit,
    total: counted?.total ?? 0,
    item: (place) => place,
    next: (place) => [place.rank, place.name, place.kind, place.id].join('/'),
  });
  const rows = await shown(tx, await credentialsAt(tx, page.items), ring);
  const byName = new Map(rows.map((row) => [placeName(placeOf(row)), row]));
  return { ...page, items: page.items.flatMap((place) => byName.get(placeName(placeOf(place))) ?? []) };
}

export async function shown(
  tx: Tx,
  rows: readonly CredentialRow[],
  ring: KeyRing | null,
): Promise<readonly Shown[]> {
  const idOf = ({ deviceId, id }: CredentialRow): string => deviceId ?? id;
  const ids = rows.filter(({ scope }) => scope === 'device').map(idOf);
  const found = await tx.query<ShownDevice & { id: string }>(
    `select id::text as id, serial, state->'identity'->>'hostname' as hostname, not listed as deleted,
       case when listed and state ? 'fingerprint' then state->>'fingerprint' is not null end as certificate
     from console.device where id = any($1::uuid[]) and serial <> ''`,
    [ids],
  );
  const devices = new Map(found.map(({ id, ...device }) => [id, device]));
  return rows.map((row) => {
    const { box: _, earlier, deviceId: __, serial, ...rest } = row;
    const kept = serial === null ? null : { serial, hostname: null, deleted: true, certificate: null };
    const device = row.scope === 'device' ? (devices.get(idOf(row)) ?? kept) : null;
    return { ...rest, ...useOf(row, ring), earlier: earlier.length, device };
  });
}

/** Read from the box each time: beside it, it could say something else than what assessment goes by. */
function useOf(row: CredentialRow, ring: KeyRing | null): Use {
  const secret = ring && opened(row, ring);
  return {
    auth: secret?.kind === 'snmpUser' ? secret.auth : null,
    priv: secret?.kind === 'snmpUser' ? secret.priv : null,
    unproved: secret && secret.kind !== 'snmpUser' ? (secret.unproved ?? false) : null,
  };
}

function opened(row: CredentialRow, ring: KeyRing): Credential | null {
  try {
    return credential.parse(JSON.parse(ring.open(row.box, placeName(placeOf(row)))));
  } catch (error) {
    if (error instanceof NotOpened || error instanceof z.ZodError) return null;
    throw error;
  }
}

/** The database takes no other. */
const placeOf = ({ kind, scope, id }: CredentialKey): CredentialPlace => ({
  kind: kind as CredentialPlace['kind'],
  scope: scope as CredentialPlace['scope'],
  id,
});
