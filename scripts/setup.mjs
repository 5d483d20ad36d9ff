// What a fresh clone lacks: Node 24, packages, a build. Each is done when needed and said in one line.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { quietly } from './child.mjs';
import { exclusively } from './lock.mjs';
import { npm } from './npm.mjs';
import { helmStep, node, nodeStep } from './pinned.mjs';
import { inRoot, root, step, Trouble } from './project.mjs';

/**
 * Makes the project ready to run; with `build: false` only its tools, with `tests: true` also what only tests need.
 * Resolves with the Node to run it with, and an environment in which that one and the tools come first.
 */
export async function setUp({ build = true, tests = false } = {}) {
  const steps = [nodeStep, packagesStep];
  if (build) steps.push(serverStep, webStep, databaseStep);
  if (tests) steps.push(helmStep);
  if (steps.some((each) => !each.done())) {
    await exclusively(async () => {
      for (const each of steps) if (!each.done()) await step(each.name, each.work);
    });
  }
  return { node: node(), environment: environment() };
}

function environment() {
  const paths = [dirname(node()), inRoot('node_modules', '.bin'), process.env.PATH ?? ''];
  return { ...process.env, PATH: paths.join(delimiter) };
}

const packagesStep = {
  name: 'packages',
  done: installed,
  work: () => npm(node(), ['ci', '--ignore-scripts'], root),
};

/** Whether npm's own note in node_modules has each package of the lock file; those of other platforms aside. */
function installed() {
  const note = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(note)) return false;
  const wanted = Object.entries(JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages);
  const present = JSON.parse(readFileSync(note, 'utf8')).packages;
  return wanted.every(
    ([path, { version, optional }]) =>
      path === '' || (present[path] ? present[path].version === version : optional === true),
  );
}

const serverStep = buildStep({
  name: 'build',
  sources: ['apps', 'libs', 'test', 'deploy', 'tsconfig.json', 'package-lock.json'],
  stamp: 'server',
  command: ['node_modules/typescript/bin/tsc', '--project', '.'],
});

const webStep = buildStep({
  name: 'web page',
  sources: ['apps/web', 'libs/documents', 'libs/events', 'libs/device/catalogue', 'package-lock.json'],
  stamp: 'web',
  command: ['node_modules/vite/bin/vite.js', 'build', 'apps/web'],
});

// A first start of the embedded database takes seconds less from a template. Named by version: it hardly ever changes.
const makeTemplate = `import { writeFileSync } from 'node:fs';
const { makeTemplate } = await import('./dist/libs/store/open.js');
writeFileSync('dist/pglite-template.tar.gz', await makeTemplate());`;

const databaseStep = buildStep({
  name: 'embedded database',
  sources: ['node_modules/@electric-sql/pglite/package.json', 'libs/store/open.ts'],
  stamp: 'database',
  command: ['--input-type=module', '--eval', makeTemplate],
});

function buildStep({ name, sources, stamp, command }) {
  const file = inRoot('dist', `.${stamp}-built-from`);
  const state = () => createHash('sha256').update(sources.flatMap(states).join('\n')).digest('hex');
  return {
    name,
    done: () => existsSync(file) && readFileSync(file, 'utf8') === state(),
    async work() {
      const before = state();
      const { code, output } = await quietly(node(), command, { cwd: root, env: environment() });
      if (code !== 0) throw new Trouble(`The ${name} failed:\n${output}`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, before);
    },
  };
}

/** Path, size and time of each file: what must differ for a build to be stale. */
function states(path) {
  const stats = statSync(inRoot(path), { throwIfNoEntry: false });
  if (!stats) return [];
  if (!stats.isDirectory()) return [`${path} ${stats.size} ${stats.mtimeMs}`];
  return readdirSync(inRoot(path))
    .sort()
    .flatMap((name) => states(`${path}/${name}`));
}
