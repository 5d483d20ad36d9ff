// Where a certificate that came by the bus may lead whoever staples to it: a responder by real HTTP, an authority by openssl.
import { X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { OpensslAuthority } from '../../../test/support/openssl-authority.js';
import { ownFolder } from '../../../test/support/servers.js';
import { until } from '../../../test/support/until.js';
import { isOrdinary } from '../../addresses/range.js';
import { ownAddresses } from '../../addresses/own.js';
import type { Own } from './fetch-elsewhere.js';
import { Staple } from './staple.js';

/** By the network; there is no other machine. */
const address = ownAddresses().find(isOrdinary);
let authority: OpensslAuthority;
let site: Server;
let asked = 0;
let certificate = '';

beforeAll(async () => {
  authority = new OpensslAuthority(await ownFolder('staple'));
  site = createServer((request, response) => {
    asked += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.end(authority.answer(Buffer.concat(chunks))));
  });
  await new Promise<void>((resolve) => site.listen(0, resolve));
  const host = isIP(address ?? '') === 6 ? `[${address}]` : address;
  const ocsp = `http://${host}:${(site.address() as AddressInfo).port}/`;
  certificate = authority.issueServer('chosen', { ocsp }).certificate;
});
afterAll(() => {
  site.closeAllConnections();
  site.close();
});

/** Of a certificate that came by the bus. */
function stapling(own?: Own): { readonly staple: Staple; readonly heard: (string | null)[] } {
  const heard: (string | null)[] = [];
  const staple = new Staple({
    shown: () => ({ certificate: certificate + authority.certificate, own: false }),
    url: null,
    heard: (_, problem) => void heard.push(problem),
    ...(own && { ownAddresses: own }),
  });
  onTestFinished(() => staple.stop());
  return { staple, heard };
}

describe.skipIf(address === undefined)(
  'a responder that a chosen certificate names (skipped where the machine has loopback only)',
  () => {
    it('is not asked at an address of this machine', async () => {
      const { heard } = stapling();
      await until('it is told', () => heard.length > 0);
      expect([heard, asked]).toEqual([[expect.stringContaining('may not lead there')], 0]);
    });

    it('is asked elsewhere, and its answer goes along', async () => {
      const { staple, heard } = stapling(() => []);
      const { raw } = new X509Certificate(certificate);
      await until('there is one', () => staple.current(raw, new Date()));
      expect([heard, asked]).toEqual([[], 1]);
    });
  },
);
