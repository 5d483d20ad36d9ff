// An administrator with rules of IPsec in a file, at the command line alone.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exampleIpsecRule } from '#events/ipsec';
import { Process } from '../../../test/support/process.js';
import { ownFolder } from '../../../test/support/servers.js';

const rule = { ...exampleIpsecRule, local: '10.1.2.0/24' };
let folder: string;
beforeAll(async () => {
  folder = await ownFolder('ipsec');
});

async function file(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function muster(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly said: string }> {
  const run = new Process({ name: 'muster', entry: 'apps/cli/main.js', words: ['ipsec', ...words] });
  return { code: await run.ended(), said: run.output };
}

describe('muster ipsec', () => {
  it('validate names each fault with its path, and is content with none', async () => {
    expect(await muster('validate', await file('good.json', { rules: [rule] }))).toEqual({
      code: 0,
      said: '1 rule, no fault\n',
    });
    const weak = await file('weak.json', { rules: [{ ...rule, dh: 'dh2', mode: 'tunnel\u001b[2J' }] });
    const { code, said } = await muster('validate', weak);
    expect(code).toBe(1);
    expect(said).toMatch(/^rules\.0\.dh: Diffie-Hellman group dh2 is refused/m);
    expect(said).toMatch(/^rules\.0\.mode: only "transport"/m);
    expect((await muster('validate', weak, '--json')).said).toContain('"path":"rules.0.dh"');
  });

  it('render prints what strongSwan loads, or why it cannot be', async () => {
    const good = await file('good.json', { rules: [rule] });
    const { code, said } = await muster(
      'render',
      good,
      '--own',
      '10.1.0.10',
      '--certificate',
      'ecdsa256=web.pem',
    );
    expect(code).toBe(0);
    expect(said).toContain('certs = "web.pem"');
    expect(said).toContain('keys needed: print-servers');
    const named = await file('named.json', { rules: [{ ...rule, local: 'LocalSubnet', keying: 'authip' }] });
    const refused = await muster('render', named, '--own', '10.1.0.10');
    expect(refused.code).toBe(1);
    expect(refused.said).toMatch(
      /rules\.0\.keying: AuthIP[^]*rules\.0\.local: LocalSubnet is filled in by the device/,
    );
  });

  it('compare says where a device differs', async () => {
    const good = await file('good.json', { rules: [rule] });
    const same = await file('same.json', { rules: [{ ...rule, local: '10.1.2.0-10.1.2.255' }] });
    expect(await muster('compare', good, same)).toMatchObject({ code: 0 });
    const other = await file('other.json', { rules: [{ ...rule, ipsecMinutes: 600 }] });
    expect(await muster('compare', good, other)).toEqual({
      code: 1,
      said: 'print-servers: ipsecMinutes must be 60; the device has 600\n',
    });
  });

  it.each([
    { what: 'no words', words: [], said: 'Type muster ipsec validate' },
    { what: 'a file that is not there', words: ['validate', '/nowhere'], said: 'cannot be read' },
    { what: 'no address of its own', words: ['render', 'GOOD'], said: '--own' },
    {
      what: 'a third end',
      words: ['render', 'GOOD', '--own', '10.1.0.1', '--as', 'router'],
      said: '--as must',
    },
    {
      what: 'a strange name',
      words: ['render', 'GOOD', '--own', '10.1.0.1', '--name', 'NTP=1'],
      said: '--name must',
    },
    { what: 'one file to compare', words: ['compare', 'GOOD'], said: 'two files' },
    { what: 'what is not JSON', words: ['validate', 'TEXT'], said: 'is not JSON' },
  ])('does not understand $what, and says so', async ({ words, said }) => {
    const files = { GOOD: await file('good.json', { rules: [rule] }), TEXT: await file('text', 'rules: x') };
    const typed = words.map((word) => (word === 'GOOD' || word === 'TEXT' ? files[word] : word));
    const run = await muster(...typed);
    expect(run).toMatchObject({ code: 2, said: expect.stringContaining(said) });
  });
});
