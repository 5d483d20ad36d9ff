// The driver of IPP against printers of our own making: whom it speaks with, what it asks, what it sets.
import { createServer, type Server } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../scripts/free-port.mjs';
import {
  enumerated,
  keyword,
  openIppPeer,
  saying,
  text,
  uri,
  type Answering,
  type IppPeer,
} from '../../../test/support/ipp-peer.js';
import type { Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import type { Driver } from '../device.js';
import { collectionOf } from './attributes.js';
import { openIpp, type IppDriver, type IppTarget } from './ipp.js';
import { tags } from './message.js';

const { signal } = new AbortController();
let credentials: Credentials;
const open: { close(): void }[] = [];
beforeAll(async () => {
  credentials = await selfSigned({ commonName: 'printer' });
});
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const all = new Set(['svc.ipp', 'jobs.pin', 'ipp.auth', 'fw.version', 'svc.telnet', 'no.such']);

async function peer(answer: Answering, clear = false): Promise<IppPeer> {
  const opened = await openIppPeer(clear ? null : credentials, answer);
  open.push(opened);
  return opened;
}

function driver(target: IppTarget): IppDriver {
  const opened = openIpp(target);
  open.push(opened);
  return opened;
}

const printer = {
  'printer-serial-number': [text('VNB3K12345')],
  'printer-make-and-model': [text('HP LaserJet M612')],
  'printer-uuid': [uri('urn:uuid:1c852a4d-b800-1f08-abcd-3c5282aa0001')],
  'printer-uri-supported': [uri('ipp://printer.example/ipp/print'), uri('ipps://printer.example/ipp/print')],
  'uri-authentication-supported': [keyword('digest'), keyword('digest')],
  'uri-security-supported': [keyword('none'), keyword('tls')],
  'job-password-supported': [{ tag: tags.integer, content: 4 }],
};

describe('over TLS', () => {
  it('it says who it is and what is set, over one connection', async () => {
    const { target, fingerprint, asked } = await peer(saying(printer));
    const ipp = driver({ ...target, fingerprint });
    expect(await ipp.identify(signal)).toEqual({
      kind: 'answered',
      value: {
        identity: {
          ...{ serial: 'VNB3K12345', model: 'HP LaserJet M612', mac: '3c:52:82:aa:00:01' },
          ...{ ip: target.address, hostname: 'printer.example', firmware: null },
        },
        fingerprint,
      },
    });
    expect(await ipp.serialOf(signal)).toEqual({ kind: 'answered', value: 'VNB3K12345' });
    expect(await ipp.read(all, signal)).toEqual({
      kind: 'answered',
      value: {
        values: new Map<string, unknown>([
          ['svc.ipp', 'both'],
          ['jobs.pin', true],
          ['ipp.auth', 'digest'],
        ]),
        failed: new Map(),
        fixed: new Map([['svc.ipp', 'its IPP does not offer Set-Printer-Attributes']]),
      },
    });
    expect(asked.map(({ message: { requestId } }) => requestId)).toEqual([1, 2, 3]);
    expect(asked[0]).toMatchObject({ path: '/ipp/print', headers: { 'accept-encoding': 'identity' } });
    expect(asked[0]?.headers).not.toHaveProperty('authorization');
    expect([...(asked[0]?.message.groups[0]?.attributes.keys() ?? [])]).toEqual([
      'attributes-charset',
      'attributes-natural-language',
      'printer-uri',
      'requested-attributes',
    ]);
  });

  it('what nobody can read is failed, what it does not say is left out', async () => {
    const { target } = await peer(
      saying({
        'uri-authentication-supported': [keyword('smell')],
        'printer-firmware-string-version': [text('1.0\u00e9')],
      }),
    );
    const reading = await driver(target).read(all, signal);
    expect(reading).toMatchObject({ value: { values: new Map([['svc.ipp', 'both']]) } });
    const failed = reading.kind === 'answered' ? reading.value.failed : new Map();
    expect(failed).toEqual(
      new Map([
        ['ipp.auth', expect.stringContaining('smell')],
        ['fw.version', expect.stringContaining('must be a version')],
      ]),
    );
  });

  it('an old printer is found at its old path, and asked there from then on', async () => {
    const { target, asked } = await peer((one, response) =>
      one.path === '/' ? saying(printer)(one, response) : void response.writeHead(404).end(),
    );
    const ipp = driver(target);
    await ipp.serialOf(signal);
    expect(await ipp.serialOf(signal)).toMatchObject({ kind: 'answered' });
    expect(asked.map(({ path }) => path)).toEqual(['/ipp/print', '/', '/']);
  });

  it('one that shows another certificate than the pinned one is asked nothing, in clear neither', async () => {
    const { target, asked } = await peer(saying(printer));
    const pinned = driver({ ...target, fingerprint: 'a'.repeat(64) });
    for (const outcome of [await pinned.identify(signal), await pinned.read(all, signal)]) {
      expect(outcome).toMatchObject({ kind: 'failed', mayPass: false });
    }
    expect(asked).toEqual([]);
  });

  it('of another printer than the one that is meant nothing is read or set; one that names none is believed', async () => {
    const { target } = await peer(saying(printer));
    const reason = `what answers by IPP at ${target.address} is VNB3K12345, not CNB1N00001`;
    const failed = { kind: 'failed', reason, mayPass: false };
    const other = driver({ ...target, serial: 'CNB1N00001' });
    expect(await other.read(all, signal)).toEqual(failed);
    const written = await other.write(new Map([['svc.ipp', 'ippsOnly']]), signal);
    expect(written).toMatchObject({ value: { refused: new Map([['svc.ipp', reason]]) } });
    const meant = driver({ ...target, serial: 'VNB3K12345' });
    expect(await meant.read(all, signal)).toMatchObject({ kind: 'answered' });
    const { 'printer-serial-number': _, ...nameless } = printer;
    const { target: silent } = await peer(saying(nameless));
    expect(await driver({ ...silent, serial: 'CNB1N00001' }).read(all, signal)).toMatchObject({
      kind: 'answered',
    });
  });
});

describe('without TLS', () => {
  it('it is read in clear, which is told', async () => {
    const { target, asked } = await peer(saying(printer), true);
    const ipp = driver(target);
    expect(await ipp.serialOf(signal)).toMatchObject({ kind: 'answered' });
    expect(await ipp.identify(signal)).toMatchObject({ value: { fingerprint: null } });
    const only = { ...printer, 'uri-security-supported': [keyword('none')] };
    const { target: other } = await peer(saying(only), true);
    const reading = await driver(other).read(all, signal);
    expect(reading).toMatchObject({
      value: {
        values: new Map<string, unknown>([
          ['svc.ipp', 'ippOnly'],
          ['jobs.pin', true],
          ['ipp.auth', 'digest'],
        ]),
      },
    });
    expect(asked[0]?.headers).not.toHaveProperty('authorization');
  });

  it('nothing counts of one that has a certificate to show, but that it answers in clear', async () => {
    const { target } = await peer(saying(printer), true);
    const ipp = driver({ ...target, fingerprint: 'a'.repeat(64) });
    const unproven = { kind: 'failed', mayPass: false, reason: expect.stringContaining('offers no TLS') };
    expect(await ipp.identify(signal)).toEqual(unproven);
    expect(await ipp.serialOf(signal)).toEqual(unproven);
    const reading = await ipp.read(all, signal);
    expect(reading).toMatchObject({ value: { values: new Map([['svc.ipp', 'both']]) } });
    const failed = reading.kind === 'answered' ? [...reading.value.failed.keys()] : [];
    expect(failed).toEqual(['jobs.pin', 'ipp.auth']);
  });

  it('nothing is set', async () => {
    const { target, asked } = await peer(saying(printer), true);
    const written = await driver(target).write(new Map([['svc.ipp', 'ippsOnly']]), signal);
    expect(written).toMatchObject({ value: { applied: new Set() } });
    expect(asked.every(({ message: { code } }) => code === 0x000b)).toBe(true);
  });
});

describe('where nobody listens', () => {
  it('there is no IPP', async () => {
    const target = { address: '127.8.250.2', port: await freePort(), fingerprint: null };
    const ipp = driver({ ...target, networks: ['127.8.0.0/16'], mutual: null });
    const refused = { kind: 'unreachable', host: 'alive', refused: true };
    expect(await ipp.identify(signal)).toMatchObject(refused);
    expect(await ipp.read(all, signal)).toEqual({
      kind: 'answered',
      value: { values: new Map([['svc.ipp', 'off']]), failed: new Map(), unspoken: true },
    });
  });

  it('outside the device networks nothing is asked', async () => {
    let connections = 0;
    const server: Server = createServer(() => (connections += 1));
    open.push(server);
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.8.250.3', resolve));
    const target = {
      address: '127.8.250.3',
      port,
      fingerprint: null,
      networks: ['10.0.0.0/8'],
      mutual: null,
    };
    const ipp: Driver = driver(target);
    for (const outcome of [
      await ipp.identify(signal),
      await ipp.read(all, signal),
      await ipp.write(new Map([['svc.ipp', 'ippsOnly']]), signal),
    ]) {
      expect(outcome).toMatchObject({ kind: 'failed', reason: expect.stringContaining('outside') });
    }
    expect(connections).toBe(0);
  });
});

describe('set', () => {
  const settable = {
    ...printer,
    'operations-supported': [enumerated(0x000b), enumerated(0x0013)],
    'printer-settable-attributes-supported': [keyword('printer-xri-supported')],
  };
  const wish = new Map<string, string | boolean>([
    ['svc.ipp', 'ippsOnly'],
    ['jobs.pin', false],
    ['svc.telnet', false],
    ['no.such', true],
  ]);

  it('are fewer ways in, and nothing else', async () => {
    const { target, asked } = await peer(saying(settable));
    const written = await driver(target).write(wish, signal);
    expect(written).toEqual({
      kind: 'answered',
      value: {
        applied: new Set(['svc.ipp']),
        refused: new Map(
          ['jobs.pin', 'svc.telnet', 'no.such'].map((key) => [key, 'IPP has nothing to set it by']),
        ),
      },
    });
    const [, set] = asked;
    expect(set?.message.code).toBe(0x0013);
    const left = { uri: 'ipps://printer.example/ipp/print', authentication: 'digest', security: 'tls' };
    expect(set?.message.groups[1]).toEqual({
      tag: tags.printer,
      attributes: new Map([['printer-xri-supported', [collectionOf(left)]]]),
    });
  });

  it.each([
    ['client-error-attributes-not-settable', 0x0413],
    ['client-error-not-authenticated', 0x0402],
    ['server-error-busy', 0x0507],
  ])('is refused with its reason: %s', async (name, code) => {
    const { target } = await peer((one, response) =>
      saying(one.message.code === 0x0013 ? {} : settable, one.message.code === 0x0013 ? code : 0)(
        one,
        response,
      ),
    );
    const written = await driver(target).write(new Map([['svc.ipp', 'ippsOnly']]), signal);
    const refused = written.kind === 'answered' ? [...written.value.refused] : [];
    expect(refused).toEqual([['svc.ipp', expect.stringContaining(name)]]);
  });

  it.each(['off', 'both', 'ippOnly'])('is nothing that makes it %s', async (value) => {
    const { target, asked } = await peer(saying(settable));
    const written = await driver(target).write(new Map([['svc.ipp', value]]), signal);
    expect(written).toMatchObject({ value: { applied: new Set() } });
    expect(asked).toEqual([]);
  });
});
