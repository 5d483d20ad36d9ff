import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority } from '../../test/support/authority.js';
import { fingerprintOf, validFor } from './certificate.js';
import { selfSigned } from './self-signed.js';
import { identityIn } from './identity.js';
import { faultOfLeaf } from './rfc5280.js';

describe('a self-signed certificate', () => {
  it('says who holds it, for how long and for what', async () => {
    const holder = {
      commonName: 'printer-2nd-floor',
      serialNumber: 'VNB3K12345',
      dnsNames: ['printer.example'],
      ipAddresses: ['10.1.2.3', 'fd00::1'],
    };
    const { certificate } = await selfSigned(holder, validFor(30));
    const read = new X509Certificate(certificate);
    expect(read.toLegacyObject().subject).toMatchObject({
      CN: 'printer-2nd-floor',
      serialNumber: 'VNB3K12345',
    });
    expect(read.subjectAltName).toBe(
      'DNS:printer.example, IP Address:10.1.2.3, IP Address:FD00:0:0:0:0:0:0:1',
    );
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(read.ca).toBe(false);
    expect(faultOfLeaf(read)).toBeNull();
    expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(read.verify(read.publicKey)).toBe(true);
    expect((read.validToDate.getTime() - Date.now()) / 86_400_000).toBeCloseTo(30, 1);
  });

  it('has the fingerprint that OpenSSL shows', async () => {
    const read = new X509Certificate((await selfSigned({ commonName: 'x' })).certificate);
    expect(fingerprintOf(read.raw)).toBe(read.fingerprint256.replaceAll(':', '').toLowerCase());
  });
});

describe('an authority', () => {
  it('signs leaves with the purposes asked for', async () => {
    const authority = await Authority.create('Trial root');
    const root = new X509Certificate(authority.certificate);
    const leaf = new X509Certificate(
      (await authority.issue({ commonName: 'a' }, { purposes: ['clientAuth'] })).certificate,
    );
    expect(root.ca).toBe(true);
    expect(leaf.checkIssued(root) && leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });
});

describe('an identity in a folder', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-identity-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is made once, for its owner only, then kept', async () => {
    const inside = join(folder, 'new');
    const first = await identityIn(inside, { commonName: 'muster' });
    const second = await identityIn(inside, { commonName: 'other' });
    const bits = await stat(join(inside, 'identity.pem'));
    expect(new X509Certificate(second.certificate).raw).toEqual(new X509Certificate(first.certificate).raw);
    expect(second.key.trim()).toBe(first.key.trim());
    expect(bits.mode & 0o777).toBe(0o600);
    expect(await readdir(inside)).toEqual(['identity.pem']);
  });

  it('is never overwritten when it cannot be read', async () => {
    await writeFile(join(folder, 'identity.pem'), 'not a key');
    await expect(identityIn(folder, { commonName: 'muster' })).rejects.toThrow(/holds no certificate/);
  });
});
