// A network of its own, with a printer that nobody here wrote (avahi), and whoever reads what comes by: `muster look` as a
// person types it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAvahi, withoutAvahi } from '../../../test/support/avahi.js';
import type { Process } from '../../../test/support/process.js';
import { until } from '../../../test/support/until.js';
import { whyNoWire, Wire, wireAddresses, wireNetwork } from '../../../test/support/wire.js';

const main = fileURLToPath(new URL('../../../dist/apps/look/main.js', import.meta.url));
const perl = '/usr/bin/perl';
const reason = whyNoWire() ?? (existsSync(perl) ? null : 'perl is not installed');

/** Says of each datagram that comes to these groups where it goes and how many hops it may go on. */
const reader = `use Socket; $| = 1;
socket(my $s, PF_INET, SOCK_RAW, 17) or die $!;
setsockopt($s, 0, 35, inet_aton($_) . inet_aton('${wireAddresses.printer}')) or die $! for @ARGV;
print "reads\\n";
while (defined recv($s, my $d, 3000, 0)) {
  my ($first, $ttl) = unpack 'Cx7C', $d;
  my ($port) = unpack 'x2n', substr($d, 4 * ($first & 15));
  print inet_ntoa(substr($d, 16, 4)), " $port $ttl\\n";
}`;

describe.skipIf(reason !== null)(
  `in a network of its own${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    let wire: Wire;
    let ear: Process;
    let byMdns: readonly string[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'muster-avahi-'));

    beforeAll(async () => {
      wire = new Wire();
      const groups = ['224.0.0.251', '239.255.255.253', '224.0.1.60'];
      ear = wire.start('printer', 'reader', perl, '-e', reader, ...groups);
      await until('it reads', () => running(ear).includes('reads'));
      if (!withoutAvahi) await startAvahi(wire, folder, 'Second floor');
      // Each takes its seconds: together they take them once.
      const looks = [['--mdns'], ['--slp'], ['--slp', '--hops', '7']].map((words) => look(...words));
      [byMdns = []] = await Promise.all(looks);
    });
    afterAll(async () => {
      await wire.stop();
      rmSync(folder, { recursive: true });
    });

    const running = (program: Process): string => {
      if (program.exitCode !== null) throw new Error(program.output);
      return program.output;
    };

    /** What it prints. */
    async function look(...words: readonly string[]): Promise<readonly string[]> {
      const started = wire.start(
        'server',
        'look',
        process.execPath,
        main,
        '--network',
        wireNetwork,
        ...words,
      );
      const code = await started.ended();
      if (code !== 0) throw new Error(started.output);
      return started.output.split('\n').filter((line) => line !== '');
    }

    it.skipIf(withoutAvahi)('a printer of avahi is found by mDNS', () => {
      expect(byMdns).toEqual([`${wireAddresses.printer}\tmdns\tSecond floor`]);
    });

    it('questions go as far as they may, and no further', () => {
      const lines = new Set(running(ear).split('\n'));
      for (const line of [
        '224.0.0.251 5353 255',
        '239.255.255.253 427 4',
        '224.0.1.60 427 4',
        '239.255.255.253 427 7',
      ]) {
        expect(lines).toContain(line);
      }
    });
  },
);
