// Somebody of a network who hears a group, on loopback, and answers from an address of its own.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Group } from '#device/find/multicast';

export interface Asked extends RemoteInfo {
  readonly bytes: Buffer;
}

export interface Responder {
  close(): void;
}

/** @param address it answers from there, and from the group's port */
export async function startResponder(
  group: Group,
  address: string,
  answer: (asked: Asked, socket: Socket) => void,
): Promise<Responder> {
  const [ear, mouth] = [
    createSocket({ type: 'udp4', reuseAddr: true }),
    createSocket({ type: 'udp4', reuseAddr: true }),
  ];
  mouth.bind(group.port, address);
  ear.bind(group.port, group.address);
  await Promise.all([once(ear, 'listening'), once(mouth, 'listening')]);
  ear.addMembership(group.address, '127.0.0.1');
  ear.on('message', (bytes, from) => answer({ ...from, bytes }, mouth));
  return { close: () => [ear, mouth].forEach((socket) => socket.close()) };
}
