// A printer's SNMP agent that nobody here wrote: net-snmp's snmpd (Debian), with a printer's answers written into it. Its
// settings are objects that snmpd-printer.sh keeps in a file: they can be set one by one, and outlive snmpd. As of many a real
// printer, of several set in one request the first stays set when the second is refused.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Process } from './process.js';
import { until } from './until.js';

const program = '/usr/sbin/snmpd';
const getProgram = '/usr/bin/snmpget';
const printer = resolve('test/support/snmpd-printer.sh');

/** Why what needs it is skipped; null: it is here. */
export const withoutSnmpd = existsSync(program) ? null : 'without snmpd, a package of Debian';
/** The same of snmpGet. */
export const withoutSnmpGet = existsSync(getProgram) ? null : 'without snmp, a package of Debian';

/** May read. */
export const community = 'readers';
/** May read and write. */
export const writeCommunity = 'writers';

/** What it says, as long as it is not left out. */
export interface Said {
  readonly serial?: string;
  readonly model: string;
  readonly name: string;
  /** Hexadecimal. */
  readonly mac: string;
  readonly objects?: readonly SnmpdObject[];
  readonly users?: readonly SnmpdUser[];
  /** No community may write, only users. */
  readonly usersAloneWrite?: true;
  /** The only version that communities are heard in. */
  readonly version?: 'v1';
}

export interface SnmpdObject {
  /** Without a dot before it. */
  readonly oid: string;
  readonly type: 'integer' | 'gauge' | 'string' | 'ipaddress';
  readonly value: number | string;
  /** stays: it says yes to whatever it is set to, and keeps what it has. */
  readonly access: 'ro' | 'rw' | 'stays';
  /** What a number may be, or how long a text. */
  readonly range?: readonly [least: number, most: number];
}

/** Of SNMPv3, with all of a user's rights or none but to read; as createUser and snmpget call them. */
export interface SnmpdUser {
  readonly name: string;
  readonly auth: 'MD5' | 'SHA' | 'SHA-224' | 'SHA-256' | 'SHA-384' | 'SHA-512';
  readonly authPassword: string;
  /** AES-256: aes256b of ours, AES-256-C: aes256r. */
  readonly priv: 'AES' | 'AES-256' | 'AES-256-C';
  readonly privPassword: string;
  readonly access: 'ro' | 'rw';
}

export interface Snmpd {
  stop(): Promise<void>;
  /** The same printer, switched off and on. */
  restart(): Promise<void>;
  /** The same, without a chance to keep what it has: keys of users are those of its last restart, objects those that are given. */
  crash(values: ReadonlyMap<string, string>): Promise<void>;
  /** What its objects are now, by OID. */
  values(): ReadonlyMap<string, string>;
}

/** How a program is started; on this machine, as long as nothing else is said. */
type Start = (program: string, words: readonly string[]) => Process;

export async function startSnmpd(
  address: string,
  port: number,
  said: Said,
  at: Start = here,
): Promise<Snmpd> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-snmpd-'));
  const file = join(folder, 'printer.conf');
  const objects = join(folder, 'objects');
  // What it writes at its end: who it is to users of SNMPv3, and how often it was started.
  const kept = join(folder, 'snmpd.conf');
  await writeFile(kept, '');
  await writeFile(objects, (said.objects ?? []).toSorted(byOid).map(lineOf).join(''));
  await writeFile(file, configuration(said, objects));
  const start = () => running(at, folder, ['-C', '-c', `${file},${kept}`, `udp:${address}:${port}`]);
  let snmpd = await start();
  return {
    stop: async () => {
      await snmpd.signal('SIGTERM');
      await rm(folder, { recursive: true });
    },
    restart: async () => {
      await snmpd.signal('SIGTERM');
      snmpd = await start();
    },
    crash: async (values) => {
      await snmpd.signal('SIGKILL');
      const before = (said.objects ?? []).map((one) => ({ ...one, value: values.get(one.oid) ?? one.value }));
      await writeFile(objects, before.toSorted(byOid).map(lineOf).join(''));
      snmpd = await start();
    },
    values: () => {
      const lines = readFileSync(objects, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      return new Map(
        lines.map((line) => [line.split(' ', 1)[0]?.slice(1) ?? '', line.split(' ').slice(4).join(' ')]),
      );
    },
  };
}

