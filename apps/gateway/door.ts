// TCP and TLS: who gets in, how many at a time, and when they must leave.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type ListenOptions,
  type Server as TcpServer,
  type Socket,
} from 'node:net';
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type Server as TlsServer,
  type TLSSocket,
} from 'node:tls';
import type { Acknowledge } from '#announce/announcement';
import type { Answering } from '#announce/answer';
import { canonical } from '#addresses/source';
import type { Staple } from '#pki/revocation/staple';
import type { Complaints } from './complaints.js';
import type { GatewayConfig } from './config.js';
import type { Meters } from './meters.js';
import { hearProxy, Proxies, type Heard } from './proxies.js';
import { sourceRefusals, Sources, type SourceLimits } from './sources.js';
import { handshakeFault, serverOptions } from './tls.js';

const drainLimitMs = 8_000;

/** A connection, from its first packet to its end. */
export interface Guest {
  /** Where it comes from, canonical: what a named proxy says where there is one. */
  readonly address: string;
  readonly sinceMs: number;
  /** Null until the handshake is done. */
  answering: Answering | null;
  readonly raw: Socket;
  /** The context that its handshake has: the door's when it came. */
  readonly context: number;
}

export interface DoorOptions {
  readonly config: GatewayConfig;
  readonly context: SecureContextOptions;
  readonly meters: Meters;
  readonly complaints: Complaints;
  /** The newest OCSP answer about the certificate that is presented; null: an operator wants nothing stapled. */
  readonly staple: Pick<Staple, 'current' | 'holding'> | null;
  /** After the handshake. */
  readonly serve: (socket: TLSSocket, guest: Guest) => Answering;
  /** What those hear who have had no answer yet when the context changes, or shook hands by another one. */
  readonly changed: () => Acknowledge;
}

export class Door {
  readonly #options: DoorOptions;
  readonly #tcp: TcpServer;
  readonly #tls: TlsServer;
  readonly #sources: Sources;
  readonly #proxies: Proxies;
  readonly #guests = new Set<Guest>();
  /** What the TCP and the TLS side of a connection have in common. */
  readonly #shakingHands = new AsyncLocalStorage<Guest>();
  /** Connections of named proxies that have not said yet whom they bring. */
  readonly #unnamed = new Set<Socket>();
  #context = 0;

  constructor(options: DoorOptions) {
    const { config, context } = options;
    this.#options = options;
    this.#sources = new Sources(limitsOf(config));
    this.#proxies = new Proxies(config.MUSTER_GATEWAY_PROXIES);
    this.#tls = createTlsServer({ ...serverOptions(config), ...context });
    this.#tls.on('secureConnection', (socket) => this.#secured(socket));
    this.#tls.on('tlsClientError', (error, socket) => this.#failed(error, socket));
    // An answer is sent at once: it would else wait until the device acks the tickets that ended the handshake, some 40 ms.
    this.#tcp = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#enter(socket));
    this.#tcp.maxConnections = config.MUSTER_GATEWAY_CONNECTIONS_MAX;
    this.#tcp.on('drop', () => this.#options.meters.turnedAway('tooManyConnections'));
  }

  /** Open connections whose source is known. */
  get connections(): number {
    return this.#guests.size;
  }

  /** Sources that are remembered for their limits. */
  get sources(): number {
    return this.#sources.size;
  }

