// Devices announcing themselves, each over a connection of its own from an address of its own, and what that costs a server.
import { setTimeout as delay } from 'node:timers/promises';
import { connect, createSecureContext, type ConnectionOptions } from 'node:tls';
import { encodeAnnouncement } from '#announce/announcement';
import { selfSigned } from '#pki/certificate';
import { cpuMsOf } from './cost.js';

const { key, certificate: cert } = await selfSigned({ commonName: 'device' });
const secureContext = createSecureContext({ key, cert, ecdhCurve: 'X25519MLKEM768:X25519:P-256' });
const inFlight = 16;

export interface Measured {
  readonly perSecond: number;
  /** Of the server's process, all threads. */
  readonly cpuMsEach: number;
  /** From connect to the answer, each. */
  readonly answeredMs: readonly number[];
}

export interface Load {
  /** Number of the first device, and how many follow. */
  readonly first: number;
  readonly count: number;
  /** Connections begun per second; without it as fast as they are answered. */
  readonly perSecond?: number;
}

/** Resolves when all were answered; rejects when an answer is not as it must be. */
export async function load(
  server: { readonly port: number; readonly pid: number },
  devices: Load,
  answered: (line: string) => boolean,
): Promise<Measured> {
  const { first, count, perSecond = Infinity } = devices;
  const cpuBefore = cpuMsOf(server.pid);
  const startedAt = performance.now();
  const answeredMs: number[] = [];
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun < count) {
      const device = first + begun;
      const dueAt = startedAt + (begun * 1000) / perSecond;
      begun += 1;
      if (dueAt > performance.now()) await delay(dueAt - performance.now());
      const connectedAt = performance.now();
      const { line, answeredAt } = await exchange(server.port, device);
      answeredMs.push(answeredAt - connectedAt);
      if (!answered(line)) throw new Error(`device ${device} was answered: ${line}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: count / seconds, cpuMsEach: (cpuMsOf(server.pid) - cpuBefore) / count, answeredMs };
}

interface Exchanged {
  readonly line: string;
  readonly answeredAt: number;
}

function exchange(port: number, device: number): Promise<Exchanged> {
  const ip = `127.9.${(device >> 8) & 0xff}.${device & 0xff}`;
  const to: ConnectionOptions & { readonly localAddress: string } = {
    host: '127.0.0.1',
    port,
    localAddress: ip,
    secureContext,
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const socket = connect(to, () => socket.write(lineOf(device, ip)));
    let text = '';
    let answeredAt = 0;
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      answeredAt = performance.now();
      socket.end();
    });
    socket.on('error', reject).on('close', () => resolve({ line: text, answeredAt }));
  });
}

function lineOf(device: number, ip: string): string {
  const number = String(device).padStart(6, '0');
  return encodeAnnouncement({
    identity: {
      serial: `BENCH${number}`,
      model: 'Muster Virtual Printer',
      mac: (device + 0x02_00_00_00_00_00).toString(16).padStart(12, '0'),
      ip,
      hostname: `bench-${number}`,
      firmware: '1.0.0',
    },
    reason: 'boot',
    announcementId: `boot-${number}`,
    traceparent: null,
    origin: null,
  });
}
