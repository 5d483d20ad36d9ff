// The only holder of authorities' keys: it issues, revokes and publishes. Commands and process work on one folder, side by
// side; nothing here is on the bus, devices reach nothing of it but lists, OCSP and EST, and operators nothing at all: it asks console.
//
//   trust.ts      the process: what it serves, and what it looks after     config.ts  its environment
//   ca.ts         `muster ca`; command/command-line.ts has the map of its commands
//   authority.ts  issues, revokes, publishes
//   keys.ts       its keys and certificates, in a folder
//   books.ts      what it did, in one SQLite file: issued.ts, identities.ts and secrets.ts read and write it
//   expiry.ts     what ends soon      upkeep.ts  looked after every few seconds, lists that are due too
//   gateways.ts   whose sealing keys were admitted    sealed.ts  identities on their way to them
//   link/link.ts  to console and back; link/wishes.ts: what operators want there, with a map of that folder
//   files.ts      files written whole    fault.ts  why something cannot be done
//   serve/        published.ts: lists and OCSP by HTTP; est.ts: EST by TLS (tls.ts), who gets what is in enrolment.ts
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { openHttp } from '#runtime/http';
import type { Log } from '#runtime/log';
import { inWords } from '#runtime/port-unavailable';
import { repeat } from '#runtime/repeat';
import type { Running } from '#runtime/service';
import type { Telemetry } from '#runtime/telemetry';
import { TrustAuthority } from './authority.js';
import { Books } from './books.js';
import type { TrustConfig } from './config.js';
import { certificateOf, chainOf, readPassphrase } from './keys.js';
import { identityNamed, openIdentity } from './identities.js';
import { Link } from './link/link.js';
import { estServer } from './serve/est.js';
import { limitPerSource } from './serve/per-source.js';
import { publishedServer } from './serve/published.js';
import { contextOptions } from './serve/tls.js';
import { Upkeep } from './upkeep.js';

export interface Trust {
  /** Of lists and OCSP. */
  readonly port: number;
  /** Null without an identity for it. */
  readonly estPort: number | null;
  stop(): Promise<void>;
}

/** Throws TrustFault, AuthorityFault, PortUnavailable. */
export async function openTrust(config: TrustConfig, log: Log, telemetry: Telemetry): Promise<Trust> {
  const { MUSTER_TRUST_DIR: dir } = config;
  const passphrase = readPassphrase(config.MUSTER_TRUST_PASSPHRASE_FILE);
  // Before the books are opened: where there is no authority, none are made.
  certificateOf(dir, 'issuing');
  const books = new Books(dir);
  const authority = new TrustAuthority(dir, books, passphrase);
  const { meter } = telemetry;
  const answers = meter.createCounter('muster.trust.ocsp', { description: 'OCSP answers, by status' });
  const published = publishedServer({ dir, books, issuer: authority.issuer, log, answers });
  const est = enrolmentOf(config, { books, authority, passphrase, log, telemetry });
  const upkeep = new Upkeep({ dir, books, authority, log, meter, est: est?.renew ?? null });
  const host = config.MUSTER_TRUST_HOST;
  const listening: NetServer[] = [];
  const told = new Set<string>();
  const listen = async (server: NetServer, port: number): Promise<number> => {
    limitPerSource(server, (from) => tellOnce(told, from, log));
    const at = await listenOn(server, host, port);
    listening.push(server);
    return at;
  };
  const stopAll = async (): Promise<void> => {
    await Promise.all([...listening].map(closed));
    books.close();
  };
  try {
    await upkeep.look();
    const port = await listen(published, config.MUSTER_TRUST_PORT);
    const estPort = est && (await listen(est.server, config.MUSTER_TRUST_EST_PORT));
    const http = { host: config.MUSTER_HTTP_HOST, port: config.MUSTER_HTTP_PORT };
    const health = { problems: () => upkeep.problems(), telemetry };
    const app = await openHttp({ ...http, log, health, stored: [] });
    log.info({ port }, 'Lists and OCSP are published here, by HTTP');
    if (estPort === null)
      log.info({}, 'Devices cannot enrol: MUSTER_TRUST_EST_IDENTITY names no identity for EST');
    else log.info({ code: 'tlsOn', port: estPort }, 'TLS is on: devices enrol here, by EST');
    const looking = repeat({
      name: 'trust',
      everyMs: 5_000,
      firstMs: 5_000,
      work: async () => (await upkeep.look(), 0),
      log,
    });
    const linking = linkTo(config, { books, authority, passphrase, log });
    const stop = async (): Promise<void> => {
      await linking?.stop();
      await looking.stop();
      await app.close();
      upkeep.stop();
      await stopAll();
    };
    return { port, estPort, stop };
  } catch (error) {
    await stopAll();
    throw inWords(error, (port) => settingOf(config, port));
  }
}

/** Null where no console is named. */
function linkTo(
  config: TrustConfig,
  office: Pick<Office, 'books' | 'authority' | 'passphrase' | 'log'>,
): Running | null {
  const { MUSTER_CONSOLE_URL: url, MUSTER_TOKEN_FILE: token, MUSTER_TRUST_DIR: dir } = config;
  if (url === undefined || token === undefined) return null;
  const kept = config.MUSTER_TRUST_EST_IDENTITY ?? null;
  // A new list says what is so: it is made for whoever asks.
  const does = [...new Set([...config.MUSTER_TRUST_WISHES, 'list' as const])];
  const link = new Link({ ...office, dir, kept, does, console: { url, token } });
  return repeat({ name: 'console', everyMs: 3_000, work: () => link.speak(), log: office.log });
}

interface Office {
  readonly books: Books;
  readonly authority: TrustAuthority;
  readonly passphrase: string;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

/** The server, and what shows another identity when the one of that name has changed (R15). */
function enrolmentOf(
  config: TrustConfig,
  { books, authority, passphrase, log, telemetry }: Office,
): { readonly server: TlsServer; readonly renew: () => boolean } | null {
  const { MUSTER_TRUST_EST_IDENTITY: name, MUSTER_TRUST_DIR: dir, MUSTER_TRUST_DEVICE_DAYS: days } = config;
  if (name === undefined) return null;
  const current = () => identityNamed(books, name);
  let shown = current();
  const contextOf = () => contextOptions(openIdentity(shown, passphrase), chainOf(dir));
  const enrolments = telemetry.meter.createCounter('muster.trust.enrolments', {
    description: 'Certificates asked for by EST: enrolled, renewed, refused',
  });
  const server = estServer({ dir, books, authority, days, log, enrolments, context: contextOf() });
  const renew = (): boolean => {
    const now = current();
    if (now.key === shown.key && String(now.certificates) === String(shown.certificates)) return false;
    shown = now;
    server.setSecureContext(contextOf());
    return true;
  };
  return { server, renew };
}

const toldMax = 1_000;

/** One line for each source, until they are too many to remember. */
function tellOnce(told: Set<string>, from: string, log: Log): void {
  if (told.has(from)) return;
  if (told.size >= toldMax) told.clear();
  told.add(from);
  log.warn({ code: 'tooManyConnections', from }, 'One source has too many connections; more of it are reset');
}

async function listenOn(server: NetServer, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

/** What is under way ends by its own limits; idle connections at once. */
function closed(server: NetServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    (server as Server).closeIdleConnections();
  });
}

function settingOf(config: TrustConfig, port: number): string {
  if (port === config.MUSTER_TRUST_PORT) return 'MUSTER_TRUST_PORT';
  return port === config.MUSTER_TRUST_EST_PORT ? 'MUSTER_TRUST_EST_PORT' : 'MUSTER_HTTP_PORT';
}
