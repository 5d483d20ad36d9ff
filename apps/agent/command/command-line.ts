// What can be typed: run, status, announce, reset, fleet. Exit 0 done, 1 not accepted or failed, 2 typed wrongly.
import { join } from 'node:path';
import { identity as identitySchema } from '#events/identity';
import { messageOf } from '#events/message-of';
import { openLog } from '#runtime/log';
import * as z from 'zod';
import type { Pace } from '../attempt.js';
import { ask } from './control.js';
import { freshConfiguration } from '../device/device.js';
import { runFleet } from './run-fleet.js';
import { portOf, readOptions, UsageError, type Values } from './options.js';
import { systemDomains } from '../network/resolv-conf.js';
import { describe, openAgent, runAgent, type AgentConfig } from './run-agent.js';
import { readState, StateFolder } from '../state.js';
import { untilStopped } from './until-stopped.js';

type Subcommand = (values: Values) => Promise<number>;

const subcommands: Readonly<Record<string, Subcommand>> = {
  run: async (values) => {
    const running = await runAgent(await configOf(values), logOf(values));
    await untilStopped();
    await running.stop();
    return 0;
  },
  status: async (values) => {
    const folder = stateDirOf(values);
    const state = await readState(folder);
    if (!state) throw new UsageError(`No agent ever ran in ${folder}.`);
    const running = (await ask(folder, 'ping')) !== null;
    const { agentId, announcing } = state;
    const text = `${describe(announcing)}\nagent         ${running ? 'runs' : 'does not run'}`;
    say(values.json ? JSON.stringify({ agentId, running, ...announcing }) : text);
    return announcing.state === 'failed' ? 1 : 0;
  },
  announce: async (values) => {
    const answer = await ask(stateDirOf(values), 'announce');
    if (answer !== null) return tell(answer);
    const quiet = openLog({ level: values.verbose ? 'debug' : 'silent', fields: { app: 'agent' } });
    const machine = await openAgent({ ...(await configOf(values)), pace: hastyPace }, quiet);
    return tell(describe(await machine.announce('unstated')));
  },
  reset: async (values) => {
    const folder = stateDirOf(values);
    const answer = await ask(folder, 'reset');
    if (answer !== null) return tell(answer);
    if (!(await readState(folder))) throw new UsageError(`No agent ever ran in ${folder}.`);
    const kept = await StateFolder.open(folder);
    await kept.change((state) => ({ ...state, device: freshConfiguration, coldReset: true }));
    say('Settings are as from the box; certificates are kept. It is announced when the agent runs.');
    return 0;
  },
  fleet: (values) => runFleet(values, { log: logOf(values), say }),
};

/** Runs what was typed and returns the exit code. */
export async function runCommand(typed: readonly string[]): Promise<number> {
  try {
    const { name, values, help } = readOptions(typed, Object.keys(subcommands));
    const subcommand = subcommands[name];
    if (help !== null || !subcommand) {
      say(help ?? '');
      return 0;
    }
    return await subcommand(values);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/** Somebody waits for the answer. */
const hastyPace: Pace = { firstMs: 500, longestMs: 5_000, attemptsMax: 3 };

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Prints what the agent shows; the exit code says whether the server took the announcement. */
function tell(shown: string): number {
  say(shown);
  return /^answer +accepted$/m.test(shown) ? 0 : 1;
}

const stateDirOf = (values: Values): string => values.state ?? join('.data', 'agent');

const logOf = (values: Values) =>
  openLog({ level: values.verbose ? 'debug' : 'info', fields: { app: 'agent' } });

const listed = (text: string | undefined): readonly string[] => (text ?? '').split(/[\s,]+/).filter(Boolean);

async function configOf(values: Values): Promise<AgentConfig> {
  if (values.serial === undefined) throw new UsageError('--serial is needed.');
  const found = await systemDomains();
  const dnsServers = listed(values.dns);
  const described = identitySchema.extend({ ip: identitySchema.shape.ip.nullable() }).safeParse({
    serial: values.serial,
    model: values.model ?? 'Muster agent',
    mac: values.mac ?? '02:00:00:00:00:00',
    ip: values.ip ?? null,
    hostname: values.hostname ?? null,
    firmware: values.firmware ?? null,
  });
  if (!described.success) throw new UsageError(z.prettifyError(described.error));
  return {
    stateDir: stateDirOf(values),
    identity: described.data,
    requireMutual: values['require-mutual'] ?? false,
    apiHost: values.ip,
    apiPort: portOf(values['api-port'], 7627),
    server: {
      address: values.server ?? null,
      port: portOf(values.port, 3329),
      name: values.name ?? 'hp-print-mgmt',
      localDomain: values.domain ?? found.localDomain,
      searchDomains: values.search === undefined ? found.searchDomains : listed(values.search),
      ipv6: !values['ipv4-only'],
      dnsServers: dnsServers.length > 0 ? dnsServers : null,
    },
  };
}
