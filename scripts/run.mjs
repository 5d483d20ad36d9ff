// node scripts/run.mjs [--build] COMMAND …: a tool of the project, set up first, with Node 24 and node_modules/.bin on PATH.
import { inPlace } from './child.mjs';
import { main, Trouble } from './project.mjs';
import { setUp } from './setup.mjs';

await main(async () => {
  const given = process.argv.slice(2);
  const build = given[0] === '--build';
  const [command, ...rest] = build ? given.slice(1) : given;
  if (!command) throw new Trouble('Usage: node scripts/run.mjs [--build] COMMAND …');
  const { environment } = await setUp({ build });
  return inPlace(command, rest, { env: environment, shell: process.platform === 'win32' });
});
