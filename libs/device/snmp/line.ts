// A line to one device by SNMP: a socket that hears nobody else, and net-snmp's session over it. What goes wrong on it ends it;
// the next question has a new one.
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import snmp, { type Session, type SessionOptions } from 'net-snmp';
import type { CommunityAccess, SnmpTarget, UserAccess } from './access.js';
import { sessionSocket } from './session-socket.js';
import { Denied, denials, Improper } from './setback.js';
import { discover } from './usm/discovery.js';
import { headerOf, usmStats, type Engine } from './usm/header.js';
import { keyMaker } from './usm/keys.js';
import { signerOf, type Signer } from './usm/signer.js';
import { versionFor } from './version.js';

/** Of datagrams and bytes: what one question is answered with at most. net-snmp takes 10 ms to read 64 KB. */
const limits = { tryMs: 2_000, tries: 2, datagramsMax: 1_000, bytesMax: 262_144 } as const;
const tries = { count: limits.tries, eachMs: limits.tryMs } as const;

/** An answer from before the last request is no answer to it. */
const slackMs = 100;

export class Line {
  /** Rejects when there is nothing more to come by it. */
  readonly broken: Promise<never>;
  readonly session: Promise<Session>;
  readonly #socket: Socket;
  readonly #break: (reason: unknown) => void;
  #engine: Engine | null = null;
  #signer: Signer | null = null;
  #heard = { datagrams: 0, bytes: 0 };
  /** Numbers of what was sent for the question that is open (RFC 3412 6.2). */
  readonly #messageIds = new Set<number>();
  #heardAt = -Infinity;
  #understood = false;
  #ended = false;

  constructor(private readonly target: SnmpTarget) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.broken = promise;
    this.#break = reject;
    this.broken.catch(() => undefined);
    this.#socket = createSocket(isIPv6(target.address) ? 'udp6' : 'udp4');
    // Before any other listener: what is too much is read by nobody.
    this.#socket.on('error', reject).on('message', ({ length }) => {
      this.#heard.datagrams += 1;
      this.#heard.bytes += length;
      this.#heardAt = performance.now();
      if (this.#isTooMuch) reject(new Improper('more than it was asked for'));
    });
    this.session = this.#open();
    this.session.catch(() => undefined);
  }

  /** SNMPv3: it has said who it is. */
  get met(): boolean {
    return this.#engine !== null;
  }

  /** SNMPv3: something came that is signed and encrypted as it was asked. */
  get understood(): boolean {
    return this.#understood;
  }

  /** Something has come in as much time as a request waits for its answer. */
  get lately(): boolean {
    return performance.now() - this.#heardAt < limits.tries * limits.tryMs - slackMs;
  }

  /** A question begins: as many answers as one may have are heard again. */
  begin(): void {
    this.#heard = { datagrams: 0, bytes: 0 };
    this.#messageIds.clear();
  }

  get #isTooMuch(): boolean {
    return this.#heard.datagrams > limits.datagramsMax || this.#heard.bytes > limits.bytesMax;
  }

  /** Whoever waits for an answer hears of the reason. */
  end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#break(reason);
    this.#socket.close();
    this.#signer?.forget();
  }

  async #open(): Promise<Session> {
    const { address, port, access } = this.target;
    await connected(this.#socket, address, port);
    const session = access.version === 'v3' ? await this.#signed(access) : await this.#inClear(access);
    // A datagram that cannot be read is none: the request ends by its time.
    session.on('error', () => undefined);
    return session;
  }

  async #inClear({ version, community }: CommunityAccess): Promise<Session> {
    const spoken = version === 'clear' ? await versionFor(this.#socket, community, tries) : version;
    if (this.#ended) throw new Error('ended');
    const number = spoken === 'v1' ? snmp.Version1 : snmp.Version2c;
    const options = this.#options(number, () => true);
    return snmp.createSession(this.target.address, community, options);
  }

  async #signed(access: UserAccess): Promise<Session> {
    const engine = await discover(this.#socket, tries);
    this.#engine = engine;
    const signer = await signerOf(access, engine, keyMaker);
    if (this.#ended) {
      signer.forget();
      throw new Error('ended');
    }
    this.#signer = signer;
    const admits = (datagram: Buffer): boolean => this.#admits(datagram, engine, signer.level);
    const session = snmp.createV3Session(
      this.target.address,
      signer.user,
      this.#options(snmp.Version3, admits),
    );
    session.msgSecurityParameters = {
      msgAuthoritativeEngineID: engine.id,
      msgAuthoritativeEngineBoots: engine.boots,
      msgAuthoritativeEngineTime: engine.timeSeconds,
    };
    return session;
  }

  /**
   * Signed and encrypted as it was asked (RFC 3412 7.2), by the engine that said who it is: net-snmp would take an answer in
   * clear, make keys for any engine, and ask once more whoever has refused. Reports may be in clear: who sends one may know no key,
   * but must know the number of what was asked.
   */
  #admits(datagram: Buffer, engine: Engine, level: number): boolean {
    const header = headerOf(datagram);
    if (!header) return false;
    const isSame = header.engine.id.equals(engine.id);
    if (header.report === null) {
      const isProper = isSame && header.level === level;
      this.#understood ||= isProper;
      return isProper;
    }
    if (!this.#messageIds.has(header.messageId)) return false;
    if (!isSame) this.#break(new Improper('as another engine of SNMPv3 than before'));
    const denial = denials[header.report];
    if (denial !== undefined) this.#break(new Denied(denial));
    // It may say twice who it is, as it was asked twice.
    return isSame && denial === undefined && header.report !== usmStats.unknownEngineIds;
  }

  #sends(datagram: Buffer): void {
    const sent = headerOf(datagram);
    if (sent) this.#messageIds.add(sent.messageId);
  }

  #options(version: number, admits: (datagram: Buffer) => boolean): SessionOptions {
    return {
      version,
      port: this.target.port,
      timeout: limits.tryMs,
      retries: limits.tries - 1,
      reportOidMismatchErrors: true,
      dgramModule: {
        createSocket: () =>
          sessionSocket(this.#socket, {
            admits: (datagram) => !this.#isTooMuch && admits(datagram),
            broken: this.#break,
            sends: (datagram) => this.#sends(datagram),
          }),
      },
    };
  }
}

/** From then on the system hands on what comes from this address and port, and nothing else. */
const connected = (socket: Socket, address: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error('closed')));
    socket.connect(port, address, (error?: Error) => (error ? reject(error) : resolve()));
  });
