// From `muster ca revoke` to a device that is refused, through whole processes: the command, `muster trust` which publishes, and
// a gateway on RabbitMQ. How long it takes is printed.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { answersIn, dial, line, say, type Client } from '../support/gateway.js';
import {
  gatewayProcesses,
  type GatewayProcess,
  type GatewayProcesses,
} from '../support/gateway-processes.js';
import { OpenSsl } from '../support/openssl.js';
import { Process } from '../support/process.js';
import { tellEdge } from '../support/tell-edge.js';
import { until } from '../support/until.js';
import type { Revocation } from '#events/trust-set';

const withinMs = 60_000;
const openssl = new OpenSsl();
const place = {
  MUSTER_TRUST_DIR: openssl.path('trust'),
  MUSTER_TRUST_PASSPHRASE_FILE: openssl.file('passphrase', 'correct horse battery staple\n'),
};

let lists = '';
let trust: Process;
let gateways: GatewayProcesses;
let gateway: GatewayProcess;
let port = 0;
let version = 10;

/** A process, as from a shell. */
const ca = (...words: readonly string[]): Promise<string> =>
  Process.run({ name: 'muster ca', entry: 'apps/trust/ca.js', words, environment: place });

async function deviceOf(serial: string): Promise<Client> {
  const file = openssl.path(`${serial}.pem`);
  const subject = `CN=Device ${serial}, serialNumber=${serial}`;
  await ca('issue', '--profile', 'device', '--subject', subject, '--out', file);
  const text = openssl.read(`${serial}.pem`);
  return { key: text, cert: text };
}

/** What it is told; null when its connection was ended by a change of the configuration. */
async function outcome(serial: string, client: Client): Promise<unknown> {
  const [answer] = await say(port, line({ serial }), client).catch(() => []);
  return answer?.['reason'] ?? answer?.['result'] ?? null;
}

/** As console would, once an operator chose a trust set. */
async function judgeBy(revocation: Partial<Revocation>): Promise<void> {
  version += 1;
  await tellEdge(gateways.broker, {
    version,
    authentication: 'mutual',
    trustedAuthorities: openssl.read('roots.pem'),
    revocation: { policy: 'hard', crlUrls: [], ocspUrl: null, ...revocation },
  });
  // The connections that the change ends are then none of those that the test opens.
  await until('the gateway goes by it', () =>
    gateway.process.output.split('\n').some((said) => said.includes(`"version":${version},"acceptAnn`)),
  );
}

beforeAll(async () => {
  const [published, health] = [await freePort(), await freePort()];
  port = await freePort();
  lists = `http://127.0.0.1:${published}`;
  await ca('init', '--subject', 'CN=Trial', '--url', lists);
  await ca('export', '--authority', '--out', openssl.path('roots.pem'));
  const environment = {
    ...place,
    MUSTER_TRUST_HOST: '127.0.0.1',
    MUSTER_HTTP_HOST: '127.0.0.1',
    MUSTER_TRUST_PORT: `${published}`,
    MUSTER_HTTP_PORT: `${health}`,
  };
  trust = new Process({ name: 'trust', entry: 'apps/trust/main.js', environment });
  gateways = await gatewayProcesses();
  gateway = await gateways.start({
    MUSTER_ANNOUNCE_PORT: `${port}`,
    // A connection may stay open until the revocation is there.
    MUSTER_GATEWAY_FIRST_BYTE_SECONDS: '120',
  });
  await until('trust publishes', async () => {
    if (trust.exitCode !== null) throw new Error(trust.output);
    return (await fetch(`http://127.0.0.1:${health}/health/ready`).catch(() => null))?.ok;
  });
});
afterAll(async () => {
  await gateways.stop();
  await trust.signal('SIGTERM');
  openssl.remove();
});

describe('a device that is revoked', () => {
  it.each<[string, () => Partial<Revocation>]>([
    ['list', () => ({ crlUrls: [`${lists}/issuing.crl`, `${lists}/root.crl`] })],
    // The root's list, which names no device, speaks for the issuing authority.
    ['OCSP', () => ({ ocspUrl: `${lists}/ocsp`, crlUrls: [`${lists}/root.crl`] })],
  ])(
    'is refused within a minute by %s, on open connections too, and no other one',
    async (way, revocation) => {
      const [serial, other] = [`REVOKED-${way.toUpperCase()}`, `KEPT-${way.toUpperCase()}`];
      const [device, neighbour] = [await deviceOf(serial), await deviceOf(other)];
      await judgeBy(revocation());
      await until('both are taken', async () =>
        [await outcome(serial, device), await outcome(other, neighbour)].every((said) => said === 'accepted'),
      );
      const open = await dial(port, device);
      let heard = '';
      open.setEncoding('utf8').on('data', (text: string) => (heard += text));
      open.write(line({ serial }));
      await until('it is accepted', () => answersIn(heard).length === 1);

      const certificate = new X509Certificate(
        openssl.read(`${serial}.pem`).replace(/^[^]*?(?=-----BEGIN CERT)/, ''),
      );
      await ca('revoke', certificate.serialNumber, '--reason', 'keyCompromise');
      const since = performance.now();
      await until('it is refused', async () => (await outcome(serial, device)) === 'revoked', withinMs);
      const tookMs = Math.round(performance.now() - since);
      console.log(`revoked, and refused by ${way} after ${(tookMs / 1000).toFixed(1)} s`);
      expect(tookMs).toBeLessThan(withinMs);
      expect(await outcome(other, neighbour)).toBe('accepted');
      open.end(line({ serial }));
      await until('the open connection has ended', () => open.closed);
      expect(answersIn(heard).map(({ reason }) => reason)).toEqual([null, 'revoked']);
    },
  );

  it('leaves the metrics that the alerts watch', async () => {
    await judgeBy({ crlUrls: [`${lists}/issuing.crl`, `${lists}/root.crl`] });
    await until(
      'it is exported for both',
      async () =>
        (await gateway.count('muster_gateway_crl_remaining', 'CN=Trial issuing')) > 0 &&
        (await gateway.count('muster_gateway_crl_remaining', 'CN=Trial root')) > 0,
    );
    const taken = (of: string, standing: string): Promise<number> =>
      gateway.count('muster_gateway_revocation_total', `of="${of}",standing="${standing}"`);
    expect(await taken('device', 'good')).toBeGreaterThan(0);
    expect(await taken('authority', 'good')).toBeGreaterThan(0);
    const device = await deviceOf('UNKNOWN01');
    await judgeBy({ policy: 'soft', crlUrls: [`${lists}/issuing.crl`] });
    await until('it is taken', async () => (await outcome('UNKNOWN01', device)) === 'accepted');
    await until('its issuer is not known', async () => (await taken('authority', 'absent')) > 0);
    expect(await taken('device', 'absent')).toBe(0);
    await judgeBy({ crlUrls: [`${lists}/none.crl`] });
    await until('nothing is known', async () => (await outcome('UNKNOWN01', device)) === 'revocationUnknown');
    const refused = await gateway.count('muster_gateway_announcements_total', 'reason="revocationUnknown"');
    expect(refused).toBeGreaterThan(0);
  });
});
