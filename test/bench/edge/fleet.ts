// Devices with certificates of one authority, and what they say to each of the servers that are compared.
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Credentials } from '#pki/certificate';
import { Authority } from '../../support/authority.js';
import { announcementOf, type Talk } from '../load.js';

/** Certificates among all devices: to make one for each would take longer than the bench. */
const certificates = 64;

export interface BenchFleet {
  /** PEM of the authority that all certificates lead to. */
  readonly authority: string;
  readonly server: Credentials;
  /** Each says to its server, under its certificate, who it is. */
  readonly toGateway: Talk;
  readonly toNginx: Talk;
  readonly toMosquitto: Talk;
}

/** @param group of the key exchange: the same to all servers, as not all of them know the hybrid one */
export async function benchFleet(group: string): Promise<BenchFleet> {
  const authority = await Authority.create('Bench');
  const server = await authority.issue({ commonName: 'muster', dnsNames: ['localhost'] });
  const contexts: SecureContext[] = [];
  for (let number = 0; number < certificates; number += 1) {
    const { key, certificate } = await authority.issue({
      commonName: 'device',
      serialNumber: serialOf(number),
    });
    contexts.push(createSecureContext({ key, cert: certificate, ecdhCurve: group }));
  }
  const context = (device: number): SecureContext => contexts[device % certificates] ?? createSecureContext();
  const line = (device: number, ip: string): string => announcementOf(device, ip, serialOf(device));
  return {
    authority: authority.certificate,
    server,
    toGateway: { context, say: line, isWhole: (answer) => answer.endsWith('\n') },
    toNginx: {
      context,
      say: (device, ip) => {
        const body = line(device, ip);
        return `POST / HTTP/1.1\r\nHost: muster\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
      },
      isWhole: (answer) => answer.endsWith('stored\n'),
    },
    toMosquitto: {
      context,
      say: (device, ip) =>
        Buffer.concat([connectPacket(`device-${device}`), publishPacket('announced', line(device, ip))]),
      isWhole: (answer) => answer.length >= mqttAccepted.length + 2,
      bye: Buffer.from([0xe0, 0]),
    },
  };
}

const serialOf = (device: number): string => `BENCH${String(device % certificates).padStart(6, '0')}`;

/** CONNACK, and the beginning of PUBACK: the id of the packet follows. */
export const mqttAccepted = '\x20\x02\x00\x00\x40\x02';

function connectPacket(client: string): Buffer {
  const clean = 0x02;
  const keepAliveSeconds = 60;
  return packet(0x10, [text('MQTT'), Buffer.from([4, clean, 0, keepAliveSeconds]), text(client)]);
}

/** At least once: the server confirms it. */
function publishPacket(topic: string, body: string): Buffer {
  return packet(0x32, [text(topic), Buffer.from([0, 1]), Buffer.from(body)]);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length >> 8, value.length & 0xff]), Buffer.from(value)]);
}

function packet(kind: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>= 7)
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  return Buffer.concat([Buffer.from([kind, ...length]), body]);
}
