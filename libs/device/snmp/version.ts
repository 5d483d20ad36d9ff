// Which of SNMPv1 and v2c answers to a community. To the other an agent is silent, as to a community that it does not know, so that
// both are asked at once: who is silent costs no more time than by one of them.
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:dgram';
import snmp from 'net-snmp';
import { element, integer, nothing, octets, oid, sequence } from '../../pki/der/write.js';
import { Ber } from './ber.js';
import { answerTo, type Tries } from './question.js';

export type ClearVersion = 'v1' | 'v2c';

/** As it stands in a message. */
const numbers = { v1: 0, v2c: 1 } as const satisfies Record<ClearVersion, number>;
const tags = { octets: 0x04, sequence: 0x30, get: 0xa0, response: 0xa2 } as const;
const sysObjectId = '1.3.6.1.2.1.1.2.0';
/** Datagrams are lost and overtaken: v2c is asked once more before v1 has the word, for so long. */
const overtaken: Tries = { count: 1, eachMs: 250 };

/** A GET that every agent can answer. */
export function getIn(version: ClearVersion, community: string, id: number): Buffer {
  const asked = sequence(sequence(oid(sysObjectId), nothing));
  const pdu = element(tags.get, integer(id), integer(0), integer(0), asked);
  return sequence(integer(numbers[version]), octets(Buffer.from(community)), pdu);
}

/** v2c, where both answer. By a connected socket; rejects with RequestTimedOutError when neither does. */
export async function versionFor(socket: Socket, community: string, tries: Tries): Promise<ClearVersion> {
  const id = randomInt(1, 0x7fff_ffff);
  const inV2c = getIn('v2c', community, id);
  const both = {
    requests: [inV2c, getIn('v1', community, id)],
    read: (datagram: Buffer) => versionIn(datagram, id),
  };
  if ((await answerTo(socket, both, tries)) === 'v2c') return 'v2c';
  const read = (datagram: Buffer) => (versionIn(datagram, id) === 'v2c' ? ('v2c' as const) : null);
  try {
    return await answerTo(socket, { requests: [inV2c], read }, overtaken);
  } catch (error) {
    if (error instanceof snmp.RequestTimedOutError) return 'v1';
    throw error;
  }
}

/** Null: it is no answer to this question. */
function versionIn(datagram: Buffer, id: number): ClearVersion | null {
  try {
    const message = new Ber(new Ber(datagram).take(tags.sequence));
    const number = message.number();
    message.take(tags.octets);
    if (new Ber(message.take(tags.response)).number() !== id) return null;
    if (number === numbers.v1) return 'v1';
    return number === numbers.v2c ? 'v2c' : null;
  } catch {
    return null;
  }
}
