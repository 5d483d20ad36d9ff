// What keeps an embedded Muster from starting is said in words, and nothing of it is left running.
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../scripts/free-port.mjs';
import { Operator } from '../../test/support/operator.js';
import { Process } from '../../test/support/process.js';
import { ownFolder } from '../../test/support/servers.js';
import { until } from '../../test/support/until.js';
import { sealingKeyIn } from '#pki/seal';
import { folderFault } from './folder-fault.js';

const startLimitMs = 180_000;
let muster: Process | null = null;
const taken = new Set<Server>();
afterEach(async () => {
  await muster?.signal('SIGKILL');
  for (const server of taken) server.close();
});

async function takenPort(host: string): Promise<number> {
  const server = createServer();
  taken.add(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const start = (words: readonly string[], environment: Readonly<Record<string, string>> = {}): Process =>
  (muster = new Process({ name: 'standalone', entry: 'apps/standalone/main.js', words, environment }));

it.each([
  { option: '--announce-port', other: '--http-port', host: '::' },
  { option: '--http-port', other: '--announce-port', host: '127.0.0.1' },
])(
  'a port of $option that is taken ends it with one sentence',
  async ({ option, other, host }) => {
    const data = await ownFolder('standalone');
    const port = await takenPort(host);
    const words = ['--data', data, option, `${port}`, other, `${await freePort()}`];
    const { output, code } = await endOf(start(words));
    expect(output).toContain(
      `port ${port} is in use: end what uses it, or name another one with ${option}\n`,
    );
    expect(output).not.toContain('    at ');
    expect(output).not.toContain('Nest');
    expect(code).toBe(1);
    // It let go of the folder.
    expect(await readdir(data)).not.toContain('process-id');
  },
  startLimitMs,
);

it('every fault of its environment is listed, of whichever service', async () => {
  const data = await ownFolder('standalone');
  const wrong = {
    MUSTER_LOG_LEVEL: 'loud',
    MUSTER_CONSOLE_URL: 'muster.example',
    MUSTER_FORWARDING_KEY_FILE: join(data, 'none'),
    MUSTER_GATEWAY_TLS_MIN: 'TLSv1.1',
    MUSTER_DEVICE_PORT: 'x',
  };
  const { output, code } = await endOf(start(['--data', data], wrong));
  expect(code).toBe(1);
  for (const name of Object.keys(wrong)) expect(output).toContain(`  - ${name}`);
  expect(output.match(/MUSTER_DEVICE_PORT/g)).toHaveLength(1);
});

it('a file where the data should lie ends it with one sentence', async () => {
  const file = join(await ownFolder('standalone'), 'file');
  await writeFile(file, '');
  for (const data of [file, join(file, 'below')]) {
    const { output, code } = await endOf(start(['--data', data]));
    expect(output).toBe(`${data} is a file, or lies below one: name a folder for the data with --data\n`);
    expect(code).toBe(1);
  }
});

it.each([
  ['EACCES', 'cannot be written by this account'],
  ['EROFS', 'cannot be written by this account'],
  ['ENOSPC', 'is full: make room'],
])('%s of the data folder is put in words, that of another is not', async (code, words) => {
  const fault = Object.assign(new Error(`${code}: write`), { code, path: '/data/muster/database' });
  expect(await folderFault(fault, '/data/muster')).toMatchObject({
    name: 'FolderFault',
    message: expect.stringContaining(words) as string,
  });
  const elsewhere = Object.assign(new Error(code), { code, path: '/etc/muster' });
  expect(await folderFault(elsewhere, '/data/muster')).toBe(elsewhere);
});

it('a setting that there is not is refused before anything starts, with those that may be meant', async () => {
  const { output, code } = await endOf(start(['--demo', '3', '--refuse', 'svc.tellnet']));
  expect(code).toBe(2);
  expect(output).toMatch(/^--refuse: there is no setting svc\.tellnet; similar ones are svc\.telnet, /);
});

it(
  'takes its ports from the environment, keeps its folder closed, and says after a restart that it accepts',
  async () => {
    const data = join(await ownFolder('standalone'), 'made-before');
    await mkdir(data);
    await chmod(data, 0o777);
    const password = join(data, 'password');
    await writeFile(password, 'correct horse battery staple');
    const [http, announce] = [await freePort(), await freePort()];
    const environment = {
      MUSTER_ADMIN_PASSWORD_FILE: password,
      MUSTER_HTTP_HOST: '',
      MUSTER_HTTP_PORT: `${http}`,
      MUSTER_ANNOUNCE_PORT: `${announce}`,
      MUSTER_LOG_LEVEL: 'info',
    };
    const running = async (words: readonly string[] = []): Promise<Process> => {
      const process = start(['--data', data, ...words], environment);
      const said = () => process.output.includes("Gateway's key") || process.exitCode !== null;
      await until('it is introduced', said, startLimitMs);
      return process;
    };
    const first = await running();
    expect(first.output).toContain(`Page and API   http://127.0.0.1:${http} `);
    expect(first.output).toContain(`TLS on port ${announce}, if you switch them on`);
    await until('how to is told', () => first.output.includes('To switch it on:'));
    const { fingerprint } = await sealingKeyIn(join(data, 'gateway'));
    expect(first.output).toContain(`Gateway's key  ${fingerprint} `);
    expect((await stat(join(data, 'database'))).mode & 0o777).toBe(0o700);
    // What of it is written with a mode of its own lies in closed folders; the rest is closed itself.
    for (const name of await readdir(data)) {
      expect([name, (await stat(join(data, name))).mode & (name === 'password' ? 0 : 0o077)]).toEqual([
        name,
        0,
      ]);
    }
    await (await Operator.signIn(`http://127.0.0.1:${http}`, 'correct horse battery staple')).switchOn();
    await first.signal('SIGTERM');
    for (const line of ['Started', 'Draining', 'Stopped']) expect(first.output).toContain(`"${line}"`);
    const other = await freePort();
    const second = await running(['--announce-port', `${other}`]);
    expect(second.output).toContain(`TLS on port ${other}\n`);
    expect(second.output).toContain(`Gateway's key  ${fingerprint} `);
    await second.signal('SIGTERM');
    expect(second.output).not.toContain('To switch it on:');
  },
  startLimitMs,
);

it(
  'a demo finds its announce port itself, starts anew in the folder of an earlier one, and fails when a printer refuses',
  async () => {
    const data = await ownFolder('standalone');
    const devicePort = `${await freePort()}`;
    const demo = (...words: string[]) => {
      const ports = ['--http-port', '0', '--announce-port', '0'];
      return endOf(start(['--data', data, ...ports, '--once', ...words], { MUSTER_DEVICE_PORT: devicePort }));
    };
    for (const printers of [3, 1]) {
      const { output, code } = await demo('--demo', `${printers}`);
      const all = `RESULT demo devices=${printers} licensed=${printers} compliant=${printers} `;
      expect(output).toContain(all);
      expect(code).toBe(0);
    }
    const { output, code } = await demo('--demo', '2', '--refuse', 'svc.telnet');
    expect(output).toMatch(/VNB3F00002 at \S+ is nonCompliant: svc\.telnet \(.*refuse/);
    expect(output).toContain('RESULT demo devices=2 licensed=2 compliant=1 ');
    expect(code).toBe(1);
  },
  3 * startLimitMs,
);

it.each([
  { entry: 'migrate', variable: 'MUSTER_DATABASE_URL' },
  { entry: 'topology', variable: 'MUSTER_AMQP_URL' },
])('$entry says in words what is not set', async ({ entry, variable }) => {
  const step = (muster = new Process({ name: entry, entry: `apps/standalone/${entry}.js` }));
  const { output, code } = await endOf(step);
  expect(code).toBe(1);
  expect(output).toContain(`${entry}: the configuration is not right:\n  - ${variable} is not set`);
  expect(output).not.toContain('    at ');
});

async function endOf(process: Process): Promise<{ readonly output: string; readonly code: number }> {
  const code = await process.ended();
  return { output: process.output, code };
}
