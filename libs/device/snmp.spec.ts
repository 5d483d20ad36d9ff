// Who a device is by SNMP: a real agent, and those that answer otherwise.
import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { community, startSnmpd, withoutSnmpd, type Snmpd } from '../../test/support/snmpd.js';
import { identifyBySnmp } from './snmp.js';

const networks = ['127.8.0.0/16'];
const { signal } = new AbortController();
const printer = { model: 'LaserJet M612', name: 'second-floor', mac: '3c5282aa0001' };

const open: (Snmpd | { stop(): unknown })[] = [];
afterAll(async () => {
  for (const each of open) await each.stop();
});

const place = async () => ({
  address: `127.8.${randomInt(1, 255)}.${randomInt(1, 255)}`,
  port: await freePort(),
  networks,
});

/** Answers each datagram as `answer` does. */
async function answering(answer: (datagram: Buffer, socket: Socket, port: number) => void) {
  const there = await place();
  const socket = createSocket('udp4');
  open.push({ stop: () => socket.close() });
  socket.on('message', (datagram, { port }) => answer(datagram, socket, port));
  await new Promise<void>((resolve) => socket.bind(there.port, there.address, resolve));
  return { ...there, community };
}

describe.skipIf(withoutSnmpd)('a real agent', () => {
  it('says who it is, for the community that it knows only', async () => {
    const there = await place();
    open.push(await startSnmpd(there.address, there.port, { ...printer, serial: ' vnb3k12345 ' }));
    expect(await identifyBySnmp({ ...there, community }, signal)).toEqual({
      kind: 'answered',
      value: {
        serial: 'VNB3K12345',
        model: 'LaserJet M612',
        mac: '3c:52:82:aa:00:01',
        ip: there.address,
        hostname: 'second-floor',
        firmware: null,
      },
    });
    const denied = await identifyBySnmp({ ...there, community: 'public' }, signal);
    expect(denied).toMatchObject({ kind: 'unreachable', host: 'unknown' });
  });

  it('that is no printer has no serial number', async () => {
    const there = await place();
    open.push(await startSnmpd(there.address, there.port, printer));
    const outcome = await identifyBySnmp({ ...there, community }, signal);
    expect(outcome).toMatchObject({ kind: 'unsupported' });
  });
});

describe('whoever', () => {
  it('has no agent is there all the same', async () => {
    const outcome = await identifyBySnmp({ ...(await place()), community }, signal);
    expect(outcome).toMatchObject({ kind: 'unreachable', host: 'alive' });
  });

  it('answers what is no SNMP, or its own request, has not said who it is', async () => {
    const nonsense = await answering((_, socket, port) => socket.send('\u0030\u0003abc', port, '127.0.0.1'));
    const echo = await answering((datagram, socket, port) => socket.send(datagram, port, '127.0.0.1'));
    const outcomes = await Promise.all([identifyBySnmp(nonsense, signal), identifyBySnmp(echo, signal)]);
    expect(outcomes.map(({ kind }) => kind)).not.toContain('answered');
  });

  it('answers from another address is not heard', async () => {
    const other = createSocket('udp4');
    open.push({ stop: () => other.close() });
    const asked = await answering((datagram, _, port) => {
      // A whole answer: the request with the type of an answer.
      const answer = Buffer.from(datagram);
      answer[answer.indexOf(0xa0)] = 0xa2;
      other.send(answer, port, '127.0.0.1');
    });
    expect(await identifyBySnmp(asked, signal)).toMatchObject({ kind: 'unreachable', host: 'unknown' });
  });

  it('lies outside the device networks is not asked', async () => {
    const heard: Buffer[] = [];
    const asked = await answering((datagram) => void heard.push(datagram));
    const outcome = await identifyBySnmp({ ...asked, networks: ['10.0.0.0/8'] }, signal);
    expect(outcome).toMatchObject({ kind: 'failed', mayPass: false });
    expect(heard).toEqual([]);
  });

  it('is asked by a call that was aborted, is left at once', async () => {
    const aborter = new AbortController();
    const asked = await answering(() => aborter.abort(new Error('lease lost')));
    await expect(identifyBySnmp(asked, aborter.signal)).rejects.toThrow('lease lost');
  });
});
