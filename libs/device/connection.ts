// The one connection that an exchange has to its device. Its address, and over TLS its certificate, are checked before the
// first byte of a request leaves.
import http from 'node:http';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import ipaddr from 'ipaddr.js';
import { readPeer } from '../pki/peer.js';
import { judgePeer } from '../pki/verdict.js';
import type { Target } from './device.js';

/** Thrown when what answers is not what was asked for, or says what no device should say. */
export class Improper extends Error {
  constructor(
    message: string,
    readonly mayPass: boolean,
    /** Another device than the one that was meant. */
    readonly other = false,
  ) {
    super(message);
  }
}

/** How far the device let us come, at best. refused: nobody listens there · connected: by TCP · secured: by TLS. */
export type Reach = 'nowhere' | 'refused' | 'connected' | 'secured';

export interface Connecting {
  /** Without TLS: for what everybody may read. */
  readonly clear: boolean;
  readonly timeMs: number;
}

export class Connection extends http.Agent {
  readonly host: string;
  readonly port: number;
  /** Of the certificate it showed; null while it showed none. */
  fingerprint: string | null = null;
  reach: Reach = 'nowhere';
  #connecting: net.Socket | null = null;
  #socket: net.Socket | null = null;
  /** Under the handshake that is not done yet: of what comes by then, TLS says nothing. */
  #beneath: net.Socket | null = null;
  /** Where a request began: on which connection, after so many bytes. */
  #begun: { readonly socket: net.Socket | null; readonly bytes: number } = { socket: null, bytes: 0 };

  constructor(
    private readonly target: Target,
    private readonly by: Connecting,
  ) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    this.host = target.address;
    this.port = target.port;
  }

  override createConnection(_: object, done?: (error: Error | null, socket: Duplex) => void): undefined {
    const { clear, timeMs } = this.by;
    const tcp = net.connect({ host: this.host, port: this.port });
    const socket = clear ? tcp : this.#overTls(tcp);
    this.#connecting = socket;
    this.#socket = socket;
    this.#beneath = tcp;
    tcp.once('connect', () => this.#came('connected'));
    let settled = false;
    const settle = (error: Error | null): void => {
      if (settled) return;
      settled = true;
      this.#connecting = null;
      socket.off(ready, connected).off('close', closed).off('error', settle);
      socket.on('error', () => undefined);
      if (error) {
        if ('code' in error && error.code === 'ECONNREFUSED') this.#came('refused');
        socket.destroy();
      }
      done?.(error, socket);
    };
    const ready = clear ? 'connect' : 'secureConnect';
    const connected = (): void => {
      this.#beneath = null;
      void this.#judge(socket).then(settle, settle);
    };
    const closed = (): void => settle(new Error('closed during the handshake'));
    const timedOut = Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' });
    socket.setTimeout(timeMs, () => socket.destroy(timedOut));
    socket.once(ready, connected).once('close', closed).once('error', settle);
    return undefined;
  }

  /** A request begins. */
  begin(): void {
    this.#begun = { socket: this.#socket, bytes: this.#socket?.bytesRead ?? 0 };
  }

  /** Whether anything of an answer has come since the request began. */
  get answers(): boolean {
    if ((this.#beneath?.bytesRead ?? 0) > 0) return true;
    const { socket, bytes } = this.#begun;
    return (this.#socket?.bytesRead ?? 0) > (this.#socket === socket ? bytes : 0);
  }

  /** Ends the handshake that is under way, and every connection. */
  giveUp(): void {
    this.#connecting?.destroy(new Error('given up'));
    this.destroy();
  }

  #overTls(tcp: net.Socket): tls.TLSSocket {
    const { mutual } = this.target;
    // Judged below: the pinned fingerprint says who answers, and under mutual authentication the chain too. No name does.
    const judged = { rejectUnauthorized: false, checkServerIdentity: () => undefined };
    const secureContext = contextOf(mutual?.authorities ?? noAuthorities);
    const socket = tls.connect({ socket: tcp, secureContext, ...judged });
    tcp.once('error', (error) => socket.destroy(error));
    return socket;
  }

  #came(reach: Reach): void {
    if (reaches.indexOf(reach) > reaches.indexOf(this.reach)) this.reach = reach;
  }

  async #judge(socket: net.Socket): Promise<Error | null> {
    const { address } = this.target;
    const peer = socket.remoteAddress;
    if (peer === undefined || ipaddr.process(peer).toString() !== ipaddr.process(address).toString()) {
      return new Improper(`connected to ${peer ?? 'nobody'} instead of ${address}`, false);
    }
    return socket instanceof tls.TLSSocket ? this.#judgeCertificate(socket) : null;
  }

  async #judgeCertificate(socket: tls.TLSSocket): Promise<Error | null> {
    const { fingerprint, mutual } = this.target;
    this.#came('secured');
    const shown = readPeer(socket);
    if (shown.fingerprint === null) return new Improper('it shows no certificate', false);
    this.fingerprint = shown.fingerprint;
    if (fingerprint !== null && fingerprint !== this.fingerprint) {
      return new Improper(
        'it shows another certificate than the one pinned to this device: nothing was sent to it',
        false,
        true,
      );
    }
    if (!mutual) return null;
    // Lists of the revoked are the gateways': they do not let such a device in again.
    const verdict = await judgePeer(shown, { called: mutual.serial }, { revocation: null }, new Date());
    return verdict.outcome === 'verified'
      ? null
      : new Improper(`nothing was sent to it: ${verdict.message} (${verdict.reason})`, false, true);
  }
}

/** Where a fingerprint is pinned, or none yet, no authority is asked. */
const noAuthorities: readonly string[] = [];
/** Without DHE: a server chooses its numbers, and such of 10,000 bits hold this process for seconds. */
const ciphers = `${tls.DEFAULT_CIPHERS}:!kDHE`;
/** What OpenSSL makes of authorities is dear: all connections of the same list share it. */
const contexts = new WeakMap<readonly string[], tls.SecureContext>();

function contextOf(authorities: readonly string[]): tls.SecureContext {
  const context =
    contexts.get(authorities) ??
    tls.createSecureContext({ minVersion: 'TLSv1.2', ciphers, ca: [...authorities] });
  contexts.set(authorities, context);
  return context;
}

const reaches: readonly Reach[] = ['nowhere', 'refused', 'connected', 'secured'];
