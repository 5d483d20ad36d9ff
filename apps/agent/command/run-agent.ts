// The agent as a process of a real machine: announces on its triggers, serves the device interface, obeys its operator.
import { hostname } from 'node:os';
import type { Identity } from '#events/identity';
import type { Log } from '#runtime/log';
import type { Pace } from '../attempt.js';
import { takeCommands } from './control.js';
import { type Candidate, type ServerSettings } from '../network/find-server.js';
import { localAddressTowards } from '../network/local-address.js';
import { Machine } from '../machine.js';
import type { Announcing } from '../state.js';
import { viewNetwork, watchTriggers } from '../network/triggers.js';

export interface AgentConfig {
  readonly stateDir: string;
  /** `ip` and `hostname` null: the machine's own. */
  readonly identity: Omit<Identity, 'ip'> & { readonly ip: string | null };
  readonly server: ServerSettings;
  readonly requireMutual: boolean;
  /** Undefined: every address of the machine. */
  readonly apiHost: string | undefined;
  readonly apiPort: number;
  readonly pace?: Pace;
}

export interface RunningAgent {
  readonly machine: Machine;
  stop(): Promise<void>;
}

/** The device described by `config`, not yet up. */
export async function openAgent(config: AgentConfig, log: Log): Promise<Machine> {
  const fixed = config.identity.ip;
  const firstAddress = viewNetwork().addresses[0] ?? '127.0.0.1';
  const machine: Machine = await Machine.open({
    ...config,
    log,
    identity: {
      ...config.identity,
      ip: fixed ?? firstAddress,
      hostname: nameOf(config),
    },
    apiHost: () => config.apiHost,
    ...(fixed !== null && { from: () => fixed }),
    identityTowards: async (to: Candidate) => {
      const ip = fixed ?? (await localAddressTowards(to.address, to.port));
      machine.device.identity = { ...machine.device.identity, ip, hostname: nameOf(config) };
      return machine.device.identity;
    },
  });
  return machine;
}

const nameOf = (config: AgentConfig): string => config.identity.hostname ?? hostname();

/** Comes up, announces its boot, and goes on until stopped. Throws AlreadyRunning. */
export async function runAgent(config: AgentConfig, log: Log): Promise<RunningAgent> {
  const machine = await openAgent(config, log);
  const endCommands = await takeCommands(config.stateDir, async (command) =>
    describe(await (command === 'reset' ? machine.coldReset() : machine.announce('unstated'))),
  );
  const told = (done: Promise<unknown>) =>
    done.catch((error: unknown) => log.error({ error }, 'The announcement could not be made.'));
  await machine.up().catch(async (error: unknown) => {
    await endCommands();
    throw error;
  });
  void told(machine.boot());
  const endWatching = watchTriggers({ fire: (reason) => void told(machine.announce(reason)) });
  log.info({ port: machine.apiPort, stateDir: config.stateDir }, 'The agent runs.');
  return {
    machine,
    stop: async () => {
      endWatching();
      await machine.down();
      await endCommands();
    },
  };
}

/** The state as a person reads it. */
export function describe(shown: Announcing): string {
  const names = {
    disabled: 'Disabled',
    inProgress: 'In Progress',
    success: 'Success',
    failed: 'Failed',
  } as const;
  const lines = [
    `${names[shown.state]}: ${shown.detail}`,
    `server        ${shown.server ?? '-'}`,
    `answer        ${shown.answer ?? '-'}`,
    `last trigger  ${shown.trigger ?? '-'} at ${shown.at}`,
    ...(shown.nextAttemptAt ? [`next attempt  ${shown.nextAttemptAt}`] : []),
  ];
  return lines.join('\n');
}
