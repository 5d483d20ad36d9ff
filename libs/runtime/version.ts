// The version of Muster, from its package.
import { readFileSync } from 'node:fs';

export const version = readVersion();

/** Seen from the sources and from the build. */
function readVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const said: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (typeof said === 'object' && said && 'version' in said) return String(said.version);
    } catch {
      continue;
    }
  }
  return 'unknown';
}
