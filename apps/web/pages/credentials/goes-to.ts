// To whom a credential is sent, in a word.
import type { CredentialRow } from '../../api/types.js';

type Sent = Pick<CredentialRow, 'kind' | 'scope' | 'unproved'> & {
  readonly device: Pick<NonNullable<CredentialRow['device']>, 'certificate'> | null;
};

interface GoesTo {
  readonly words: string;
  /** Somebody has decided that others than those who have proved themselves may learn it. */
  readonly isOpen: boolean;
}

export function goesTo({ kind, scope, unproved, device }: Sent): GoesTo {
  const isOwn = scope === 'device';
  const to = (words: string, isOpen = false): GoesTo => ({ words, isOpen });
  if (kind === 'snmpUser') return to(isOwn ? 'This device' : 'All of them');
  if (unproved === null) return to('–');
  if (!isOwn) return unproved ? to('Unproved ones, too', true) : to('Those vouched for');
  if (device?.certificate === true) return to('Its own certificate');
  // A password is never sent to who can prove nothing.
  if (unproved && kind !== 'admin') return to('Whoever is at its address', true);
  return to(device?.certificate === false ? 'Nobody: it has no certificate' : 'The device, once proved');
}
