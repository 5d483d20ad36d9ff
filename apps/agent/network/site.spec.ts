// The agent in a network of its own, with the DNS and DHCP servers that sites have: dnsmasq, and dhclient beside the agent.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Process } from '../../../test/support/process.js';
import {
  deviceAddress6,
  serverAddress,
  Site,
  whyNoSite,
  type SiteHeard,
} from '../../../test/support/site.js';
import { until } from '../../../test/support/until.js';
import { readState } from '../state.js';

const main = fileURLToPath(new URL('../../../dist/apps/agent/main.js', import.meta.url));
const reason = whyNoSite();

describe.skipIf(reason !== null)(
  `in a network of its own${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let site: Site;
    let agent: Process;

    beforeAll(async () => {
      site = await Site.start([
        '--local=/test/',
        '--host-record=server.two.test,10.99.0.1,fd99::1',
        '--cname=hp-print-mgmt.two.test,server.two.test',
        '--dhcp-option=option:domain-name,local.test',
        '--dhcp-option=option:domain-search,one.test,two.test',
      ]);
      const words = [
        'run',
        '--state',
        join(site.dir, 'agent'),
        '--serial',
        'SITE-0001',
        '--api-port',
        '17627',
      ];
      agent = site.onDevice('agent', process.execPath, main, ...words);
    });
    afterAll(() => site?.stop());

    /** Null before it began. */
    const shown = async () => (await readState(join(site.dir, 'agent')))?.announcing;
    /** The first announcement for `why` after those that were there before; a lease makes more than one. */
    const next = (count: number, why: string): Promise<SiteHeard> =>
      until(`it announces: ${why}`, () => {
        if (agent.exitCode !== null) throw new Error(agent.output);
        return site.heard.slice(count).find((heard) => heard.reason === why) ?? null;
      });
    const success = () => until('it shows Success', async () => (await shown())?.state === 'success');

    test('without a lease there is no domain to look in: Failed (R1)', async () => {
      await until('it shows Failed', async () => {
        if (agent.exitCode !== null) throw new Error(agent.output);
        return (await shown())?.state === 'failed';
      });
      expect((await shown())?.detail).toContain('No domain is known');
      expect(site.heard).toEqual([]);
    });

    test('a lease with option 119 leads to the server: its alias in the second search domain, IPv6 first (R2, R3)', async () => {
      await site.lease();
      const { from, identity } = await next(0, 'linkUp');
      expect(from).toBe(deviceAddress6);
      const mac = /link\/ether (\S+)/.exec(site.ip('device', 'link', 'show', 'd0'))?.[1];
      expect(identity).toMatchObject({ serial: 'SITE-0001', ip: deviceAddress6, mac });
      await success();
      expect((await shown())?.server).toBe(`hp-print-mgmt.two.test ${serverAddress.six}`);
      const asked = [...(site.dnsmasq?.output ?? '').matchAll(/query\[(A+)\] (\S+) from/g)].map(
        ([, type = '', name = '']) => `${type} ${name}`,
      );
      expect([...new Set(asked)].slice(0, 5)).toEqual([
        'AAAA hp-print-mgmt.local.test',
        'A hp-print-mgmt.local.test',
        'AAAA hp-print-mgmt.one.test',
        'A hp-print-mgmt.one.test',
        'AAAA hp-print-mgmt.two.test',
      ]);
    });

    test('a cable that is drawn and put back makes it announce (R5)', async () => {
      const before = site.heard.length;
      (await site.draw())();
      await next(before, 'linkUp');
    });

    test('another address makes it announce, from there (R5)', async () => {
      const before = site.heard.length;
      site.ip('device', 'addr', 'del', `${deviceAddress6}/64`, 'dev', 'd0');
      const { identity } = await next(before, 'ipChanged');
      // Towards the server's IPv6 address there is no way any more, so the IPv4 one is tried next.
      expect(identity.ip).toMatch(/^10\.99\.0\.1\d\d$/);
      await until(
        'it shows that',
        async () => (await shown())?.server === `hp-print-mgmt.two.test ${serverAddress.four}`,
      );
    });

    test('another host name makes it announce, with that (R5)', async () => {
      const before = site.heard.length;
      const words = ['--target', String(agent.pid), '--uts', 'hostname', 'cellar'];
      expect(spawnSync('nsenter', words).status).toBe(0);
      expect((await next(before, 'hostnameChanged')).identity.hostname).toBe('cellar');
    });

    test('cut off from power and back: a power cycle (R5)', async () => {
      const before = site.heard.length;
      await agent.signal('SIGKILL');
      const words = [
        'run',
        '--state',
        join(site.dir, 'agent'),
        '--serial',
        'SITE-0001',
        '--api-port',
        '17627',
      ];
      agent = site.onDevice('agent again', process.execPath, main, ...words);
      await next(before, 'powerCycle');
    });
  },
);
