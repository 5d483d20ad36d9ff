// Somebody who says that he is a known printer, and keeps every byte that he gets (threat 27): no secret is among them, by whatever
// protocol of all that assessment speaks, and in whatever form.
import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer as createPlain, type Server, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import type { Credential } from '#device/credential';
import { encode, tags } from '#device/ipp/message';
import { standardPorts } from '#device/probe/probe';
import { exampleIdentity } from '#events/identity';
import { fingerprintOf, type Credentials } from '#pki/certificate';
import { selfSigned } from '#pki/self-signed';
import { freePort } from '../../scripts/free-port.mjs';
import { Assessing, type Known } from '../support/assessing.js';
import { text } from '../support/ipp-peer.js';
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
/** Which everybody may know. */
const community = 'everybody-reads';

interface Asked {
  readonly path: string;
  readonly body: Buffer;
}
/** What is answered over HTTP, whether by the API, by IPP or by pages. */
type Web = (asked: Asked, ip: string) => Buffer;

const reply = (status: string, headers: string, body: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\n\r\n`),
    body,
  ]);
const json = (body: object, headers = '', status = '200 OK'): Buffer =>
  reply(status, `Content-Type: application/json\r\n${headers}`, Buffer.from(JSON.stringify(body)));
const asks =
  (challenge: string): Web =>
  ({ path }, ip) =>
    path.includes('identity')
      ? json({ ...identity, ip })
      : json({}, `WWW-Authenticate: ${challenge}\r\n`, '401 Unauthorized');
const open: Web = ({ path, body }, ip) => {
  if (!path.startsWith('/ipp'))
    return json(path.includes('identity') ? { ...identity, ip } : { settings: { 'svc.telnet': true } });
  const attributes = new Map([
    ['printer-serial-number', [text(identity.serial)]],
    ['printer-make-and-model', [text(identity.model)]],
  ]);
  const groups = [{ tag: tags.printer, attributes }];
  const message = encode({ version: [1, 1], code: 0, requestId: body.readInt32BE(4), groups });
  return reply('200 OK', 'Content-Type: application/ipp\r\n', message);
};

/** Null: it has not come to its end. */
function requestIn(bytes: Buffer): Asked | null {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, Math.max(end, 0));
  const [, path] = /^[A-Z]+ (\S+) HTTP/.exec(head) ?? [];
  const [, length = '0'] = /^content-length: (\d+)/im.exec(head) ?? [];
  const body = bytes.subarray(end + 4);
  return path === undefined || body.length < Number(length) ? null : { path, body };
}

interface Scene {
  readonly what: string;
  readonly web: Web;
  /** Whether its API and its IPP speak TLS; else they answer in clear. */
  readonly tls: boolean;
  readonly agent: Agent | null;
}

const engineId = Buffer.from('80001f8880aabbccdd', 'hex');
type Agent = (request: Buffer) => readonly Uint8Array[];
/** To what is asked in another version he is silent. */
const ifUnderstood =
  (answer: (request: Buffer) => Uint8Array): Agent =>
  (request) => {
    try {
      return [answer(request)];
    } catch {
      return [];
    }
  };
const saysSerial = ifUnderstood((request) =>
  answerTo(request, { values: Array.from({ length: 16 }, () => octets(Buffer.from(identity.serial))) }),
);
const namesEngine = ifUnderstood((request) => {
  const messageId = messageIdOf(request);
  const oids = ['1.3.6.1.6.3.15.1.1.4.0'];
  return answerInVersion3({
    messageId,
    flags: 0,
    engineId,
    type: pdus.report,
    oids,
    values: [octets(Buffer.from('1'))],
  });
});

/** That of the real one: another is not answered. */
const realm = `realm="muster ${identity.serial}"`;

const scenes: readonly Scene[] = [
  { what: 'asks for Basic', web: asks('Basic realm="a"'), tls: true, agent: null },
  {
    what: 'asks for Digest',
    web: asks(`Digest ${realm}, qop="auth", algorithm=SHA-256, nonce="n"`),
    tls: true,
    agent: saysSerial,
  },
  {
    what: 'asks for Digest with MD5',
    web: asks(`Digest ${realm}, qop="auth", algorithm=MD5, nonce="n"`),
    tls: true,
    agent: null,
  },
  { what: 'is open, and knows the serial number', web: open, tls: true, agent: saysSerial },
  {
    what: 'leads elsewhere',
    web: () => reply('302 Found', 'Location: http://127.0.0.1/\r\n'),
    tls: true,
    agent: saysSerial,
  },
  { what: 'speaks no TLS', web: asks('Basic realm="a"'), tls: false, agent: saysSerial },
  { what: 'speaks no TLS, and knows the serial number', web: open, tls: false, agent: null },
  {
    what: 'names an engine of SNMPv3',
    web: asks(`Digest ${realm}, qop="auth", algorithm=SHA-256, nonce="n"`),
    tls: true,
    agent: namesEngine,
  },
];
const ways = [
  { how: 'known by its certificate', pinned: true, withUser: false },
  { how: 'known by no certificate', pinned: false, withUser: false },
  { how: 'known by its certificate, with a user of SNMPv3', pinned: true, withUser: true },
  { how: 'known by no certificate, with a user of SNMPv3', pinned: false, withUser: true },
];

/** What he got, by where he listened. */
type Heard = ReadonlyMap<string, string>;

describe('who only says that he is a printer, and keeps what he gets', () => {
  const closing: (() => unknown)[] = [];
  let own: Credentials;
  let real: Credentials;
  let assessing: Assessing;
  let last = 0;
  beforeAll(async () => {
    own = await selfSigned({ commonName: 'somebody', serialNumber: identity.serial });
    real = await selfSigned({ commonName: 'printer', serialNumber: identity.serial });
    assessing = await Assessing.start(['127.38.0.0/16'], community);
    for (const secret of held) await assessing.hold(secret);
    await assessing.hold(user, 'group', 'with-user');
    // All at once: silence takes its time.
    for (const scene of all) heardBy.set(scene, spokenWith(scene));
  });
  afterAll(async () => {
    await assessing.stop();
    for (const close of closing.splice(0).toReversed()) await close();
  });

  async function stranger({ web, tls, agent }: Scene) {
    const ip = `127.38.0.${(last += 1)}`;
    const ports = { device: await freePort(), snmp: await freePort(), ipp: await freePort() };
    const heard = new Map<string, Buffer[]>();
    const hear = (where: string): Buffer[] => {
      const bytes: Buffer[] = [];
      heard.set(where, bytes);
      return bytes;
    };
    /** Null: this system does not let the test listen there. */
    const listen = async (where: string, port: number, secured: boolean, says: Web | null) => {
      const bytes = hear(where);
      const answer = (socket: Socket): void => {
        let pending = Buffer.alloc(0);
        socket.on('error', () => undefined);
        socket.on('data', (more: Buffer) => {
          bytes.push(more);
          pending = Buffer.concat([pending, more]);
          // In clear, a hello of TLS is answered, too.
          const asked = requestIn(pending) ?? (secured ? null : { path: '', body: pending });
          if (!asked) return;
          pending = Buffer.alloc(0);
          if (says) socket.write(says(asked, ip));
        });
      };
      const server: Server = secured
        ? createServer({ key: own.key, cert: own.certificate }, answer)
        : createPlain(answer);
      server.on('tlsClientError', () => undefined);
      const isOpen = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false)).listen(port, ip, () => resolve(true));
      });
      if (isOpen) closing.push(() => void server.close());
      else heard.delete(where);
    };
    await listen('api', ports.device, tls, web);
    await listen('ipp', ports.ipp, tls, web);
    await listen('paper', 9100, false, null);
    await listen('https', standardPorts.https, true, web);
    await listen('http', standardPorts.http, false, web);
    const udp = createSocket('udp4');
    const datagrams = hear('snmp');
    udp.on('message', (request, from) => {
      datagrams.push(request);
      for (const datagram of agent?.(request) ?? []) udp.send(datagram, from.port, from.address);
    });
    await new Promise<void>((resolve) => udp.bind(ports.snmp, ip, resolve));
    closing.push(() => udp.close());
    return { ip, ports, heard };
  }

  const all = ways.flatMap((way) => scenes.map((scene) => ({ ...way, ...scene })));
  const heardBy = new Map<object, Promise<Heard>>();

  /** Whatever assessment would say to him, a policy that wants a password of his own included. */
  async function spokenWith(scene: (typeof all)[number], as: Partial<Known> = {}): Promise<Heard> {
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
    return new Map([...heard].map(([where, bytes]) => [where, Buffer.concat(bytes).toString('latin1')]));
  }

  it.each(all)(
    'who $what, $how, learns no secret',
    async (scene) => {
      const heard = (await heardBy.get(scene)) ?? new Map<string, string>();
      const bytes = [...heard.values()].join('');
      // To whom shows another certificate than the pinned one not a byte of a request goes, by no protocol.
      const isLeftAlone = scene.pinned && scene.tls;
      expect(bytes === '').toBe(isLeftAlone);
      for (const where of ['api', 'ipp', 'snmp']) expect(heard.get(where) === '').toBe(isLeftAlone);
      if (!isLeftAlone && !scene.withUser) expect(heard.get('snmp')).toContain(community);
      // Only whether it takes a connection is looked at, or its certificate: a printer would print the rest.
      expect((heard.get('paper') ?? '') + (heard.get('https') ?? '')).toBe('');
      expect(forms.filter((form) => bytes.includes(form))).toEqual([]);
      expect(bytes).not.toMatch(/authorization|admin-password/i);
      const made = await assessing.store.query<{ box: string }>(
        `select box from assessment.credential where generated`,
      );
      expect(made).toEqual([]);
    },
    120_000,
  );

  it('are asked for their pages in clear, too', async ({ skip }) => {
    const pages = (await Promise.all(heardBy.values())).flatMap((heard) => heard.get('http') ?? []);
    if (pages.length === 0) skip('only root may listen at port 80 here');
    expect(pages.filter((bytes) => bytes.startsWith('GET / ')).length).toBeGreaterThan(0);
  });

  it('would be seen to get one: the device itself gets what it asks for, and what may go in clear', async () => {
    const scene = all.find(({ what, pinned }) => what === 'asks for Digest' && !pinned);
    if (!scene) throw new Error('there is one');
    const deviceId = randomUUID();
    const said: Credential = { kind: 'snmpRead', community: 'read-secret-1', unproved: true };
    await assessing.hold(said, 'device', deviceId);
    const fingerprint = fingerprintOf(new X509Certificate(own.certificate).raw);
    const bytes = [...(await spokenWith(scene, { deviceId, fingerprint })).values()].join('\n');
    expect(forms.filter((form) => bytes.includes(form))).toEqual(['read-secret-1']);
    expect(bytes).toMatch(/authorization: digest username="admin"/i);
  }, 120_000);
});
