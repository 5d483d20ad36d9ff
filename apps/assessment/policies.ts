// Policies as this service keeps them, read as they are applied.
import type { AppliedPolicy } from '#documents/policy';
import { policyChanged } from '#events/policy';
import { readDocument } from '#store/documents';
import type { Tx } from '#store/store';

/** In the order of `ids`; those that were deleted are left out. */
export async function policiesOf(
  on: Pick<Tx, 'query'>,
  ids: readonly string[],
): Promise<readonly AppliedPolicy[]> {
  const found: AppliedPolicy[] = [];
  for (const policyId of ids) {
    const policy = await readDocument(on, 'assessment', policyChanged, policyId);
    if (policy) found.push({ policyId, version: policy.version, body: policy.body });
  }
  return found;
}

export const namesOf = (policies: readonly AppliedPolicy[]) =>
  policies.map(({ policyId, version, body }) => ({ policyId, version, name: body.name }));
