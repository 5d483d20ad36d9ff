// Who answers by SNMPv3, and its clock (RFC 3414 4): asked in clear, in nobody's name, before any key is made. net-snmp asks
// too, but makes its keys in the same breath.
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:dgram';
import snmp from 'net-snmp';
import { element, integer, octets, sequence } from '../../../pki/der/write.js';
import { headerOf, type Engine } from './header.js';

export interface Tries {
  readonly count: number;
  readonly eachMs: number;
}

/** By a connected socket. Rejects with RequestTimedOutError when nothing comes that can be read. */
export async function discover(socket: Socket, tries: Tries): Promise<Engine> {
  const id = randomInt(1, 0x7fff_ffff);
  const request = requestOf(id);
  const { promise, resolve, reject } = Promise.withResolvers<Engine>();
  let left = tries.count;
  const ask = (): void => {
    left -= 1;
    if (left < 0) return reject(new snmp.RequestTimedOutError('no engine id'));
    try {
      socket.send(request, (error) => {
        if (error) reject(error);
      });
    } catch (error) {
      reject(error);
    }
  };
  const hear = (datagram: Buffer): void => {
    const header = headerOf(datagram);
    if (header !== null && header.report !== null && header.messageId === id) resolve(header.engine);
  };
  const closed = (): void => reject(new Error('closed'));
  socket.on('message', hear).once('close', closed);
  const timer = setInterval(ask, tries.eachMs);
  ask();
  return promise.finally(() => {
    clearInterval(timer);
    socket.off('message', hear).off('close', closed);
  });
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
