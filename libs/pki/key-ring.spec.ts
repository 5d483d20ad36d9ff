import { appendFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownFolder } from '../../test/support/servers.js';
import { KeyFile, makeKeyFile } from './key-file.js';
import { KeyRing, newKeyLine } from './key-ring.js';

describe('a key ring', () => {
  const [old, young] = [newKeyLine(), newKeyLine()];

  it('opens what it has sealed, for what it was sealed, and says nothing of it', () => {
    const ring = new KeyRing(old);
    const box = ring.seal('geheim-ß', 'admin/global');
    expect(ring.open(box, 'admin/global')).toBe('geheim-ß');
    expect(Buffer.from(box, 'base64').toString('latin1')).not.toContain('geheim');
    expect(ring.seal('geheim-ß', 'admin/global')).not.toBe(box);
    expect(() => ring.open(box, 'admin/device/1')).toThrow('sealed for something else');
  });

  it('seals with the newest key and opens with all', () => {
    const before = new KeyRing(old).seal('secret', 'x');
    const both = new KeyRing(`# made in spring\n${old}\n${young}`);
    expect([both.open(before, 'x'), both.isNewest(before)]).toEqual(['secret', false]);
    const after = both.seal('secret', 'x');
    expect(both.isNewest(after)).toBe(true);
    expect(new KeyRing(young).open(after, 'x')).toBe('secret');
    expect(() => new KeyRing(young).open(before, 'x')).toThrow('a key that is not in the key file');
  });

  it('opens nothing of which one bit was changed', () => {
    const ring = new KeyRing(old);
    const box = Buffer.from(ring.seal('s', 'x'), 'base64');
    const opened = Array.from({ length: box.length * 8 }, (_, bit) => {
      const changed = Buffer.from(box);
      const at = bit >> 3;
      changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
      try {
        return ring.open(changed.toString('base64'), 'x');
      } catch {
        return null;
      }
    });
    expect(opened.filter((one) => one !== null)).toEqual([]);
    for (const short of ['', 'AQ==', box.subarray(0, 37).toString('base64')])
      expect(() => ring.open(short, 'x')).toThrow();
  });

  it.each([
    { what: 'no key', text: '# nothing\n\n' },
    { what: 'a short key', text: Buffer.alloc(16).toString('base64') },
    { what: 'no base64', text: 'correct horse battery staple' },
    { what: 'too many', text: Array.from({ length: 51 }, newKeyLine).join('') },
  ])('refuses $what, and does not repeat it', ({ text }) => {
    expect(() => new KeyRing(text)).toThrow(/^it holds|^key 1 in it/);
    expect(() => new KeyRing(text)).not.toThrow('battery');
  });
});

describe('a key file', () => {
  it('is made once, for its owner alone, and read again when it has a new key', async () => {
    const path = join(await ownFolder('keys'), 'credentials', 'keys');
    await makeKeyFile(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const file = new KeyFile(path);
    const box = (await file.ring()).seal('secret', 'x');
    await makeKeyFile(path);
    expect((await file.ring()).isNewest(box)).toBe(true);
    await appendFile(path, newKeyLine());
    const ring = await file.ring();
    expect([ring.isNewest(box), ring.open(box, 'x')]).toEqual([false, 'secret']);
  });

  it('is refused when it is none', async () => {
    const path = join(await ownFolder('keys'), 'keys');
    await expect(new KeyFile(path).ring()).rejects.toThrow('ENOENT');
    await writeFile(path, 'x'.repeat(70_000));
    await expect(new KeyFile(path).ring()).rejects.toThrow('too large');
  });
});
