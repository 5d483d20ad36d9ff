// How revocation is dealt with, in words.
import type { TrustSet } from '../../api/types.js';

export const policies: Readonly<Record<TrustSet['revocation']['policy'], string>> = {
  hard: 'Hard: refused unless known to be good',
  soft: 'Soft: refused when known to be revoked',
  off: 'Off: not asked',
};

const namedMax = 10;

/** What of a bundle is not trusted. */
export function leftOut(dropped: readonly string[]): string {
  if (dropped.length === 0) return '';
  const more = dropped.length > namedMax ? `; and ${dropped.length - namedMax} more` : '';
  return `Left out: ${dropped.slice(0, namedMax).join('; ')}${more}.`;
}

export const kinds: Readonly<Record<TrustSet['kind'], string>> = {
  chain: 'Chain: one authority, each certificate followed by its issuer',
  bundle: 'Bundle: many roots, as public ones come',
};
