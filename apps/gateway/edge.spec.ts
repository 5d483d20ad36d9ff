import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatewayBench, line, say } from '../../test/support/gateway.js';
import { until } from '../../test/support/until.js';
import { readGatewayConfig } from './config.js';
import { ConfigError } from '#runtime/config';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-edge-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('outlives a restart without the bus', async () => {
  const environment = { MUSTER_EDGE_CACHE_FILE: join(folder, 'deep', 'edge.json') };
  const first = await gatewayBench(environment);
  await first.configure({ fromPrimaries: 'encrypted', version: 7 });
  await first.stop();
  const second = await gatewayBench(environment);
  expect(second.gateway.problems?.()).toEqual([]);
  expect(await say(second.port, line())).toMatchObject([{ result: 'accepted' }]);
  await until('it is stored', () => second.stored().some(({ data }) => data.configVersion === 7));
  await second.stop();
});

it('keeps the newest, whatever comes late; another Muster replaces it', async () => {
  const file = join(folder, 'edge.json');
  const bench = await gatewayBench({ MUSTER_EDGE_CACHE_FILE: file });
  await bench.configure({ version: 5, acceptAnnouncements: false });
  await bench.tell({ version: 4 });
  await bench.configure({ version: 6, acceptAnnouncements: false });
  const versions = () => bench.lines.flatMap(({ fields }) => ('version' in fields ? [fields.version] : []));
  expect(versions()).toEqual([5, 6]);
  await bench.configure({ version: 1, server: '0193f2a0-0000-7000-8000-0000000000cf' });
  expect(versions()).toEqual([5, 6, 1]);
  await until('the file has it', async () =>
    (await readFile(file, 'utf8').catch(() => '')).includes('"version":1,'),
  );
  await bench.stop();
});

it('is waited for when the cached one cannot be read', async () => {
  const file = join(folder, 'broken.json');
  await writeFile(file, '{"version":');
  const bench = await gatewayBench({ MUSTER_EDGE_CACHE_FILE: file });
  expect(bench.gateway.problems?.()).toHaveLength(1);
  expect(bench.lines.some(({ message }) => message.includes('cannot be read'))).toBe(true);
  await bench.stop();
});

it.each([
  [{}, /needs a certificate/],
  [{ MUSTER_GATEWAY_KEY_FILE: import.meta.filename }, /go together/],
  [{ MUSTER_GATEWAY_IDENTITY_DIR: '/x', MUSTER_GATEWAY_TLS_MIN: 'TLSv1.1' }, /MUSTER_GATEWAY_TLS_MIN/],
  [{ MUSTER_GATEWAY_IDENTITY_DIR: '/x', MUSTER_ANNOUNCE_PORT: '70000' }, /MUSTER_ANNOUNCE_PORT/],
])('an environment of %o is refused', (environment, fault) => {
  expect(() => readGatewayConfig(environment)).toThrow(ConfigError);
  expect(() => readGatewayConfig(environment)).toThrow(fault);
});
