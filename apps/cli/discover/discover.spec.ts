// An operator at the command line who looks for devices (R35), a real console at the other end.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discoveryProgressed, type DiscoveryProgressed } from '#events/discovery';
import { databases, Trial } from '../../../test/support/console.js';
import { ownFolder } from '../../../test/support/servers.js';
import { typist, type Typist } from '../../../test/support/typed.js';
import { until } from '../../../test/support/until.js';
import { runCommand } from '../command-line.js';

const [PGlite] = databases;

describe('devices are looked for at the command line', () => {
  let trial: Trial;
  let folder: string;
  let type: Typist;
  beforeAll(async () => {
    trial = await Trial.start(await PGlite.open());
    folder = await ownFolder('list');
    type = await typist(trial, runCommand);
  });
  afterAll(() => trial.stop());

  const muster = (...words: readonly string[]) => type('discover', ...words);
  /** As discovery tells it. */
  const progressed = (told: Partial<DiscoveryProgressed> & Pick<DiscoveryProgressed, 'discoveryId'>) =>
    trial.bus.publish([
      trial.event(
        'discovery',
        discoveryProgressed.draft({ results: [], nobody: 0, named: 0, ended: null, ...told }),
      ),
    ]);

  it('in a list, of which every bad line is named', async () => {
    const list = join(folder, 'list.csv');
    await writeFile(list, 'address\n10.1.2.3\n10.1.2.300\nno good\n');
    const { status, text } = await muster('--file', list);
    expect(status).toBe(1);
    expect(text).toContain('2 lines are wrong; nothing was imported.');
    expect(text).toMatch(/^line 3: 10\.1\.2\.300 is no address: /m);
    expect(text).toMatch(/^line 4: no good is no host name: /m);
  });

  it('and columns of it that are not known are named, those of a refused one, too', async () => {
    const list = async (name: string, content: string): Promise<string> => {
      const file = join(folder, name);
      await writeFile(file, content);
      return file;
    };
    const leftOut = (columns: string) => `Not known, and left out: ${columns}.\n`;
    const csv = await list('misspelt.csv', 'address,serail,\n10.1.2.9,VNB3K12345,\n');
    const sent = await muster('--file', csv, '--no-wait');
    expect(sent).toMatchObject({ status: 0, text: `${leftOut('serail, (no name)')}${sent.out}` });
    await progressed({ discoveryId: sent.out.trim(), nobody: 1, ended: 'done' });
    const xml = await list('misspelt.xml', '<devices><device address="10.1.2.9" serail="X"/></devices>');
    const asked = await muster('--file', xml, '--no-wait', '--json');
    expect(asked.text).toBe(`${leftOut('serail')}${asked.out}`);
    const { id } = JSON.parse(asked.out) as { readonly id: string };
    await progressed({ discoveryId: id, nobody: 1, ended: 'done' });
    // Nobody is told again of a list that was sent before.
    expect(JSON.parse((await muster('--watch', id, '--json')).out)).not.toHaveProperty('ignoredColumns');
    const watching = muster('--file', csv, '--json');
    const askedNow = async () => (await trial.told('discovery.requested')).at(-1) as { discoveryId?: string };
    await until(
      'it is asked',
      async () => ![sent.out.trim(), id].includes((await askedNow()).discoveryId ?? id),
    );
    const { discoveryId = '' } = await askedNow();
    await progressed({ discoveryId, nobody: 1, ended: 'done' });
    const watched = await watching;
    expect(JSON.parse(watched.out)).toMatchObject({ id: discoveryId, ignoredColumns: ['serail', ''] });
    const names = Array.from({ length: 12 }, (_, nth) => `a${nth}`);
    const attributes = names.map((name) => `${name}="1"`).join(' ');
    const refused = await list('refused.xml', `<devices><device adress="10.1.2.9" ${attributes}/></devices>`);
    const { status, text } = await muster('--file', refused);
    expect(status).toBe(1);
    const first = `adress, ${names.slice(0, 9).join(', ')} and 3 more`;
    expect(text).toContain(`1 line is wrong; nothing was imported. Not known, and left out: ${first}.\n`);
  });

  it('and what came of it is shown, failures by name', async () => {
    const { out } = await muster('--no-wait', '10.1.2.3', '10.1.2.4');
    const discoveryId = out.trim();
    const at = (line: number, address: string) => ({ line, address, deviceId: null });
    await progressed({
      discoveryId,
      results: [{ ...at(1, '10.1.2.3'), outcome: 'found', serial: 'AB-12', reason: null }],
    });
    const failed = {
      ...at(2, '10.1.2.4'),
      outcome: 'notReached',
      serial: null,
      reason: 'nobody answers',
    } as const;
    const watching = muster('--watch', discoveryId);
    await progressed({ discoveryId, results: [failed], ended: 'done' });
    const watched = await watching;
    expect(watched.status).toBe(1);
    expect(watched.out).toBe(
      'line 2: 10.1.2.4: nobody answers\nDone: 1 found, 0 known before, 1 not reached.\n',
    );
  });

  it('and what is named twice is asked once, which is said', async () => {
    const id = (await muster('--no-wait', '10.1.2.3', '10.1.2.0/29', 'printer-7')).out.trim();
    const known = { outcome: 'known', serial: 'AB-12', deviceId: null, reason: null } as const;
    const results = [1, 3].map((line) => ({ line, address: '10.1.2.3', ...known }));
    await progressed({ discoveryId: id, results, nobody: 5, ended: 'done' });
    const { out } = await muster('--watch', id);
    expect(out).toBe(
      'Done: 0 found, 1 known before, 5 with nobody there, 1 seen again at another entry. Asked once though named more than once: 1.\n',
    );
  });

  it('until it is called off', async () => {
    const id = (await muster('--no-wait', '10.1.2.0/24')).out.trim();
    expect((await muster('--cancel', id, '--no-wait')).status).toBe(0);
    await until(
      'discovery is told',
      async () => (await trial.told('discovery.cancelRequested')).length === 1,
    );
    await progressed({ discoveryId: id, nobody: 20, ended: 'cancelled' });
    const { status, out } = await muster('--watch', id);
    expect([status, out]).toEqual([
      0,
      'Cancelled: 0 found, 0 known before, 20 with nobody there, 234 not asked.\n',
    ]);
  });

  it('by one way at a time', async () => {
    expect((await muster()).status).toBe(2);
    expect((await muster('--file', 'x', '10.1.2.3')).status).toBe(2);
    expect((await muster('--file', join(folder, 'nowhere'))).text).toContain('The list cannot be read');
    expect((await muster('--help')).text).toContain('muster discover ADDRESS');
  });
});
