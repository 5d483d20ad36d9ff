// `muster look`, as a person types it.
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Process } from '../../test/support/process.js';
import { readWords } from './words.js';

const entry = fileURLToPath(new URL('../../dist/apps/look/main.js', import.meta.url));

async function typed(...words: readonly string[]) {
  const program = new Process({ name: 'muster look', entry, words });
  return { code: await program.ended(), output: program.output };
}

it('names who is there, and what is seen of it', async () => {
  const address = `127.8.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  const server = createServer((socket) => socket.on('error', () => undefined).destroy());
  server.listen(7627, address);
  await once(server, 'listening');
  const { code, output } = await typed('--network', '127.8.0.0/16', '--facts', `${address}/32`);
  server.close();
  expect(code).toBe(0);
  expect(output).toContain(`${address}\trange\ttakes connections at 7627\n`);
  expect(output).toContain('1 of 1 addresses asked, 1 found, 0 outside the device networks\n');
});

it('explains itself, and what was typed wrongly', async () => {
  expect(await typed('--help')).toMatchObject({ code: 0, output: expect.stringContaining('--network CIDR') });
  const wrong = await typed('--network', '10.0.0.0/8', '10.0.0.0/8');
  expect(wrong.code).toBe(2);
  expect(wrong.output).toContain(
    'the range 10.0.0.0/8 holds 16777214 addresses, and at most 65536 are searched',
  );
});

it.each([
  [[], '--network is missing'],
  [['--network', 'ten'], '--network ten: write it as 10.0.0.0/8'],
  [['--network', '10.0.0.0/8', '--hops', '0'], '--hops is from 1 to 32'],
  [['--network', '10.0.0.0/8', '--authorities', '/nowhere'], 'the authorities in /nowhere cannot be read'],
  [['--quick'], 'Try --help.'],
])('%j is not understood', (words, reason) => {
  expect(() => readWords(words)).toThrow(reason);
});
