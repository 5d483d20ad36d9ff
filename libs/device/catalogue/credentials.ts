// Secrets that open the device: whether they are those that Muster keeps for it (R67). No device says that of itself: Muster
// finds it out by what lets it in.
import type { CredentialKind } from '../credential.js';
import { category, strength } from './setting.js';

const row = (credential: CredentialKind, title: string, why: string) =>
  ({
    key: `credential.${credential}`,
    title,
    type: strength('other', 'stored', 'generated'),
    severity: 'high',
    recommended: 'stored',
    compare: 'atLeast',
    labels: {
      other: 'Another one, or none',
      stored: 'As operators set it',
      generated: 'Made by Muster, of this device alone',
    },
    why,
    maps: ['STIG V-6781', 'NIST IA-5'],
    cutsOff: true,
    credential,
  }) as const;

export const credentials = category('Credentials', [
  row(
    'snmpRead',
    'SNMP read community is the one that Muster keeps',
    'STIG V-6781: factory communities are replaced. Changed by SNMPv3 alone, as it would go in clear else.',
  ),
  row(
    'snmpWrite',
    'SNMP write community is the one that Muster keeps',
    'STIG V-6781: factory communities are replaced. Changed by SNMPv3 alone, as it would go in clear else.',
  ),
  row(
    'snmpUser',
    'SNMPv3 passwords are those that Muster keeps',
    'NIST IA-5: passwords are changed, and of one device open no other. User and algorithms stay as they are.',
  ),
  row(
    'admin',
    'Administrator password is the one that Muster keeps',
    'STIG V-6781: default and empty passwords are replaced; one of this device alone opens no other.',
  ),
]);
