// What can be typed: run, status, announce, reset, enrol, fleet. Exit 0 done, 1 not accepted or failed, 2 typed wrongly.
import { messageOf } from '#events/message-of';
import { openLog } from '#runtime/log';
import type { Pace } from '../attempt.js';
import { inWords } from '../closed.js';
import { freshConfiguration } from '../device/device.js';
import { enrol } from '../enrolment/enrol.js';
import { detailOf } from '../enrolment/keeper.js';
import { readState, StateFolder, type State } from '../state.js';
import { configOf, stateDirOf } from './config.js';
import { ask } from './control.js';
import { describe, describeCertificate, describeEnrolled, describeMemory } from './describe.js';
import { readOptions, UsageError, type Values } from './options.js';
import { openAgent, runAgent } from './run-agent.js';
import { runFleet } from './run-fleet.js';
import { untilStopped } from './until-stopped.js';

type Subcommand = (values: Values) => Promise<number>;

const subcommands: Readonly<Record<string, Subcommand>> = {
  run: async (values) => {
    const running = await runAgent(configOf(values), logOf(values));
    await untilStopped();
    await running.stop();
    return 0;
  },
  status: async (values) => {
    const folder = stateDirOf(values);
    const { agentId, announcing, enrolled } = await stateIn(folder);
    const memory = await ask(folder, 'ping');
    const running = memory !== null;
    if (values.json) {
      const memoryBytes = memory === null ? null : Number(memory);
      say(JSON.stringify({ agentId, running, memoryBytes, ...announcing, enrolled }));
    } else {
      const certificate = await describeCertificate(folder, enrolled);
      const agent = memory === null ? 'agent         does not run' : describeMemory(memory);
      say([describe(announcing), certificate, agent].join('\n'));
    }
    return announcing.state === 'failed' ? 1 : 0;
  },
  announce: async (values) => {
    const answer = await ask(stateDirOf(values), 'announce');
    if (answer !== null) return tell(answer);
    const quiet = openLog({ level: values.verbose ? 'debug' : 'silent', fields: { app: 'agent' } });
    const machine = await openAgent({ ...configOf(values), pace: hastyPace }, quiet);
    return tell(describe(await machine.announce('unstated')));
  },
  reset: async (values) => {
    const folder = stateDirOf(values);
    const answer = await ask(folder, 'reset');
    if (answer !== null) return tell(answer);
    await stateIn(folder);
    const kept = await StateFolder.open(folder);
    await kept.change((state) => ({ ...state, device: freshConfiguration, coldReset: true }));
    say('Settings are as from the box; certificates are kept. It is announced when the agent runs.');
    return 0;
  },
  enrol: async (values) => {
    const answer = (await ask(stateDirOf(values), 'enrol')) ?? (await enrolNow(values));
    say(answer);
    return answer.startsWith('done') ? 0 : 1;
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
    process.stderr.write(`${messageOf(inWords(error))}\n`);
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

async function stateIn(folder: string): Promise<State> {
  const state = await readState(folder);
  if (state) return state;
  throw new UsageError(`No agent ever ran in ${folder}.`);
}

async function enrolNow(values: Values): Promise<string> {
  const { est, identity, stateDir, revocation = 'hard' } = configOf(values);
  if (!est) throw new UsageError('--est is needed.');
  const kept = await StateFolder.open(stateDir);
  const signal = new AbortController().signal;
  const got = await enrol({ folder: stateDir, serial: identity.serial, url: est, revocation, signal }, true);
  const detail = got ? detailOf(got) : 'nothing was due';
  const enrolled = { state: 'done', detail, at: new Date().toISOString() } as const;
  await kept.change((state) => ({ ...state, enrolled }));
  return describeEnrolled(enrolled);
}

const logOf = (values: Values) =>
  openLog({ level: values.verbose ? 'debug' : 'info', fields: { app: 'agent' } });
