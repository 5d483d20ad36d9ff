// Whom a device's certificate is to lead to: under mutual authentication (R13) it must, or the device is not called.
import type { Settings } from '#events/settings';
import { trustSetChanged } from '#events/trust-set';
import { soundAuthoritiesIn, UnreadableAuthorities } from '#pki/authorities';
import { readDocument } from '#store/documents';
import type { Tx } from '#store/store';

/** PEM of those that the operator has named. Nobody where the trust set is not known here, or cannot be read. */
export async function authoritiesOf(
  on: Pick<Tx, 'query'>,
  { trustSet, trustedAuthorities }: Settings,
): Promise<readonly string[]> {
  const chosen = trustSet === null ? null : await readDocument(on, 'assessment', trustSetChanged, trustSet);
  const pem = trustSet === null ? trustedAuthorities : (chosen?.body.authorities ?? '');
  try {
    return soundAuthoritiesIn(pem).sound;
  } catch (error) {
    if (error instanceof UnreadableAuthorities) return [];
    throw error;
  }
}