  /** Resolves with the port once it listens. Without IPv6 in the system, `::` becomes all of IPv4. */
  async listen(): Promise<number> {
    const { config } = this.#options;
    const { MUSTER_ANNOUNCE_HOST: host, MUSTER_ANNOUNCE_PORT: port } = config;
    const listening = {
      host,
      port,
      reusePort: config.MUSTER_ANNOUNCE_PORT_SHARED,
      backlog: config.MUSTER_GATEWAY_BACKLOG_MAX,
    };
    await listen(this.#tcp, listening).catch((error: NodeJS.ErrnoException) => {
      if (host === '::' && error.code === 'EAFNOSUPPORT')
        return listen(this.#tcp, { ...listening, host: '0.0.0.0' });
      throw error;
    });
    return (this.#tcp.address() as AddressInfo).port;
  }

  /**
   * New connections get the new context; older ones answer what they have in hand and end: none is judged by two rules. A
   * handshake under way is let through, so that nobody's fails, and its device told to come again.
   */
  change(context: SecureContextOptions): void {
    this.#tls.setSecureContext(context);
    this.#context += 1;
    for (const { answering } of this.#guests) answering?.finish(this.#options.changed());
  }

  /** Takes nobody in, lets those inside finish. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((done) => this.#tcp.close(() => done()));
    for (const raw of this.#unnamed) raw.destroy();
    for (const { answering, raw } of this.#guests) {
      if (answering) answering.finish();
      else raw.destroy();
    }
    const late = setTimeout(() => this.#guests.forEach(({ raw }) => raw.destroy()), drainLimitMs);
    await closed;
    clearTimeout(late);
  }

  #enter(raw: Socket): void {
    raw.on('error', () => raw.destroy());
    const { remoteAddress } = raw;
    if (remoteAddress === undefined) return void raw.destroy();
    const address = canonical(remoteAddress);
    if (!this.#proxies.has(address)) return this.#admit(raw, address);
    this.#unnamed.add(raw);
    hearProxy(raw, (heard) => {
      this.#unnamed.delete(raw);
      this.#heard(raw, address, heard);
    });
  }

  #heard(raw: Socket, proxy: string, heard: Heard): void {
    if (heard.kind === 'header') return this.#admit(raw, heard.address ?? proxy);
    raw.destroy();
    if (heard.kind === 'gone') return this.#options.meters.turnedAway('clientGone');
    const message = `A named proxy did not begin with a PROXY protocol header: ${heard.fault.message}`;
    this.#turnAway(proxy, 'badProxyHeader', message);
  }

  #admit(raw: Socket, address: string): void {
    const refusal = this.#sources.enter(address);
    if (refusal) {
      // A reset, so that nothing of it stays here, and the peer knows at once.
      raw.resetAndDestroy();
      return this.#turnAway(address, refusal, sourceRefusals[refusal]);
    }
    const sinceMs = performance.now();
    const guest: Guest = { address, sinceMs, answering: null, raw, context: this.#context };
    this.#guests.add(guest);
    raw.once('close', () => {
      this.#guests.delete(guest);
      this.#sources.leave(address);
    });
    this.#offerStaple();
    this.#shakingHands.run(guest, () => this.#tls.emit('connection', raw));
  }

  /** Only while there is one: each handshake would else stop halfway to ask for it. */
  #offerStaple(): void {
    const { staple } = this.#options;
    const offered = this.#tls.listenerCount('OCSPRequest') > 0;
    if (!staple || staple.holding === offered) return;
    if (offered) this.#tls.removeAllListeners('OCSPRequest');
    else this.#tls.on('OCSPRequest', (own, _issuer, done) => done(null, staple.current(own, new Date())));
  }

  #secured(socket: TLSSocket): void {
    const guest = this.#shakingHands.getStore();
    if (!guest || !this.#guests.has(guest)) return void socket.destroy();
    this.#options.meters.secured(performance.now() - guest.sinceMs);
    guest.answering = this.#options.serve(socket, guest);
    // Nothing is read: it would be judged by a rule that its handshake knew nothing of.
    if (guest.context !== this.#context) guest.answering.finish(this.#options.changed());
  }

  #failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    const guest = this.#shakingHands.getStore();
    socket.destroy();
    const code = error.code ?? 'none';
    const fault = handshakeFault(code);
    if (!fault || !guest) this.#options.meters.turnedAway(fault?.reason ?? 'clientGone');
    else this.#turnAway(guest.address, fault.reason, fault.message, { code });
  }

  #turnAway(peer: string, reason: string, message: string, fields: object = {}): void {
    this.#options.meters.turnedAway(reason);
    this.#options.complaints.tell(peer, reason, message, fields);
  }
}

function limitsOf(config: GatewayConfig): SourceLimits {
  return {
    perAddressMax: config.MUSTER_GATEWAY_CONNECTIONS_PER_SOURCE_MAX,
    perNetworkMax: config.MUSTER_GATEWAY_CONNECTIONS_PER_NETWORK_MAX,
    perSecond: config.MUSTER_GATEWAY_HANDSHAKES_PER_SECOND,
    burst: config.MUSTER_GATEWAY_HANDSHAKES_BURST,
  };
}

/**
 * `reusePort`: with other processes of this machine, among which the system spreads the connections. `backlog`: of handshakes that
 * are waited for. Node takes in one connection in each turn of its event loop, so that those under way go first and end; in a
 * storm the others wait in the backlog. A long one would be all connections whose clients have given up by the time that
 * they are taken in, each with a handshake to be paid for.
 */
function listen(server: TcpServer, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
