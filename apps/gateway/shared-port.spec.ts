// Several gateway processes at one port of one machine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce } from '#announce/announce';
import { clientContext } from '#announce/reach';
import { exampleIdentity } from '#events/identity';
import { freePort } from '../../scripts/free-port.mjs';
import { dial } from '../../test/support/gateway.js';
import {
  gatewayProcesses,
  type GatewayProcess,
  type GatewayProcesses,
} from '../../test/support/gateway-processes.js';
import { until } from '../../test/support/until.js';

const context = clientContext({});
let processes: GatewayProcesses;
let gateways: readonly GatewayProcess[] = [];
let port = 0;
beforeAll(async () => {
  processes = await gatewayProcesses();
  port = await freePort();
  const environment = {
    MUSTER_ANNOUNCE_HOST: '127.0.0.1',
    MUSTER_ANNOUNCE_PORT: `${port}`,
    MUSTER_ANNOUNCE_PORT_SHARED: 'true',
    MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX: '3',
  };
  gateways = await Promise.all([processes.start(environment), processes.start(environment)]);
});
afterAll(() => processes.stop());

const accepted = (gateway: GatewayProcess) =>
  gateway.count('muster_gateway_announcements_total', 'result="accepted"');

/** Null when there was no answer. */
const say = async (device: number): Promise<string | null> => {
  const ip = `127.23.${Math.floor(device / 250)}.${(device % 250) + 1}`;
  const serial = `SHARED-${String(device).padStart(4, '0')}`;
  const identity = { ...exampleIdentity, serial, ip };
  const to = { host: '127.0.0.1', port, localAddress: ip, context, requireVerified: false };
  const what = { identity, reason: 'boot' as const, announcementId: serial, traceparent: null, origin: null };
  return announce(to, what).then(
    ({ acknowledge }) => acknowledge.result,
    () => null,
  );
};

const insist = async (device: number): Promise<string> =>
  until(`device ${device} is answered`, async () => say(device));

describe('two gateways that share a port', () => {
  it('share the devices, and show one certificate', async () => {
    const answers = await Promise.all(Array.from({ length: 80 }, (_, device) => insist(device)));
    expect(new Set(answers)).toEqual(new Set(['accepted']));
    const counts = await Promise.all(gateways.map(accepted));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(80);
    for (const count of counts) expect(count).toBeGreaterThan(0);
    const shown = new Set<string>();
    for (let number = 0; number < 16; number += 1) {
      const socket = await dial(port, { localAddress: `127.24.0.${number + 1}` });
      shown.add(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
      socket.destroy();
    }
    expect(shown.size).toBe(1);
  });

  it('limit each for itself', async () => {
    const open: { destroy(): unknown }[] = [];
    for (let tries = 0; tries < 60; tries += 1) {
      const socket = await dial(port, { localAddress: '127.24.1.1' }).catch(() => null);
      if (socket) open.push(socket);
    }
    expect(open).toHaveLength(2 * 3);
    for (const socket of open) socket.destroy();
  });

  it('carry on when one of them is killed', async () => {
    const [first, second] = gateways;
    if (!first || !second) throw new Error('there are no two gateways');
    const before = await accepted(second);
    const half = Array.from({ length: 40 }, (_, device) => insist(1_000 + device));
    await first.process.signal('SIGKILL');
    const rest = Array.from({ length: 40 }, (_, device) => insist(2_000 + device));
    expect(new Set(await Promise.all([...half, ...rest]))).toEqual(new Set(['accepted']));
    expect((await accepted(second)) - before).toBeGreaterThan(40 / 2);
  });
});

describe('a gateway that shares no port', () => {
  it('cannot start where others listen, and says which setting it is', async () => {
    const alone = processes.start({ MUSTER_ANNOUNCE_HOST: '127.0.0.1', MUSTER_ANNOUNCE_PORT: `${port}` });
    await expect(alone).rejects.toThrow(/MUSTER_ANNOUNCE_PORT/);
  });
});
