// The command line of a running Muster: what an operator types, answered by console's REST API.
//
//   command-line.ts  which commands there are      words.ts   options that all of them take
//   client.ts        the REST API, and why not     table.ts   columns for a terminal
//   printed.ts       what others wrote, made harmless  said.ts  times and patterns as people type them
//   status/, assess/, credential/, dead/, events/, policy/, compliance/, schedule/, discover/, rebuild/, ipsec/  the commands
import { runCommand } from './command-line.js';

process.exitCode = await runCommand(process.argv.slice(2));
