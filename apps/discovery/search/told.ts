// What came of those that a search asks, in SQL: kept until its steering task tells it.
import { resultsMax, type DiscoveryResult } from '#events/discovery';
import type { Tx } from '#store/store';

/** Null: nothing answers at an address of a range. */
export type Told = DiscoveryResult | null;

export async function saveAnswers(
  tx: Tx,
  answers: readonly { readonly search: string; readonly told: Told }[],
): Promise<void> {
  if (answers.length === 0) return;
  await tx.query(
    `insert into discovery.search_answer (search, body)
     select search, nullif(told, 'null'::jsonb) from jsonb_to_recordset($1::jsonb) as r(search uuid, told jsonb)`,
    [JSON.stringify(answers)],
  );
}

export interface Answers {
  readonly results: readonly DiscoveryResult[];
  readonly nobody: number;
  /** There may be more. */
  readonly full: boolean;
}

/** The oldest that were not told yet: they are told with the transaction. */
export async function takeAnswers(tx: Tx, id: string): Promise<Answers> {
  const rows = await tx.query<{ number: number; body: Told }>(
    `delete from discovery.search_answer where number = any(array(
       select number from discovery.search_answer where search = $1 order by number limit ${resultsMax}))
     returning number, body`,
    [id],
  );
  const inOrder = rows.toSorted((a, b) => a.number - b.number);
  const results = inOrder.flatMap(({ body }) => body ?? []);
  return { results, nobody: rows.length - results.length, full: rows.length === resultsMax };
}

export async function countNobody(tx: Tx, id: string, nobody: number): Promise<void> {
  if (nobody > 0)
    await tx.query('update discovery.search set nobody = nobody + $2 where id = $1', [id, nobody]);
}
