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
}

/** What is in the box, beside the secret. Null: its kind has no such thing, or no key in the file opens it. */
interface Use {
  readonly auth: CredentialOf<'snmpUser'>['auth'] | null;
  readonly priv: CredentialOf<'snmpUser'>['priv'] | null;
  /** It goes to devices, too, that nobody vouches for. */
  readonly unproved: boolean | null;
}

/** Found by whose they are, their user, and who set them. `ring`: null, where there are no keys to open them with. */
export async function credentialsPage(
  tx: Tx,
  { search, limit, after }: PageQuery,
  ring: KeyRing | null,
): Promise<Page<Shown>> {
  const [kind = '', scope = '', ...id] = after.split('/');
  const from = `from assessment.credential c left join console.device d
      on d.id = case when c.scope = 'device' then coalesce(c.device_id, c.id::uuid) end
    where lower(concat_ws(E'\\n', c.id, c.serial, d.serial, d.state->'identity'->>'hostname', c.user_name, c.changed_by))
      like $1`;
  const found = await tx.query<CredentialKey & Record<string, unknown>>(
    `select c.kind, c.scope, c.id ${from} and (c.kind, c.scope, c.id) > ($2, $3, $4)
     order by c.kind, c.scope, c.id limit $5`,
    [containing(search), kind, scope, id.join('/'), limit + 1],
  );
  const [counted] = await tx.query<{ total: number }>(`select count(*)::int as total ${from}`, [
    containing(search),
  ]);
  const page = pageOf(found, {
    limit,
    total: counted?.total ?? 0,
    item: (key) => key,
    next: (key) => placeName(placeOf(key)),
  });
  return { ...page, items: await shown(tx, await credentialsAt(tx, page.items), ring) };
}

export async function shown(
  tx: Tx,
  rows: readonly CredentialRow[],
  ring: KeyRing | null,
): Promise<readonly Shown[]> {
  const idOf = ({ deviceId, id }: CredentialRow): string => deviceId ?? id;
  const ids = rows.filter(({ scope }) => scope === 'device').map(idOf);
  const found = await tx.query<ShownDevice & { id: string }>(
    `select id::text as id, serial, state->'identity'->>'hostname' as hostname, not listed as deleted
     from console.device where id = any($1::uuid[]) and serial <> ''`,
    [ids],
  );
  const devices = new Map(found.map(({ id, ...device }) => [id, device]));
  return rows.map((row) => {
    const { box: _, earlier, deviceId: __, serial, ...rest } = row;
    const kept = serial === null ? null : { serial, hostname: null, deleted: true };
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
