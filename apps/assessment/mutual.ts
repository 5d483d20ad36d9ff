// Whom a device's certificate must lead to when assessment calls the device, under mutual authentication (R13).
import type { Settings } from '#events/settings';
import { trustSetChanged } from '#events/trust-set';
import { soundAuthoritiesIn, UnreadableAuthorities } from '#pki/authorities';
import { readDocument } from '#store/documents';
import type { Tx } from '#store/store';

/** PEM; null: none is asked for. Nobody where the trust set is not known here, or cannot be read: then no device is believed. */
export async function trustedBy(
  on: Pick<Tx, 'query'>,
  { authentication, trustSet, trustedAuthorities }: Settings,
): Promise<readonly string[] | null> {
  if (authentication !== 'mutual') return null;
  const chosen = trustSet === null ? null : await readDocument(on, 'assessment', trustSetChanged, trustSet);
  const pem = trustSet === null ? trustedAuthorities : (chosen?.body.authorities ?? '');
  try {
    return soundAuthoritiesIn(pem).sound;
  } catch (error) {
    if (error instanceof UnreadableAuthorities) return [];
    throw error;
  }
}
