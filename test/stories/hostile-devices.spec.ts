// Devices that answer what no device should, or without end, each assessed as any other is: none of them costs more than its own
// task, that task ends within 30 s and says why, and an honest device beside them is put right.
import { randomUUID, X509Certificate } from 'node:crypto';
import { createSocket, type RemoteInfo } from 'node:dgram';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { metrics } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runWorkers, type RunningWorkers } from '#bus/worker';
import { policyTemplates } from '#documents/templates';
import { assessmentFinished, assessmentStarted, type AssessmentFinished } from '#events/assessment';
import { deviceGrouped } from '#events/device';
import { exampleIdentity, type Identity } from '#events/identity';
import { policyChanged } from '#events/policy';
import { defaultSettings, settingsChanged } from '#events/settings';
import { fingerprintOf } from '#pki/certificate';
import { octets } from '../../libs/pki/der/write.js';
import { selfSigned } from '#pki/self-signed';
import { openLog } from '#runtime/log';
import { startApi } from '../../apps/agent/device/api.js';
import { Device, freshConfiguration, type Configuration } from '../../apps/agent/device/device.js';
import { assessWorker } from '../../apps/assessment/assess.js';
import { assessment } from '../../apps/assessment/assessment.js';
import { openersOn } from '../../apps/assessment/connect.js';
import { openFor, published, startFed, type Fed } from '../support/fed-delivery.js';
import { outboxBus } from '../support/outbox-bus.js';
import { freePort } from '../support/scripts.js';
import { answerTo, partsOf } from '../support/snmp-peer.js';
import { until } from '../support/until.js';

const [devicePort, snmpPort, ippPort] = await Promise.all([freePort(), freePort(), freePort()]);
const shown = await selfSigned({ commonName: 'printer' });
const fingerprint = fingerprintOf(new X509Certificate(shown.certificate).raw);
/** Unpacked, 100 MB. */
const packed = await buffer(
  Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(1_000_000))).pipe(createGzip()),
);
/** Unpacked, 2 GB: a file of gzip may have any number of parts. */
const bomb = Buffer.concat(Array.from({ length: 20 }, () => packed));
/**
 * Most of it is what the database in this process and the questions of this test leave to be collected, on a busy machine more.
 * Whoever unpacked what it is sent would keep 2 GB; who reads without end shows in what its task ends with.
 */
const bytesMax = 500_000_000;

const closing: (() => unknown)[] = [];
let fed: Fed;
let workers: RunningWorkers;
let before = 0;
let peak = 0;

type Answering = (request: IncomingMessage, response: ServerResponse) => void;
type Serve = (identity: Identity) => Promise<void>;

const web =
  (port: number, answer: (identity: Identity) => Answering): Serve =>
  async ({ ip, ...rest }) => {
    const served = answer({ ip, ...rest });
    const server = createServer({ key: shown.key, cert: shown.certificate }, (request, response) => {
      request.resume();
      served(request, response);
    });
    closing.push(
      () => server.closeAllConnections(),
      () => server.close(),
    );
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(port, ip, resolve));
  };

const agent =
  (answer: (request: Buffer) => readonly Uint8Array[]): Serve =>
  async ({ ip }) => {
    const socket = createSocket('udp4');
    let closed = false;
    // Some at a time: what is sent at once is lost before anybody can read it.
    const say = async (request: Buffer, { port, address }: RemoteInfo): Promise<void> => {
      for (const [nth, datagram] of answer(request).entries()) {
        if (nth % 50 === 49) await nextTurn();
        if (!closed) socket.send(datagram, port, address);
      }
    };
    socket.on('message', (request, from) => void say(request, from));
    closing.push(
      () => (closed = true),
      () => socket.close(),
    );
    await new Promise<void>((resolve) => socket.bind(snmpPort, ip, resolve));
  };

