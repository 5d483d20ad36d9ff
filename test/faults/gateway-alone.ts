// A gateway as a process, and a wire to its broker that can be cut: what is said into it is lost, and nobody is told.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { announce } from '#announce/announce';
import { clientContext } from '#announce/reach';
import { declareTopology } from '#bus/rabbit/declare';
import { exampleIdentity } from '#events/identity';
import { freePort } from '../../scripts/free-port.mjs';
import { topology } from '../../apps/standalone/services.js';
import { Process } from '../support/process.js';
import { freshVhost } from '../support/servers.js';
import { tellEdge } from '../support/tell-edge.js';
import { until } from '../support/until.js';
import { readJournal } from './journal.js';
import { judge, type Accepted, type Verdict } from './verdict.js';

const limitMs = 120_000;
const context = clientContext({});

export class GatewayAlone {
  readonly #accepted: Accepted[] = [];
  readonly #sockets = new Set<Socket>();
  #cut = false;
  #process: Process | null = null;
  #devices: readonly Promise<void>[] = [];
  #answered = 0;

  private constructor(
    private readonly parts: {
      readonly home: string;
      readonly dir: string;
      readonly broker: string;
      readonly port: number;
      readonly wire: Server;
    },
  ) {}

  static async open(home: string, dir: string): Promise<GatewayAlone> {
    const broker = await freshVhost();
    await declareTopology({ urls: [broker] }, topology);
    await tellEdge(broker, {});
    const wire = createServer();
    const alone = new GatewayAlone({ home, dir, broker, port: await freePort(), wire });
    wire.on('connection', (socket) => alone.#carry(socket));
    wire.listen(0, '127.0.0.1');
    await once(wire, 'listening');
    return alone;
  }

  async start(): Promise<void> {
    const { home, dir, broker, port, wire } = this.parts;
    const url = new URL(broker);
    url.port = String((wire.address() as AddressInfo).port);
    const environment = {
      MUSTER_AMQP_URL: url.href,
      MUSTER_HTTP_HOST: '127.0.0.1',
      MUSTER_HTTP_PORT: String(await freePort()),
      MUSTER_ANNOUNCE_PORT: String(port),
      MUSTER_GATEWAY_IDENTITY_DIR: join(dir, 'identity'),
      MUSTER_EDGE_CACHE_FILE: join(dir, 'edge.json'),
    };
    this.#process = new Process({
      name: 'gateway',
      entry: join(home, 'dist/apps/gateway/main.js'),
      environment,
    });
  }

  /** Devices that announce, each until it is accepted. Resolves when each has been answered once, however. */
  async announce(count: number): Promise<void> {
    const wanted = this.#answered + count;
    const first = this.#devices.length;
    const begun = Array.from({ length: count }, (_, index) => this.#untilAccepted(first + index));
    this.#devices = [...this.#devices, ...begun];
    await until('each is answered', () => this.#answered >= wanted, limitMs);
  }

  /** When each device has been accepted. */
  async allAccepted(): Promise<void> {
    await Promise.all(this.#devices);
  }

  /** From now on nothing that the gateway says reaches the broker. */
  cut(): void {
    this.#cut = true;
  }

  /** The gateway dies, the wire is mended, and another one starts. */
  async replace(): Promise<void> {
    await this.#process?.signal('SIGKILL');
    for (const socket of this.#sockets) socket.destroy();
    this.#cut = false;
    await this.start();
  }

  /** What became of all that was accepted, once all devices were. */
  async verdict(): Promise<Verdict> {
    await this.allAccepted();
    return judge(this.#accepted, await readJournal(this.parts.broker), 'gateway');
  }

  async close(): Promise<void> {
    await this.#process?.signal('SIGKILL');
    for (const socket of this.#sockets) socket.destroy();
    this.parts.wire.close();
  }

  #carry(socket: Socket): void {
    const broker = connect(Number(new URL(this.parts.broker).port), '127.0.0.1');
    for (const end of [socket, broker]) {
      this.#sockets.add(end);
      end.on('error', () => undefined);
      end.on('close', () => {
        this.#sockets.delete(end);
        socket.destroy();
        broker.destroy();
      });
    }
    socket.on('data', (chunk) => void (this.#cut || broker.write(chunk)));
    broker.on('data', (chunk) => void (this.#cut || socket.write(chunk)));
  }

  async #untilAccepted(number: number): Promise<void> {
    const announcementId = `planted-${number}`;
    const serial = `PLANTED${String(number).padStart(4, '0')}`;
    const ip = `127.22.0.${number + 1}`;
    const identity = { ...exampleIdentity, serial, ip };
    const to = {
      host: '127.0.0.1',
      port: this.parts.port,
      localAddress: ip,
      context,
      requireVerified: false,
    };
    const what = { identity, reason: 'boot' as const, announcementId, traceparent: null, origin: null };
    for (let answered = false; ; await delay(250)) {
      const answer = await announce(to, what).catch(() => null);
      if (answer && !answered) this.#answered += 1;
      answered ||= answer !== null;
      if (answer && answer.acknowledge.event !== null) {
        this.#accepted.push({ id: answer.acknowledge.event, serial, announcementId });
        return;
      }
    }
  }
}
