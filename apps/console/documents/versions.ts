// Every version of a document that was ever written, newest first.
import type { DocumentDefinition } from '#events/document';
import * as z from 'zod';
import type { Store } from '#store/store';
import { pageOf, type Page } from '../http/resource.js';
import { Refusal } from '../refusal.js';

/** `after` is the `next` of the page before. */
export const versionsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(50).default(20),
  after: z.coerce.number().int().positive().optional(),
});
export type VersionsQuery = z.infer<typeof versionsQuery>;

export interface Version {
  readonly version: number;
  readonly changedBy: string;
  readonly changedAt: Date;
  /** Null: with this version it was deleted. */
  readonly body: unknown;
}

export async function versionsOf<B>(
  store: Store,
  { noun }: DocumentDefinition<B>,
  id: string,
  { limit, after }: VersionsQuery,
): Promise<Page<Version>> {
  const [counted] = await store.query<{ total: number }>(
    'select count(*) as total from console.revision where kind = $1 and id = $2',
    [noun, id],
  );
  const total = counted?.total ?? 0;
  if (total === 0) throw new Refusal('notFound', `There is no ${noun} ${id}.`);
  const rows = await store.query<Version>(
    `select version, changed_by as "changedBy", changed_at as "changedAt", body from console.revision
     where kind = $1 and id = $2 and ($3::int is null or version < $3) order by version desc limit $4`,
    [noun, id, after ?? null, limit + 1],
  );
  return pageOf(rows, { limit, total, item: (row) => row, next: ({ version }) => String(version) });
}

/** The body that a document had with a version; null: it was deleted with it, or 0: before there was any. */
export async function bodyOf<B>(
  store: Pick<Store, 'query'>,
  { noun, body }: DocumentDefinition<B>,
  { id, version }: { readonly id: string; readonly version: number },
): Promise<B | null> {
  if (version === 0) return null;
  const [row] = await store.query<{ body: unknown }>(
    'select body from console.revision where kind = $1 and id = $2 and version = $3',
    [noun, id, version],
  );
  if (!row) throw new Refusal('notFound', `There is no version ${version} of the ${noun} ${id}.`);
  return row.body === null ? null : body.parse(row.body);
}
