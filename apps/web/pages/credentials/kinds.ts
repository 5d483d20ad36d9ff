// What each kind of credential is called, and which fields it has.
import type { CredentialRow } from '../../api/types.js';

type Kind = CredentialRow['kind'];

export const kindWords: Readonly<Record<Kind, string>> = {
  admin: 'Administrator password',
  snmpRead: 'SNMP read community',
  snmpWrite: 'SNMP write community',
  snmpUser: 'SNMPv3 user',
};

export interface Field {
  readonly name: string;
  readonly label: string;
  /** Typed unseen. */
  readonly secret: boolean;
}

const community: readonly Field[] = [{ name: 'community', label: 'Community', secret: true }];

export const fieldsOf: Readonly<Record<Kind, readonly Field[]>> = {
  admin: [{ name: 'password', label: 'Password', secret: true }],
  snmpRead: community,
  snmpWrite: community,
  snmpUser: [
    { name: 'user', label: 'User name', secret: false },
    { name: 'authPassword', label: 'Authentication password', secret: true },
    { name: 'privPassword', label: 'Privacy password', secret: true },
  ],
};

/** By what an SNMPv3 user proves who he is; the first is what net-snmp and most printers have. */
export const authWords = {
  sha256: 'SHA-256',
  sha1: 'SHA-1',
  sha224: 'SHA-224',
  sha384: 'SHA-384',
  sha512: 'SHA-512',
} as const;
/** With what it is encrypted. Of AES-256 there are two ways to make a key of a password: devices tell which is theirs. */
export const privWords = {
  aes128: 'AES-128',
  aes256b: 'AES-256 (Blumenthal)',
  aes256r: 'AES-256 (Reeder)',
} as const;
export interface Algorithms {
  readonly auth: keyof typeof authWords;
  readonly priv: keyof typeof privWords;
}
export const usual: Algorithms = { auth: 'sha256', priv: 'aes128' };
