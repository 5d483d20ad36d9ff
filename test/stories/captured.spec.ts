// Somebody who says that he is a known printer, and keeps every byte that he gets (threat 27): no secret is among them, whatever
// he speaks, and in whatever form.
import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer as createPlain } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import type { Credential } from '#device/credential';
import { exampleIdentity } from '#events/identity';
import { fingerprintOf, type Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { freePort } from '../../scripts/free-port.mjs';
import { Assessing, type Known } from '../support/assessing.js';
import { answerInVersion3, answerTo, messageIdOf, pdus } from '../support/snmp-peer.js';
import { octets } from '../../libs/pki/der/write.js';

const held: readonly Credential[] = [
  { kind: 'admin', password: 'admin-secret-1' },
  { kind: 'snmpWrite', community: 'write-secret-1', unproved: false },
  { kind: 'snmpRead', community: 'read-secret-1', unproved: false },
];
const user: Credential = {
  kind: 'snmpUser',
  user: 'muster',
  auth: 'sha256',
  authPassword: 'auth-secret-1',
  priv: 'aes128',
  privPassword: 'priv-secret-1',
};
const words = ['admin-secret-1', 'write-secret-1', 'read-secret-1', 'auth-secret-1', 'priv-secret-1'];
/** As they are, and as those who carry passwords write them. */
const forms = words.flatMap((word) => [
  word,
  Buffer.from(word).toString('base64'),
  Buffer.from(`admin:${word}`).toString('base64'),
  Buffer.from(word).toString('hex'),
  ...['sha256', 'md5', 'sha1'].map((hash) => createHash(hash).update(word).digest().toString('latin1')),
  ...['sha256', 'md5', 'sha1'].map((hash) => createHash(hash).update(word).digest('hex')),
]);

const identity = { ...exampleIdentity };
const json = (body: object, headers = '', status = '200 OK'): string => {
  const text = JSON.stringify(body);
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n${headers}\r\n${text}`;
};
const asks = (challenge: string) => (path: string, ip: string) =>
  path.includes('identity')
    ? json({ ...identity, ip })
    : json({}, `WWW-Authenticate: ${challenge}\r\n`, '401 Unauthorized');

interface Scene {
  readonly what: string;
  /** What it answers over TLS; null: it speaks none, and says so in clear. */
  readonly web: ((path: string, ip: string) => string) | null;
  readonly agent: ((request: Buffer) => readonly Uint8Array[]) | null;
}

const engineId = Buffer.from('80001f8880aabbccdd', 'hex');
const saysSerial = (request: Buffer): readonly Uint8Array[] => {
  try {
    return [
      answerTo(request, { values: Array.from({ length: 16 }, () => octets(Buffer.from(identity.serial))) }),
    ];
  } catch {
    return [];
  }
};
const namesEngine = (request: Buffer): readonly Uint8Array[] => {
  const messageId = messageIdOf(request);
  const oids = ['1.3.6.1.6.3.15.1.1.4.0'];
  return [
    answerInVersion3({
      messageId,
      flags: 0,
      engineId,
      type: pdus.report,
      oids,
      values: [octets(Buffer.from('1'))],
    }),
  ];
};

/** That of the real one: another is not answered. */
const realm = `realm="muster ${identity.serial}"`;

const scenes: readonly Scene[] = [
  { what: 'asks for Basic', web: asks('Basic realm="a"'), agent: null },
  {
    what: 'asks for Digest',
    web: asks(`Digest ${realm}, qop="auth", algorithm=SHA-256, nonce="n"`),
    agent: saysSerial,
  },
  {
    what: 'asks for Digest with MD5',
    web: asks(`Digest ${realm}, qop="auth", algorithm=MD5, nonce="n"`),
    agent: null,
  },
  {
    what: 'is open, and knows the serial number',
    web: (path, ip) =>
      json(path.includes('identity') ? { ...identity, ip } : { settings: { 'svc.telnet': true } }),
    agent: saysSerial,
  },
  {
    what: 'leads elsewhere',
    web: () => 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n',
    agent: saysSerial,
  },
  { what: 'speaks no TLS', web: null, agent: saysSerial },
  {
    what: 'names an engine of SNMPv3',
    web: asks(`Digest ${realm}, qop="auth", algorithm=SHA-256, nonce="n"`),
    agent: namesEngine,
  },
];
const ways = [
  { how: 'known by its certificate', pinned: true, withUser: false },
  { how: 'known by no certificate', pinned: false, withUser: false },
  { how: 'known by its certificate, with a user of SNMPv3', pinned: true, withUser: true },
  { how: 'known by no certificate, with a user of SNMPv3', pinned: false, withUser: true },
];

describe('who only says that he is a printer, and keeps what he gets', () => {
  const closing: (() => unknown)[] = [];
  let own: Credentials;
  let real: Credentials;
  let assessing: Assessing;
  let last = 0;
  beforeAll(async () => {
    own = await selfSigned({ commonName: 'somebody', serialNumber: identity.serial });
    real = await selfSigned({ commonName: 'printer', serialNumber: identity.serial });
    assessing = await Assessing.start(['127.38.0.0/16']);
    for (const secret of held) await assessing.hold(secret);
    await assessing.hold(user, 'group', 'with-user');
    // All at once: silence takes its time.
    for (const scene of all) heardBy.set(scene, spokenWith(scene));
  });
  afterAll(async () => {
    await assessing.stop();
    for (const close of closing.splice(0).toReversed()) await close();
  });

  async function stranger({ web, agent }: Scene) {
    const ip = `127.38.0.${(last += 1)}`;
    const ports = { device: await freePort(), snmp: await freePort() };
    const heard: Buffer[] = [];
    const answer = (socket: TLSSocket): void => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        heard.push(bytes);
        const [, path] = /^[A-Z]+ (\S+) HTTP/.exec(bytes.toString('latin1')) ?? [];
        if (path !== undefined && web) socket.write(web(path, ip));
      });
    };
    const server = web
      ? createServer({ key: own.key, cert: own.certificate }, answer)
      : createPlain((socket) => {
          socket.on('error', () => undefined).on('data', (bytes: Buffer) => heard.push(bytes));
          socket.write(
            'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="a"\r\nContent-Length: 0\r\n\r\n',
          );
        });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(ports.device, ip, resolve));
    const udp = createSocket('udp4');
    udp.on('message', (request, from) => {
      heard.push(request);
      for (const datagram of agent?.(request) ?? []) udp.send(datagram, from.port, from.address);
    });
    await new Promise<void>((resolve) => udp.bind(ports.snmp, ip, resolve));
    closing.push(
      () => udp.close(),
      () => void server.close(),
    );
    return { ip, ports, heard };
  }

  const all = ways.flatMap((way) => scenes.map((scene) => ({ ...way, ...scene })));
  const heardBy = new Map<object, Promise<string>>();

  /** Whatever assessment would say to him, a policy that wants a password of his own included. */
  async function spokenWith(scene: (typeof all)[number], as: Partial<Known> = {}): Promise<string> {
    const { ip, ports, heard } = await stranger(scene);
    const fingerprint = scene.pinned ? fingerprintOf(new X509Certificate(real.certificate).raw) : null;
    const known = { deviceId: randomUUID(), identity: { ...identity, ip }, fingerprint, ...as };
    const device = await assessing.connect(known, ports, scene.withUser ? ['with-user'] : []);
    const { signal } = new AbortController();
    await device.identify(signal);
    await device.read(new Set(settingsCatalogue.keys()), signal);
    await device.write(new Map([['credential.admin', 'generated']]), signal);
    await device.write(new Map([['credential.snmpUser', 'generated']]), signal);
    await device.reach(new Set(['svc.telnet']), signal);
    device.close();
    return Buffer.concat(heard).toString('latin1');
  }

  it.each(all)(
    'who $what, $how, learns no secret',
    async (scene) => {
      const bytes = await (heardBy.get(scene) ?? '');
      // To whom shows another certificate than the pinned one, or none, not a byte of a request goes.
      expect(bytes === '').toBe(scene.pinned && scene.web !== null);
      expect(forms.filter((form) => bytes.includes(form))).toEqual([]);
      expect(bytes).not.toMatch(/authorization|admin-password/i);
      const made = await assessing.store.query<{ box: string }>(
        `select box from assessment.credential where generated`,
      );
      expect(made).toEqual([]);
    },
    120_000,
  );

  it('would be seen to get one: the device itself gets what it asks for, and what may go in clear', async () => {
    const scene = all.find(({ what, pinned }) => what === 'asks for Digest' && !pinned);
    if (!scene) throw new Error('there is one');
    const deviceId = randomUUID();
    const community: Credential = { kind: 'snmpRead', community: 'read-secret-1', unproved: true };
    await assessing.hold(community, 'device', deviceId);
    const fingerprint = fingerprintOf(new X509Certificate(own.certificate).raw);
    const bytes = await spokenWith(scene, { deviceId, fingerprint });
    expect(forms.filter((form) => bytes.includes(form))).toEqual(['read-secret-1']);
    expect(bytes).toMatch(/authorization: digest username="admin"/i);
  }, 120_000);
});
