// The command line of the authority.
import { runCommand } from './command/command-line.js';

process.exitCode = await runCommand(process.argv.slice(2));
