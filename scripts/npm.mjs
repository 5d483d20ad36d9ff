// npm, run by a Node of our choice; its failures in words that help.
import { existsSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { quietly } from './child.mjs';
import { Trouble } from './project.mjs';

const advice = [
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/,
    'npm could not reach its registry. Is there a network? Behind a proxy: npm config set proxy http://…',
  ],
  [/E40[13]/, 'The npm registry refused: check the credentials in .npmrc.'],
  [/ENOSPC/, 'The disk is full.'],
  [/EACCES|EPERM/, 'npm may not write here: use a folder of your own.'],
  [
    /EINTEGRITY/,
    'A package is not what the lock file says: try again; if it stays so, the registry serves something else.',
  ],
];

/** Runs `npm …` in `folder`. Throws Trouble with what to do about it. */
export async function npm(node, argumentList, folder) {
  const path = [dirname(node), process.env.PATH ?? ''].join(delimiter);
  const { code, output } = await quietly(node, [cli(), ...argumentList], {
    cwd: folder,
    env: { ...process.env, PATH: path },
  });
  if (code === 0) return;
  const [, hint = 'npm failed.'] = advice.find(([pattern]) => pattern.test(output)) ?? [];
  throw new Trouble(`${output}\n${hint}\nThen try the same command again; what is done already is kept.`);
}

/** npm's own script: the one that started us, or the one on PATH. */
function cli() {
  const started = process.env.npm_execpath;
  if (started && basename(started) === 'npm-cli.js' && existsSync(started)) return started;
  for (const folder of [dirname(process.execPath), ...(process.env.PATH ?? '').split(delimiter)]) {
    const beside = join(folder, 'node_modules', 'npm', 'bin', 'npm-cli.js');
    if (existsSync(beside)) return beside;
    const link = join(folder, 'npm');
    if (existsSync(link) && basename(realpathSync(link)) === 'npm-cli.js') return realpathSync(link);
  }
  throw new Trouble(
    'npm is not on PATH. It comes with Node from https://nodejs.org (Debian: apt-get install npm).',
  );
}
