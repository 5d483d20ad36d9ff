// The newest version of each operator document that a service follows, in its own schema. Always read in `load`, never
// kept in memory: an instance that missed a change would act on the old one.
import type { DocumentDefinition } from '../events/document.js';
import type { Tx } from './store.js';

export interface Kept<B> {
  readonly id: string;
  readonly version: number;
  readonly body: B;
}

/** One document, or null when it was never seen or is deleted. `id` may be left out where there is just one. */
export async function readDocument<B>(
  tx: Pick<Tx, 'query'>,
  schema: string,
  definition: DocumentDefinition<B>,
  id: string = definition.noun,
): Promise<Kept<B> | null> {
  const [row] = await read(tx, schema, definition, [id]);
  return row ?? null;
}

/** Documents of a kind, all unless `ids` names some, by id. */
export async function readDocuments<B>(
  tx: Pick<Tx, 'query'>,
  schema: string,
  definition: DocumentDefinition<B>,
  ids: readonly string[] | null = null,
): Promise<readonly Kept<B>[]> {
  return read(tx, schema, definition, ids);
}

async function read<B>(
  tx: Pick<Tx, 'query'>,
  schema: string,
  definition: DocumentDefinition<B>,
  ids: readonly string[] | null,
): Promise<readonly Kept<B>[]> {
  const rows = await tx.query<{ id: string; version: number; body: unknown }>(
    `select id, version, body from ${schema}.document
     where kind = $1 and body is not null and ($2::text[] is null or id = any($2::text[])) order by id`,
    [definition.noun, ids],
  );
  return rows.map(({ id, version, body }) => ({ id, version, body: definition.body.parse(body) }));
}

/** A change as a service keeps it. */
export interface Change {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly body: unknown;
}

/** Keeps the newest; an older version that comes late changes nothing. */
export async function keep(tx: Tx, schema: string, changes: readonly Change[]): Promise<void> {
  await tx.query(
    `insert into ${schema}.document (kind, id, version, body)
     select distinct on (change->>'kind', change->>'id')
       change->>'kind', change->>'id', (change->>'version')::int, nullif(change->'body', 'null'::jsonb)
     from jsonb_array_elements($1::jsonb) as change
     order by change->>'kind', change->>'id', (change->>'version')::int desc
     on conflict (kind, id) do update set version = excluded.version, body = excluded.body
       where document.version < excluded.version`,
    [JSON.stringify(changes)],
  );
}
