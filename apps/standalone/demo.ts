// The demo: a virtual fleet announces itself to this Muster, which is switched on as an operator would do it.
import { join } from 'node:path';
import type { Policy } from '#events/policy';
import type { Settings } from '#events/settings';
import type { Log } from '#runtime/log';
import { startFleet, type Fleet } from '../agent/fleet.js';
import { Session, type DemoDevice } from './session.js';

export interface DemoOptions {
  readonly url: string;
  readonly password: string;
  readonly data: string;
  readonly announcePort: number;
  readonly printers: number;
  /** Of the printers' own interfaces. */
  readonly devicePort: number;
  /** The last printer refuses to change this setting. */
  readonly refuse: string | null;
  readonly log: Log;
  readonly say: (line: string) => void;
}

export interface Demo {
  /** Resolves when every printer is assessed, or after the limit: what became of them. */
  settled(limitMs: number): Promise<Settled>;
  stop(): Promise<void>;
}

export interface Settled {
  readonly devices: number;
  readonly licensed: number;
  readonly compliant: number;
  /** From the moment the listener was up. */
  readonly seconds: number;
}

/** Where the virtual printers live; Muster connects to loopback only because this network is named. */
const network = '127.8.0.0/16';
/** One in five needs nothing changed. */
const compliantShare = 0.2;

export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { say, printers } = options;
  const session = await Session.signIn(options.url, options.password);
  await switchOn(session);
  say(`Demo: accepting announcements, remediation on with the policy Muster Base, connecting to ${network}.`);
  const began = Date.now();
  const fleet = await fleetOf(options, session);
  say(
    `Demo: ${printers} virtual printers announce themselves; their own API is https://127.8.0.1:${options.devicePort}/muster/v1/settings and on.`,
  );
  return {
    settled: (limitMs) => {
      const serials = new Set(fleet.printers.map(({ identity }) => identity.serial));
      return settle({ session, serials, began, limitMs, say });
    },
    stop: () => fleet.stop(),
  };
}

async function switchOn(session: Session): Promise<void> {
  const { version, body } = await session.get<{ version: number; body: Settings }>('/api/settings');
  const deviceNetworks = [...new Set([...body.deviceNetworks, network])];
  await session.put('/api/settings', {
    version,
    body: {
      ...body,
      acceptAnnouncements: true,
      allowRemediation: true,
      initialPolicy: 'base',
      deviceNetworks,
    },
  });
}

async function fleetOf(options: DemoOptions, session: Session): Promise<Fleet> {
  const { printers, refuse, data, announcePort, log } = options;
  const policy = await session.get<{ body: Policy }>('/api/policies/base');
  const settings = Object.fromEntries(policy.body.items.map(({ setting, required }) => [setting, required]));
  return startFleet({
    count: printers,
    stateDir: join(data, 'fleet'),
    server: { host: '127.0.0.1', port: announcePort },
    apiPort: options.devicePort,
    compliant: { count: Math.floor(printers * compliantShare), settings },
    faults: refuse === null ? [] : [{ kind: 'refuseWrite', printer: printers, setting: refuse }],
    log,
  });
}

/** Neither waiting nor being read. */
const ended = (device: DemoDevice): boolean => !['unassessed', 'assessing'].includes(device.status);

interface Settling {
  readonly session: Session;
  /** Of this run's printers: others may lie in the folder from earlier ones. */
  readonly serials: ReadonlySet<string>;
  readonly began: number;
  readonly limitMs: number;
  readonly say: (line: string) => void;
}

async function settle({ session, serials, began, limitMs, say }: Settling): Promise<Settled> {
  const printers = serials.size;
  let said = '';
  for (;;) {
    const devices = (await session.devices()).filter(({ serial }) => serials.has(serial));
    const assessed = devices.filter((device) => ended(device) && assessedSince(device, began));
    const count = {
      devices: devices.length,
      licensed: devices.filter(({ licensed }) => licensed).length,
      compliant: assessed.filter(({ status }) => status === 'compliant').length,
      seconds: Math.round((Date.now() - began) / 1000),
    };
    const line = `Demo: ${count.devices} of ${printers} discovered, ${count.licensed} licensed, ${assessed.length} assessed, ${count.compliant} compliant`;
    if (line !== said) say((said = line));
    const done = assessed.length >= printers;
    if (done) await tellUnmet(session, devices, say);
    if (done || Date.now() - began > limitMs) return count;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** By this run, not by one before it in the same folder. */
const assessedSince = ({ lastAssessedAt }: DemoDevice, began: number): boolean =>
  lastAssessedAt !== null && Date.parse(lastAssessedAt) >= began;

/** Names what keeps a printer from being compliant. */
async function tellUnmet(
  session: Session,
  devices: readonly DemoDevice[],
  say: (line: string) => void,
): Promise<void> {
  for (const { id, serial, ip, status } of devices.filter((device) => device.status !== 'compliant')) {
    const { lastAssessment } = await session.get<{ lastAssessment: Assessment | null }>(`/api/devices/${id}`);
    const unmet =
      lastAssessment?.results.filter(({ outcome }) => ['nonCompliant', 'failed'].includes(outcome)) ?? [];
    const why = unmet.map(({ setting, detail }) => `${setting} (${detail ?? 'differs'})`).join(', ');
    say(`Demo: ${serial} at ${ip} is ${status}: ${why || (lastAssessment?.detail ?? 'no assessment')}`);
  }
}

interface Assessment {
  readonly detail: string | null;
  readonly results: readonly {
    readonly setting: string;
    readonly outcome: string;
    readonly detail: string | null;
  }[];
}
