// The project's files as text, and who imports whom.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const notOurs = ['.git', '.runtime', '.data', 'node_modules', 'dist', 'coverage'];

/** Paths of all files, from the root, with forward slashes; what git ignores is left out. */
export const files: readonly string[] = readdirSync(root, { withFileTypes: true })
  .filter(({ name }) => !notOurs.includes(name) && !name.endsWith('.log'))
  .flatMap((entry) => (entry.isDirectory() ? below(entry.name) : [entry.name]))
  .toSorted();

function below(folder: string): readonly string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
}

/** Text of a file; null when there is none. */
export function read(file: string): string | null {
  try {
    return readFileSync(path.join(root, file), 'utf8');
  } catch {
    return null;
  }
}

export const sources = files.filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'));
export const isSpec = (file: string): boolean => file.endsWith('.spec.ts') || file.startsWith('test/');

const importing = /(?:\bfrom\s*|\bimport\s*\(?\s*|\bnew URL\(\s*)'([^'\n]+)'/g;

/** What a file imports: files of ours by path, packages by their name. */
export function importsOf(file: string): readonly string[] {
  const text = withoutComments(read(file) ?? '');
  return [...text.matchAll(importing)].map(([, target = '']) => resolve(file, target));
}

const exporting =
  /^export (?:async )?(?:abstract )?(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm;
const takingNames =
  /\b(?:import|export)\b[^;'"()]*\{([^}]*)\}\s*from|\{([^}]*)\}\s*=\s*await import|\bimport\([^)]*\)\)\.(\w+)/g;

/** Names that a file exports and that stand in it once: where they are exported. */
export function exportedOnly(file: string): readonly string[] {
  const text = withoutComments(read(file) ?? '');
  const exported = [...text.matchAll(exporting)].map(([, name = '']) => name);
  return exported.filter((name) => text.match(new RegExp(`\\b${name}\\b`, 'g'))?.length === 1);
}

/** Names that a file takes from others. */
export function namesTaken(file: string): readonly string[] {
  const text = withoutComments(read(file) ?? '');
  return [...text.matchAll(takingNames)].flatMap((match) => match.slice(1).join(' ').match(/\w+/g) ?? []);
}

function resolve(from: string, target: string): string {
  const own = target.startsWith('#') ? `libs/${target.slice(1)}.ts` : null;
  const near = target.startsWith('.') ? path.posix.join(path.posix.dirname(from), target) : null;
  const wanted = own ?? near;
  if (wanted === null) return target.replace(/^((?:@[^/]+\/)?[^/]+).*$/, '$1');
  const candidates = [
    wanted,
    wanted.replace(/\.js$/, '.ts'),
    wanted.replace(/\.js$/, '.tsx'),
    `${wanted}.ts`,
    `${wanted}.tsx`,
  ];
  return candidates.find((candidate) => sources.includes(candidate)) ?? wanted;
}

function withoutComments(text: string): string {
  return text.replace(/^\s*\/\/.*$/gm, '').replace(/\/\*\*?[\s\S]*?\*\//g, '');
}

/** Programs that a file starts by name: they lie beside it. */
function programsOf(file: string): readonly string[] {
  const named = [...(read(file) ?? '').matchAll(/'([\w./-]+\.js)'/g)].map(([, name = '']) => name);
  return named.map((name) => path.posix.join(path.posix.dirname(file), name.replace(/\.js$/, '.ts')));
}

/** All files that `entries` lead to, themselves included. */
export function reachableFrom(entries: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    waiting.push(...[...importsOf(file), ...programsOf(file)].filter((target) => sources.includes(target)));
  }
  return seen;
}
