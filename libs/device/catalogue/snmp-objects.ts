// Where SNMP finds a setting. Objects of HP's JetDirect and LaserJet MIBs (numbers and names are facts; the MIB files are not
// ours), and of the Printer MIB (RFC 3805).
import type { SettingValue } from '../../events/device-setting.js';
import type { SnmpSyntax, SnmpObject } from './setting.js';

const jetDirectBase = '1.3.6.1.4.1.11.2.4.3';
const laserJetBase = '1.3.6.1.4.1.11.2.3.9.4.2';

/** INTEGERs and the values that they name. */
export const named = (...pairs: readonly (readonly [number, SettingValue])[]): SnmpSyntax => ({
  type: 'enum',
  values: new Map(pairs),
});

const zeroOne = named([0, false], [1, true]);
/** As LaserJets count: eDisabled, eEnabled. */
const oneTwo = named([1, false], [2, true]);

export const number: SnmpSyntax = { type: 'number' };
export const text: SnmpSyntax = { type: 'text' };
export const present: SnmpSyntax = { type: 'present' };

/** A scalar of the network card, such as `7.19`. */
export const jetDirect = (tail: string, syntax: SnmpSyntax = zeroOne): SnmpObject =>
  scalar(`${jetDirectBase}.${tail}`, syntax);

/** A scalar of the printer behind the card, such as `1.1.1.8`. */
export const laserJet = (tail: string, syntax: SnmpSyntax = oneTwo): SnmpObject =>
  scalar(`${laserJetBase}.${tail}`, syntax);

/** Any other object, by its whole number. */
export const object = (oid: string, syntax: SnmpSyntax): SnmpObject => ({ oid, syntax, writable: true });

/** prtChannelTable of the Printer MIB (RFC 3805): the ways by which jobs come in, each a row. */
const channels = '1.3.6.1.2.1.43.14.1.1';
/** prtChannelState: printDataAccepted, noDataAccepted. */
const accepts = named([3, true], [4, false]);

/** Whether jobs are taken by a kind of channel: prtChannelType, by its number in the IANA Printer MIB. */
export const channel = (kind: 'lpdServer' | 'port9100'): SnmpObject => ({
  ...object(`${channels}.6`, accepts),
  row: { column: `${channels}.2`, is: { lpdServer: 8, port9100: 11 }[kind] },
});

/** The first of them that a device has. */
export const firstOf = (way: SnmpObject, or: SnmpObject): SnmpObject => ({ ...way, or });

export const readOnly = (way: SnmpObject): SnmpObject => ({ ...way, writable: false });

const scalar = (oid: string, syntax: SnmpSyntax): SnmpObject => object(`${oid}.0`, syntax);
