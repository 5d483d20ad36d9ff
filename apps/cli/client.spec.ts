// What a command says when somebody else than console answers.
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as z from 'zod';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { typed } from '../../test/support/typed.js';
import { Client } from './client.js';
import { runCommand } from './command-line.js';

let url: string;
let said = { status: 502, body: '' };
const server = createServer((_, answer) => {
  answer.writeHead(said.status).end(said.body);
});
beforeAll(async () => {
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${port}`;
});
afterAll(() => void server.close());

const behind = 'a proxy, it seems. Does console run behind it?';
const elsewhere = "is it console's address? See --url and MUSTER_CONSOLE_URL.";

it.each([
  [502, 'unreachable', behind],
  [503, 'unreachable', behind],
  [504, 'unreachable', behind],
  [500, 'notMuster', elsewhere],
  [404, 'notMuster', elsewhere],
  [401, 'notMuster', elsewhere],
])('status %i without a word of Muster is %s', async (status, code, what) => {
  said = { status, body: '<html>Bad Gateway</html>' };
  const message = `${url} answers with status ${status}, and not as console does: ${what}`;
  const asking = new Client({ url, token: null }).ask('/api/status', z.unknown());
  await expect(asking).rejects.toMatchObject({ code, message, status: null });
  expect(await typed(runCommand, ['assess', 'X-1', '--url', url], {})).toMatchObject({
    status: 2,
    text: `muster assess: ${message}\n`,
  });
});

it('what console says of itself is told as its own', async () => {
  const detail = 'The database cannot be used now. Try again in a moment.';
  said = { status: 503, body: JSON.stringify({ title: 'Not ready', status: 503, detail }) };
  const asking = new Client({ url, token: null }).ask('/api/status', z.unknown());
  await expect(asking).rejects.toMatchObject({
    code: 'unreachable',
    message: `console at ${url} answers with status 503: ${detail}`,
  });
});
