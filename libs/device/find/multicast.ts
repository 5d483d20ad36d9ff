// Everybody of a network asked at once, by IPv4 multicast, from each of this machine's addresses that lie in a device network,
// so that no other network is asked. The sockets are of one search; answers come to them alone.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../events/message-of.js';
import { ownAddresses } from '../../addresses/own.js';
import { mayConnect } from '../address.js';
import { Arriving } from './arriving.js';

export interface Group {
  readonly address: string;
  readonly port: number;
}

export interface Call {
  readonly networks: readonly string[];
  /** Of this machine, to ask from; those in device networks when left out. */
  readonly from?: readonly string[];
  /** Routers on the way, and one: IP's time to live. */
  readonly hops: number;
  /** Each with the group that it goes to. @param heard who has answered, in the order in which they did */
  questions(heard: Iterable<string>): readonly Question[];
  /** When they are asked, counted from the beginning, and when the last answer may come. */
  readonly askAtMs: readonly number[];
  readonly waitMs: number;
  /** Told of a network that could not be asked. */
  onTrouble?(message: string): void;
}

export interface Question {
  readonly group: Group;
  readonly bytes: Buffer;
}

export interface Heard {
  readonly from: string;
  readonly port: number;
  readonly bytes: Buffer;
}

/** Of one search, and of one address in it: more are not looked at. */
const [datagramsMax, datagramsOfOneMax] = [20_000, 20];

/**
 * Datagrams from inside the device networks, until the time is over. Rejects only when `signal` is aborted, with its reason.
 * Whoever stops asking for more ends it.
 */
export async function* callAll(call: Call, signal: AbortSignal): AsyncGenerator<Heard, void> {
  signal.throwIfAborted();
  const left = new AbortController();
  const stopped = AbortSignal.any([signal, left.signal]);
  const arriving = new Arriving<Heard>();
  const heard = new Map<string, number>();
  const ours = ownAddresses();
  let count = 0;
  const take = (one: Heard): void => {
    const before = heard.get(one.from) ?? 0;
    if (count >= datagramsMax || before >= datagramsOfOneMax) return;
    if (!mayConnect(one.from, call.networks, ours)) return;
    count += 1;
    heard.set(one.from, before + 1);
    arriving.push(one);
  };
  const asking = (call.from ?? interfacesIn(call.networks)).map(async (own) => {
    try {
      await askFrom({ own, call, heard, take }, stopped);
    } catch (error) {
      if (!stopped.aborted) call.onTrouble?.(`from ${own} nobody could be asked: ${messageOf(error)}`);
    }
  });
  const work = Promise.all(asking).finally(() => arriving.end());
  try {
    yield* arriving.all();
    signal.throwIfAborted();
  } finally {
    left.abort();
    await work;
  }
}

/** This machine's own IPv4 addresses inside device networks. */
export function interfacesIn(networks: readonly string[]): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return all
    .filter(
      ({ family, internal, address }) => family === 'IPv4' && !internal && mayConnect(address, networks, []),
    )
    .map(({ address }) => address);
}

interface Asking {
  readonly own: string;
  readonly call: Call;
  readonly heard: ReadonlyMap<string, number>;
  readonly take: (one: Heard) => void;
}

async function askFrom({ own, call, heard, take }: Asking, signal: AbortSignal): Promise<void> {
  const socket = createSocket('udp4');
  try {
    // An answer of the system's, such as that nobody is at that port, ends nothing.
    socket.on('error', () => undefined);
    socket.bind(0, own);
    await once(socket, 'listening', { signal });
    socket.setMulticastInterface(own);
    socket.setMulticastTTL(call.hops);
    socket.on('message', (bytes, { address, port }) => take({ from: address, port, bytes }));
    let passed = 0;
    for (const at of call.askAtMs.filter((each) => each < call.waitMs)) {
      await delay(at - passed, null, { signal });
      passed = at;
      for (const question of call.questions(heard.keys())) await send(socket, question);
    }
    await delay(call.waitMs - passed, null, { signal });
  } finally {
    socket.close();
  }
}

const send = (socket: Socket, { bytes, group }: Question): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(bytes, group.port, group.address, (error) => (error ? reject(error) : resolve()));
  });
