// What a process that takes no options answers to --help, before it reads its configuration.

/** True when help was typed: then it is printed, and nothing shall start. */
export function helped(name: string, does: string): boolean {
  if (!process.argv.slice(2).includes('--help')) return false;
  process.stdout.write(`muster ${name}
  ${does}; ends on SIGTERM or SIGINT.
  It takes no options: environment variables say all, see README.md, Configuration.
`);
  return true;
}
