// Which list of those that there are is in force, and who may have signed one: openssl's authorities and lists.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpensslAuthority, timeText } from '../../../test/support/openssl-authority.js';
import { OpenSsl } from '../../../test/support/openssl.js';
import { ownFolder } from '../../../test/support/servers.js';
import { RefusedCrl } from './crl.js';
import { Crls } from './crls.js';

const dayMs = 86_400_000;
const inDays = (count: number): Date => new Date(Date.now() + count * dayMs);

/** Null: it was taken. */
function refusal(crls: Crls, list: Buffer, now = new Date()): string | null {
  try {
    crls.take(list, now);
    return null;
  } catch (error) {
    if (error instanceof RefusedCrl) return error.code;
    throw error;
  }
}

describe('of an authority’s lists', () => {
  let authority: OpensslAuthority;
  let issuer: X509Certificate;
  let device: X509Certificate;
  let crls: Crls;
  beforeEach(async () => {
    authority = new OpensslAuthority(await ownFolder('lists'));
    issuer = new X509Certificate(authority.certificate);
    device = new X509Certificate(authority.issue('device', 'LISTS-1').certificate);
    crls = new Crls([issuer]);
  });
  const held = (): readonly string[] => [
    ...crls.all().map(({ number }) => number),
    crls.standingOf(device, issuer, new Date()),
  ];

  it('one of before another does not come back: who was revoked by that stays so', () => {
    const first = authority.crl();
    authority.revoke('device');
    const second = authority.crl();
    expect([refusal(crls, first), ...held()]).toEqual([null, '1', 'good']);
    expect([refusal(crls, second), ...held()]).toEqual([null, '2', 'revoked']);
    expect([refusal(crls, first), ...held()]).toEqual(['older', '2', 'revoked']);
    expect([refusal(crls, second), ...held()]).toEqual([null, '2', 'revoked']);
  });

  it('one of tomorrow does not take the place of today’s', () => {
    const todays = authority.crl();
    const tomorrows = authority.crl([timeText(inDays(1)), timeText(inDays(2))]);
    expect([refusal(crls, todays), ...held()]).toEqual([null, '1', 'good']);
    expect([refusal(crls, tomorrows), ...held()]).toEqual(['notYetValid', '1', 'good']);
    expect([refusal(crls, tomorrows, inDays(1.5)), ...held()]).toEqual([null, '2', 'good']);
  });
});

describe('an authority below another', () => {
  const openssl = new OpenSsl();
  const read = (name: string): X509Certificate => new X509Certificate(openssl.read(`${name}.pem`));
  let list: Buffer;
  beforeAll(() => {
    openssl.authority('trusted', '/CN=root');
    openssl.authority('stranger', '/CN=root');
    openssl.authority('below', '/CN=below', '-CA', 'stranger.pem', '-CAkey', 'stranger.key');
    const own = ['database = index.txt', 'crlnumber = number', 'default_md = sha256'];
    openssl.file('own.cnf', ['[ca]', 'default_ca = own', '[own]', ...own, ''].join('\n'));
    openssl.file('index.txt', '');
    openssl.file('number', '01\n');
    const signing = ['-cert', 'below.pem', '-keyfile', 'below.key', '-crldays', '1'];
    openssl.run('ca', '-gencrl', '-config', 'own.cnf', ...signing, '-out', 'list.pem');
    list = openssl.bytes('list.pem');
  });
  afterAll(() => openssl.remove());

  it('signs lists', () => {
    expect(refusal(new Crls([read('stranger'), read('below')]), list)).toBeNull();
  });

  it('signs none when the other only has the name that it gives', () => {
    expect(refusal(new Crls([read('trusted'), read('below')]), list)).toBe('unknownIssuer');
  });

  it('signs none when the other is not there', () => {
    expect(refusal(new Crls([read('below')]), list)).toBe('unknownIssuer');
  });
});
