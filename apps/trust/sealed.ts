// Identities as they leave this folder for gateways: certificates in clear, the key sealed to each.
import { type SealedIdentity, sealedKeysMax } from '#events/certificate';
import { oids } from '#pki/der/oids';
import { type Recipient, seal } from '#pki/seal';
import type { Identity } from './identities.js';
import { openIdentity } from './identities.js';

/** For a server's purposes; an imported one may not say. */
export function serves({ certificates: [own] }: Identity): boolean {
  if (!own) return false;
  const purposes = own.keyUsage as readonly string[] | undefined;
  return purposes === undefined || purposes.includes(oids.serverAuth);
}

/** Throws AuthorityFault, TrustFault. */
export function sealedFor(
  identity: Identity,
  recipients: readonly Recipient[],
  passphrase: string,
): SealedIdentity {
  const { name } = identity;
  const certificates = identity.certificates.map(String).join('');
  const bound = { name, certificates };
  if (recipients.length === 0) return { ...bound, sealed: [] };
  const { key } = openIdentity(identity, passphrase);
  const to = recipients.slice(0, sealedKeysMax);
  return {
    ...bound,
    sealed: to.map((recipient) => ({ to: recipient.fingerprint, box: seal(key, recipient, bound) })),
  };
}
