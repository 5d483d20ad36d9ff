// npm run services, as typed.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../../scripts/free-port.mjs';
import { root } from '../tidy/sources.js';
import { ownFolder } from './servers.js';
import { until } from './until.js';

export class NpmServices {
  output = '';

  private constructor(
    readonly dir: string,
    readonly announcePort: number,
    readonly managementPort: number,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** Resolves once every service is ready. */
  static async start(limitMs: number): Promise<NpmServices> {
    const dir = await ownFolder('services');
    const [http, announce, management] = [await freePort(), await freePort(), await freePort()];
    const ports = { 'http-port': http, 'announce-port': announce, 'management-port': management };
    const words = Object.entries(ports).flatMap(([name, port]) => [`--${name}`, `${port}`]);
    const child = spawn(process.execPath, ['scripts/services.mjs', '--data', dir, ...words], { cwd: root });
    const services = new NpmServices(dir, announce, management, child);
    const said = () => {
      if (child.exitCode !== null) throw new Error('it ended');
      return services.output.includes('Muster runs, 7 processes');
    };
    await until('all services are ready', said, limitMs).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw new Error(`${String(error)}\n${services.output}`);
    });
    return services;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** What it printed beside a word, such as Broker. */
  told(label: string): string {
    const [, value = ''] = new RegExp(`${label} +(\\S+)`).exec(this.output) ?? [];
    return value;
  }

  /** File of an account's password, or of the authority. */
  secretFile(name: string): string {
    return path.join(this.dir, 'secrets', name);
  }

  secret(name: string): string {
    return readFileSync(this.secretFile(name), 'utf8').trim();
  }

  /** Resolves with the exit code. */
  async end(): Promise<unknown> {
    this.child.kill('SIGTERM');
    const [code] = (await once(this.child, 'exit')) as unknown[];
    return code;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
