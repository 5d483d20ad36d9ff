// What the gateway says of its own certificate by OCSP, as openssl sees and judges it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOrdinary } from '#addresses/range';
import { readPrivateKey } from '#pki/authority/key';
import { ownAddresses } from '#addresses/own';
import { readRecipient, seal } from '#pki/seal';
import { gatewayBench, line, say, type GatewayBench } from '../../test/support/gateway.js';
import { OpensslAuthority } from '../../test/support/openssl-authority.js';
import { OpenSsl } from '../../test/support/openssl.js';
import { ownFolder } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import type { Gateway } from './gateway.js';

const openssl = new OpenSsl();
let authority: OpensslAuthority;
let site: Server;
let bench: GatewayBench;
let answers: 'well' | 'with an error' | 'never' = 'well';
let asked = 0;
let identity: Readonly<Record<string, string>>;

beforeAll(async () => {
  authority = new OpensslAuthority(await ownFolder('stapling'));
  openssl.file('ca.pem', authority.certificate);
  const { certificate, keyFile } = authority.issue('gateway', 'GATEWAY', { purpose: 'server' });
  const chain = join(await ownFolder('chain'), 'chain.pem');
  writeFileSync(chain, certificate + authority.certificate);
  identity = { MUSTER_GATEWAY_KEY_FILE: keyFile, MUSTER_GATEWAY_CERTIFICATE_FILE: chain };
  site = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      asked += 1;
      if (answers === 'well') response.end(authority.answer(Buffer.concat(chunks)));
      if (answers === 'with an error') response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => site.listen(0, resolve));
  bench = await gatewayBench();
  await bench.configure({});
});
afterAll(async () => {
  await bench.stop();
  site.closeAllConnections();
  site.close();
  openssl.remove();
});

const responder = (host = '127.0.0.1'): string => `http://${host}:${(site.address() as AddressInfo).port}/`;

/** A gateway's certificate that names a responder, with its issuer. */
async function naming(name: string, ocsp: string) {
  const { key, keyFile, certificate } = authority.issueServer(name, { ocsp });
  const chain = join(await ownFolder('chain'), 'chain.pem');
  writeFileSync(chain, certificate + authority.certificate);
  const files = { MUSTER_GATEWAY_KEY_FILE: keyFile, MUSTER_GATEWAY_CERTIFICATE_FILE: chain };
  return { key, certificates: certificate + authority.certificate, files };
}

