// More questions than are asked at a time, as when power comes back at a site: those beyond wait, not too many and not for
// long, and whoever gets no answer is told that there was none. Real HTTP.
import type { X509Certificate } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { until } from '../../../test/support/until.js';
import { issue, makeRoot, type Issuer } from '../authority/issue.js';
import { generateKey } from '../authority/key.js';
import { answerOcsp } from '../authority/ocsp-answer.js';
import { validFor } from '../certificate.js';
import { OcspClient } from './ocsp-client.js';
import type { PlacesOptions } from './places.js';

let root: Issuer;
let devices: readonly X509Certificate[];
let site: Server;
/** Questions that wait for their answer. */
let held: { readonly question: Buffer; readonly response: ServerResponse }[] = [];
let asked = 0;
let answers = true;

beforeAll(async () => {
  const { privateKey: key, publicKey } = await generateKey('p256');
  const validity = validFor(3);
  root = { key, certificate: makeRoot({ subject: { CN: 'Root' }, key, validity }) };
  devices = Array.from({ length: 60 }, (_, index) =>
    issue(root, {
      profile: 'client',
      subject: { CN: `Device ${index}` },
      names: [],
      validity,
      publicKey,
      addresses: null,
    }),
  );
  site = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked += 1;
      held.push({ question: Buffer.concat(chunks), response });
      if (answers) answerAll();
    });
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  held = [];
  asked = 0;
  answers = true;
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

function answerAll(): void {
  answers = true;
  const by = { issuer: root, statusOf: () => 'good' as const, now: new Date(), freshSeconds: 60 };
  for (const { question, response } of held.splice(0)) response.end(answerOcsp(question, by).der);
}

/** What is known of each of the first devices, asked all at once. */
function ask(count: number, asking: PlacesOptions): readonly Promise<string>[] {
  const url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
  const client = new OcspClient(url, new AbortController().signal, asking);
  return devices.slice(0, count).map((device) => client.standingOf(device, root.certificate, new Date()));
}

const forLong = 60_000;

it('those beyond wait until others are answered', async () => {
  const found = await Promise.all(ask(60, { atOnce: 50, waitingMax: 250, waitMs: forLong }));
  expect(found).toEqual(Array.from({ length: 60 }, () => 'good'));
});

it('no more wait than may', async () => {
  answers = false;
  const found = ask(4, { atOnce: 2, waitingMax: 1, waitMs: forLong });
  expect(await Promise.race(found)).toBe('unanswered');
  await until('two are asked about', () => held.length === 2);
  answerAll();
  expect(await Promise.all(found)).toEqual(['good', 'good', 'good', 'unanswered']);
});

it('nobody waits for longer than may be', async () => {
  answers = false;
  const found = ask(2, { atOnce: 1, waitingMax: 250, waitMs: 20 });
  expect(await Promise.race(found)).toBe('unanswered');
  await until('one is asked about', () => held.length === 1);
  answerAll();
  expect(await Promise.all(found)).toEqual(['good', 'unanswered']);
});

it('nobody waits for one that fails', async () => {
  answers = false;
  const found = ask(10, { atOnce: 1, waitingMax: 250, waitMs: forLong });
  await until('one is asked about', () => held.length === 1);
  held[0]?.response.destroy();
  expect(await Promise.all(found)).toEqual(Array.from({ length: 10 }, () => 'unanswered'));
  expect(asked).toBe(1);
});
