// Who answers by SNMPv3, and its clock (RFC 3414 4): asked in clear, in nobody's name, before any key is made. net-snmp asks
// too, but makes its keys in the same breath.
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { element, integer, octets, sequence } from '../../../pki/der/write.js';
import { answerTo, type Tries } from '../question.js';
import { headerOf, type Engine } from './header.js';

/** By a connected socket. Rejects with RequestTimedOutError when nothing comes that can be read. */
export function discover(socket: Socket, tries: Tries): Promise<Engine> {
  const id = randomInt(1, 0x7fff_ffff);
  const read = (datagram: Buffer): Engine | null => {
    const header = headerOf(datagram);
    return header !== null && header.report !== null && header.messageId === id ? header.engine : null;
  };
  return answerTo(socket, { requests: [requestOf(id)], read }, tries);
}

const pdu = { get: 0xa0 } as const;
const reportable = 4;
const bytesMax = 65_507;
const userBased = 3;

/** A GET of nothing. */
function requestOf(id: number): Buffer {
  const none = octets(Buffer.alloc(0));
  const zero = integer(0);
  return sequence(
    integer(3),
    sequence(integer(id), integer(bytesMax), octets(Buffer.from([reportable])), integer(userBased)),
    octets(sequence(none, zero, zero, none, none, none)),
    sequence(none, none, element(pdu.get, integer(id), zero, zero, sequence())),
  );
}
