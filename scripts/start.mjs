// npm start: the whole of Muster in one process.
import { readFileSync } from 'node:fs';
import { inPlace } from './child.mjs';
import { inRoot, main } from './project.mjs';
import { setUp } from './setup.mjs';

/** Its help lies in the sources of the app, and is shown without setting anything up. */
function help() {
  const source = readFileSync(inRoot('apps', 'standalone', 'options.ts'), 'utf8');
  return /^export const help = `([^`]*)`/m.exec(source)?.[1];
}

await main(async () => {
  if (process.argv.includes('--help') && help()) return void console.log(help());
  const { node, environment } = await setUp();
  const entry = inRoot('dist', 'apps', 'standalone', 'main.js');
  return inPlace(node, ['--enable-source-maps', entry, ...process.argv.slice(2)], { env: environment });
});
