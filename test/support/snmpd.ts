// A printer's SNMP agent that nobody here wrote: net-snmp's snmpd (Debian), with a printer's answers written into it.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process } from './process.js';
import { until } from './until.js';

const program = '/usr/sbin/snmpd';

/** Why what needs it is skipped; null: it is here. */
export const withoutSnmpd = existsSync(program) ? null : 'without snmpd, a package of Debian';

export const community = 'readers';

/** What it says, as long as it is not left out. */
export interface Said {
  readonly serial?: string;
  readonly model: string;
  readonly name: string;
  /** Hexadecimal. */
  readonly mac: string;
}

export interface Snmpd {
  stop(): Promise<void>;
}

export async function startSnmpd(address: string, port: number, said: Said): Promise<Snmpd> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-snmpd-'));
  const file = join(folder, 'snmpd.conf');
  await writeFile(file, configuration(said));
  const snmpd = new Process({
    name: 'snmpd',
    entry: program,
    node: false,
    words: ['-f', '-Lo', '-C', '-c', file, '-p', join(folder, 'pid'), `udp:${address}:${port}`],
    environment: { MIBS: '', MIBDIRS: folder, SNMP_PERSISTENT_DIR: folder },
  });
  await until('snmpd listens', () => {
    if (snmpd.exitCode !== null) throw new Error(`snmpd ended: ${snmpd.output}`);
    return snmpd.output.includes('NET-SNMP version');
  });
  return {
    stop: async () => {
      await snmpd.signal('SIGTERM');
      await rm(folder, { recursive: true });
    },
  };
}

function configuration({ serial, model, name, mac }: Said): string {
  const serialLine = serial === undefined ? [] : [`override 1.3.6.1.2.1.43.5.1.1.17.1 octet_str "${serial}"`];
  return [
    `rocommunity ${community}`,
    'sysdescr A network card, and much about it',
    `sysname ${name}`,
    `override 1.3.6.1.2.1.25.3.2.1.3.1 octet_str "${model}"`,
    `override 1.3.6.1.2.1.2.2.1.6.1 octet_str 0x${mac}`,
    ...serialLine,
    '',
  ].join('\n');
}
