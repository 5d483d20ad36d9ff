// Which commands there are. Exit 0: done and well, 1: something is wrong or was refused, 2: not understood, or
// console could not be asked.
import { ClientError } from './client.js';
import { compliance } from './compliance/compliance.js';
import { assess } from './assess/assess.js';
import { changes } from './assess/changes.js';
import { undo } from './assess/undo.js';
import { vouch } from './assess/vouch.js';
import { credential } from './credential/credential.js';
import { dead } from './dead/dead.js';
import { discover } from './discover/discover.js';
import { events } from './events/events.js';
import { ipsec } from './ipsec/ipsec.js';
import { policy } from './policy/policy.js';
import { printedLines } from './printed.js';
import { rebuild } from './rebuild/rebuild.js';
import { schedule } from './schedule/schedule.js';
import { status } from './status/status.js';
import { commonHelp, UsageError } from './words.js';

/** One command, typed as `muster NAME …`. */
export interface Command {
  /** Its lines of `--help`: how it is typed, then each of its options. */
  readonly help: string;
  /** Resolves to the exit code. Rejects with UsageError or ClientError, or with what went wrong here. */
  run(words: readonly string[]): Promise<number>;
}

const commands: ReadonlyMap<string, Command> = new Map([
  ['status', status],
  ['assess', assess],
  ['changes', changes],
  ['undo', undo],
  ['vouch', vouch],
  ['credential', credential],
  ['dead', dead],
  ['events', events],
  ['policy', policy],
  ['compliance', compliance],
  ['schedule', schedule],
  ['discover', discover],
  ['rebuild', rebuild],
  ['ipsec', ipsec],
]);

const refusals: ReadonlySet<ClientError['code']> = new Set(['refused', 'unauthenticated', 'forbidden']);

/** Runs what was typed and resolves to the exit code. */
export async function runCommand([name = '', ...words]: readonly string[]): Promise<number> {
  const command = commands.get(name);
  if (!command || words.includes('--help')) {
    const shown = command ? [command] : [...commands.values()];
    process.stdout.write(`${shown.map(({ help }) => help).join('\n\n')}\n\n${commonHelp}\n`);
    return command || name === '' || name === '--help' ? 0 : 2;
  }
  try {
    return await command.run(words);
  } catch (error) {
    const expected = error instanceof UsageError || error instanceof ClientError;
    const told = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
    process.stderr.write(`muster ${name}: ${printedLines(told ?? '')}\n`);
    return error instanceof ClientError && refusals.has(error.code) ? 1 : 2;
  }
}
