// Everybody asked at once, on loopback: what is asked, whose answers are taken, and whose are not.
import { createSocket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import { printerAnswer, slpAnswer, slpAttributes } from '../../../test/support/multicast-answers.js';
import { startResponder } from '../../../test/support/multicast-responder.js';
import type { Candidate } from './found.js';
import { findByMdns } from './mdns.js';
import { findBySlp } from './slp.js';

/** Of this test alone: several may run on one machine. */
const group = `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`;
const own = '127.0.0.1';
const { signal } = new AbortController();
let port = 0;

const open: { close(): void }[] = [];
/** Hears the group, and answers from an address of its own. */
const responder = async (address: string, answer: Parameters<typeof startResponder>[2]): Promise<void> =>
  void open.push(await startResponder({ address: group, port }, address, answer));

beforeAll(async () => {
  port = await freePort();
});
afterAll(() => {
  for (const each of open) each.close();
});

async function all(candidates: AsyncGenerator<Candidate, void>): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  for await (const candidate of candidates) found.push(candidate);
  return found.toSorted(byAddress);
}

const byAddress = (one: Candidate, other: Candidate): number => one.address.localeCompare(other.address);

/** At the same place in both versions. */
const xidOf = (bytes: Buffer): number => bytes.readUInt16BE(10);

describe('mDNS', () => {
  it('finds who answers this question from the port of mDNS, inside the device networks, each once', async () => {
    await responder('127.8.1.1', ({ bytes, ...from }, socket) => {
      const id = bytes.readUInt16BE(0);
      const named = { instance: 'Second floor', addresses: ['127.8.1.1', '127.9.1.1', '10.0.0.9'] };
      socket.send(printerAnswer(id, named), from.port, from.address);
      // Nobody's: another question's, cut off, and no DNS at all.
      socket.send(printerAnswer(id ^ 1, { addresses: ['127.8.1.4'] }), from.port, from.address);
      socket.send(printerAnswer(id, { addresses: ['127.8.1.5'] }).subarray(0, 40), from.port, from.address);
      socket.send('nonsense', from.port, from.address);
    });
    await responder('127.9.1.2', ({ bytes, ...from }, socket) => {
      socket.send(
        printerAnswer(bytes.readUInt16BE(0), { addresses: ['127.8.1.2'] }),
        from.port,
        from.address,
      );
    });
    const stranger = createSocket('udp4');
    open.push(stranger);
    stranger.bind(0, '127.8.1.3');
    await once(stranger, 'listening');
    await responder('127.8.1.6', ({ bytes, ...from }) => {
      stranger.send(printerAnswer(bytes.readUInt16BE(0), { addresses: [] }), from.port, from.address);
    });
    const search = {
      networks: ['127.8.0.0/16'],
      from: [own],
      group: { address: group, port },
      waitMs: 2_500,
    };
    expect(await all(findByMdns(search, signal))).toEqual([
      { address: '127.8.1.1', by: 'mdns', hint: 'Second floor' },
    ]);
  });
});

describe('SLP', () => {
  it('finds who has printers, by both versions, and tells who has answered when it asks again', async () => {
    const aborter = new AbortController();
    await responder('127.8.2.1', ({ bytes, ...from }, socket) => {
      if (bytes[0] !== 2 || !bytes.includes('service:printer')) return;
      if (bytes.includes('127.8.2.1')) aborter.abort(new Error('asked again'));
      socket.send(slpAnswer(xidOf(bytes), ['service:printer:ipp://127.8.2.1/ipp']), from.port, from.address);
    });
    await responder('127.8.2.2', ({ bytes, ...from }, socket) => {
      if (bytes[0] !== 1 || !bytes.includes('service:x-hpnp-discover:')) return;
      // Another question's.
      socket.send(slpAnswer(xidOf(bytes) ^ 1, ['service:printer:ipp://127.8.2.9']), from.port, from.address);
      socket.send(slpAttributes(xidOf(bytes), '(x-hp-hn=NPI1)'), from.port, from.address);
    });
    const groups = { everybody: { address: group, port }, hp: { address: group, port } };
    const search = { networks: ['127.8.0.0/16'], from: [own], groups, waitMs: 20_000 };
    const found: Candidate[] = [];
    const searched = (async () => {
      for await (const candidate of findBySlp(search, aborter.signal)) found.push(candidate);
    })();
    await expect(searched).rejects.toThrow('asked again');
    expect(found.toSorted(byAddress)).toEqual([
      { address: '127.8.2.1', by: 'slp', hint: 'service:printer:ipp://127.8.2.1/ipp' },
      { address: '127.8.2.2', by: 'slp', hint: '(x-hp-hn=NPI1)' },
    ]);
  });

  it('ends at once when it is told to, and tells of networks that it cannot ask', async () => {
    const aborter = new AbortController();
    const troubles: string[] = [];
    const onTrouble = (message: string): void => {
      troubles.push(message);
      aborter.abort(new Error('told to'));
    };
    const search = { networks: ['127.8.0.0/16'], from: ['10.255.255.254'], onTrouble };
    await expect(all(findBySlp(search, aborter.signal))).rejects.toThrow('told to');
    expect(troubles).toEqual([expect.stringMatching(/^from 10\.255\.255\.254 nobody could be asked: /)]);
  });
});
