import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameBytesMax, FrameReader } from './frame.js';

function linesOf(reader: FrameReader, chunk: string): string[] {
  reader.push(Buffer.from(chunk));
  const lines: string[] = [];
  for (let line = reader.next(); line; line = reader.next()) lines.push(line.toString());
  return lines;
}

describe('the frame reader', () => {
  it('cuts lines wherever the chunks end', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{1,9}$/)), fc.array(fc.nat(12)), (lines, cuts) => {
        let rest = lines.map((line) => `${line}\n`).join('');
        const reader = new FrameReader();
        const found = cuts.flatMap((cut) => {
          const chunk = rest.slice(0, cut);
          rest = rest.slice(cut);
          return chunk ? linesOf(reader, chunk) : [];
        });
        expect([...found, ...(rest ? linesOf(reader, rest) : [])]).toEqual(lines);
        expect(reader.inside).toBe(false);
      }),
    );
  });

  it('skips empty lines and takes \\r\\n', () => {
    expect(linesOf(new FrameReader(), '\n\r\n{"a":1}\r\n\n')).toEqual(['{"a":1}\r']);
  });

  it.each([frameBytesMax - 1, frameBytesMax])('takes a line of %d bytes', (bytes) => {
    expect(linesOf(new FrameReader(), `${'x'.repeat(bytes)}\n`)).toHaveLength(1);
  });

  it('refuses one byte more, before its end came', () => {
    const reader = new FrameReader();
    expect(linesOf(reader, 'x'.repeat(frameBytesMax))).toEqual([]);
    expect(() => linesOf(reader, 'x')).toThrow(/65536 bytes/);
  });

  it('gives the lines before the one that is too long', () => {
    const reader = new FrameReader(4);
    reader.push(Buffer.from('ab\nabcde\n'));
    expect(reader.next()?.toString()).toBe('ab');
    expect(() => reader.next()).toThrow(/4 bytes/);
  });
});
