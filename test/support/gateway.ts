// A gateway on an embedded bus, with discovery's queue behind it, and clients that say whatever a test wants.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { metrics } from '@opentelemetry/api';
import { openEmbeddedBus } from '#bus/embedded';
import { topologyOf } from '#bus/topology';
import { deviceAnnounced, type DeviceAnnounced } from '#events/announcement';
import { parseEvent, type Event, type EventDefinition } from '#events/event';
import { announcementsRefused } from '#events/refusal';
import { edgeConfigured, type EdgeConfiguration } from '#events/settings';
import { selfSigned } from '#pki/self-signed';
import { migrate } from '#store/migrate';
import { openEmbedded } from '#store/open';
import { Store } from '#store/store';
import { readGatewayConfig } from '../../apps/gateway/config.js';
import { openGateway, type Gateway } from '../../apps/gateway/gateway.js';
import { eventOf, gather } from './buses.js';
import { listeningLog } from './silent.js';
import { until } from './until.js';

export const server = '0193f2a0-0000-7000-8000-0000000000c1';

export interface GatewayBench {
  readonly gateway: Gateway;
  readonly port: number;
  readonly lines: ReturnType<typeof listeningLog>['lines'];
  /** Resolves, with its version, when the gateway judges by it. */
  configure(change: Partial<EdgeConfiguration>): Promise<number>;
  /** Only published. */
  tell(change: Partial<EdgeConfiguration>): Promise<number>;
  /** What discovery would hear, in order. */
  stored(): readonly Event<DeviceAnnounced>[];
  /** What was published of a type, oldest first. */
  told<D>(definition: EventDefinition<D>): Promise<readonly D[]>;
  /** One more on the same bus. */
  another(environment: NodeJS.ProcessEnv): Promise<Gateway>;
  /** The whole database goes: nothing can be stored any more. */
  loseDatabase(): Promise<void>;
  stop(): Promise<void>;
}

/** @param environment on top of a free port and a folder of its own */
export async function gatewayBench(environment: NodeJS.ProcessEnv = {}): Promise<GatewayBench> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-gateway-'));
  const database = await openEmbedded({ dir: null });
  await migrate(database, ['bus', 'discovery']);
  const topology = topologyOf(
    [deviceAnnounced, announcementsRefused, edgeConfigured],
    [
      { service: 'discovery', on: [deviceAnnounced] },
      { service: 'console', on: [announcementsRefused] },
    ],
  );
  const log = listeningLog();
  const bus = openEmbeddedBus({ database, topology, log });
  const facts = await gather(bus, new Store(database, 'discovery'), 'discovery.facts');
  const whole = { ...log, child: () => whole };
  const meter = metrics.getMeter('test');
  const open = (own: NodeJS.ProcessEnv): Promise<Gateway> => {
    const config = readGatewayConfig({
      MUSTER_ANNOUNCE_PORT: '0',
      MUSTER_GATEWAY_IDENTITY_DIR: folder,
      ...own,
    });
    return openGateway({ config, log: whole, meter, bus, instance: 'test' });
  };
  const gateway = await open(environment);
  let latest = 0;
  const tell = async (change: Partial<EdgeConfiguration>): Promise<number> => {
    latest += 1;
    const data = { ...edgeConfigured.example, server, version: latest, ...change };
    await bus.publish([eventOf(edgeConfigured.draft(data))]);
    return data.version;
  };
  return {
    gateway,
    port: gateway.port,
    lines: log.lines,
    tell,
    configure: async (change) => {
      const version = await tell(change);
      const seen = (fields: object) => 'version' in fields && fields.version === version;
      await until('the gateway follows', () => log.lines.some(({ fields }) => seen(fields)));
      return version;
    },
    stored: () => facts.messages.map((message) => parseEvent(deviceAnnounced, message)),
    told: async (definition) => {
      const rows = await database.query<{ body: Event }>(
        'select body from bus.event where type = $1 order by seq',
        [definition.type],
      );
      return rows.map(({ body }) => parseEvent(definition, body).data);
    },
    another: open,
    loseDatabase: () => database.close(),
    stop: async () => {
      await gateway.stop();
      await bus.stop();
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** A device as it comes out of the box. */
export const credentials = await selfSigned({ commonName: 'device' });

export type Client = Omit<ConnectionOptions, 'host' | 'port'> & {
  readonly host?: string;
  readonly localAddress?: string;
};

/** Opens TLS as a device does, its certificate self-signed unless `client` says otherwise. */
export async function dial(port: number, client: Client = {}): Promise<TLSSocket> {
  const { key, certificate: cert } = credentials;
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, key, cert, ...client });
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/** Everything until the server closes, as the lines it said. */
export async function heard(socket: TLSSocket): Promise<readonly Answer[]> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await new Promise((resolve) => socket.once('close', resolve));
  return answersIn(text);
}

/** Says it, says no more, and hears what comes. */
export async function say(
  port: number,
  text: string | Uint8Array,
  client?: Client,
): Promise<readonly Answer[]> {
  const socket = await dial(port, client);
  socket.end(text);
  return heard(socket);
}

export type Answer = Readonly<Record<string, unknown>>;

export function answersIn(text: string): readonly Answer[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer);
}

/** Without TLS: says it, resolves with what came back once the server closed. */
export async function sayPlain(port: number, text: string): Promise<Buffer> {
  const socket = connectTcp(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
  if (text !== '') socket.write(text);
  await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks);
}

/** A line as a device on loopback sends it. */
export function line(change: Record<string, unknown> = {}): string {
  const announcement = {
    muster: 1,
    type: 'announcement',
    serial: 'TEST-0001',
    model: 'Test printer',
    mac: '02:00:00:00:00:01',
    ip: '127.0.0.1',
    announcementId: randomUUID(),
    ...change,
  };
  return `${JSON.stringify(announcement)}\n`;
}
