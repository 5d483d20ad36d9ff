// The agent as a process of a real machine: announces on its triggers, serves the device interface, obeys its operator.
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Identity } from '#events/identity';
import type { Log } from '#runtime/log';
import type { AnnounceReason } from '../agent.js';
import type { Pace } from '../attempt.js';
import { enrol } from '../enrolment/enrol.js';
import { Keeper } from '../enrolment/keeper.js';
import { Machine, type MachineOptions } from '../machine.js';
import { hardwareAddressOf, localAddressTowards } from '../network/local-address.js';
import { viewNetwork, watchTriggers, type PeriodOptions } from '../network/triggers.js';
import { takeCommands, type Command } from './control.js';
import { describe, describeEnrolled } from './describe.js';

export interface AgentConfig extends Pick<
  MachineOptions,
  'stateDir' | 'server' | 'domains' | 'requireMutual' | 'revocation' | 'apiPort'
> {
  /** `ip`, `mac` and `hostname` null: the machine's own. */
  readonly identity: Omit<Identity, 'ip' | 'mac'> & {
    readonly ip: string | null;
    readonly mac: string | null;
  };
  /** Where it gets its certificate from by itself; null: nowhere. */
  readonly est: URL | null;
  /** Undefined: every address of the machine. */
  readonly apiHost: string | undefined;
  readonly pace?: Pace;
}

export interface RunningAgent {
  readonly machine: Machine;
  stop(): Promise<void>;
}

/** The device described by `config`, not yet up. */
export async function openAgent(config: AgentConfig, log: Log): Promise<Machine> {
  const fixed = config.identity.ip;
  const machine: Machine = await Machine.open({
    ...config,
    log,
    identity: identityAt(config, fixed ?? viewNetwork().addresses[0] ?? '127.0.0.1'),
    apiHost: () => config.apiHost,
    ...(fixed !== null && { from: () => fixed }),
    identityTowards: async (to) => {
      const ip = fixed ?? (await localAddressTowards(to.address, to.port));
      return (machine.device.identity = identityAt(config, ip));
    },
  });
  return machine;
}

/** Locally administered: no interface has it. */
const noHardwareAddress = '02:00:00:00:00:00';

const identityAt = ({ identity }: AgentConfig, ip: string): Identity => ({
  ...identity,
  ip,
  mac: identity.mac ?? hardwareAddressOf(ip) ?? noHardwareAddress,
  hostname: identity.hostname ?? hostname(),
});

/** How long the first announcement waits for the certificate that it is to be made with. */
const patienceMs = 5_000;

/** Comes up, announces its boot, and goes on until stopped. Throws AlreadyRunning. */
export async function runAgent(config: AgentConfig, log: Log): Promise<RunningAgent> {
  const machine = await openAgent(config, log);
  const announce = (reason: AnnounceReason): void => void told(machine.announce(reason));
  const told = (done: Promise<unknown>) =>
    done.catch((error: unknown) => log.error({ error }, 'The announcement could not be made.'));
  let booted = false;
  // What comes before the first announcement is told by it.
  const changed = () => void (booted && announce('unstated'));
  const keeper = keeperOf(machine, config, { log, changed });
  const endCommands = await takeCommands(config.stateDir, (command) => obey(command, machine, keeper));
  await machine.up().catch(async (error: unknown) => {
    await endCommands();
    throw error;
  });
  if (keeper) await atMost(patienceMs, keeper.start());
  booted = true;
  void told(machine.boot());
  const endWatching = watchTriggers({
    fire: (reason) => {
      keeper?.wake();
      announce(reason);
    },
    period: periodOf(machine, log),
  });
  const memoryMegabytes = Math.round(process.memoryUsage.rss() / 1e6);
  log.info({ port: machine.apiPort, stateDir: config.stateDir, memoryMegabytes }, 'The agent runs.');
  return {
    machine,
    stop: async () => {
      endWatching();
      await keeper?.stop();
      await machine.down();
      await endCommands();
    },
  };
}

async function atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const limit = delay(limitMs, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([work, limit]);
  over.abort();
}

/** Null: the device does not get its certificate by itself. */
function keeperOf(
  { device, folder }: Machine,
  { est: url, revocation = 'hard' }: AgentConfig,
  on: { readonly log: Log; readonly changed: () => void },
): Keeper | null {
  if (!url) return null;
  const { serial } = device.identity;
  return new Keeper({
    ...on,
    enrol: (signal, now) => enrol({ folder: folder.folder, serial, url, revocation, signal }, now),
    tell: (enrolled) => folder.change((state) => ({ ...state, enrolled })),
  });
}

async function obey(command: Command, machine: Machine, keeper: Keeper | null): Promise<string> {
  if (command !== 'enrol')
    return describe(await (command === 'reset' ? machine.coldReset() : machine.announce('unstated')));
  if (!keeper) return 'failed: the agent runs without --est';
  await keeper.now(true);
  return describeEnrolled(machine.folder.state.enrolled);
}

function periodOf({ folder }: Machine, log: Log): PeriodOptions {
  return {
    due: {
      read: () => folder.state.periodicAt,
      keep: (periodicAt) => {
        folder
          .change((state) => ({ ...state, periodicAt }))
          .catch((error: unknown) =>
            log.error({ error }, 'The next announcement is not kept over a restart.'),
          );
      },
    },
  };
}
