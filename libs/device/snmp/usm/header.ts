// What can be read of a message of SNMPv3 before any key (RFC 3412 6, RFC 3414 2.4). BER, not DER: agents write lengths longer than
// they need be.
import { Ber } from '../ber.js';

export interface Header {
  readonly messageId: number;
  /** authNoPriv: 1, authPriv: 3. */
  readonly level: number;
  readonly engine: Engine;
  /** A Report in clear: of which counter (RFC 3414 5, usmStats), 0 for any other. Null: something else. */
  readonly report: number | null;
}

/** Counters of what an engine could not take. */
export const usmStats = {
  unsupportedSecLevels: 1,
  notInTimeWindows: 2,
  unknownUserNames: 3,
  unknownEngineIds: 4,
  wrongDigests: 5,
  decryptionErrors: 6,
} as const;

/** Whoever signs (RFC 3411 3.1.1.1), and its clock. */
export interface Engine {
  readonly id: Buffer;
  readonly boots: number;
  readonly timeSeconds: number;
}

const tags = { integer: 0x02, octets: 0x04, oid: 0x06, sequence: 0x30, report: 0xa8 } as const;
/** 1.3.6.1.6.3.15.1.1, and after it the counter and 0. */
const usmStatsOid = Buffer.from('2b060106030f0101', 'hex');
const levelBits = 3;

/** Null when it is none. */
export function headerOf(datagram: Buffer): Header | null {
  try {
    return read(datagram);
  } catch {
    return null;
  }
}

function read(datagram: Buffer): Header {
  const message = new Ber(new Ber(datagram).take(tags.sequence));
  if (message.number() !== 3) throw new Error('not SNMPv3');
  const global = new Ber(message.take(tags.sequence));
  const messageId = global.number();
  global.number();
  const flags = global.take(tags.octets);
  if (flags.length !== 1 || global.number() !== 3) throw new Error('not the user-based security model');
  const security = new Ber(new Ber(message.take(tags.octets)).take(tags.sequence));
  const id = security.take(tags.octets);
  // RFC 3411 5: SnmpEngineID.
  if (id.length < 5 || id.length > 32) throw new Error('not the id of an engine');
  const engine = { id: Buffer.from(id), boots: security.number(), timeSeconds: security.number() };
  return {
    messageId,
    level: (flags[0] ?? 0) & levelBits,
    engine,
    report: message.tag === tags.sequence ? reportIn(new Ber(message.take(tags.sequence))) : null,
  };
}

function reportIn(scoped: Ber): number | null {
  scoped.take(tags.octets);
  scoped.take(tags.octets);
  if (scoped.tag !== tags.report) return null;
  const pdu = new Ber(scoped.take(tags.report));
  for (let numbers = 0; numbers < 3; numbers += 1) pdu.take(tags.integer);
  const varbinds = new Ber(pdu.take(tags.sequence));
  if (varbinds.tag === null) return 0;
  const oid = new Ber(varbinds.take(tags.sequence)).take(tags.oid);
  const isCounter = oid.length === usmStatsOid.length + 2 && oid.indexOf(usmStatsOid) === 0;
  return isCounter ? oid.readUInt8(usmStatsOid.length) : 0;
}
