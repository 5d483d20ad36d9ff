// One reading of one device from outside: each question is asked once, however many settings it answers. Ports a few at a
// time, everything else one after another, as small devices take few connections.
import type { SecureContext } from 'node:tls';
import type { Host } from '../device.js';
import type { ProbeFact } from '../catalogue/setting.js';
import { judgeCertificate } from './certificate.js';
import {
  contextOf,
  contextTrusting,
  shakeHands,
  tlsVersions,
  type Shaken,
  type Shown,
  type TlsVersion,
} from './handshake.js';
import { answersHello, helloVersions } from './hello.js';
import { knock, type Knock } from './knock.js';
import { absent, failed, seen, type NotSeen, type Observation } from './observation.js';
import { seeRedirect } from './redirect.js';

/** That a device serves its pages on, and IPP, in clear or by TLS. */
export interface Ports {
  readonly https: number;
  readonly ipps: number;
  readonly http: number;
}

export interface LookedAt {
  readonly address: string;
  readonly hostname: string | null;
  readonly authorities: readonly string[];
  readonly ports: Ports;
}

const knocksAtOnce = 4;

type Spoken = { readonly kind: 'taken' } | Exclude<Shaken, { kind: 'taken' }>;

type Certificate = { readonly kind: 'shown'; readonly shown: Shown } | NotSeen;

export class Look {
  readonly #knocks = new Map<number, Knock>();
  readonly #greetings = new Map<number, Promise<Shaken>>();
  #oldest: Promise<Observation> | null = null;
  #certificate: Promise<Certificate> | null = null;
  #redirect: Promise<Observation> | null = null;

  constructor(
    private readonly on: LookedAt,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Knocks at these ports, and at those of the services. Whoever takes or refuses one connection is alive: only then does the
   * silence of another port say that it is closed.
   */
  async knockAt(ports: readonly number[]): Promise<Host> {
    const { https, ipps, http } = this.on.ports;
    const waiting = [...new Set([https, ipps, http, ...ports])];
    const one = async (): Promise<void> => {
      for (let port = waiting.shift(); port !== undefined; port = waiting.shift()) {
        this.#knocks.set(port, await knock({ address: this.on.address, port }, this.signal));
      }
    };
    await Promise.all(Array.from({ length: knocksAtOnce }, one));
    const kinds = new Set([...this.#knocks.values()].map(({ kind }) => kind));
    if (kinds.has('open') || kinds.has('refused')) return 'alive';
    return kinds.has('silent') ? 'silent' : 'unknown';
  }

  /** After `knockAt`, with its port among them. */
  async observe(way: ProbeFact): Promise<Observation> {
    switch (way.fact) {
      case 'port':
        return this.#port(way.port);
      case 'tlsOldest':
        return this.#unasked ?? (this.#oldest ??= this.#oldestTls());
      case 'httpsRedirect':
        return (this.#redirect ??= this.#clear());
      case 'certificate': {
        const certificate = this.#unasked ?? (await (this.#certificate ??= this.#show()));
        if (certificate.kind !== 'shown') return certificate;
        const { authorities, ...names } = this.on;
        return judgeCertificate(way.about, certificate.shown, { names, authorities, now: new Date() });
      }
    }
  }

  #port(port: number): Observation {
    const knocked = this.#knocks.get(port);
    return knocked?.kind === 'unasked' ? failed(knocked.reason) : seen(knocked?.kind === 'open');
  }

  /** Of both ports. Where nothing is known of an older version, a newer one is not the oldest. */
  async #oldestTls(): Promise<Observation> {
    const refused = new Map<number, string>();
    const speaking: number[] = [];
    for (const port of this.#doors) {
      const shaken = await this.#greet(port);
      if (shaken.kind !== 'unclear') speaking.push(port);
      // Where IPP is spoken in clear, a hello of TLS may be waited upon for a line that never ends.
      else if (port === this.on.ports.https) return failed(`port ${port}: ${shaken.reason}`);
    }
    for (const version of ['SSLv3', ...tlsVersions] as const) {
      for (const port of speaking) {
        const shaken = await this.#speaks(port, version);
        if (shaken.kind === 'taken') return seen(version);
        if (shaken.kind === 'unclear') return failed(`port ${port}, asked for ${version}: ${shaken.reason}`);
        refused.set(port, shaken.reason);
      }
    }
    return this.#noTls(refused);
  }

  /** By a whole handshake where OpenSSL can, then by what it cannot: the silence of one that has answered the greeting is a no. */
  async #speaks(port: number, version: 'SSLv3' | TlsVersion): Promise<Spoken> {
    const shaken: Spoken =
      version === 'SSLv3'
        ? { kind: 'refused', reason: 'not taken' }
        : await this.#shake(port, contextOf(version));
    const old = helloVersions.find((each) => each === version);
    if (shaken.kind !== 'refused' || !old) return shaken;
    const door = { address: this.on.address, port };
    return (await answersHello(door, old, this.signal)) ? { kind: 'taken' } : shaken;
  }

  async #show(): Promise<Certificate> {
    const refused = new Map<number, string>();
    for (const port of this.#doors) {
      const shaken = await this.#greet(port);
      if (shaken.kind === 'taken' && shaken.shown) return { kind: 'shown', shown: shaken.shown };
      refused.set(port, shaken.kind === 'taken' ? 'no certificate can be read' : shaken.reason);
    }
    return this.#noTls(refused);
  }

  /** Why it is not known whether there is TLS. */
  get #unasked(): NotSeen | null {
    const { https, ipps } = this.on.ports;
    const reasons = [https, ipps].flatMap((port) => {
      const knocked = this.#knocks.get(port);
      return knocked?.kind === 'unasked' ? [knocked.reason] : [];
    });
    return reasons[0] === undefined ? null : failed(reasons[0]);
  }

  /** Those that take connections, and may speak TLS. */
  get #doors(): readonly number[] {
    const { https, ipps } = this.on.ports;
    return [https, ipps].filter((port) => this.#knocks.get(port)?.kind === 'open');
  }

  /** In every version at once. */
  #greet(port: number): Promise<Shaken> {
    const greeting = this.#greetings.get(port) ?? this.#shake(port, contextTrusting(this.on.authorities));
    this.#greetings.set(port, greeting);
    return greeting;
  }

  #shake(port: number, context: SecureContext): Promise<Shaken> {
    return shakeHands({ address: this.on.address, port, context }, this.signal);
  }

  /** IPP is spoken in clear, too, so that a port of it without TLS is nothing wrong; one of HTTPS should have it. */
  #noTls(refused: ReadonlyMap<number, string>): NotSeen {
    const reason = refused.get(this.on.ports.https);
    if (reason === undefined) return absent;
    return failed(`port ${this.on.ports.https} takes connections, and no TLS that was tried: ${reason}`);
  }

  async #clear(): Promise<Observation> {
    const port = this.on.ports.http;
    const knocked = this.#knocks.get(port);
    if (knocked?.kind === 'unasked') return failed(knocked.reason);
    return knocked?.kind === 'open'
      ? seeRedirect({ address: this.on.address, port }, this.signal)
      : seen(true);
  }
}
