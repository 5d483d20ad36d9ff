// Strong and weak keys, as OpenSSL inside Node writes them.
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, it } from 'vitest';
import { BadDer } from './der/read.js';
import { isWeakKey, isWeakSpki } from './key-strength.js';

const rsa = (modulusLength: number): KeyObject => generateKeyPairSync('rsa', { modulusLength }).publicKey;
const ec = (namedCurve: string, paramEncoding: 'named' | 'explicit' = 'named'): KeyObject =>
  generateKeyPairSync('ec', { namedCurve, paramEncoding }).publicKey;

it.each<[string, boolean, () => KeyObject]>([
  ['RSA of 1024 bits', true, () => rsa(1024)],
  ['RSA of 2047 bits', true, () => rsa(2047)],
  ['RSA of 2048 bits', false, () => rsa(2048)],
  ['RSA-PSS of 1024 bits', true, () => generateKeyPairSync('rsa-pss', { modulusLength: 1024 }).publicKey],
  ['RSA-PSS of 2048 bits', false, () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey],
  ['P-192', true, () => ec('prime192v1')],
  ['P-224', true, () => ec('secp224r1')],
  ['P-256', false, () => ec('prime256v1')],
  ['P-256, its parameters spelt out', true, () => ec('prime256v1', 'explicit')],
  ['P-384', false, () => ec('secp384r1')],
  ['P-521', false, () => ec('secp521r1')],
  ['secp256k1', false, () => ec('secp256k1')],
  ['brainpoolP224r1', true, () => ec('brainpoolP224r1')],
  ['brainpoolP256r1', false, () => ec('brainpoolP256r1')],
  ['Ed25519', false, () => generateKeyPairSync('ed25519').publicKey],
  ['Ed448', false, () => generateKeyPairSync('ed448').publicKey],
  ['X25519, which cannot sign', true, () => generateKeyPairSync('x25519').publicKey],
  ['ML-DSA-65', false, () => generateKeyPairSync('ml-dsa-65').publicKey],
  ['DSA', true, () => generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).publicKey],
])('%s: weak is %s', (_, weak, make) => {
  expect(isWeakKey(make())).toBe(weak);
});

it('what is no key is no strong one', () => {
  const whole = createPublicKey(ec('prime256v1').export({ type: 'spki', format: 'pem' })).export({
    type: 'spki',
    format: 'der',
  });
  for (let length = 0; length < whole.length; length += 1)
    expect(() => isWeakSpki(whole.subarray(0, length))).toThrow(BadDer);
});
