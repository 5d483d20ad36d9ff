// Many devices of this project's own API in this process, each at an address of its own, without agents: to be assessed.
import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { startApi, type Api } from '../../apps/agent/device/api.js';
import { Device, freshConfiguration, type Configuration } from '../../apps/agent/device/device.js';
import type { Identity } from '#events/identity';
import { selfSigned } from '#pki/self-signed';

export interface VirtualDevice {
  readonly id: string;
  readonly identity: Identity;
  readonly device: Device;
}

export interface VirtualDevices {
  readonly devices: readonly VirtualDevice[];
  /** Of the certificate that all of them show. */
  readonly fingerprint: string;
  /** As they came from the box. */
  reset(): void;
  stop(): Promise<void>;
}

export interface Wanted {
  readonly count: number;
  /** Of the addresses, such as 127.40. */
  readonly prefix: string;
  readonly serialPrefix: string;
  readonly port: number;
  /** How long each thinks before each answer. */
  readonly delayMs?: number;
  /** Settings that each says it has taken, and keeps as they were. */
  readonly ignores?: (index: number, key: string) => boolean;
}

/** By its place; the same as that of `identityAt` elsewhere. */
export function identityAt(
  { prefix, serialPrefix }: Pick<Wanted, 'prefix' | 'serialPrefix'>,
  at: number,
): Identity {
  const hex = at.toString(16).padStart(6, '0');
  return {
    serial: `${serialPrefix}${String(at).padStart(5, '0')}`,
    model: 'LaserJet Enterprise M612',
    mac: `3e:52:82:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
    ip: `${prefix}.${Math.floor(at / 250)}.${(at % 250) + 1}`,
    hostname: `printer-${at}`,
    firmware: '2511123_083214',
  };
}

export async function startVirtualDevices(wanted: Wanted): Promise<VirtualDevices> {
  const { count, port, delayMs = 0, ignores } = wanted;
  const identity = await selfSigned({ commonName: 'printer' });
  const memories: { kept: Configuration }[] = [];
  const apis: Api[] = [];
  const devices: VirtualDevice[] = [];
  for (let at = 0; at < count; at += 1) {
    const memory = { kept: freshConfiguration };
    const who = identityAt(wanted, at);
    const device = new Device({
      identity: who,
      memory: {
        read: () => memory.kept,
        save: (configuration) => {
          memory.kept = configuration;
          return Promise.resolve();
        },
      },
      ...(ignores && { ignores: (key: string) => ignores(at, key) }),
    });
    memories.push(memory);
    devices.push({ id: randomUUID(), identity: who, device });
    apis.push(await startApi({ device, identity, host: who.ip, port, delayMs: () => delayMs }));
  }
  const raw = new X509Certificate(identity.certificate).raw;
  return {
    devices,
    fingerprint: createHash('sha256').update(raw).digest('hex'),
    reset: () => {
      for (const memory of memories) memory.kept = freshConfiguration;
    },
    stop: async () => void (await Promise.all(apis.map((api) => api.stop()))),
  };
}
