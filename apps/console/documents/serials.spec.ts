// The serial-number list (R33), and what an import must not do (threat 29).
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schemas } from '#answers/answers';
import { serialLinesMax as linesMax } from '#documents/serial-line';
import { databases, Trial, type Answer } from '../../../test/support/console.js';
import { readSerials } from './serials.js';

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

  it('names every bad line, however many, neighbours with one fault together', async () => {
    const odd = Array.from({ length: 3_000 }, (_, n) => (n % 2 ? '=1' : 'no')).join('\n');
    const { status, body } = await load(odd);
    expect([status, body.detail]).toEqual([400, '3000 lines are no serial numbers; nothing was imported.']);
    expect(body.faults).toHaveLength(3_000);
    const same = await load(`GOOD-1\n${'no\n'.repeat(50_000)}=1`);
    expect(same.body.faults).toMatchObject([
      { path: 'lines 2-50001', line: 2, to: 50_001, message: expect.stringMatching(/at least 4/) as unknown },
      { path: 'line 50002', line: 50_002, message: expect.stringMatching(/formula/) as unknown },
    ]);
  });

  it('is exported whole, or as far as it waits, for a spreadsheet to open', async () => {
    await load('-EXP-1\nEXP-2');
    await trial.database.query(`update console.serial set discovered_at = now() where serial = 'EXP-2'`);
    const all = await trial.ask('GET', '/api/serials/export', { token });
    expect(all.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(all.headers.get('content-disposition')).toMatch(/^attachment/);
    const lines = all.text.split('\r\n');
    expect(lines[0]).toBe('"serial","addedBy","addedAt","discoveredAt"');
    expect(lines.some((line) => line.startsWith(`"'-EXP-1",`))).toBe(true);
    expect(lines.some((line) => /^"EXP-2",.*,"20[^"]+"$/.test(line))).toBe(true);
    const { body: listedAll } = await trial.ask('GET', '/api/serials?show=all', { token });
    expect(schemas.SerialList.safeParse(listedAll).error).toBeUndefined();
    expect(lines).toHaveLength(listedAll.total + 2);
    const waiting = await trial.ask('GET', '/api/serials/export?show=waiting', { token });
    expect(waiting.text).not.toContain('EXP-2');
    expect((await listed('exp-2')).body.total).toBe(0);
    expect((await trial.ask('GET', '/api/serials?show=all&search=exp-2', { token })).body.total).toBe(1);
  });

  it('that was exported is imported again, here or elsewhere, as text or as CSV', async () => {
    const { text } = await trial.ask('GET', '/api/serials/export', { token });
    const { total } = (await trial.ask('GET', '/api/serials?show=all', { token })).body;
    expect((await load(text)).body).toEqual({ added: 0, known: total });
    await trial.ask('DELETE', '/api/serials/-EXP-1', { token });
    const sent = await fetch(`${trial.host.url}/api/serials/import`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'text/csv; charset=utf-8' },
      body: text,
    });
    expect(await sent.json()).toEqual({ added: 1, known: total - 1 });
    expect((await listed('-exp-1')).body.items).toMatchObject([{ serial: '-EXP-1' }]);
  });

  it('takes text alone, and 5 MB at most', async () => {
    expect((await trial.ask('POST', '/api/serials/import', { token, body: { a: 1 } })).status).toBe(400);
    expect((await load('ABCD\n'.repeat(1_100_000))).status).toBe(413);
  });
});
