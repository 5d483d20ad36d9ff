// A device that was moved because its old address was silent (threats 5 and 27): whoever waits until a printer is switched off, and
// announces its serial number then, is believed. He gets nothing that opens the printer.
import { createSocket } from 'node:dgram';
import { randomUUID, X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import type { Credential } from '#device/credential';
import { assessmentStarted } from '#events/assessment';
import { deviceGrouped } from '#events/device';
import { exampleIdentity } from '#events/identity';
import { fingerprintOf } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { freePort } from '../../scripts/free-port.mjs';
import { Assessing, type Known } from '../support/assessing.js';
import { published } from '../support/fed-delivery.js';
import { until } from '../support/until.js';

const limitMs = 200_000;
const secrets: readonly Credential[] = [
  { kind: 'admin', password: 'admin-secret-1' },
  { kind: 'snmpRead', community: 'read-secret-1', unproved: true },
  { kind: 'snmpWrite', community: 'write-secret-1', unproved: true },
];
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** He says that he is the printer, and wants its password; `told`: what he was given. */
async function whoCame(
  ip: string,
  ports: { readonly device: number; readonly snmp: number },
  isBusy: () => boolean = () => false,
) {
  const told: string[] = [];
  const identity = { ...exampleIdentity, ip };
  const own = await selfSigned({ commonName: 'impostor', serialNumber: identity.serial });
  const challenge = `Digest realm="muster ${identity.serial}", qop="auth", algorithm=SHA-256, nonce="n"`;
  const server = createServer({ key: own.key, cert: own.certificate }, (request, response) => {
    const { authorization } = request.headers;
    if (authorization) told.push(authorization);
    if (request.method === 'PUT') request.on('data', (part: Buffer) => void told.push(part.toString()));
    request.resume().on('end', () => {
      if (isBusy()) return void response.writeHead(503).end();
      const isOpen = request.url?.endsWith('/identity') === true;
      const headers = { 'content-type': 'application/json', 'www-authenticate': challenge };
      response.writeHead(isOpen || authorization ? 200 : 401, headers);
      response.end(JSON.stringify(isOpen ? identity : { settings: { 'svc.telnet': false } }));
    });
  });
  const agent = createSocket('udp4').on('message', (request) => {
    told.push(...(request.toString('latin1').match(/(read|write)-secret-1/g) ?? []));
  });
  closing.push(() => agent.close());
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(ports.device, ip, resolve));
  await new Promise<void>((resolve) => agent.bind(ports.snmp, ip, resolve));
  const fingerprint = fingerprintOf(new X509Certificate(own.certificate).raw);
  const known: Known = { deviceId: randomUUID(), identity, fingerprint, approved: false };
  return { known, told };
}

interface Case {
  readonly who: string;
  readonly ip: string;
  /** As discovery says it the next time; absent: nothing new. */
  readonly proof?: Known['proof'];
  /** What an operator does before that. */
  readonly word?: (assessing: Assessing, known: Known) => Promise<void>;
}

describe('who came to where a device was taken to have moved', () => {
  it.each<Case>([
    { who: 'an operator decides that it is the device', proof: 'operator', ip: '127.38.9.1' },
    { who: 'its certificate was verified', proof: 'verified', ip: '127.38.9.2' },
    {
      who: 'a credential is set for it',
      ip: '127.38.9.3',
      word: (assessing, { deviceId }) =>
        assessing.hold({ kind: 'admin', password: 'admin-secret-2' }, 'device', deviceId),
    },
    {
      who: 'an operator vouches for it',
      ip: '127.38.9.4',
      word: async (assessing, known) => {
        expect(await assessing.vouch(known)).toBe('vouched');
        expect(await assessing.vouch(known)).toBe('gone');
      },
    },
  ])(
    'is told nothing that is kept to open the device, until $who',
    async ({ ip, proof = 'sameCertificate', word }) => {
      const ports = { device: await freePort(), snmp: await freePort() };
      const assessing = await Assessing.start(['127.38.0.0/16']);
      closing.push(() => assessing.stop());
      const { known, told } = await whoCame(ip, ports);
      for (const secret of secrets) {
        await assessing.hold(secret);
        await assessing.hold(secret, 'device', known.deviceId);
      }
      await assessing.require({ 'svc.telnet': false, 'credential.admin': 'stored' });
      assessing.work(ports);
      const moved = await assessing.assess({ ...known, proof: 'oldAddressSilent' });
      // By his own certificate, which is pinned since.
      await assessing.assess({ ...known, proof: 'sameCertificate' });
      const another = { ...known, fingerprint: 'b'.repeat(64) };
      expect(await assessing.vouch(another)).toBe('another');
      expect(await assessing.vouch({ ...known, identity: { ...known.identity, ip: '127.38.9.9' } })).toBe(
        'another',
      );
      await assessing.assess({ ...known, proof: 'sameCertificate' });
      expect(told).toEqual([]);
      expect(moved.detail).toContain('nobody vouches for who is there now');
      await word?.(assessing, known);
      await assessing.assess({ ...known, proof });
      expect(told.join()).toContain('Digest username="admin"');
    },
    limitMs,
  );

  it(
    'is told nothing once the operator has decided for the other one, though his task waits for its next try',
    async () => {
      const ports = { device: await freePort(), snmp: await freePort() };
      const assessing = await Assessing.start(['127.38.0.0/16']);
      closing.push(() => assessing.stop());
      let busy = true;
      const { known, told } = await whoCame('127.38.9.5', ports, () => busy);
      for (const secret of secrets) await assessing.hold(secret, 'device', known.deviceId);
      await assessing.require({ 'svc.telnet': false, 'credential.admin': 'stored' });
      assessing.work(ports);
      const { fed, store } = assessing;
      const grouped = (at: Pick<Known, 'identity' | 'fingerprint'>, proof: Known['proof']) =>
        published(
          deviceGrouped.draft({
            ...deviceGrouped.example,
            ...at,
            deviceId: known.deviceId,
            announcements: [randomUUID()],
            proof: proof ?? 'sameCertificate',
            groups: [],
          }),
        );
      const tries = async () => (await fed.told(assessmentStarted)).map(({ identity }) => identity.ip);
      const areOver = async (count: number) =>
        (await tries()).length >= count &&
        (await store.query(`select 1 as one from assessment.task where state = 'running'`)).length === 0;
      await fed.feed(grouped(known, 'oldAddressSilent'));
      await until('he was asked, and is to be asked again', () => areOver(1));
      const real = { identity: { ...known.identity, ip: '127.38.9.6' }, fingerprint: 'a'.repeat(64) };
      await fed.feed(grouped(real, 'operator'));
      busy = false;
      await store.query(`update assessment.task set not_before = now() where state = 'waiting'`);
      await until('the task has had another try', () => areOver(2));
      expect(new Set((await tries()).slice(1))).toEqual(new Set(['127.38.9.6']));
      expect(told).toEqual([]);
    },
    limitMs,
  );
});
