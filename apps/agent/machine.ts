// A whole device: what it remembers, its settings, the interface to them, and the agent that announces it.
import type { Identity } from '#events/identity';
import type { Log } from '#runtime/log';
import { Agent, type AnnounceReason } from './agent.js';
import type { Outcome, Pace } from './attempt.js';
import { readCredentials, type Credentials } from './credentials.js';
import { startApi, type Api, type ServerIdentity } from './device/api.js';
import { Device } from './device/device.js';
import type { Settings } from './device/setting.js';
import { attemptExchange, type Exchange } from './exchange.js';
import type { Candidate, ServerSettings } from './network/find-server.js';
import type { Domains } from './network/resolv-conf.js';
import { StateFolder, type Announcing } from './state.js';

export interface MachineOptions {
  readonly stateDir: string;
  /** False spares waiting for the disk. */
  readonly durable?: boolean;
  readonly identity: Identity;
  /** Settings this model does not have. */
  readonly missing?: readonly string[];
  /** How the server is found unless the setting `announce.server` says otherwise. */
  readonly server: ServerSettings;
  /** Domains to look in, asked at each attempt: a lease brings others. Without it those of `server`. */
  readonly domains?: () => Promise<Domains>;
  /** As the setting `announce.requireMutual`, which can only add to it. */
  readonly requireMutual?: boolean;
  /** Whether the server was revoked is asked of whom its certificate names (hard). */
  readonly revocation?: Exchange['revocation'];
  readonly apiPort: number;
  /** Address the interface listens on, asked at each start of it; undefined: every address of the machine. */
  readonly apiHost: () => string | undefined;
  /** Address to announce from; without it the system's choice, which is then announced as the device's. */
  readonly from?: () => string;
  readonly log: Log;
  readonly pace?: Pace;
  /** Lets attempts through when there is room for them. */
  readonly gate?: (attempt: () => Promise<Outcome>) => Promise<Outcome>;
  readonly veto?: (key: string) => string | null;
  readonly ignores?: (key: string) => boolean;
  readonly delayMs?: () => number;
  readonly identityTowards?: (to: Candidate) => Promise<Identity>;
}

export class Machine {
  readonly device: Device;
  readonly agent: Agent;
  #api: Api | null = null;
  #presented: ServerIdentity | null = null;
  #unplugged = false;

  private constructor(
    readonly folder: StateFolder,
    private readonly options: MachineOptions,
  ) {
    this.device = new Device({
      identity: options.identity,
      missing: options.missing,
      veto: options.veto,
      ignores: options.ignores,
      memory: {
        read: () => folder.state.device,
        save: (device) => folder.change((state) => ({ ...state, device })),
      },
      onChanged: (changed) => this.#heed(changed),
    });
    this.agent = new Agent({
      folder,
      log: options.log,
      pace: options.pace,
      enabled: () => this.device.settings()['announce.enabled'] === true,
      attempt: (occasion) => {
        const attempt = async () => attemptExchange(await this.#exchange(), occasion);
        return options.gate ? options.gate(attempt) : attempt();
      },
    });
  }

  static async open(options: MachineOptions): Promise<Machine> {
    return new Machine(await StateFolder.open(options.stateDir, options.durable), options);
  }

  get shown(): Announcing {
    return this.agent.shown;
  }

  /** Port of the interface; null while it is down. */
  get apiPort(): number | null {
    return this.#api?.port ?? null;
  }

  async credentials(): Promise<Credentials> {
    return readCredentials(this.folder.folder, this.device.identity.serial);
  }

  /** Opens the interface. */
  async up(): Promise<void> {
    this.#unplugged = false;
    this.#api ??= await startApi({
      device: this.device,
      identity: this.#presented ?? (await this.credentials()),
      host: this.options.apiHost(),
      port: this.options.apiPort,
      delayMs: this.options.delayMs,
    });
  }

  /** Closes the interface at once and announces nothing until it is up again. */
  async down(): Promise<void> {
    this.#unplugged = true;
    await Promise.all([this.agent.stop(), this.#api?.stop()]);
    this.#api = null;
  }

  /** The interface shows this certificate from now on; null: the device's own or installed one again. */
  async present(identity: ServerIdentity | null): Promise<void> {
    this.#presented = identity;
    this.#api?.present(identity ?? (await this.credentials()));
  }

  /** Initial boot the first time, a power cycle from then on; a cold reset made while it was off comes first (R5). */
  async boot(): Promise<Announcing> {
    const { booted, coldReset } = this.folder.state;
    await this.folder.change((state) => ({ ...state, booted: true, coldReset: false }));
    return this.announce(coldReset ? 'coldReset' : booted ? 'powerCycle' : 'boot');
  }

  async announce(reason: AnnounceReason): Promise<Announcing> {
    // What was installed since the last time is shown on both sides of the device.
    if (!this.#presented) this.#api?.present(await this.credentials());
    return this.#unplugged ? this.shown : this.agent.announce(reason);
  }

  async coldReset(): Promise<Announcing> {
    await this.device.coldReset();
    return this.announce('coldReset');
  }

  async #exchange(): Promise<Exchange> {
    const { requireMutual = false, revocation = 'hard', from, domains } = this.options;
    const server = { ...this.options.server, ...(await domains?.()) };
    const settings = this.device.settings();
    const address = settings['announce.server'];
    const own = typeof address === 'string' && address !== '';
    return {
      server: own ? { ...server, address } : server,
      requireMutual: requireMutual || settings['announce.requireMutual'] === true,
      revocation,
      credentials: await this.credentials(),
      from: from?.(),
      identity: async (to) => (await this.options.identityTowards?.(to)) ?? this.device.identity,
    };
  }

  /** A change of how it announces is tried out at once. */
  #heed(changed: Settings): void {
    if (!Object.keys(changed).some((key) => key.startsWith('announce.'))) return;
    this.announce('unstated').catch((error: unknown) => {
      this.options.log.error({ error }, 'The announcement could not be made.');
    });
  }
}
