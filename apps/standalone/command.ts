// A command that does one thing and ends: what an operator can mend is told in words, anything else with its stack.
import { ConfigError } from '#runtime/config';
import { brokerTrouble } from './broker-trouble.js';

/** Ends the process with 1 when `work` rejects. */
export async function command(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.stderr.write(`${name}: ${inWords(error)}\n`);
    process.exitCode = 1;
  }
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const misused = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (error instanceof ConfigError || misused) return error.message;
  return brokerTrouble(error) ?? error.stack ?? error.message;
}
