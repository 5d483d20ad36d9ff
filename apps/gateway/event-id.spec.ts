import fc from 'fast-check';
import { v5 } from 'uuid';
import { expect, it } from 'vitest';
import { uuidOf } from './event-id.js';

it('is the UUID of version 5 that others make of the same name', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      expect(uuidOf(name)).toBe(v5(Buffer.from(name), '6b1f9c0e-52a5-4b6c-8a6e-6f0d6b0f3a11'));
    }),
  );
});
