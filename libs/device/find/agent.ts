// Whether an SNMP agent answers at an address. It is asked for the name of its engine, as SNMPv3 begins (RFC 3414 4): that
// needs no user and tells no secret. Agents of SNMPv1 and v2c alone are silent to all but their community, so that they are
// asked with one where the operator named it.
import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { element, integer, octets, sequence } from '../../pki/der/write.js';
import type { Door } from '../probe/knock.js';
import { getIn } from '../snmp/version.js';

export interface Agent extends Door {
  /** Sent in clear, so that it is no secret; null: none. */
  readonly community: string | null;
}

const triesMs = [0, 1_000] as const;
const getRequest = 0xa0;
const none = octets(Buffer.alloc(0));
const reportable = Buffer.from([4]);
const userSecurity = 3;

/** Settles in time; when `signal` is aborted, with false. What it says is not read: any answer of SNMP is one. */
export function agentAnswers(agent: Agent, signal: AbortSignal, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return void resolve(false);
    const socket = createSocket(isIPv6(agent.address) ? 'udp6' : 'udp4');
    const timers = [setTimeout(() => end(false), limitMs)];
    let ended = false;
    const end = (answers: boolean): void => {
      if (ended) return;
      ended = true;
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      socket.close();
      resolve(answers);
    };
    const aborted = (): void => end(false);
    signal.addEventListener('abort', aborted, { once: true });
    // Nobody at that port, among others.
    socket.on('error', () => end(false));
    // Connected: the system hands on what comes from there, and nothing else.
    socket.connect(agent.port, agent.address, (error?: Error) => {
      if (error) end(false);
      if (ended) return;
      socket.on('message', (datagram) => end(isSnmp(datagram)));
      timers.push(...triesMs.map((afterMs) => setTimeout(() => ask(socket, agent.community), afterMs)));
    });
  });
}

function ask(socket: Socket, community: string | null): void {
  const failed = (): void => undefined;
  socket.send(engineRequest(), failed);
  if (community === null) return;
  // To the one that it does not speak an agent is silent.
  socket.send(getIn('v2c', community, idMade()), failed);
  socket.send(getIn('v1', community, idMade()), failed);
}

/** A whole message of SNMP: a sequence that begins with a version. */
const isSnmp = (datagram: Buffer): boolean =>
  datagram.length > 8 && datagram[0] === 0x30 && datagram.includes(Buffer.from([2, 1]), 1);

/** Without an engine's name and a user's: every agent of SNMPv3 reports its own. */
const engineRequest = (): Buffer =>
  sequence(
    integer(3),
    sequence(integer(idMade()), integer(65_507), octets(reportable), integer(userSecurity)),
    octets(sequence(none, integer(0), integer(0), none, none, none)),
    sequence(none, none, request()),
  );

const request = (): Buffer => element(getRequest, integer(idMade()), integer(0), integer(0), sequence());

const idMade = (): number => randomInt(1, 2 ** 31 - 1);
