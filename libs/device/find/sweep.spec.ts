// Ranges of addresses asked: real sockets on loopback, of which every address is one.
import { createSocket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import { startSnmpd, withoutSnmpd } from '../../../test/support/snmpd.js';
import type { Candidate } from './found.js';
import { readRange, type AddressRange } from './range.js';
import { sweep, type Sweep, type SweepProgress } from './sweep.js';

const networks = ['127.8.0.0/16'];
const { signal } = new AbortController();
const open: { stop(): unknown }[] = [];
afterAll(async () => {
  for (const each of open) await each.stop();
});

const rangeOf = (text: string): AddressRange => {
  const range = readRange(text);
  if (range.kind === 'fault') throw new Error(range.reason);
  return range;
};

/** Sixteen addresses, of which 14 are hosts', and ports that nobody has. */
async function place() {
  const base = `127.8.${randomInt(1, 255)}.`;
  const ports = { tcp: [await freePort(), await freePort()], snmp: await freePort() };
  return { base, ports, ranges: [rangeOf(`${base}16/28`)], networks, community: null };
}

/** A server that counts what it is sent. */
async function listen(address: string, port: number) {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('data', (bytes: Buffer) => heard.push(bytes)).on('error', () => undefined));
  });
  server.listen(port, address);
  await once(server, 'listening');
  open.push({
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  });
  return heard;
}

async function found(asked: Sweep, until = signal): Promise<readonly Candidate[]> {
  const all: Candidate[] = [];
  for await (const candidate of sweep(asked, until)) all.push(candidate);
  return all.toSorted((one, other) => one.address.localeCompare(other.address));
}

describe('a range that is asked', () => {
  it('names who takes a connection at a port of the drivers, and is sent nothing', async () => {
    const { base, ports, ...rest } = await place();
    const [first = 0, second = 0] = ports.tcp;
    const heard = [await listen(`${base}18`, first), await listen(`${base}30`, second)];
    await listen(`${base}20`, await freePort());
    const progress: SweepProgress[] = [];
    const seen = await found({ ...rest, ports, onProgress: (now) => progress.push(now) });
    expect(seen).toEqual([
      { address: `${base}18`, by: 'range', hint: `takes connections at ${first}` },
      { address: `${base}30`, by: 'range', hint: `takes connections at ${second}` },
    ]);
    expect(progress).toHaveLength(14);
    expect(progress.at(-1)).toEqual({ total: 14, asked: 14, found: 2, outside: 0 });
    expect(heard.flat()).toEqual([]);
  });

  it.skipIf(withoutSnmpd)('names agents of SNMPv3, of which nobody knows a user', async () => {
    const { base, ports, ...rest } = await place();
    const printer = { model: 'LaserJet', name: 'printer', mac: '3c5282aa0001' };
    open.push(await startSnmpd(`${base}21`, ports.snmp, printer));
    expect(await found({ ...rest, ports })).toEqual([
      { address: `${base}21`, by: 'range', hint: 'answers SNMP' },
    ]);
  });

  it.each([
    ['SNMPv2c', 1],
    ['SNMPv1', 0],
  ])('names agents of %s alone to whoever has their community, and nobody else', async (_, version) => {
    const { base, ports, ...rest } = await place();
    const agent = createSocket('udp4').on('message', (asked, { port, address }) => {
      // Of its version, and with the community: an answer is made of the request.
      if (asked[4] !== version || !asked.includes('readers')) return;
      const answer = Buffer.from(asked);
      answer[answer.indexOf(0xa0)] = 0xa2;
      agent.send(answer, port, address);
    });
    agent.bind(ports.snmp, `${base}22`);
    await once(agent, 'listening');
    open.push({ stop: () => agent.close() });
    const limits = { waitMs: 2_000 };
    const [without, wrong, right] = await Promise.all(
      [null, 'others', 'readers'].map((community) => found({ ...rest, ports, community, limits })),
    );
    expect({ without, wrong }).toEqual({ without: [], wrong: [] });
    expect(right).toMatchObject([{ address: `${base}22` }]);
  });

  it('is not asked outside the device networks', async () => {
    const { base, ports, ranges, community } = await place();
    const heard = await listen(`${base}18`, ports.tcp[0] ?? 0);
    const progress: SweepProgress[] = [];
    const onProgress = (now: SweepProgress): void => void progress.push(now);
    expect(await found({ ranges, ports, community, networks: ['10.0.0.0/8'], onProgress })).toEqual([]);
    expect(progress.at(-1)).toEqual({ total: 14, asked: 14, found: 0, outside: 14 });
    expect(heard).toEqual([]);
  });

  it('is asked no faster than it may be', async () => {
    const { ports, ranges, community } = await place();
    const begin = performance.now();
    await found({ ranges, ports, community, networks, limits: { perSecond: 28 } });
    // 13 times from one to the next.
    expect(performance.now() - begin).toBeGreaterThan(400);
  });

  it('is left when it is told to, or nobody wants more', async () => {
    const { base, ports, community } = await place();
    await listen(`${base}18`, ports.tcp[0] ?? 0);
    const asked = { ranges: [rangeOf('127.8.0.0/16')], ports, community, networks };
    const aborter = new AbortController();
    const onProgress = (): void => aborter.abort(new Error('told to'));
    await expect(found({ ...asked, onProgress }, aborter.signal)).rejects.toThrow('told to');
    let now = 0;
    const some = { ...asked, ranges: [rangeOf(`${base}16/28`), ...asked.ranges] };
    for await (const { address } of sweep({ ...some, onProgress: (told) => (now = told.asked) }, signal)) {
      expect(address).toBe(`${base}18`);
      break;
    }
    expect(now).toBeLessThan(1_000);
  });
});
