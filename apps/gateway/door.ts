// TCP and TLS: who gets in, how many at a time, and when they must leave.
import {
  createServer as createTcpServer,
  isIPv4,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type Server as TlsServer,
  type TLSSocket,
} from 'node:tls';
import ipaddr from 'ipaddr.js';
import type { Answering } from '#announce/answer';
import type { Complaints } from './complaints.js';
import type { GatewayConfig } from './config.js';
import type { Meters } from './meters.js';
import { handshakeFault, serverOptions } from './tls.js';

const drainLimitMs = 8_000;

/** A connection, from its first packet to its end. */
export interface Guest {
  /** Canonical: IPv4-mapped as IPv4, no zone. */
  readonly address: string;
  readonly sinceMs: number;
  /** Null until the handshake is done. */
  answering: Answering | null;
  readonly raw: Socket;
}

export interface DoorOptions {
  readonly config: GatewayConfig;
  readonly context: SecureContextOptions;
  readonly meters: Meters;
  readonly complaints: Complaints;
  /** After the handshake. */
  readonly serve: (socket: TLSSocket, guest: Guest) => Answering;
}

export class Door {
  readonly #options: DoorOptions;
  readonly #tcp: TcpServer;
  readonly #tls: TlsServer;
  /** By remote address and port: what the TCP and the TLS side of a connection have in common. */
  readonly #guests = new Map<string, Guest>();
  readonly #bySource = new Map<string, number>();

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#tls = createTlsServer({ ...serverOptions, ...options.context });
    this.#tls.on('secureConnection', (socket) => this.#secured(socket));
    this.#tls.on('tlsClientError', (error, socket) => this.#failed(error, socket));
    this.#tcp = createTcpServer({ allowHalfOpen: true }, (socket) => this.#enter(socket));
    this.#tcp.maxConnections = options.config.MUSTER_GATEWAY_CONNECTIONS_MAX;
    this.#tcp.on('drop', () => this.#options.meters.turnedAway('tooManyConnections'));
  }

  /** Resolves with the port once it listens. Without IPv6 in the system, `::` becomes all of IPv4. */
  async listen(): Promise<number> {
    const { MUSTER_ANNOUNCE_HOST: host, MUSTER_ANNOUNCE_PORT: port } = this.#options.config;
    await listen(this.#tcp, host, port).catch((error: NodeJS.ErrnoException) => {
      if (host === '::' && error.code === 'EAFNOSUPPORT') return listen(this.#tcp, '0.0.0.0', port);
      throw error;
    });
    return (this.#tcp.address() as AddressInfo).port;
  }

  /** New connections get the new context; older ones answer what they have in hand and end: none is judged by two rules. */
  change(context: SecureContextOptions): void {
    this.#tls.setSecureContext(context);
    this.#dismiss();
  }

  /** Takes nobody in, lets those inside finish. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.#tcp.close(() => done()));
    this.#dismiss();
    const late = setTimeout(() => this.#guests.forEach(({ raw }) => raw.destroy()), drainLimitMs);
    await closed;
    clearTimeout(late);
  }

  #enter(raw: Socket): void {
    raw.on('error', () => raw.destroy());
    const { remoteAddress, remotePort } = raw;
    if (remoteAddress === undefined || remotePort === undefined) return void raw.destroy();
    const address = canonical(remoteAddress);
    const open = this.#bySource.get(address) ?? 0;
    if (open >= this.#options.config.MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX)
      return this.#tooMany(raw, address, open);
    const key = `${remoteAddress} ${remotePort}`;
    this.#bySource.set(address, open + 1);
    this.#guests.set(key, { address, sinceMs: performance.now(), answering: null, raw });
    this.#options.meters.connected();
    raw.once('close', () => this.#leave(key, address));
    this.#tls.emit('connection', raw);
  }

  #leave(key: string, address: string): void {
    this.#guests.delete(key);
    const open = this.#bySource.get(address) ?? 0;
    if (open > 1) this.#bySource.set(address, open - 1);
    else this.#bySource.delete(address);
    this.#options.meters.disconnected();
  }

  #secured(socket: TLSSocket): void {
    const guest = this.#guests.get(`${socket.remoteAddress} ${socket.remotePort}`);
    if (guest) guest.answering = this.#options.serve(socket, guest);
    else socket.destroy();
  }

  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const { remoteAddress } = socket;
    socket.destroy();
    const code = error.code ?? 'none';
    const fault = handshakeFault(code);
    this.#options.meters.turnedAway(fault?.reason ?? 'clientGone');
    if (!fault || remoteAddress === undefined) return;
    this.#options.complaints.tell(canonical(remoteAddress), fault.reason, fault.message, { code });
  }

  #tooMany(raw: Socket, address: string, open: number): void {
    raw.destroy();
    this.#options.meters.turnedAway('tooManyFromSource');
    const message = 'The peer has as many connections as one address may have; more are closed at once';
    this.#options.complaints.tell(address, 'tooManyFromSource', message, { open });
  }

  #dismiss(): void {
    for (const { answering, raw } of this.#guests.values()) {
      if (answering) answering.finish();
      else raw.destroy();
    }
  }
}

function listen(server: TcpServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The usual spellings first: IPv4, by itself or mapped. */
function canonical(address: string): string {
  const bare = address.startsWith('::ffff:') ? address.slice(7) : address;
  if (isIPv4(bare)) return bare;
  const [zoneless = address] = address.split('%');
  return ipaddr.process(zoneless).toString();
}
