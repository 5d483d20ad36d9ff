import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { keyChangeOf } from './key-change.js';
import { passwordToKey } from './password-to-key.js';

const engineId = Buffer.from('000000000000000000000002', 'hex');

it.each([
  { hash: 'md5', delta: '88056151 41676cc9 196174e7 42a32551' },
  { hash: 'sha1', delta: '9c1017f4 fd483d2d e8d5fadb f84392cb 06457051' },
])('as RFC 3414 A.5 has it, by $hash', ({ hash, delta }) => {
  const from = passwordToKey(hash, Buffer.from('maplesyrup'), engineId);
  const to = passwordToKey(hash, Buffer.from('newsyrup'), engineId);
  const random = Buffer.alloc(to.length);
  const change = keyChangeOf({ hash, from, to }, random);
  expect(change.toString('hex')).toBe(random.toString('hex') + delta.replaceAll(' ', ''));
});

it.each([
  { hash: 'sha256', length: 32 },
  { hash: 'sha1', length: 16 },
  { hash: 'md5', length: 40 },
])(
  'a key of $length bytes comes out of it again, for whoever knows the old one, by $hash',
  ({ hash, length }) => {
    const [from, to] = [Buffer.alloc(length, 1), Buffer.alloc(length, 2)];
    const change = keyChangeOf({ hash, from, to });
    const [random, delta] = [change.subarray(0, length), change.subarray(length)];
    // The agent's half, as RFC 3414 5 words it: usmUserAuthKeyChange.
    const digests: Buffer[] = [];
    for (let last: Buffer = from; Buffer.concat(digests).length < length;) {
      last = createHash(hash)
        .update(Buffer.concat([last, random]))
        .digest();
      digests.push(last);
    }
    const mask = Buffer.concat(digests);
    expect(Buffer.from(delta.map((byte, at) => byte ^ (mask[at] ?? 0)))).toEqual(to);
  },
);