const honest =
  (delayMs: number): Serve =>
  async (identity) => {
    let kept: Configuration = freshConfiguration;
    const save = (configuration: Configuration): Promise<void> => {
      kept = configuration;
      return Promise.resolve();
    };
    const device = new Device({ identity, memory: { read: () => kept, save } });
    const served = { device, identity: shown, host: identity.ip, port: devicePort, delayMs: () => delayMs };
    const api = await startApi(served);
    closing.push(() => api.stop());
  };

const json = (response: ServerResponse, value: unknown): unknown =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value));

/** A walk through it never comes to an end. */
const moreAndMore = (request: Buffer): readonly Uint8Array[] => {
  const rows = Array.from({ length: 30 }, (_, index) => index + 1);
  const { oids } = partsOf(request);
  const values = oids.flatMap(() => rows.map(() => octets(Buffer.alloc(50, 'x'))));
  return [answerTo(request, { oids: oids.flatMap((oid) => rows.map((row) => `${oid}.${row}`)), values })];
};

const byteByByte: Answering = (_, response) => {
  response.setHeader('content-type', 'application/json');
  const timer = setInterval(() => response.write(' '), 1_000);
  response.on('close', () => clearInterval(timer));
};

/** As fast as it is taken. */
const withoutEnd: Answering = (_, response) => {
  const part = Buffer.alloc(65_536, ' ');
  const more = (): void => {
    while (!response.destroyed && response.write(part));
    if (!response.destroyed) response.once('drain', more);
  };
  response.on('error', () => undefined);
  more();
};

interface Hostile {
  readonly serve: Serve;
  readonly says: RegExp;
  /** Null: it shows no certificate that could be pinned. */
  readonly pinned?: string | null;
}

const hostile: Readonly<Record<string, Hostile>> = {
  'an endless SNMP walk': { serve: agent(moreAndMore), says: /SNMP .* of other objects/, pinned: null },
  '1,500 answers to another question': {
    serve: agent((request) => Array.from({ length: 1_500 }, () => answerTo(request, { id: 1 }))),
    says: /SNMP .* more than it was asked for/,
    pinned: null,
  },
  'the 16 bytes of IPP': {
    serve: web(ippPort, () => (_, response) => {
      const bytes = Buffer.from('010100000000000104210001' + '61fffa00', 'hex');
      response.setHeader('content-type', 'application/ipp').end(bytes);
    }),
    says: /no IPP: byte 13/,
    pinned: null,
  },
  'a gzip bomb': {
    serve: web(
      devicePort,
      () => (_, response) => void response.setHeader('content-encoding', 'gzip').end(bomb),
    ),
    says: /compressed an answer/,
  },
  'an answer without end': {
    serve: web(devicePort, () => (request, response) => {
      response.setHeader('content-type', 'application/json');
      withoutEnd(request, response);
    }),
    says: /its answer is longer than 262144 bytes/,
  },
  'an answer without end by IPP': {
    serve: web(ippPort, () => (request, response) => {
      response.setHeader('content-type', 'application/ipp');
      withoutEnd(request, response);
    }),
    says: /its answer is longer than 262144 bytes/,
    pinned: null,
  },
  'one byte a second': { serve: web(devicePort, () => byteByByte), says: /answers too slowly/ },
  'a redirect': {
    serve: web(
      devicePort,
      () => (_, response) => void response.writeHead(302, { location: 'https://127.0.0.1:1/' }).end(),
    ),
    says: /302; redirects are not followed/,
  },
  'wrong types': {
    serve: web(devicePort, (identity) => (request, response) => {
      const settings = { 'svc.telnet': { a: 1 }, 'svc.ftp': [17] };
      json(response, request.url?.endsWith('/identity') ? identity : { settings });
    }),
    says: /its answer cannot be read: settings/,
  },
  'another certificate': {
    serve: web(devicePort, () => (_, response) => void json(response, {})),
    says: /another certificate than the one pinned/,
    pinned: 'b'.repeat(64),
  },
};

const others: Readonly<Record<string, Hostile>> = {
  'an honest one': { serve: honest(0), says: /./ },
  'an honest one, 3.5 s an answer': { serve: honest(3_500), says: /answers too slowly: it was waited/ },
};

