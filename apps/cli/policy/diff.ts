// diff: what a version of a policy changed, or what a file would.
import { jsonOf } from '../printed.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { differenceAnswer } from './answers.js';
import { importFiles } from './files.js';
import { linesOf, write } from './written.js';

export async function diff(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, { from: { type: 'string' }, to: { type: 'string' } });
  const [what, ...more] = positionals;
  if (what === undefined || more.length > 0) throw new UsageError('name one policy, or one file.');
  const query = new URLSearchParams();
  for (const option of ['from', 'to'] as const) {
    const version = values[option];
    if (version === undefined) continue;
    if (!/^\d{1,9}$/.test(version)) throw new UsageError(`--${option} must be a version, such as 3.`);
    query.set(option, version);
  }
  if (isFile(what)) {
    if (query.size > 0) throw new UsageError('a file is compared with the newest version.');
    return importFiles([...words, '--dry-run']);
  }
  const answer = await clientOf(values).ask(
    `/api/policies/${encodeURIComponent(what)}/diff?${query.toString()}`,
    differenceAnswer,
  );
  if (values.json) write(jsonOf(answer));
  else {
    const { id, from, to, changes } = answer;
    write([`${id}: from version ${from} to ${to}`, ...linesOf(changes)].join('\n'));
  }
  return 0;
}

/** Ids have no dot and no slash. */
const isFile = (what: string): boolean => what === '-' || /[./\\]/.test(what);
