// Whose certificate it is, in all spellings that openssl can make: a device announces its own serial number and no other
// (threat 6).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatewayBench, line, say, type Client, type GatewayBench } from '../../test/support/gateway.js';
import { OpenSsl } from '../../test/support/openssl.js';

const own = 'VNB3K12345';
const another = 'VNB3K12346';

const openssl = new OpenSsl();
let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench();
  openssl.authority('root');
  openssl.run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'device.key');
  await bench.configure({ authentication: 'mutual', trustedAuthorities: openssl.read('root.pem') });
});
afterAll(async () => {
  await bench.stop();
  openssl.remove();
});

const purpose = 'basicConstraints=CA:false\nkeyUsage=digitalSignature\nextendedKeyUsage=clientAuth\n';

/** Of the device's one key. @param names other names, as openssl has them */
function certificate(subject: string, names: string | undefined): Client {
  openssl.run('req', '-new', '-utf8', '-key', 'device.key', '-subj', subject, '-out', 'device.csr');
  openssl.file('extensions', purpose + (names === undefined ? '' : `subjectAltName=${names}\n`));
  const signing = ['-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-extfile', 'extensions'];
  openssl.run('x509', '-req', '-in', 'device.csr', '-days', '2', ...signing, '-out', 'device.pem');
  return { key: openssl.read('device.key'), cert: openssl.read('device.pem') };
}

const outcomeOf = async (serial: string, client: Client): Promise<unknown> => {
  const [answer] = await say(bench.port, line({ serial }), client);
  return answer?.['reason'] ?? answer?.['result'];
};

interface Case {
  readonly spelling: string;
  readonly subject: string;
  readonly names?: string;
  readonly right: 'accepted' | 'serialMissing' | 'serialMismatch';
}

const cases: readonly Case[] = [
  { spelling: 'the serial number in the subject', subject: `/CN=x/serialNumber=${own}`, right: 'accepted' },
  { spelling: 'before the name', subject: `/serialNumber=${own}/CN=x`, right: 'accepted' },
  { spelling: 'in lower case', subject: `/CN=x/serialNumber=${own.toLowerCase()}`, right: 'accepted' },
  { spelling: 'together with the name', subject: `/CN=x+serialNumber=${own}`, right: 'accepted' },
  { spelling: 'a DNS name', subject: '/CN=x', names: `DNS:${own}`, right: 'accepted' },
  {
    spelling: 'a DNS name in lower case',
    subject: '/CN=x',
    names: `DNS:${own.toLowerCase()}`,
    right: 'accepted',
  },
  {
    spelling: 'one of several',
    subject: '/CN=x',
    names: `DNS:x.example,IP:10.0.0.1,DNS:${own}`,
    right: 'accepted',
  },
  { spelling: 'a host below it', subject: '/CN=x', names: `DNS:${own}.example`, right: 'serialMissing' },
  { spelling: 'a wildcard', subject: '/CN=x', names: 'DNS:*', right: 'serialMissing' },
  { spelling: 'a mail address', subject: '/CN=x', names: `email:${own}@x.example`, right: 'serialMissing' },
  { spelling: 'a URI', subject: '/CN=x', names: `URI:urn:${own}`, right: 'serialMissing' },
  { spelling: 'the common name', subject: `/CN=${own}`, right: 'serialMissing' },
  { spelling: 'the unit', subject: `/CN=x/OU=${own}`, right: 'serialMissing' },
  {
    spelling: 'two of them',
    subject: `/CN=x/serialNumber=${own}/serialNumber=A-${own}`,
    right: 'serialMismatch',
  },
  { spelling: 'more than it', subject: `/CN=x/serialNumber=${own}0`, right: 'serialMismatch' },
  { spelling: 'a blank behind it', subject: `/CN=x/serialNumber=${own} `, right: 'serialMismatch' },
];

describe('a certificate', () => {
  it.each(cases)(
    'with $spelling: $right for its own serial, refused for another',
    async ({ subject, names, right }) => {
      const client = certificate(subject, names);
      expect(await outcomeOf(own, client)).toBe(right);
      expect(['serialMissing', 'serialMismatch']).toContain(await outcomeOf(another, client));
    },
  );

  it('with one in the subject and one as a DNS name is good for the two, and for no third', async () => {
    const client = certificate(`/CN=x/serialNumber=${own}`, `DNS:${another}`);
    expect(await outcomeOf(own, client)).toBe('accepted');
    expect(await outcomeOf(another, client)).toBe('accepted');
    expect(await outcomeOf('VNB3K12347', client)).toBe('serialMismatch');
  });
});
