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

/** Of users: what net-snmp and printers have by default; others are set from the command line. */
export const algorithms = { auth: 'sha256', priv: 'aes128' } as const;
