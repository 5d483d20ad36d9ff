// A charon (strongSwan, Debian) that nobody here wrote, in a network namespace of its own: what it loads touches no
// policy of this machine's.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process } from '../support/process.js';
import { until } from '../support/until.js';

const programs = { charon: '/usr/sbin/charon-systemd', swanctl: '/usr/sbin/swanctl' } as const;
const ip = ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'].find((path) => existsSync(path)) ?? '';

/** Why what needs it is skipped; null: it is here. */
export function whyNoCharon(): string | null {
  if (ip === '') return 'iproute2 is not installed';
  const missing = Object.values(programs).find((path) => !existsSync(path));
  if (missing !== undefined) return `${missing} is not installed`;
  const name = `muster-try-${process.pid}`;
  const { status } = spawnSync(ip, ['netns', 'add', name]);
  spawnSync(ip, ['netns', 'delete', name]);
  return status === 0 ? null : 'network namespaces may not be made here (root is needed)';
}

/** Of strongSwan, for a charon and the swanctl that speaks with it. */
export const strongswanConf = (socket: string, log: string): string => `
charon-systemd {
  load = random nonce aes sha1 sha2 hmac kdf gmp openssl pem pkcs1 pkcs8 pubkey x509 revocation constraints kernel-netlink socket-default vici
  filelog {
    file {
      path = ${log}
      default = 1
      flush_line = yes
    }
  }
  plugins {
    vici {
      socket = unix://${socket}
    }
  }
}
`;

/** Folders that swanctl looks for files in. */
export const swanctlFolders = ['x509', 'x509ca', 'private'] as const;

export interface Loaded {
  /** Of what was said in the end, "successfully loaded N connections"; 0 when it was not. */
  readonly connections: number;
  readonly said: string;
}

export class Charon {
  readonly dir = mkdtempSync(join(tmpdir(), 'muster-charon-'));
  readonly #space = `muster-charon-${process.pid}`;
  readonly #environment = {
    STRONGSWAN_CONF: join(this.dir, 'strongswan.conf'),
    SWANCTL_DIR: join(this.dir, 'swanctl'),
  };
  #process: Process | null = null;

  static async start(): Promise<Charon> {
    const charon = new Charon();
    try {
      await charon.#begin();
      return charon;
    } catch (error) {
      await charon.stop();
      throw error;
    }
  }

  /** Path of a file in swanctl's folder. */
  path(...names: readonly string[]): string {
    return join(this.dir, 'swanctl', ...names);
  }

  /** Puts a configuration in the place of all that was loaded before. */
  load(text: string): Loaded {
    const file = this.path('muster.conf');
    writeFileSync(file, text);
    const { status, said } = this.ask('--load-all', '--clear', '--noprompt', '--file', file);
    const [, count = '0'] = /^successfully loaded (\d+) connections, /m.exec(said) ?? [];
    return { connections: status === 0 ? Number(count) : 0, said };
  }

  /** One command of swanctl. */
  ask(...words: readonly string[]): { readonly status: number | null; readonly said: string } {
    const uri = ['--uri', `unix://${this.#socket}`];
    const { status, stdout, stderr } = spawnSync(join(this.dir, 'swanctl-here'), [...words, ...uri], {
      env: this.#environment,
      encoding: 'utf8',
      maxBuffer: 16_000_000,
    });
    return { status, said: stdout + stderr };
  }

  async stop(): Promise<void> {
    await this.#process?.signal('SIGTERM');
    spawnSync(ip, ['netns', 'delete', this.#space]);
    rmSync(this.dir, { recursive: true, force: true });
  }

  get #socket(): string {
    return join(this.dir, 'vici');
  }

  async #begin(): Promise<void> {
    // From here no profile of AppArmor keeps them to their own folders.
    copyFileSync(programs.charon, join(this.dir, 'charon-here'));
    copyFileSync(programs.swanctl, join(this.dir, 'swanctl-here'));
    for (const folder of swanctlFolders) mkdirSync(this.path(folder), { recursive: true });
    const log = join(this.dir, 'log');
    writeFileSync(this.#environment.STRONGSWAN_CONF, strongswanConf(this.#socket, log));
    const made = spawnSync(ip, ['netns', 'add', this.#space], { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`ip netns add: ${made.stderr}`);
    const charon = new Process({
      name: 'charon',
      entry: ip,
      node: false,
      words: ['netns', 'exec', this.#space, join(this.dir, 'charon-here')],
      environment: this.#environment,
    });
    this.#process = charon;
    await until('charon answers', () => {
      if (charon.exitCode !== null) throw new Error(`charon ended: ${charon.output}`);
      return existsSync(this.#socket) && this.ask('--stats').status === 0;
    });
  }
}