const devices = Object.entries({ ...hostile, ...others }).map(
  ([name, { pinned = fingerprint, ...rest }], nth) => {
    const identity = { ...exampleIdentity, serial: `HOSTILE${nth + 1}`, ip: `127.39.0.${nth + 1}` };
    return { name, deviceId: randomUUID(), identity, fingerprint: pinned, ...rest };
  },
);
const idOf = (name: string): string => devices.find((one) => one.name === name)?.deviceId ?? '';

beforeAll(async () => {
  const store = await openFor('PGlite', 'assessment');
  fed = await startFed(store, assessment.consumers);
  for (const { serve, identity } of devices) await serve(identity);
  const body = {
    ...defaultSettings,
    allowRemediation: true,
    initialPolicy: 'base',
    deviceNetworks: ['127.39.0.0/16'],
    probeCommunity: 'public',
  };
  const base = policyTemplates.find(({ id }) => id === 'base')?.body;
  if (!base) throw new Error('there is no base policy');
  await fed.feed(
    published(settingsChanged.draft({ id: 'settings', version: 1, changedBy: 'a', body })),
    published(policyChanged.draft({ id: 'base', version: 1, changedBy: 'a', body: base })),
    ...devices.map(({ deviceId, identity, fingerprint }) => {
      const whom = { deviceId, identity, fingerprint, announcements: [randomUUID()] };
      const seat = { fresh: true, groups: [], left: [], licensedSequence: 1 };
      return published(deviceGrouped.draft({ ...whom, ...seat, trigger: 'announced' }));
    }),
  );
  before = process.memoryUsage.rss();
  const log = openLog({ level: 'silent', fields: {} });
  const openers = openersOn({ devicePort, snmpPort, ippPort });
  workers = runWorkers({
    ...{ store, bus: outboxBus, log, meter: metrics.getMeter('test') },
    ...{ instance: 'one', service: 'assessment' },
    workers: [assessWorker({ store, openers, keyring: null, log })],
  });
  await until(
    'all have ended',
    async () => {
      peak = Math.max(peak, process.memoryUsage.rss());
      return (await fed.told(assessmentFinished)).length === devices.length;
    },
    120_000,
  );
});

afterAll(async () => {
  await workers.stop();
  await fed.stop();
  for (const close of closing) await close();
});

interface End extends AssessmentFinished {
  readonly tries: number;
  readonly tookMs: number;
}

async function endOf(deviceId: string): Promise<End> {
  const of = <T extends { readonly deviceId: string }>(all: readonly T[]): readonly T[] =>
    all.filter((one) => one.deviceId === deviceId);
  const tries = of(await fed.told(assessmentStarted));
  const [first] = tries;
  const [finished] = of(await fed.told(assessmentFinished));
  if (!first || !finished) throw new Error(`${deviceId} did not end`);
  const tookMs = Date.parse(finished.finishedAt) - Date.parse(first.startedAt);
  return { ...finished, tries: tries.length, tookMs };
}

it.each(Object.entries(hostile))('%s fails its own task within 30 s', async (name, { says }) => {
  const { outcome, detail, tookMs } = await endOf(idOf(name));
  expect({ outcome, detail }).toEqual({ outcome: 'failed', detail: expect.stringMatching(says) });
  expect(tookMs).toBeLessThan(30_000);
});

it('an honest device beside them is compliant', async () => {
  const { outcome, changes } = await endOf(idOf('an honest one'));
  expect({ outcome, changed: changes.length > 0 }).toEqual({ outcome: 'compliant', changed: true });
});

it('one that takes 3.5 s for each answer fails, and what was written by then is told', async () => {
  const name = 'an honest one, 3.5 s an answer';
  const { outcome, detail, changes, tries } = await endOf(idOf(name));
  expect({ outcome, detail, tries }).toEqual({
    tries: 1,
    outcome: 'failed',
    detail: expect.stringMatching(/answers too slowly: it was waited/),
  });
  expect(changes.length).toBeGreaterThan(0);
});

it('all of them together cost no memory to speak of', () => {
  expect(peak - before).toBeLessThan(bytesMax);
});
