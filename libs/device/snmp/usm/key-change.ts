// KeyChange of RFC 3414 5: a new key in the place of an old one, so that whoever does not know the old one learns nothing.
import { createHash, randomBytes } from 'node:crypto';

export interface KeyChange {
  /** Of the user's authentication, also where it is about his privacy key. */
  readonly hash: string;
  readonly from: Buffer;
  /** As long as `from`. */
  readonly to: Buffer;
}

export function keyChangeOf({ hash, from, to }: KeyChange, random = randomBytes(to.length)): Buffer {
  const delta = Buffer.alloc(to.length);
  let stretched: Buffer = from;
  for (let at = 0; at < to.length; at += stretched.length) {
    stretched = createHash(hash).update(stretched).update(random).digest();
    for (let index = 0; index < stretched.length && at + index < to.length; index += 1)
      delta[at + index] = (stretched[index] ?? 0) ^ (to[at + index] ?? 0);
  }
  return Buffer.concat([random, delta]);
}
