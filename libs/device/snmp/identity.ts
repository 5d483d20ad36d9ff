// Who a device is, by what its SNMP agent says: system (RFC 3418), interfaces (RFC 2863), host resources (RFC 2790), printer
// (RFC 3805), its port (PWG 5107.1) and, where those are silent, objects of makers. README.md has each by its name.
import snmp, { type Session, type Varbind } from 'net-snmp';
import { cut } from '../../events/cut.js';
import { identity, serialNumber } from '../../events/identity.js';
import type { Identified, Outcome, Setback } from '../device.js';
import { deviceIdNames, inDeviceId } from '../device-id.js';
import type { SnmpTarget } from './access.js';
import { firstRows, getAll, type Answers } from './ask.js';

const hp = '1.3.6.1.4.1.11.2.3.9';
/** HP-LASERJET-COMMON-MIB: device-system, device-id. */
const laserJet = `${hp}.4.2.1.1.3`;
const lexmark = '1.3.6.1.4.1.641.2.1.2.1';
const brother = '1.3.6.1.4.1.2435.2.3.9.4.2.1.5.5';
/** IEEE 1284 device ids: MFG:…;MDL:…;SN:…; */
const deviceIds = ['1.3.6.1.4.1.2699.1.2.1.2.1.1.3.1', `${hp}.1.1.7.0`];

/** Each datum, the object that says it best first. */
const objects = {
  serial: [
    '1.3.6.1.2.1.43.5.1.1.17.1', // prtGeneralSerialNumber
    `${laserJet}.3.0`,
    `${lexmark}.6.1`,
    `${brother}.1.0`,
  ],
  model: ['1.3.6.1.2.1.25.3.2.1.3.1', `${laserJet}.2.0`, `${lexmark}.2.1`], // hrDeviceDescr
  system: ['1.3.6.1.2.1.1.1.0'], // sysDescr
  name: ['1.3.6.1.2.1.1.5.0'], // sysName
  firmware: [
    `${laserJet}.6.0`, // revision
    `${laserJet}.5.0`, // date code
    `${hp}.4.2.1.1.18.7.0`, // of the last download
    '1.3.6.1.4.1.1347.43.5.4.1.5.1.1', // Kyocera
    `${lexmark}.4.1`,
    `${brother}.17.0`,
  ],
} as const;
/** JetDirect. */
const hpMac = '1.3.6.1.4.1.11.2.4.3.1.23.0';
const ifPhysAddress = '1.3.6.1.2.1.2.2.1.6';
const interfacesMax = 16;
/** SNMPv1 asks for each by its number: those that cards and boards have. */
const interfacesOfVersion1 = [1, 2, 3, 4].map((number) => `${ifPhysAddress}.${number}`);

const modelMax = 128;
const hostnameMax = 253;

/** Objects of which one says the serial number. */
export const serialObjects: readonly string[] = [...objects.serial, ...deviceIds];

export async function identifyBy(session: Session, { address }: SnmpTarget): Promise<Outcome<Identified>> {
  const isVersion1 = session.version === snmp.Version1;
  const answers = await getAll(session, [
    ...Object.values(objects).flat(),
    ...deviceIds,
    hpMac,
    ...(isVersion1 ? interfacesOfVersion1 : []),
  ]);
  const [serial] = serialsIn(answers);
  if (serial === undefined) return nameless(answers);
  const mac = macOf([
    ...(isVersion1
      ? found(answers, interfacesOfVersion1)
      : await firstRows(session, ifPhysAddress, interfacesMax)),
    ...found(answers, [hpMac]),
  ]);
  if (mac === null) return unsupported('its SNMP agent names no MAC address');
  const text = (oids: readonly string[]): string => textsIn(answers, oids)[0] ?? '';
  const parsed = identity.safeParse({
    serial,
    model: (text(objects.model) || idsIn(answers, deviceIdNames.model)[0] || text(objects.system)).slice(
      0,
      modelMax,
    ),
    mac,
    ip: address,
    hostname: cut(text(objects.name), hostnameMax) || null,
    firmware: cut(text(objects.firmware), modelMax) || null,
  });
  if (parsed.success) return { kind: 'answered', value: { identity: parsed.data, fingerprint: null } };
  const [issue] = parsed.error.issues;
  const fault = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  return { kind: 'failed', reason: `what its SNMP agent says cannot be read: ${fault}`, mayPass: 'once' };
}

/** All serial numbers that it says it has, the best first: makers and the printer MIB do not always agree. */
export const serialsIn = (answers: Answers): readonly string[] =>
  [...textsIn(answers, objects.serial), ...idsIn(answers, deviceIdNames.serial)].flatMap((text) => {
    const parsed = serialNumber.safeParse(text);
    return parsed.success ? [parsed.data] : [];
  });

const unsupported = (reason: string): Setback => ({ kind: 'unsupported', reason });

function nameless({ failed }: Answers): Setback {
  const [reason] = serialObjects.flatMap((oid) => failed.get(oid) ?? []);
  return reason === undefined
    ? unsupported('its SNMP agent names no serial number of a printer')
    : { kind: 'failed', reason: `asked for its serial number, ${reason}`, mayPass: true };
}

const found = ({ found }: Answers, oids: readonly string[]): readonly Varbind[] =>
  oids.flatMap((oid) => found.get(oid) ?? []);

/** What is not empty of it. Codes of character sets before it, as HP's agents have them, are control characters. */
const textsIn = (answers: Answers, oids: readonly string[]): readonly string[] =>
  found(answers, oids).flatMap(({ value }) => {
    if (!Buffer.isBuffer(value)) return [];
    const text = value
      .toString('utf8')
      .replaceAll(/\p{Cc}|\p{Zl}|\p{Zp}/gu, ' ')
      .trim();
    return text === '' ? [] : [text];
  });

/** Of IEEE 1284 device ids, what is called so. */
const idsIn = (answers: Answers, name: RegExp): readonly string[] =>
  textsIn(answers, deviceIds).flatMap((id) => inDeviceId(id, name));

/** Of the first interface that has one of its own; loopback has none, and some say that it is all zeros. */
function macOf(rows: readonly Varbind[]): string | null {
  const own = rows.flatMap(({ value }) => (Buffer.isBuffer(value) && isOwnMac(value) ? [value] : []));
  return own[0]?.toString('hex') ?? null;
}

/** Six bytes, not all zero, without the bit of a group (IEEE 802). */
const isOwnMac = (bytes: Buffer): boolean =>
  bytes.length === 6 && bytes.some((byte) => byte !== 0) && ((bytes[0] ?? 1) & 1) === 0;