const here: Start = (entry, words) => new Process({ name: 'snmpd', entry, node: false, words });

async function running(at: Start, folder: string, words: readonly string[]): Promise<Process> {
  const variables = ['MIBS=', `MIBDIRS=${folder}`, `SNMP_PERSISTENT_DIR=${folder}`];
  const own = ['-f', '-Lo', '-p', join(folder, 'pid')];
  const snmpd = at('/usr/bin/env', [...variables, program, ...own, ...words]);
  await until('snmpd listens', () => {
    if (snmpd.exitCode !== null) throw new Error(`snmpd ended: ${snmpd.output}`);
    return snmpd.output.includes('NET-SNMP version');
  });
  return snmpd;
}

function configuration(said: Said, file: string): string {
  const { serial, model, name, mac, users = [], objects = [], usersAloneWrite, version } = said;
  const serialLine = serial === undefined ? [] : [`override 1.3.6.1.2.1.43.5.1.1.17.1 octet_str "${serial}"`];
  return [
    ...(version === 'v1'
      ? inVersion1
      : [`rocommunity ${community}`, `${usersAloneWrite ? 'ro' : 'rw'}community ${writeCommunity}`]),
    ...users.flatMap(({ name, auth, authPassword, priv, privPassword, access }) => [
      `createUser ${name} ${auth} "${authPassword}" ${priv} "${privPassword}"`,
      `${access}user ${name} priv`,
    ]),
    'sysdescr A network card, and much about it',
    `sysname ${name}`,
    `override 1.3.6.1.2.1.25.3.2.1.3.1 octet_str "${model}"`,
    `override 1.3.6.1.2.1.2.2.1.6.1 octet_str 0x${mac}`,
    ...serialLine,
    ...(objects.length > 0 ? [`pass_persist .1.3.6.1 /bin/sh ${printer} ${file}`] : []),
    '',
  ].join('\n');
}

/** What rocommunity and rwcommunity stand for, without the groups of v2c. */
const inVersion1 = [
  `com2sec reader default ${community}`,
  `com2sec writer default ${writeCommunity}`,
  'group readers v1 reader',
  'group writers v1 writer',
  'view all included .1',
  'access readers "" v1 noauth exact all none none',
  'access writers "" v1 noauth exact all all none',
];

const lineOf = ({ oid, type, access, range, value }: SnmpdObject): string =>
  `.${oid} ${type} ${access} ${range ? range.join('-') : '-'} ${value}\n`;

function byOid({ oid: one }: SnmpdObject, { oid: other }: SnmpdObject): number {
  const [ones, others] = [one.split('.').map(Number), other.split('.').map(Number)];
  const at = ones.findIndex((arc, index) => arc !== others[index]);
  return at < 0 ? ones.length - others.length : (ones[at] ?? 0) - (others[at] ?? -1);
}

/** What an object is, by the eyes of Debian's snmpget. */
export const snmpGet = (address: string, port: number, oid: string): Promise<string> =>
  run(['-v2c', '-c', community, '-t', '5', '-r', '3', '-Oqvn', `udp:${address}:${port}`, oid]);

/** The same, as a user of SNMPv3. Rejects when he is not let in. */
export async function snmpGetAs(
  { name, auth, authPassword, priv, privPassword }: Omit<SnmpdUser, 'access'>,
  { address, port }: { readonly address: string; readonly port: number },
  oid: string,
): Promise<string> {
  const who = [
    '-v3',
    '-l',
    'authPriv',
    '-u',
    name,
    '-a',
    auth,
    '-A',
    authPassword,
    '-x',
    priv,
    '-X',
    privPassword,
  ];
  return run([...who, '-t', '2', '-r', '3', '-Oqvn', `udp:${address}:${port}`, oid]);
}

async function run(words: readonly string[]): Promise<string> {
  const environment = { PATH: process.env['PATH'], MIBS: '', MIBDIRS: '/nonexistent' };
  const { stdout } = await promisify(execFile)(getProgram, words, { env: environment });
  return stdout.trim();
}
