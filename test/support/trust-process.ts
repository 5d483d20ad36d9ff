// `muster trust` as a process, with an authority of its own and an identity for EST; and programs that nobody here wrote beside it.
import { spawn } from 'node:child_process';
import { request as httpsRequest } from 'node:https';
import { freePort } from '../../scripts/free-port.mjs';
import type { Said } from './openssl.js';
import { Process } from './process.js';
import { TypedCa } from './typed-ca.js';
import { until } from './until.js';

export interface EstAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export class TrustProcess {
  readonly #ca = new TypedCa();
  readonly openssl = this.#ca.openssl;
  #process: Process | null = null;

  /** roots.pem, root.pem and issuing.pem in the folder are the authority's. @param environment on top of what it needs */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TrustProcess> {
    const ports = { lists: await freePort(), est: await freePort(), health: await freePort() };
    const trust = new TrustProcess(ports, environment);
    await trust.ca('init', '--subject', 'CN=Trial', '--url', trust.lists);
    const names = ['--names', 'DNS:localhost, IP:127.0.0.1'];
    await trust.ca('issue', '--name', 'est', '--profile', 'server', '--subject', 'CN=est.example', ...names);
    trust.openssl.file('roots.pem', await trust.ca('export', '--authority'));
    const [issuing = '', root = ''] =
      trust.openssl.read('roots.pem').match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? [];
    trust.openssl.file('issuing.pem', issuing);
    trust.openssl.file('root.pem', root);
    await trust.again();
    return trust;
  }

  private constructor(
    readonly ports: Readonly<Record<'lists' | 'est' | 'health', number>>,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  /** Where lists and OCSP are. */
  get lists(): string {
    return `http://127.0.0.1:${this.ports.lists}`;
  }

  get process(): Process {
    if (!this.#process) throw new Error('it was not started');
    return this.#process;
  }

  /** Starts the process, anew; resolves when it is ready. */
  async again(): Promise<void> {
    const started = this.another();
    this.#process = started;
    await until('it is ready', async () => {
      if (started.exitCode !== null) throw new Error(started.output);
      return (await fetch(`http://127.0.0.1:${this.ports.health}/health/ready`).catch(() => null))?.ok;
    });
  }

  /** One more on the same folder. @param more on top of the environment */
  another(more: Readonly<Record<string, string>> = {}): Process {
    const environment = {
      ...this.#ca.place,
      MUSTER_TRUST_HOST: '127.0.0.1',
      MUSTER_HTTP_HOST: '127.0.0.1',
      MUSTER_TRUST_PORT: String(this.ports.lists),
      MUSTER_TRUST_EST_PORT: String(this.ports.est),
      MUSTER_HTTP_PORT: String(this.ports.health),
      MUSTER_TRUST_EST_IDENTITY: 'est',
      ...this.environment,
      ...more,
    };
    return new Process({ name: 'trust', entry: 'apps/trust/main.js', environment });
  }

  /** Typed in this process: the books are shared with the other one. Resolves to what it printed. */
  async ca(...words: readonly string[]): Promise<string> {
    return (await this.#ca.done(...words)).trim();
  }

  /** USER:PASSWORD, good for a first certificate. */
  async secretFor(device: string, ...words: readonly string[]): Promise<string> {
    return (await this.ca('enrol', '--device', device, ...words)).replace(' ', ':');
  }

  /** EST as any client of HTTPS speaks it. */
  est(
    operation: string,
    options: { method?: string; auth?: string; body?: string; key?: string; cert?: string } = {},
  ): Promise<EstAnswer> {
    const { method = 'GET', body, ...more } = options;
    return new Promise((resolve, reject) => {
      const url = {
        host: '127.0.0.1',
        port: this.ports.est,
        path: `/.well-known/est/${operation}`,
        ca: this.openssl.read('roots.pem'),
      };
      const headers = { 'content-type': 'application/pkcs10' };
      const asked = httpsRequest({ ...url, method, headers, agent: false, ...more }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => (text += String(part)));
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
        );
      });
      asked.once('error', reject);
      asked.end(body);
    });
  }

  /** What openssl is told of a certificate by OCSP. */
  ocsp(file: string): Promise<Said> {
    const about = ['-issuer', 'issuing.pem', '-cert', file, '-CAfile', 'roots.pem'];
    return this.run('openssl', 'ocsp', ...about, '-url', `${this.lists}/ocsp`);
  }

  /** A program in the folder; this process goes on meanwhile. */
  run(program: string, ...words: readonly string[]): Promise<Said> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, [...words], { cwd: this.openssl.dir });
      let text = '';
      child.stdin.end();
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (part) => (text += String(part)));
      child.once('error', reject);
      child.once('close', (status) => resolve({ status, text }));
    });
  }

  /** The one certificate in what EST answered, as NAME.pem in the folder; and what openssl says of it. */
  certificateIn(body: string, name: string): string {
    this.openssl.file('answer.p7', Buffer.from(body, 'base64'));
    const text = this.openssl.run('pkcs7', '-inform', 'DER', '-in', 'answer.p7', '-print_certs');
    const certificates = text.match(/-----BEGIN[^]*?-----END CERTIFICATE-----/g) ?? [];
    if (certificates.length !== 1)
      throw new Error(`one certificate was expected, not ${certificates.length}`);
    this.openssl.file(`${name}.pem`, `${certificates[0]}\n`);
    return this.openssl.run('x509', '-in', `${name}.pem`, '-noout', '-text');
  }

  /** Its exit code. */
  async stop(): Promise<number | null> {
    const code = (await this.#process?.signal('SIGTERM')) ?? null;
    this.#ca.remove();
    return code;
  }
}
