import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { issueLicence, verifyLicence, type LicenceGrant } from './licence.js';

const issuer = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const pem = (pair: typeof issuer): string =>
  pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const trusted = [pem(issuer)];
const now = new Date('2026-11-21T08:00:00.000Z');

const grant: LicenceGrant = {
  id: 'acme-2027',
  customer: 'Acme Straße',
  seats: 1000,
  issuedAt: '2026-11-21T00:00:00.000Z',
  expiresAt: '2027-11-21T00:00:00.000Z',
  graceDays: 30,
};

describe('a licence file', () => {
  const text = issueLicence(grant, issuer.privateKey);

  it('is read back as it was granted', () => {
    expect(verifyLicence(text, trusted, now)).toEqual(grant);
  });

  it('may be spaced and ordered otherwise', () => {
    const fields = Object.entries(JSON.parse(text) as object);
    expect(verifyLicence(JSON.stringify(Object.fromEntries(fields.toReversed())), trusted, now)).toEqual(
      grant,
    );
  });

  it('is good from any trusted signer, and from no other', () => {
    expect(verifyLicence(text, [pem(stranger), pem(issuer)], now)).toEqual(grant);
    expect(() => verifyLicence(text, [pem(stranger)], now)).toThrow(
      expect.objectContaining({ code: 'unknownSigner' }),
    );
    expect(() => verifyLicence(text, [], now)).toThrow(expect.objectContaining({ code: 'unknownSigner' }));
  });

  test.each([
    ['id', 'acme-2028'],
    ['customer', 'Other'],
    ['seats', 1001],
    ['issuedAt', '2026-11-22T00:00:00.000Z'],
    ['expiresAt', null],
    ['graceDays', 365],
  ])('with another %s is refused', (field, value) => {
    const forged = JSON.stringify({ ...(JSON.parse(text) as object), [field]: value });
    expect(() => verifyLicence(forged, trusted, now)).toThrow(
      expect.objectContaining({ code: 'unknownSigner' }),
    );
  });

  it('may say nothing that is not signed', () => {
    const more = JSON.stringify({ ...(JSON.parse(text) as object), note: 'x' });
    expect(() => verifyLicence(more, trusted, now)).toThrow(expect.objectContaining({ code: 'unreadable' }));
  });

  test.each(['', '{', '[]', 'null', '{"muster":"licence"}', 'x'.repeat(20_000)])('%.20j is none', (other) => {
    expect(() => verifyLicence(other, trusted, now)).toThrow(expect.objectContaining({ code: 'unreadable' }));
  });

  it('counts until its grace is over', () => {
    expect(verifyLicence(text, trusted, new Date('2027-12-20T23:59:59.999Z'))).toEqual(grant);
    expect(() => verifyLicence(text, trusted, new Date('2027-12-21T00:00:00.000Z'))).toThrow(
      expect.objectContaining({ code: 'lapsed' }),
    );
  });
});
