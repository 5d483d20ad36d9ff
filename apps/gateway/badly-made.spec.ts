// What a device shows in mutual mode that its authority has signed, and that was made badly or was tampered with: certificates
// by openssl, real handshakes.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayBench, line, say, type Client, type GatewayBench } from '../../test/support/gateway.js';
import { OpenSsl } from '../../test/support/openssl.js';
import type { PeerFault } from '#pki/verdict';

const serial = 'BADLY-MADE-1';
const openssl = new OpenSsl();
let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench();
  openssl.authority('root');
  await bench.configure({ authentication: 'mutual', trustedAuthorities: openssl.read('root.pem') });
});
afterAll(async () => {
  await bench.stop();
  openssl.remove();
});

interface Made {
  readonly key?: readonly string[];
  readonly digest?: 'sha256' | 'sha1';
  readonly keyUsage?: string;
  readonly dnsName?: string;
  readonly turned?: boolean;
}

/** The device's own, but for what is said otherwise. The client itself minds nothing of it. */
function shown({
  key = [],
  digest = 'sha256',
  keyUsage = 'digitalSignature',
  dnsName = 'printer.example',
  turned = false,
}: Made): Client {
  openssl.request('device', `/CN=printer/serialNumber=${serial}`, ...key);
  const lines = [
    'basicConstraints=critical,CA:false',
    `keyUsage=critical,${keyUsage}`,
    'extendedKeyUsage=clientAuth',
    `subjectAltName=DNS:${dnsName}`,
  ];
  openssl.file('device.cnf', `${lines.join('\n')}\n`);
  const request = ['-req', '-inform', 'DER', '-in', 'device.der', '-days', '1', `-${digest}`];
  const signing = ['-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-extfile', 'device.cnf'];
  openssl.run('x509', ...request, ...signing, '-out', 'device.pem');
  const { raw } = new X509Certificate(openssl.read('device.pem'));
  // The signature is what a certificate ends with.
  if (turned) raw[raw.length - 1] = (raw.at(-1) ?? 0) ^ 1;
  const cert = `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`;
  return { key: openssl.read('device.key'), cert, ciphers: 'DEFAULT@SECLEVEL=0' };
}

describe('in mutual mode a device with', () => {
  it.each<[string, Made, PeerFault | null]>([
    ['its own', {}, null],
    ['its own, with a bit of the signature turned', { turned: true }, 'badSignature'],
    ['a key of 1024 bits of RSA', { key: ['-newkey', 'rsa:1024'] }, 'weakKey'],
    ['a signature with SHA-1', { digest: 'sha1' }, 'weakKey'],
    ['one that may sign others', { keyUsage: 'digitalSignature,keyCertSign' }, 'badCertificate'],
    ['a DNS name that is none', { dnsName: 'two words' }, 'badCertificate'],
  ])('%s', async (_, made, reason) => {
    const client = shown(made);
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const [answer] = await say(bench.port, line({ serial }), { ...client, maxVersion });
      expect(answer).toMatchObject(
        reason === null
          ? { result: 'accepted', authentication: 'verified' }
          : { result: 'refused', authentication: 'failed', reason },
      );
    }
  });
});
