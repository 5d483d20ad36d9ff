// A key that travels sealed: it opens for one, under one name, with one set of certificates; and WebCrypto, which shares no
// line with this, opens it by the same steps.
import { createPrivateKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  NotOpened,
  open,
  readRecipient,
  recipientText,
  seal,
  sealingKeyIn,
  type SealingKey,
} from './seal.js';

let folder: string;
let one: SealingKey;
let other: SealingKey;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-seal-'));
  one = await sealingKeyIn(join(folder, 'one'));
  other = await sealingKeyIn(join(folder, 'other'));
});
afterAll(() => rm(folder, { recursive: true }));

const bound = { name: 'gateway', certificates: '-----BEGIN CERTIFICATE-----\n' };
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const bytesOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'der' }).toString('hex');

describe('a sealed key', () => {
  it.each([
    ['ECDSA', ec],
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey],
  ])('of %s opens for whom it is sealed to', (_, key) => {
    const box = seal(key, readRecipient(recipientText(one)), bound);
    expect(bytesOf(open(box, one, bound))).toBe(bytesOf(key));
    expect(box.length).toBeLessThan(8_192);
  });

  it('opens for nobody else, under no other name, beside no other certificate', () => {
    const box = seal(ec, one, bound);
    expect(() => open(box, other, bound)).toThrow(NotOpened);
    expect(() => open(box, one, { ...bound, name: 'gateway2' })).toThrow(NotOpened);
    expect(() => open(box, one, { ...bound, certificates: '' })).toThrow(NotOpened);
    expect(open(box, one, bound).asymmetricKeyType).toBe('ec');
  });

  it('is refused when any byte of it was changed, or some are missing', () => {
    // In several: a bit of a public key may mean nothing in one of two.
    for (const box of Array.from({ length: 8 }, () => Buffer.from(seal(ec, one, bound), 'base64'))) {
      for (let at = 0; at < box.length; at += 1) {
        const changed = Buffer.from(box);
        changed[at] = (changed[at] ?? 0) ^ (at % 2 === 0 ? 1 : 128);
        expect(() => open(changed.toString('base64'), one, bound), `byte ${at}`).toThrow(NotOpened);
      }
      for (const length of [0, 1, 45, 73, box.length - 1])
        expect(() => open(box.subarray(0, length).toString('base64'), one, bound)).toThrow(NotOpened);
    }
  });

  it('is never the same twice', () => {
    expect(seal(ec, one, bound)).not.toBe(seal(ec, one, bound));
  });

  it('opens by WebCrypto', async () => {
    const box = Buffer.from(seal(ec, one, bound), 'base64');
    const [sender, nonce, tag, closed] = [
      box.subarray(1, 45),
      box.subarray(45, 57),
      box.subarray(57, 73),
      box.subarray(73),
    ];
    const { subtle } = crypto;
    const pkcs8 = one.privateKey.export({ type: 'pkcs8', format: 'der' });
    const own = await subtle.importKey('pkcs8', new Uint8Array(pkcs8), 'X25519', false, ['deriveBits']);
    const from = await subtle.importKey('spki', new Uint8Array(sender), 'X25519', true, []);
    const shared = await subtle.deriveBits({ name: 'X25519', public: from }, own, 256);
    const derivation = await subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
    const spki = one.publicKey.export({ type: 'spki', format: 'der' });
    const salt = new Uint8Array(Buffer.concat([sender, spki]));
    const info = new TextEncoder().encode('muster sealed identity 1');
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt, info };
    const key = await subtle.deriveKey(parameters, derivation, { name: 'AES-GCM', length: 256 }, false, [
      'decrypt',
    ]);
    const said = [
      'muster identity',
      hash('sha256', spki, 'hex'),
      bound.name,
      hash('sha256', bound.certificates),
    ];
    const additionalData = new TextEncoder().encode(JSON.stringify(said));
    const plain = await subtle.decrypt(
      { name: 'AES-GCM', iv: new Uint8Array(nonce), additionalData },
      key,
      new Uint8Array(Buffer.concat([closed, tag])),
    );
    expect(bytesOf(createPrivateKey({ key: Buffer.from(plain), format: 'der', type: 'pkcs8' }))).toBe(
      bytesOf(ec),
    );
  });
});

describe('a sealing key', () => {
  it('is made once, for its owner only, and known by its fingerprint', async () => {
    const again = await sealingKeyIn(join(folder, 'one'));
    expect(again.fingerprint).toBe(one.fingerprint);
    expect((await stat(join(folder, 'one/sealing.pem'))).mode & 0o777).toBe(0o600);
    const together = await Promise.all([1, 2, 3].map(() => sealingKeyIn(join(folder, 'race'))));
    expect(new Set(together.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });

  it('is of X25519, or nothing is sealed to it', () => {
    const pem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(() => readRecipient(pem)).toThrow('X25519');
    expect(() => readRecipient('bm90IGEga2V5')).toThrow();
  });
});
