// A gateway that has no time: few connections wait for it, so that none of them is stale when their turn comes.
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatewayBench, line, say, type GatewayBench } from '../../test/support/gateway.js';
import { overflows } from './overflow.js';

const backlog = 8;
let bench: GatewayBench;
beforeAll(async () => {
  bench = await gatewayBench({ MUSTER_GATEWAY_BACKLOG_MAX: String(backlog) });
  await bench.configure({});
});
afterAll(() => bench.stop());

/** How many of 100 connections are there after a while; the gateway's event loop, which is ours, stands still meanwhile. */
function connectedMeanwhile(port: number): number {
  const program = `
    let connected = 0;
    for (let n = 0; n < 100; n += 1)
      require('node:net').connect(${port}, '127.0.0.1', () => (connected += 1)).on('error', () => undefined);
    setTimeout(() => process.exit(process.stdout.write(String(connected)) ? 0 : 1), 700);`;
  return Number(spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' }).stdout);
}

it.skipIf(process.platform !== 'linux')(
  'keeps few who wait, counts who does not get in, and serves who comes after',
  async () => {
    const before = overflows() ?? 0;
    const connected = connectedMeanwhile(bench.port);
    expect(connected).toBeGreaterThan(0);
    // Linux keeps one more than it is told.
    expect(connected).toBeLessThanOrEqual(backlog + 1);
    expect(overflows()).toBeGreaterThanOrEqual(before + 100 - connected);
    expect(await say(bench.port, line())).toMatchObject([{ result: 'accepted' }]);
  },
);
