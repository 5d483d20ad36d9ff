// The serial-number list (R33), and what an import must not do (threat 29).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databases, Trial, type Answer } from '../../../test/support/console.js';
import { linesMax, readSerials } from './serials.js';

describe('a text of serial numbers', () => {
  it('is read line by line, in any spelling', () => {
    expect(readSerials('\uFEFFvnb3k12345\r\n\n  AB-12 \nCNDX9')).toEqual(['VNB3K12345', 'AB-12', 'CNDX9']);
  });

  const hostile = [
    '=1+1',
    '+1+1',
    '@SUM(A1)',
    '-2+3*4',
    '\t=cmd',
    '"ABCD"',
    'AB,CD',
    'ABC',
    'A'.repeat(33),
    'ÄBCD',
    'ABCD\u0000',
    'ＡＢＣＤ',
    '<img src=x>',
    "'; drop table",
    'AB CD',
    '\uFFFDABCD',
  ];
  it.each(hostile)('is refused whole for %j, and the line is named', (line) => {
    expect(() => readSerials(`GOOD-1\n${line}\nGOOD-2`)).toThrow(
      expect.objectContaining({ code: 'invalid', faults: [expect.objectContaining({ line: 2 })] }),
    );
  });

  it('is refused when it is too long, or has none', () => {
    expect(() => readSerials('ABCD\n'.repeat(linesMax + 1))).toThrow('at most 100000');
    expect(readSerials('ABCD\n'.repeat(linesMax))).toHaveLength(linesMax);
    expect(() => readSerials('\n\n')).toThrow('no serial number');
  });
});

describe.each(databases)('the list on $name', ({ open }) => {
  let trial: Trial;
  let token: string;
  beforeAll(async () => {
    trial = await Trial.start(await open());
    token = await trial.token('operator');
  });
  afterAll(() => trial.stop());

  const load = (body: string): Promise<Answer> => trial.ask('POST', '/api/serials/import', { token, body });
  const listed = async (search = ''): Promise<Answer> =>
    trial.ask('GET', `/api/serials?search=${search}&limit=500`, { token });

  it('imports nothing when a line is bad', async () => {
    const refused = await load('ALPHA-1\n=BAD\nALPHA-2\nno\n');
    expect(refused.status).toBe(400);
    expect(refused.body.faults.map(({ line }: { line: number }) => line)).toEqual([2, 4]);
    expect((await listed('alpha')).body.total).toBe(0);
    expect(await trial.told('serialList.changed')).toEqual([]);
  });

  it('tells a long list in parts of 5,000 whose versions add up', async () => {
    const text = Array.from({ length: 12_000 }, (_, n) => `BULK-${n}`).join('\n');
    expect((await load(text)).body).toEqual({ added: 12_000, known: 0 });
    expect((await load(`BULK-1\nBULK-1\nBULK-NEW`)).body).toEqual({ added: 1, known: 2 });
    const told = await trial.told('serialList.changed');
    expect(told.map(({ version, added }) => [version, added.length])).toEqual([
      [1, 5000],
      [2, 5000],
      [3, 2000],
      [4, 1],
    ]);
    const first = await listed('bulk');
    expect([first.body.items.length, first.body.total]).toEqual([500, 12_001]);
    const second = await trial.ask('GET', `/api/serials?search=bulk&limit=500&after=${first.body.next}`, {
      token,
    });
    expect((second.body.items[0]?.serial ?? '') > (first.body.items.at(-1)?.serial ?? 'none')).toBe(true);
  });

  it('finds what is written, not what a pattern would', async () => {
    await load('PCT-1\nPCT-2');
    expect((await listed('pct%25')).body.total).toBe(0);
    expect((await listed('pct_')).body.total).toBe(0);
    expect((await listed('pct-')).body.total).toBe(2);
    expect((await listed('%00')).status).toBe(400);
  });

  it('takes one away', async () => {
    await trial.ask('POST', '/api/serials', { token, body: { serial: 'gone-1' } });
    expect((await trial.ask('DELETE', '/api/serials/gone-1', { token })).status).toBe(204);
    expect((await trial.told('serialList.changed')).at(-1)).toMatchObject({ added: [], removed: ['GONE-1'] });
    expect((await trial.ask('DELETE', '/api/serials/gone-1', { token })).status).toBe(404);
  });

  it('takes text alone, and 5 MB at most', async () => {
    expect((await trial.ask('POST', '/api/serials/import', { token, body: { a: 1 } })).status).toBe(400);
    expect((await load('ABCD\n'.repeat(1_100_000))).status).toBe(413);
  });
});
