// Two network namespaces and a cable between them: a server's, and a printer's. Names and addresses are the same in all: no
// wire sees another.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Process } from './process.js';

const ip = ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'].find((path) => existsSync(path)) ?? '';

/** Why there can be no wire here; null when there can. */
export function whyNoWire(): string | null {
  if (ip === '') return 'iproute2 is not installed';
  const name = `muster-wire-try-${process.pid}`;
  const { status } = spawnSync(ip, ['netns', 'add', name]);
  spawnSync(ip, ['netns', 'delete', name]);
  return status === 0 ? null : 'network namespaces may not be made here (root is needed)';
}

export const wireNetwork = '10.98.0.0/24';
export const wireAddresses = { server: '10.98.0.1', printer: '10.98.0.2' } as const;
type End = keyof typeof wireAddresses;

export class Wire {
  readonly #names = { server: `muster-ws-${process.pid}`, printer: `muster-wp-${process.pid}` };
  readonly #processes: Process[] = [];

  constructor() {
    const { server, printer } = this.#names;
    for (const name of [server, printer]) {
      run('netns', 'add', name);
      run('-n', name, 'link', 'set', 'lo', 'up');
    }
    run('-n', server, 'link', 'add', 'w0', 'type', 'veth', 'peer', 'name', 'w0', 'netns', printer);
    for (const end of ['server', 'printer'] as const) {
      run('-n', this.#names[end], 'addr', 'add', `${wireAddresses[end]}/24`, 'dev', 'w0');
      run('-n', this.#names[end], 'link', 'set', 'w0', 'up');
      // Whoever asks for groups of other networks has a way there.
      run('-n', this.#names[end], 'route', 'add', 'default', 'dev', 'w0');
    }
  }

  /** A program at one end. */
  start(end: End, name: string, ...words: readonly string[]): Process {
    const inside = ['netns', 'exec', this.#names[end], ...words];
    const process = new Process({ name, entry: ip, node: false, words: inside });
    this.#processes.push(process);
    return process;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#processes.map((each) => each.signal('SIGKILL')));
    for (const name of Object.values(this.#names)) spawnSync(ip, ['netns', 'delete', name]);
  }
}

function run(...words: readonly string[]): void {
  const { status, stderr } = spawnSync(ip, [...words], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}
