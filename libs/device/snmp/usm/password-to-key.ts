// A password made into the key of one engine: RFC 3414 A.2, and RFC 7860 for the hashes of the SHA-2 family.
import { createHash } from 'node:crypto';

const stretchedBytes = 1_048_576;

/** The same password gives each engine another key, so that none of them knows the others'. */
export function passwordToKey(hash: string, password: Uint8Array, engineId: Uint8Array): Buffer {
  // A megabyte of the password again and again, hashed: two milliseconds and more.
  const stretched = Buffer.alloc(stretchedBytes, password);
  const key = createHash(hash).update(stretched).digest();
  stretched.fill(0);
  return createHash(hash).update(key).update(engineId).update(key).digest();
}
