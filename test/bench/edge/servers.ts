// The gateway, and the servers that it is compared with: each a process of its own, all with the same certificate, the same
// authority for those of clients, and no session tickets where that can be set.
import { connect } from 'node:net';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { declareTopology } from '#bus/rabbit/declare';
import { topology } from '../../../apps/standalone/services.js';
import { tellEdge } from '../../support/tell-edge.js';
import { Process } from '../../support/process.js';
import { freePort, startRabbit } from '../../support/scripts.js';
import { until } from '../../support/until.js';
import type { BenchFleet } from './fleet.js';

export interface BenchServer {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<unknown>;
}

export interface BenchServers {
  readonly gateway: BenchServer;
  readonly node: BenchServer;
  readonly nginx: BenchServer;
  readonly mosquitto: BenchServer;
  stop(): Promise<void>;
}

export async function benchServers(dir: string, fleet: BenchFleet): Promise<BenchServers> {
  const files = await writeFiles(dir, fleet);
  const rabbit = await startRabbit({ dir: join(dir, 'rabbit') });
  await declareTopology({ urls: [rabbit.url] }, topology);
  await tellEdge(rabbit.url, { authentication: 'mutual', trustedAuthorities: fleet.authority });
  const [gateway, node, nginx, mosquitto] = [
    await startGateway(rabbit.url, files),
    await startNode(files),
    await startNginx(dir, files),
    await startMosquitto(dir, files),
  ];
  const all = [gateway, node, nginx, mosquitto];
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((each) => each.stop()));
    await rabbit.stop();
  };
  return { gateway, node, nginx, mosquitto, stop };
}

interface Files {
  readonly key: string;
  readonly certificate: string;
  /** Both in one. */
  readonly identity: string;
  readonly authority: string;
}

async function writeFiles(dir: string, { server, authority }: BenchFleet): Promise<Files> {
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(dir, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  return {
    key: await write('server.key', server.key),
    certificate: await write('server.pem', server.certificate),
    identity: await write('identity.pem', `${server.key}\n${server.certificate}`),
    authority: await write('authority.pem', authority),
  };
}

async function startGateway(broker: string, { key, certificate }: Files): Promise<BenchServer> {
  const [port, http] = [await freePort(), await freePort()];
  const program = new Process({
    name: 'gateway',
    entry: join(process.cwd(), 'dist/apps/gateway/main.js'),
    environment: {
      MUSTER_AMQP_URL: broker,
      MUSTER_HTTP_HOST: '127.0.0.1',
      MUSTER_HTTP_PORT: `${http}`,
      MUSTER_ANNOUNCE_HOST: '127.0.0.1',
      MUSTER_ANNOUNCE_PORT: `${port}`,
      MUSTER_GATEWAY_KEY_FILE: key,
      MUSTER_GATEWAY_CERTIFICATE_FILE: certificate,
      MUSTER_LOG_LEVEL: 'error',
      ...profiling(),
    },
  });
  await until('the gateway is ready', async () => {
    if (program.exitCode !== null) throw new Error(program.output);
    return fetch(`http://127.0.0.1:${http}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  return { port, pid: program.pid, stop: () => program.signal('SIGTERM') };
}

/** BENCH_PROFILE_DIR: where the gateway writes what it spent its processor time on, when it ends. */
function profiling(): Readonly<Record<string, string>> {
  const dir = process.env['BENCH_PROFILE_DIR'];
  return dir === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${dir}` };
}

async function startNode({ identity, authority }: Files): Promise<BenchServer> {
  const entry = join(import.meta.dirname, '../bare-server.js');
  const program = new Process({ name: 'bare Node', entry, words: [identity, authority] });
  const port = await until('it says its port', () => Number(program.output.trim()) || null);
  return { port, pid: program.pid, stop: () => program.signal('SIGTERM') };
}

async function startNginx(dir: string, { key, certificate, authority }: Files): Promise<BenchServer> {
  const [port, home] = [await freePort(), join(dir, 'nginx')];
  await mkdir(home);
  const file = await configure(
    home,
    `daemon off;
master_process off;
pid ${home}/pid;
error_log ${home}/error.log;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path ${home}/body;
  proxy_temp_path ${home}/proxy;
  fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi;
  scgi_temp_path ${home}/scgi;
  server {
    listen 127.0.0.1:${port} ssl backlog=4096;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    ssl_client_certificate ${authority};
    ssl_verify_client on;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519:prime256v1;
    ssl_session_tickets off;
    ssl_session_cache off;
    location / { return 200 "stored\\n"; }
  }
}
`,
  );
  return startProgram({ entry: '/usr/sbin/nginx', words: ['-p', home, '-c', file], port });
}

async function startMosquitto(dir: string, { key, certificate, authority }: Files): Promise<BenchServer> {
  const [port, home] = [await freePort(), join(dir, 'mosquitto')];
  await mkdir(home);
  const file = await configure(
    home,
    `user root
persistence false
allow_anonymous true
listener ${port} 127.0.0.1
cafile ${authority}
certfile ${certificate}
keyfile ${key}
require_certificate true
`,
  );
  return startProgram({ entry: '/usr/sbin/mosquitto', words: ['-c', file], port });
}

async function configure(home: string, text: string): Promise<string> {
  await chmod(home, 0o755);
  const file = join(home, 'server.conf');
  await writeFile(file, text);
  return file;
}

interface Program {
  readonly entry: string;
  readonly words: readonly string[];
  readonly port: number;
}

async function startProgram({ entry, words, port }: Program): Promise<BenchServer> {
  const program = new Process({ name: entry, node: false, entry, words });
  await until(`${entry} listens`, () => {
    if (program.exitCode !== null) throw new Error(program.output);
    return listens(port);
  });
  return { port, pid: program.pid, stop: () => program.signal('SIGTERM') };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(!!socket.destroy()));
    socket.once('error', () => resolve(false));
  });
}
