// What the gateway says of its own certificate by OCSP, as openssl sees and judges it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
/** False: it fails. */
let answering = true;
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
      if (answering) response.end(authority.answer(Buffer.concat(chunks)));
      else response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  bench = await gatewayBench();
  await bench.configure({});
});
afterAll(async () => {
  await bench.stop();
  site.closeAllConnections();
  site.close();
  openssl.remove();
});

const responder = (): string => `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;

/** What openssl says of what comes along, once the gateway has asked. */
async function shown({ port }: Gateway, version: string): Promise<string> {
  const words = ['-connect', `127.0.0.1:${port}`, '-status', version, '-CAfile', openssl.path('ca.pem')];
  const client = spawn('openssl', ['s_client', ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  client.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(client, 'close');
  return said;
}

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
    answering = false;
    const before = told('No new OCSP answer');
    const gateway = await bench.another({ ...identity, MUSTER_GATEWAY_OCSP_URL: responder() });
    await until('it is told', () => told('No new OCSP answer') > before);
    expect(await shown(gateway, '-tls1_3')).toContain('OCSP response: no response sent');
    expect(await say(gateway.port, line())).toMatchObject([{ result: 'accepted' }]);
    await gateway.stop();
    answering = true;
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

it('a gateway without one staples nothing', async () => {
  const gateway = await bench.another(identity);
  expect(await shown(gateway, '-tls1_3')).toContain('OCSP response: no response sent');
  await gateway.stop();
});
