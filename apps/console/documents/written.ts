// One transaction for each document written: version, history, audit record, event.
import type { Draft } from '#events/event';
import type { DocumentDefinition } from '#events/document';
import type { Bus } from '#bus/bus';
import { keep } from '#store/documents';
import { noCause, stampDrafts } from '#store/outbox';
import type { Tx } from '#store/store';
import { Refusal } from '../refusal.js';
import { audit } from '../who/audit.js';
import { changedBetween } from './changed.js';

/** A document as operators see it. */
export interface Written<B> {
  readonly id: string;
  readonly version: number;
  readonly changedBy: string;
  readonly changedAt: string;
  readonly body: B;
}

/** Who writes. */
export interface Writer {
  readonly name: string;
  readonly from: string | null;
}

export interface Writing<B> {
  readonly id: string;
  /** The version read; 0 for a new document. Null: whatever there is. */
  readonly version: number | null;
  /** Null: deleted. */
  readonly body: B | null;
  readonly by: Writer;
}

const select = `select d.id, d.version, r.changed_by as "changedBy", r.changed_at as "changedAt", d.body
  from console.document d join console.revision r on r.kind = d.kind and r.id = d.id and r.version = d.version
  where d.kind = $1 and d.body is not null`;

type Row = Omit<Written<unknown>, 'changedAt'> & { readonly changedAt: Date };

export async function readAll<B>(
  tx: Pick<Tx, 'query'>,
  of: DocumentDefinition<B>,
): Promise<readonly Written<B>[]> {
  const rows = await tx.query<Row>(`${select} order by d.id`, [of.noun]);
  return rows.map((row) => written(of, row));
}

export async function readOne<B>(
  tx: Pick<Tx, 'query'>,
  of: DocumentDefinition<B>,
  id: string = of.noun,
): Promise<Written<B> | null> {
  const [row] = await tx.query<Row>(`${select} and d.id = $2`, [of.noun, id]);
  return row ? written(of, row) : null;
}

const written = <B>(of: DocumentDefinition<B>, row: Row): Written<B> => ({
  ...row,
  changedAt: row.changedAt.toISOString(),
  body: of.body.parse(row.body),
});

/** One writer of documents at a time, so that what a document refers to cannot go away meanwhile. */
export async function lockDocuments(tx: Tx): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('console.documents'))`);
}

/** Writes a new version, under lockDocuments. Throws Refusal when another one was written since. */
export async function write<B>(tx: Tx, of: DocumentDefinition<B>, writing: Writing<B>): Promise<Draft> {
  const { id, body, by } = writing;
  const [current] = await tx.query<{ version: number; body: unknown }>(
    'select version, body from console.document where kind = $1 and id = $2',
    [of.noun, id],
  );
  const seen = current && current.body !== null ? current.version : 0;
  if (writing.version !== null && writing.version !== seen) throw outdated(writing.version, seen, of.noun);
  if (body === null && seen === 0) throw new Refusal('notFound', `There is no ${of.noun} ${id}.`);
  const version = (current?.version ?? 0) + 1;
  await keep(tx, 'console', [{ kind: of.noun, id, version, body }]);
  await tx.query(
    'insert into console.revision (kind, id, version, body, changed_by) values ($1, $2, $3, $4::jsonb, $5)',
    [of.noun, id, version, body === null ? null : JSON.stringify(body), by.name],
  );
  const action = `${of.noun}.${body === null ? 'deleted' : 'saved'}`;
  const { changed, more } = changedBetween(current?.body ?? null, body);
  const detail = {
    version,
    ...(seen > 0 && body !== null ? { changed, ...(more > 0 ? { more } : {}) } : {}),
  };
  await audit(tx, { who: by.name, from: by.from, action, target: `${of.noun}:${id}`, detail });
  return of.draft({ id, version, changedBy: by.name, body });
}

function outdated(read: number, seen: number, noun: string): Refusal {
  if (read === 0) return new Refusal('exists', `There is a ${noun} of this id already; choose another id.`);
  if (seen === 0) return new Refusal('stale', `This ${noun} was deleted meanwhile.`);
  return new Refusal(
    'stale',
    `This ${noun} was changed meanwhile (version ${seen}, you read ${read}). Load it again, then change it.`,
  );
}

/** Puts console's own events on the bus with the transaction. */
export async function record(tx: Tx, bus: Bus, drafts: readonly Draft[]): Promise<void> {
  await bus.record(tx, 'console', await stampDrafts(tx, 'console', drafts, noCause));
}
