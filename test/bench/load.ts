// Devices announcing themselves, each over a connection of its own from an address of its own, and what that costs a server.
import { setTimeout as delay } from 'node:timers/promises';
import { connect, createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import { encodeAnnouncement } from '#announce/announcement';
import { selfSigned } from '#pki/self-signed';
import { cpuMsOf } from './cost.js';

const { key, certificate: cert } = await selfSigned({ commonName: 'device' });
const secureContext = createSecureContext({ key, cert, ecdhCurve: 'X25519MLKEM768:X25519:P-256' });
const usuallyInFlight = 16;

export interface Measured {
  readonly perSecond: number;
  /** Of the server's process, all threads. */
  readonly cpuMsEach: number;
  /** To the answer, each, from connect or, with a rate, from when it was due: what waits for its turn has waited. */
  readonly answeredMs: readonly number[];
}

export interface Load {
  /** Number of the first device, and how many follow. */
  readonly first: number;
  readonly count: number;
  /** Connections begun per second; without it as fast as they are answered. */
  readonly perSecond?: number;
  /** At a time, at most (16): with fewer than come within the longest wait, the rate is not held. */
  readonly inFlight?: number;
  /** What is said; without it an announcement, under a self-signed certificate. */
  readonly talk?: Talk;
}

/** One exchange of a device with a server: one thing said, one answer. */
export interface Talk {
  readonly context: (device: number) => SecureContext;
  readonly say: (device: number, ip: string) => string | Uint8Array;
  /** Each byte a character. */
  readonly isWhole: (answer: string) => boolean;
  /** Said before the connection is ended. */
  readonly bye?: Uint8Array;
}

const announcing: Talk = {
  context: () => secureContext,
  say: (device, ip) => announcementOf(device, ip),
  isWhole: (answer) => answer.endsWith('\n'),
};

/** Resolves when all were answered; rejects when an answer is not as it must be. */
export async function load(
  server: { readonly port: number; readonly pid: number },
  devices: Load,
  answered: (line: string) => boolean,
): Promise<Measured> {
  const { first, count, perSecond = Infinity, inFlight = usuallyInFlight, talk = announcing } = devices;
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
      const since = perSecond === Infinity ? performance.now() : dueAt;
      const { line, answeredAt } = await exchange(server.port, device, talk);
      answeredMs.push(answeredAt - since);
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

function exchange(port: number, device: number, talk: Talk): Promise<Exchanged> {
  const ip = `127.9.${(device >> 8) & 0xff}.${device & 0xff}`;
  const to: ConnectionOptions & { readonly localAddress: string } = {
    host: '127.0.0.1',
    port,
    localAddress: ip,
    secureContext: talk.context(device),
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    const socket = connect(to, () => socket.write(talk.say(device, ip)));
    let text = '';
    let answeredAt = 0;
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      if (!talk.isWhole(text)) return;
      answeredAt = performance.now();
      if (talk.bye) socket.end(talk.bye);
      else socket.end();
    });
    socket.on('error', reject).on('close', () => resolve({ line: text, answeredAt }));
  });
}

/** The line of a device, under its own serial number unless another is given. */
export function announcementOf(
  device: number,
  ip: string,
  serial = `BENCH${String(device).padStart(6, '0')}`,
): string {
  const number = String(device).padStart(6, '0');
  return encodeAnnouncement({
    identity: {
      serial,
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
