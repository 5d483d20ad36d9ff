// Real servers for test files: one RabbitMQ and one PostgreSQL per run, a vhost and a database of its own per caller.
//
//   servers.ts      real servers; setup.ts: asked for by each file, started once a run; accounts.ts: of services on them
//   muster.ts       a whole Muster of processes; process.ts: one; npm-services.ts: as npm run services starts them
//   gateway.ts      console.ts: one service in this process; fed-delivery.ts: any, fed by hand, with outbox-bus.ts
//   gateway-processes.ts  several as processes           tell-edge.ts  what console would tell them
//   buses.ts        both drivers of the bus              said.ts      events of services that do not run here
//   operator.ts     status.ts, feed.ts: what an operator does and sees
//   fleet.ts        virtual printers                     announce-server.ts  what a device talks to
//   authority.ts    certificates, openssl.ts: judged     licences.ts  signed licences
//   openssl-authority.ts  certificates, lists and a responder as openssl makes them; issuing-chain.ts: a chain; weak-identities.ts: old ones
//   public-bundle.ts  the public authorities that the system trusts
//   tcp-proxy.ts    a way to a server that can be cut    small-disk.ts  a disk that fills
//   curl.ts         what a device serves, by curl
//   assessing.ts    assessment alone, with credentials, on a database of its own; assessed-fleet.ts: with virtual devices
//   canary.ts       an address to leave alone            silent-host.ts  one that answers nothing
//   snmpd.ts        a printer's SNMP agent, nobody of ours, with snmpd-printer.sh for its settings, snmpd-objects.ts: which
//   virtual-devices.ts  many of the open device API, without agents; two-protocol-printer.ts: one, and snmpd
//   snmp-peer.ts    one that answers what no agent should
//   ippeveprinter.ts  a printer by IPP, nobody of ours   ipp-peer.ts  one that answers as a test says
//   collector.ts    spans    watched.ts  metrics         silent.ts  lines of the log
//   until.ts        waiting, with a limit                cost.ts      what work costs, to be compared
//   deadlocks.ts    of a database
//   scripts.ts      the project's own scripts
//   typed.ts        command lines                        typed-ca.ts  that of certificates, trust-process.ts: beside it
//   client-hello.ts what a TLS client says first     site.ts   a network of its own, with site-server.ts in it
//   foreign-clients.ts  TLS clients of others       web-servers.ts  servers of others, as printers have them
//   wire.ts         two networks and a cable            multicast-answers.ts  what printers say to mDNS and SLP
//   avahi.ts        a printer's mDNS, nobody of ours     multicast-responder.ts  one on loopback
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import { afterAll, inject } from 'vitest';
import { startPostgres } from '../../scripts/postgres-server.mjs';
import { controlRabbit, startRabbit, type Rabbit } from '../../scripts/rabbit-server.mjs';
import type { Server } from '../../scripts/server-process.mjs';

// Registered while the test file is read: one registered within a hook would never be called.
const endings: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

export interface RunningRabbit {
  readonly url: string;
  control(...words: string[]): Promise<string>;
  /** Takes over the definitions in a JSON file that everybody may read. */
  import(file: string): Promise<void>;
}

/** The run's RabbitMQ: `url` names no vhost. Do not stop or block it: others use it too; see `ownRabbit`. */
export async function rabbit(): Promise<RunningRabbit> {
  const { url, environment } = await ask<{ url: string; environment: Record<string, string> }>('/rabbit');
  const control = (...words: string[]) => controlRabbit(environment, words);
  return { url, control, import: (file) => importDefinitions(control, file) };
}

async function importDefinitions(control: Rabbit['control'], file: string): Promise<void> {
  await chmod(path.dirname(file), 0o755);
  await control('import_definitions', file);
}

/** A vhost of its own, and the URL of it for an account that may do all there. */
export async function freshVhost(server?: Pick<Rabbit, 'url' | 'control'>): Promise<string> {
  const { url, control } = server ?? (await rabbit());
  const name = `test-${randomBytes(5).toString('hex')}`;
  await control('add_vhost', name);
  await control('set_permissions', '-p', name, 'muster', '.*', '.*', '.*');
  return `${url}/${name}`;
}

/** An empty database of its own, as the cluster's superuser. */
export async function freshDatabase(): Promise<string> {
  const { url } = await ask<{ url: string }>('/postgres');
  const name = `test_${randomBytes(5).toString('hex')}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`create database ${name}`).finally(() => client.end());
  return new URL(`/${name}`, url).href;
}

/** A RabbitMQ that the calling test file may stop, kill, fill and start again at the same port; gone after the file. */
export async function ownRabbit(): Promise<{ readonly server: Rabbit; restart(): Promise<Rabbit> }> {
  const dir = await ownFolder('rabbit');
  const first = await startRabbit({ dir });
  const port = Number(new URL(first.url).port);
  let server = first;
  endings.push(() => server.kill());
  return {
    get server() {
      return server;
    },
    restart: async () => (server = await startRabbit({ dir, port })),
  };
}

/** A PostgreSQL that the calling test file may stop and start again; gone after the file. */
export async function ownPostgres(): Promise<{ readonly server: Server; restart(): Promise<Server> }> {
  const dir = await ownFolder('postgres');
  const first = await startPostgres({ dir });
  const port = Number(new URL(first.url).port);
  let server = first;
  endings.push(() => server.kill());
  return {
    get server() {
      return server;
    },
    restart: async () => (server = await startPostgres({ dir, port })),
  };
}

/** A folder that is gone after the test file. */
export async function ownFolder(name: string): Promise<string> {
  const dir = await mkdtemp(path.join(inject('folder'), `${name}-`));
  endings.push(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${inject('servers')}${path}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text) as T;
}
