// From `muster ca` to what a device is shown (R15, R80, R85): an authority, an embedded Muster and the process between them.
// A key leaves the authority's folder only sealed to a gateway that a person admitted; what operators ask for is done.
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../apps/trust/command/command-line.js';
import { freePort } from '../../scripts/free-port.mjs';
import { startMuster, type Muster } from '../support/muster.js';
import { OpenSsl } from '../support/openssl.js';
import { Process } from '../support/process.js';
import { typed } from '../support/typed.js';
import { until } from '../support/until.js';

interface Identity {
  readonly name: string;
  readonly fingerprint: string;
  readonly sealedTo: readonly string[];
}
interface Gateway {
  readonly sealingFingerprint: string;
  readonly sealingPem: string;
  readonly identity: { readonly name: string | null };
}
interface Issued {
  readonly serial: string;
  readonly name: string | null;
  readonly device: string | null;
  readonly revokedAt: string | null;
  readonly askedBy: string | null;
  readonly refused: string | null;
}
interface Listed<T> {
  readonly items: readonly T[];
  readonly total: number;
  readonly next: string | null;
}

const limitMs = 60_000;

describe('identities and certificates', () => {
  const openssl = new OpenSsl();
  const place = {
    MUSTER_TRUST_DIR: openssl.path('trust'),
    MUSTER_TRUST_PASSPHRASE_FILE: openssl.file('passphrase', 'correct horse battery staple\n'),
  };
  let muster: Muster;
  let trust: Process;
  let lists: number;

  const ca = async (...words: readonly string[]): Promise<string> => {
    const { status, out, text } = await typed(runCommand, words, place);
    if (status !== 0) throw new Error(text);
    return out.trim();
  };
  const server = ['--profile', 'mutual', '--subject', 'CN=muster.example', '--names', 'IP:127.0.0.1'];
  const identities = async () => (await muster.operator.get<Listed<Identity>>('/api/identities')).items;
  const identity = async (name: string) => (await identities()).find((each) => each.name === name);
  const gateway = () =>
    until(
      'the gateway tells',
      async () => (await muster.operator.get<Listed<Gateway>>('/api/gateways')).items[0],
      limitMs,
    );
  const issued = (query = '') => muster.operator.get<Listed<Issued>>(`/api/certificates${query}`);

  /** Fingerprint of what devices are shown. */
  const shown = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(
        { host: '127.0.0.1', port: muster.announcePorts[0], rejectUnauthorized: false },
        () => {
          resolve(socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '');
          socket.destroy();
        },
      );
      socket.once('error', reject);
    });

  beforeAll(async () => {
    const health = await freePort();
    lists = await freePort();
    await ca('init', '--subject', 'CN=Trial', '--url', `http://127.0.0.1:${lists}`);
    await ca('issue', '--name', 'front', ...server);
    await ca('issue', '--name', 'est', '--profile', 'server', '--subject', 'CN=est.example');
    muster = await startMuster({ size: 'embedded' });
    const wanted = { name: 'authority', role: 'trust' };
    const { token } = await muster.operator.ask<{ token: string }>('POST', '/api/tokens', wanted);
    const environment = {
      ...place,
      MUSTER_CONSOLE_URL: muster.operator.url,
      MUSTER_TOKEN_FILE: openssl.file('token', `${token}\n`),
      MUSTER_TRUST_HOST: '127.0.0.1',
      MUSTER_HTTP_HOST: '127.0.0.1',
      MUSTER_TRUST_PORT: String(lists),
      MUSTER_TRUST_EST_PORT: String(await freePort()),
      MUSTER_HTTP_PORT: String(health),
      MUSTER_TRUST_EST_IDENTITY: 'est',
    };
    trust = new Process({ name: 'trust', entry: 'apps/trust/main.js', environment });
  }, 400_000);
  afterAll(async () => {
    await trust?.signal('SIGTERM');
    await muster?.stop();
    openssl.remove();
  }, 240_000);

  it('are shown by console, and nothing is sealed to a gateway that nobody admitted', async () => {
    await until('console has them', async () => (await identities()).length === 2, limitMs);
    expect((await identities()).map(({ name, sealedTo }) => [name, sealedTo])).toEqual([
      ['est', []],
      ['front', []],
    ]);
    const { sealingFingerprint } = await gateway();
    const listed = await until('trust has heard of it', async () => {
      const text = await ca('gateways');
      return text.includes(sealingFingerprint) && text;
    });
    expect(listed).toContain('not admitted');
    expect(muster.processes.map(({ output }) => output).join('')).toContain(sealingFingerprint);
  });

  it('are sealed to the gateway that was admitted, but for what EST shows', async () => {
    const { sealingFingerprint } = await gateway();
    await ca('gateways', '--admit', sealingFingerprint);
    await until('it is sealed', async () => (await identity('front'))?.sealedTo.length === 1, limitMs);
    expect((await identity('front'))?.sealedTo).toEqual([sealingFingerprint]);
    expect((await identity('est'))?.sealedTo).toEqual([]);
  });

  it('are presented once chosen by friendly name, and another of that name when it takes its place', async () => {
    const own = await shown();
    await muster.operator.changeSettings({ identity: 'front' });
    const first = await identity('front');
    await until('devices are shown it', async () => (await shown()) === first?.fingerprint, limitMs);
    expect(first?.fingerprint).not.toBe(own);
    await until('the gateway says so', async () => (await gateway()).identity.name === 'front', limitMs);
    await ca('issue', '--name', 'front', '--replace', ...server);
    const next = await until(
      'console has the next',
      async () => {
        const now = await identity('front');
        return now?.fingerprint !== first?.fingerprint && now;
      },
      limitMs,
    );
    await until('devices are shown it', async () => (await shown()) === next.fingerprint, limitMs);
    await expect(muster.operator.ask('DELETE', '/api/identities/front')).rejects.toThrow(
      'used by the settings',
    );
    await expect(muster.operator.changeSettings({ identity: 'nobody' })).rejects.toThrow(
      'there is no identity nobody',
    );
  });

  it('are installed from a file that was sealed by hand', async () => {
    const { sealingPem, sealingFingerprint } = await gateway();
    const key = openssl.file('gateway.pem', sealingPem);
    await ca('issue', '--name', 'by hand', ...server);
    await ca('export', 'by hand', '--seal-to', key, '--out', openssl.path('sealed.json'));
    const text = openssl.read('sealed.json');
    expect(text).not.toContain('PRIVATE KEY');
    await muster.operator.ask('PUT', '/api/identities/by%20hand', JSON.parse(text));
    expect((await identity('by hand'))?.sealedTo).toEqual([sealingFingerprint]);
    await muster.operator.changeSettings({ identity: 'by hand' });
    const wanted = (await identity('by hand'))?.fingerprint;
    await until('devices are shown it', async () => (await shown()) === wanted, limitMs);
  });

  it('are listed, and revoked by the authority when an operator asks', async () => {
    const subject = 'CN=Device VNB3K12345, serialNumber=VNB3K12345';
    await ca('issue', '--out', openssl.path('device.pem'), '--profile', 'device', '--subject', subject);
    const { serialNumber } = new X509Certificate(openssl.read('device.pem'));
    const serial = serialNumber.toLowerCase();
    const found = () => issued(`?search=${serial}`);
    await until('console has it', async () => (await found()).total === 1, limitMs);
    expect((await found()).items[0]).toMatchObject({
      serial,
      device: 'VNB3K12345',
      name: null,
      revokedAt: null,
    });
    await muster.operator.ask('POST', `/api/certificates/${serial}/revoke`, { reason: 'keyCompromise' });
    await until('it is revoked', async () => (await found()).items[0]?.revokedAt, limitMs);
    expect((await found()).items[0]).toMatchObject({ reason: 'keyCompromise', askedBy: null });
    const list = await fetch(`http://127.0.0.1:${lists}/issuing.crl`);
    openssl.file('list.crl', new Uint8Array(await list.arrayBuffer()));
    expect(openssl.run('crl', '-in', 'list.crl', '-inform', 'DER', '-noout', '-text')).toContain(
      serialNumber,
    );
    await expect(muster.operator.ask('POST', `/api/certificates/${serial}/revoke`, {})).rejects.toThrow(
      'already',
    );
    await expect(muster.operator.ask('POST', '/api/certificates/00/revoke', {})).rejects.toThrow('404');
  });

  it('are counted by state, page by page, and those that the authority will not revoke say why', async () => {
    const { items, next, total } = await issued('?limit=2&state=valid');
    const second = await issued(`?limit=100&state=valid&after=${next}`);
    expect(items.length + second.items.length).toBe(total);
    expect((await issued('?state=revoked')).total).toBe(1);
    const { serial } = (await issued('?search=issuing')).items[0] ?? {};
    await muster.operator.ask('POST', `/api/certificates/${serial}/revoke`, {});
    const refused = await until(
      'the authority answers',
      async () => (await issued(`?search=${serial}`)).items[0]?.refused,
      limitMs,
    );
    expect(refused).toContain('by hand');
  });
});
