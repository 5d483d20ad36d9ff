// A copy of the build with a defect in it: some text of a file replaced by other text.
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../tidy/sources.js';

export interface Change {
  /** Below dist. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly text: string;
  readonly instead: string;
}

/** Resolves to a folder whose `dist` has the changes; throws when one of them does not fit the build any more. */
export async function plant(dir: string, changes: readonly Change[]): Promise<string> {
  await mkdir(dir, { recursive: true });
  for (const folder of ['apps', 'libs']) {
    await cp(path.join(root, 'dist', folder), path.join(dir, 'dist', folder), {
      recursive: true,
      filter: (file) => !/\.(?:map|spec\.js|d\.ts)$/.test(file),
    });
  }
  await cp(path.join(root, 'package.json'), path.join(dir, 'package.json'));
  for (const name of ['node_modules', 'deploy']) await symlink(path.join(root, name), path.join(dir, name));
  for (const { file, text, instead } of changes) {
    const target = path.join(dir, 'dist', file);
    const parts = (await readFile(target, 'utf8')).split(text);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times, not once: ${text}`);
    await writeFile(target, parts.join(instead));
  }
  return dir;
}
