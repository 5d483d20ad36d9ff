// Web servers that nobody here wrote, as printers have them: nginx, and OpenSSL's own, with TLS as old as they can be.
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Process } from './process.js';
import { until } from './until.js';

const nginx = '/usr/sbin/nginx';
const openssl = '/usr/bin/openssl';
const gnutls = '/usr/bin/gnutls-serv';

/** Why what needs it is skipped; null: it is here. */
export const withoutNginx = existsSync(nginx) ? null : 'without nginx, a package of Debian';

export const withoutGnutls = existsSync(gnutls) ? null : 'without gnutls-serv, of a package of Debian';

export interface Place {
  readonly address: string;
  readonly port: number;
}

export interface WebServer {
  stop(): Promise<void>;
}

/** @param servers of its configuration: `server { … }`. @param places where they listen */
export async function startNginx(servers: string, places: readonly Place[]): Promise<WebServer> {
  const home = await mkdtemp(join(tmpdir(), 'muster-nginx-'));
  const kept = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const file = join(home, 'server.conf');
  await writeFile(
    file,
    `daemon off;
master_process off;
pid ${home}/pid;
error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
${kept.map((name) => `  ${name}_temp_path ${home}/${name};`).join('\n')}
${servers}
}
`,
  );
  const program = new Process({ name: 'nginx', node: false, entry: nginx, words: ['-p', home, '-c', file] });
  await listening(program, places);
  return {
    stop: async () => {
      await program.signal('SIGTERM');
      await rm(home, { recursive: true });
    },
  };
}

/** `openssl s_server`, which shows a page to whoever asks. */
export async function startOpenSsl(place: Place, ...words: readonly string[]): Promise<WebServer> {
  const listen = ['-accept', `${place.address}:${place.port}`, '-www', '-cipher', 'ALL:@SECLEVEL=0'];
  const program = new Process({
    name: 's_server',
    node: false,
    entry: openssl,
    words: ['s_server', ...listen, ...words],
  });
  await listening(program, [place]);
  return { stop: async () => void (await program.signal('SIGTERM')) };
}

/** GnuTLS still has what OpenSSL has no more: RC4 and 3DES. It listens at that port of every address. */
export async function startGnutls(
  port: number,
  priority: string,
  key: string,
  certificate: string,
): Promise<WebServer> {
  const files = ['--x509keyfile', key, '--x509certfile', certificate];
  const words = ['--http', '--quiet', '--port', String(port), '--priority', priority, ...files];
  const program = new Process({ name: 'gnutls-serv', node: false, entry: gnutls, words });
  await listening(program, [{ address: '127.0.0.1', port }]);
  return { stop: async () => void (await program.signal('SIGTERM')) };
}

async function listening(program: Process, places: readonly Place[]): Promise<void> {
  for (const { address, port } of places) {
    await until(`${program.options.name} listens at ${address}:${port}`, () => {
      if (program.exitCode !== null) throw new Error(program.output);
      return takes(address, port);
    });
  }
}

const takes = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => resolve(!!socket.destroy()));
    socket.once('error', () => resolve(false));
  });
