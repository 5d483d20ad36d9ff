// Policies as this service keeps them, read as they are applied.
import type { AppliedPolicy } from '#documents/policy';
import { policyChanged } from '#events/policy';
import { readDocuments } from '#store/documents';
import type { Tx } from '#store/store';
import { readOnce } from './read-once.js';

/** In the order of `ids`; those that were deleted are left out. */
async function policiesOf(on: Pick<Tx, 'query'>, ids: readonly string[]): Promise<readonly AppliedPolicy[]> {
  if (ids.length === 0) return [];
  const found = new Map(
    (await readDocuments(on, 'assessment', policyChanged, ids)).map((policy) => [policy.id, policy]),
  );
  return ids.flatMap((policyId) => {
    const policy = found.get(policyId);
    return policy ? [{ policyId, version: policy.version, body: policy.body }] : [];
  });
}

/** The same, for tasks that begin together. */
export const policiesBegunWith = (tx: Tx, ids: readonly string[]): Promise<readonly AppliedPolicy[]> =>
  readOnce(tx, `policies ${ids.join(' ')}`, () => policiesOf(tx, ids));

/** As events name them. */
export const namesOfApplied = (policies: readonly AppliedPolicy[]) =>
  policies.map(({ policyId, version, body }) => ({ policyId, version, name: body.name }));

/** By their ids; one that was deleted has no other name. */
export const namesOf = (
  ids: readonly string[],
  known: ReadonlyMap<string, { readonly name: string; readonly version: number }>,
) =>
  ids.map((policyId) => {
    const { name = policyId, version = 0 } = known.get(policyId) ?? {};
    return { policyId, name, version };
  });

/** The same, of a task of which only the ids are left. */
export async function namesFor(on: Pick<Tx, 'query'>, ids: readonly string[]) {
  const there = await policiesOf(on, ids);
  return namesOf(ids, new Map(namesOfApplied(there).map((one) => [one.policyId, one])));
}
