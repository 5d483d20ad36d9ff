// How revocation is dealt with, in words.
import type { TrustSet } from '../../api/types.js';

export const policies: Readonly<Record<TrustSet['revocation']['policy'], string>> = {
  hard: 'Hard: refused unless known to be good',
  soft: 'Soft: refused when known to be revoked',
  off: 'Off: not asked',
};

export const kinds: Readonly<Record<TrustSet['kind'], string>> = {
  chain: 'Chain: one authority, each certificate followed by its issuer',
  bundle: 'Bundle: many roots, as public ones come',
};