/** What openssl says of what comes along, once the gateway has asked. */
async function shown({ port }: Pick<Gateway, 'port'>, version = '-tls1_3'): Promise<string> {
  const words = ['-connect', `127.0.0.1:${port}`, '-status', version, '-CAfile', openssl.path('ca.pem')];
  const client = spawn('openssl', ['s_client', ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  client.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(client, 'close');
  return said;
}

const stapled = (at: Pick<Gateway, 'port'>): Promise<string> =>
  until('it is stapled', async () => {
    const said = await shown(at);
    return said.includes('OCSP Response Status: successful') && said;
  });
const nothing = 'OCSP response: no response sent';

const told = (what: string): number => bench.lines.filter(({ message }) => message.includes(what)).length;

describe('a gateway with a responder of its issuer', () => {
  it.each(['-tls1_2', '-tls1_3'])('staples what that says, by %s', async (version) => {
    const gateway = await bench.another({ ...identity, MUSTER_GATEWAY_OCSP_URL: responder() });
    const text = await until('it is stapled', async () => {
      const said = await shown(gateway, version);
      return said.includes('OCSP Response Status: successful') && said;
    });
    expect(text).toContain('Cert Status: good');
    expect(text).toContain('Verify return code: 0 (ok)');
    await gateway.stop();
  });

  it('says nothing where that fails, and serves devices all the same', async () => {
    answers = 'with an error';
    const before = told('No new OCSP answer');
    const gateway = await bench.another({ ...identity, MUSTER_GATEWAY_OCSP_URL: responder() });
    await until('it is told', () => told('No new OCSP answer') > before);
    expect(await shown(gateway)).toContain('OCSP response: no response sent');
    expect(await say(gateway.port, line())).toMatchObject([{ result: 'accepted' }]);
    await gateway.stop();
    answers = 'well';
  });

  it('says in the log when its issuer does not follow its certificate', async () => {
    const alone = {
      ...identity,
      MUSTER_GATEWAY_CERTIFICATE_FILE: authority.filesOf('gateway').certificateFile,
    };
    const gateway = await bench.another({ ...alone, MUSTER_GATEWAY_OCSP_URL: responder() });
    await until('it is told', () =>
      bench.lines.some(
        ({ fields }) => 'problem' in fields && String(fields.problem).includes('does not follow'),
      ),
    );
    await gateway.stop();
  });
});

describe('a gateway whose certificate names a responder (R85)', () => {
  it('staples what that says, with nothing else set, also where that is on its own machine', async () => {
    const { files } = await naming('named', responder());
    const gateway = await bench.another(files);
    expect(await stapled(gateway)).toContain('Cert Status: good');
    await gateway.stop();
  });

  it('asks the one that an operator names instead', async () => {
    const { files } = await naming('elsewhere', 'http://127.0.0.1:1/');
    const gateway = await bench.another({ ...files, MUSTER_GATEWAY_OCSP_URL: responder() });
    await stapled(gateway);
    await gateway.stop();
  });

  it.each(['off', ''])('asks nobody where the variable is %j', async (MUSTER_GATEWAY_OCSP_URL) => {
    const { files } = await naming(`off-${MUSTER_GATEWAY_OCSP_URL}`, responder());
    const before = asked;
    const gateway = await bench.another({ ...files, MUSTER_GATEWAY_OCSP_URL });
    expect(await shown(gateway)).toContain(nothing);
    expect(await say(gateway.port, line())).toMatchObject([{ result: 'accepted' }]);
    await gateway.stop();
    expect(asked).toBe(before);
  });

  it('lets nobody wait for one that never answers', async () => {
    answers = 'never';
    const { files } = await naming('silent', responder());
    const before = asked;
    const gateway = await bench.another(files);
    await until('it is asked', () => asked > before);
    expect(await shown(gateway)).toContain(nothing);
    expect(await say(gateway.port, line())).toMatchObject([{ result: 'accepted' }]);
    await gateway.stop();
    answers = 'well';
  });
});

/** This machine by loopback, and by the network, as somebody else would see it. */
const ownHosts = ['localhost', ...ownAddresses().filter(isOrdinary).slice(0, 1)];

/** As trust makes it. */
async function chosen(name: string, ocsp: string) {
  const { key, certificates } = await naming(name, ocsp);
  const recipient = readRecipient(bench.gateway.figures?.().edge?.sealingKey ?? '');
  const box = seal(readPrivateKey(key, null, 'the test'), recipient, { name, certificates });
  return { name, certificates, sealed: [{ to: recipient.fingerprint, box }] };
}

describe('an identity that was chosen, and so came by the bus', () => {
  it.each(ownHosts)(
    'leads it to nobody on its own machine, at %s: said once, and nothing stapled',
    async (own) => {
      const [before, warned] = [asked, told('No new OCSP answer')];
      const host = isIP(own) === 6 ? `[${own}]` : own;
      await bench.configure({ identity: await chosen(`inside-${isIP(own)}`, responder(host)) });
      await until('it is told', () => told('No new OCSP answer') > warned);
      expect(await shown(bench)).toContain(nothing);
      expect(asked).toBe(before);
      await bench.configure({ identity: null });
    },
  );
});

it('a gateway without one staples nothing', async () => {
  const gateway = await bench.another(identity);
  expect(await shown(gateway)).toContain('OCSP response: no response sent');
  await gateway.stop();
});
