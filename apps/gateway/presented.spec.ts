// The identity that devices are shown is chosen from a store, by its friendly name, and changed while they come and go (R15);
// what ends soon is told (R84).
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPrivateKey } from '#pki/authority/key';
import { fingerprintOf, type Credentials, type Validity, validFor } from '#pki/certificate';
import { readRecipient, recipientText, seal, sealingKeyIn } from '#pki/seal';
import { Authority } from '../../test/support/authority.js';
import { dial, gatewayBench, heard, line, type GatewayBench } from '../../test/support/gateway.js';
import { OpenSsl } from '../../test/support/openssl.js';
import { until } from '../../test/support/until.js';

const authority = await Authority.create('Gateways');
const issue = (validity: Validity = validFor(365)) =>
  authority.issue({ commonName: 'muster.example' }, { validity });
const first = await issue();
const second = await issue();
const stranger = await issue();
const dayMs = 86_400_000;

let folder: string;
let bench: GatewayBench;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-presented-'));
  bench = await gatewayBench({ MUSTER_EDGE_CACHE_FILE: join(folder, 'edge.json') });
  await bench.configure({});
});
afterAll(async () => {
  await bench.stop();
  await rm(folder, { recursive: true });
});

const reported = () => bench.gateway.figures?.().edge;
const fingerprint = ({ certificate }: Credentials): string =>
  fingerprintOf(new X509Certificate(certificate).raw);
const codes = () => bench.lines.flatMap(({ fields }) => ('code' in fields ? [String(fields.code)] : []));

/** As trust makes it. @param to none: to the gateway of this test */
function sealed(name: string, { key, certificate: certificates }: Credentials, to?: string) {
  const recipient = readRecipient(to ?? reported()?.sealingKey ?? '');
  const box = seal(readPrivateKey(key, null, 'the test'), recipient, { name, certificates });
  return { name, certificates, sealed: [{ to: recipient.fingerprint, box }] };
}

/** As an old PKCS#12 file may hold one. */
function weak(): Credentials {
  const openssl = new OpenSsl();
  const key = ['-newkey', 'rsa:1024', '-nodes', '-keyout', 'weak.key', '-out', 'weak.pem'];
  openssl.run('req', '-x509', '-days', '365', ...key, '-subj', '/CN=muster.example');
  const credentials = { key: openssl.read('weak.key'), certificate: openssl.read('weak.pem') };
  openssl.remove();
  return credentials;
}

async function shown(port = bench.port): Promise<string> {
  const socket = await dial(port);
  const certificate = socket.getPeerX509Certificate();
  socket.end();
  await heard(socket);
  return fingerprintOf(certificate?.raw ?? Buffer.alloc(0));
}

it('is its own until one is chosen, and says so at the start', async () => {
  expect(codes()).toContain('tlsOn');
  expect(reported()).toMatchObject({ identity: { name: null, fingerprint: await shown() }, problem: null });
});

it(
  'changes while devices come and go: no handshake fails, nobody is left without an answer',
  { timeout: 120_000 },
  async () => {
    const seen: string[] = [];
    const faults: unknown[] = [];
    let going = true;
    const crowd = Array.from({ length: 8 }, async (_, number) => {
      const ip = `127.0.8.${number + 1}`;
      while (going) {
        try {
          const socket = await dial(bench.port, { localAddress: ip });
          const certificate = socket.getPeerX509Certificate();
          socket.write(line({ serial: `SHOWN-000${number}`, ip }));
          socket.once('data', () => socket.end());
          const [answer, ...more] = await heard(socket);
          const good = answer?.['result'] === 'accepted' || answer?.['reason'] === 'changed';
          if (!good || more.length > 0) faults.push(answer ?? 'no answer');
          seen.push(fingerprintOf(certificate?.raw ?? Buffer.alloc(0)));
        } catch (error) {
          faults.push(error);
        }
      }
    });
    for (const identity of [first, second, first, second]) {
      await bench.configure({ identity: sealed('front', identity) });
      const before = seen.length;
      await until('the crowd is shown it', () => seen.slice(before).includes(fingerprint(identity)));
    }
    going = false;
    await Promise.all(crowd);
    expect(faults).toEqual([]);
    expect(reported()?.identity).toMatchObject({ name: 'front', fingerprint: fingerprint(second) });
  },
);

it.each<[string, () => Promise<ReturnType<typeof sealed>>, RegExp]>([
  [
    'is sealed to somebody else',
    async () => sealed('front', stranger, await strangersKey()),
    /not sealed to this gateway.*--admit [0-9a-f]{64}/,
  ],
  [
    'was sealed under another name',
    () => Promise.resolve({ ...sealed('front', stranger), name: 'back' }),
    /another name/,
  ],
  [
    "has another's certificate",
    () => Promise.resolve({ ...sealed('front', stranger), certificates: first.certificate }),
    /changed on the way/,
  ],
  [
    'has a key that is not of its certificate',
    () => Promise.resolve(sealed('front', { ...stranger, certificate: first.certificate })),
    /do not belong together/,
  ],
  [
    'has expired',
    async () => {
      const over = { notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - dayMs) };
      return sealed('front', await issue(over));
    },
    /has expired, on .* GMT/,
  ],
  [
    'has a key that TLS takes no more',
    () => Promise.resolve(sealed('front', weak())),
    /TLS does not take its certificates: .*too small/,
  ],
])('one that %s is not shown: the one before stays, and why is said once', async (_, make, reason) => {
  const before = await shown();
  const said = codes().filter((code) => code === 'identityNotOpened').length;
  const identity = await make();
  await bench.configure({ identity });
  await bench.configure({ identity, acceptAnnouncements: false });
  expect(reported()).toMatchObject({
    identity: { fingerprint: before },
    problem: expect.stringMatching(reason),
  });
  expect(await shown()).toBe(before);
  expect(codes().filter((code) => code === 'identityNotOpened')).toHaveLength(said + 1);
});

it('is there after a restart, before the bus has said a word, from a cache that holds no key in clear', async () => {
  await bench.configure({ identity: sealed('front', first) });
  const cache = await until('it is cached', async () => {
    const text = await readFile(join(folder, 'edge.json'), 'utf8');
    return text.includes(JSON.stringify(first.certificate)) && text;
  });
  expect(cache).not.toContain('PRIVATE KEY');
  const again = await bench.another({ MUSTER_EDGE_CACHE_FILE: join(folder, 'edge.json') });
  expect(await shown(again.port)).toBe(fingerprint(first));
  await again.stop();
});

it('is its own again when none is chosen', async () => {
  await bench.configure({ identity: null });
  expect(reported()).toMatchObject({ identity: { name: null, fingerprint: await shown() }, problem: null });
});

it('is warned of when it has less than 31 days left, with the date in GMT; so are authorities', async () => {
  const soon = await issue(validFor(30));
  const { validToDate } = new X509Certificate(soon.certificate);
  await bench.configure({ identity: sealed('front', soon) });
  const warned = await until('it is told', () =>
    bench.lines.find(({ fields }) => 'code' in fields && fields.code === 'certificateExpires'),
  );
  expect(warned.fields).toMatchObject({ of: 'identity', until: validToDate.toUTCString() });
  const later = bench.lines.length;
  await bench.configure({ identity: sealed('front', soon), acceptAnnouncements: true });
  expect(bench.lines.slice(later).filter(({ fields }) => 'of' in fields)).toEqual([]);
});

/** Of a gateway elsewhere. */
const strangersKey = async (): Promise<string> =>
  recipientText(await sealingKeyIn(join(folder, 'elsewhere')));
