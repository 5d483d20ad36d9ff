// The trust process: what it publishes, how it starts and ends. Programs that nobody here wrote look at it.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrustProcess } from '../../test/support/trust-process.js';
import { until } from '../../test/support/until.js';
import { alerts, dashboardQueries, notExported } from '../../test/support/watched.js';

let trust: TrustProcess;
beforeAll(async () => {
  trust = await TrustProcess.start();
});
afterAll(async () => {
  expect(await trust.stop()).toBe(0);
});

describe('what is published', () => {
  it('is the list, with how long it may be kept, and the certificates of the authority', async () => {
    const list = await fetch(`${trust.lists}/issuing.crl`);
    expect(list.headers.get('content-type')).toBe('application/pkix-crl');
    expect(list.headers.get('cache-control')).toBe('public, max-age=20');
    trust.openssl.file('list.crl', Buffer.from(await list.arrayBuffer()));
    const verified = trust.openssl.run(
      'crl',
      '-inform',
      'DER',
      '-in',
      'list.crl',
      '-CAfile',
      'issuing.pem',
      '-noout',
    );
    expect(verified).toContain('verify OK');
    for (const name of ['issuing', 'root']) {
      const answer = await fetch(`${trust.lists}/${name}.cer`);
      trust.openssl.file('got.cer', Buffer.from(await answer.arrayBuffer()));
      expect(trust.openssl.run('x509', '-inform', 'DER', '-in', 'got.cer')).toBe(
        trust.openssl.run('x509', '-in', `${name}.pem`),
      );
    }
    const root = await fetch(`${trust.lists}/root.crl`, { method: 'HEAD' });
    expect([root.status, await root.text()]).toEqual([200, '']);
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/issuing.key.pem', 404],
    ['GET', '/issuing.crl/../../authority/root.key.pem', 404],
    ['POST', '/issuing.crl', 405],
    ['DELETE', '/ocsp', 405],
  ])('%s %s is answered %s', async (method, path, status) => {
    expect((await fetch(`${trust.lists}${path}`, { method })).status).toBe(status);
  });

  it('is OCSP by GET too, which a cache may keep; nonsense is answered as such', async () => {
    await trust.ca(
      'issue',
      '--out',
      trust.openssl.path('get.pem'),
      '--profile',
      'client',
      '--subject',
      'CN=x',
    );
    trust.openssl.run('ocsp', '-issuer', 'issuing.pem', '-cert', 'get.pem', '-no_nonce', '-reqout', 'q.der');
    const address = `${trust.lists}/ocsp/`;
    const answer = await fetch(address + encodeURIComponent(trust.openssl.bytes('q.der').toString('base64')));
    expect(answer.headers.get('cache-control')).toBe('public, max-age=20');
    trust.openssl.file('a.der', Buffer.from(await answer.arrayBuffer()));
    const said = trust.openssl.run(
      'ocsp',
      '-issuer',
      'issuing.pem',
      '-cert',
      'get.pem',
      '-respin',
      'a.der',
      '-CAfile',
      'roots.pem',
    );
    expect(said).toContain('get.pem: good');
    const nonsense = await fetch(`${address}aGVsbG8%3D`);
    expect(Buffer.from(await nonsense.arrayBuffer()).toString('hex')).toBe('30030a0101');
    const long = await fetch(address.slice(0, -1), { method: 'POST', body: Buffer.alloc(10_000) });
    expect(Buffer.from(await long.arrayBuffer()).toString('hex')).toBe('30030a0101');
  });
});

it.each(['lists', 'est'] as const)(
  'one address has 50 connections to %s at most, and no other waits for it',
  async (name) => {
    const port = trust.ports[name];
    const sockets = Array.from({ length: 60 }, () => connect({ host: '127.0.0.1', port }));
    const ended = new Set<unknown>();
    for (const socket of sockets) socket.on('error', () => undefined).once('close', () => ended.add(socket));
    await until('ten are reset', () => ended.size >= 10);
    const other = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.9' });
    await until('another address is let in', () => other.readyState === 'open');
    if (name === 'lists') {
      other.end('GET /issuing.crl HTTP/1.1\r\nhost: trust\r\nconnection: close\r\n\r\n');
      expect(String((await once(other, 'data'))[0])).toContain('200 OK');
    }
    for (const socket of [...sockets, other]) socket.destroy();
    await until('it answers again', async () =>
      name === 'est'
        ? (await trust.est('cacerts').catch(() => null))?.status === 200
        : (await fetch(`${trust.lists}/issuing.crl`).catch(() => null))?.ok,
    );
    expect(trust.process.output).toContain('tooManyConnections');
  },
);

describe('the process', () => {
  it('says at its start that TLS is on, and tells /metrics what it does', async () => {
    expect(trust.process.output).toContain('"code":"tlsOn"');
    const text = await (await fetch(`http://127.0.0.1:${trust.ports.health}/metrics`)).text();
    expect(text).toMatch(/muster_trust_ocsp_total\{status="successful"[^}]*\} [1-9]/);
    const asked = [...alerts.map(({ expr }) => expr), ...dashboardQueries];
    const missing = notExported(asked, [text]).filter((each) => each.startsWith('muster_trust_'));
    // Of enrolments, enrolment.spec.
    expect(missing.filter((each) => each !== 'muster_trust_enrolments_total')).toEqual([]);
  });

  it('never says a secret or a key', () => {
    expect(trust.process.output).not.toMatch(/PRIVATE KEY|correct horse/);
  });

  it.each([
    ['no passphrase', { MUSTER_TRUST_PASSPHRASE_FILE: '' }, 'MUSTER_TRUST_PASSPHRASE_FILE is not set'],
    [
      'no such identity',
      { MUSTER_TRUST_EST_IDENTITY: 'nobody' },
      'there is no identity "nobody"; there are est',
    ],
    ['a port that is taken', { MUSTER_HTTP_PORT: '0' }, 'name another one with MUSTER_TRUST_PORT'],
  ])('does not start with %s, and says why', async (_, more, why) => {
    const other = trust.another(more);
    expect(await other.ended()).toBe(1);
    expect(other.output).toContain(why);
  });

  it('warns of what ends within 31 days, with the date in GMT, and counts it from then on', async () => {
    const counted = async () =>
      /muster_trust_ending_?\w*\{of="muster"[^}]*\} (\d+)/.exec(
        await (await fetch(`http://127.0.0.1:${trust.ports.health}/metrics`)).text(),
      )?.[1];
    expect(await counted()).toBe('0');
    await trust.ca(
      'issue',
      '--name',
      'short',
      '--profile',
      'client',
      '--subject',
      'CN=short',
      '--days',
      '30',
    );
    expect(await counted()).toBe('1');
    const env = { MUSTER_TRUST_PORT: '0', MUSTER_TRUST_EST_PORT: '0', MUSTER_HTTP_PORT: '0' };
    const other = trust.another(env);
    await until('it warns', () =>
      /"code":"certificateExpires","certificate":"the identity \\"short\\"","until":"\w{3}, [^"]* GMT"/.test(
        other.output,
      ),
    );
    await until('it has started', () => other.output.includes('"msg":"Started"'));
    expect(await other.signal('SIGTERM')).toBe(0);
  });

  it('killed, it goes on with what it had', async () => {
    await trust.ca(
      'issue',
      '--out',
      trust.openssl.path('kept.pem'),
      '--profile',
      'client',
      '--subject',
      'CN=x',
    );
    await trust.process.signal('SIGKILL');
    await trust.again();
    expect((await trust.ocsp('kept.pem')).text).toContain('kept.pem: good');
  });
});
