// validate and import: from a file to a policy in force.
import { jsonOf } from '../printed.js';
import { amountOf } from '../said.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { importedAnswer } from './answers.js';
import { faultsOf, fileNamed, linesOf, write, type Read } from './written.js';

export function validate(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, {});
  const files = filesOf(positionals);
  if (values.json) {
    for (const { name, read } of files) write(jsonOf({ file: name, faults: read.faults ?? [] }));
  } else {
    for (const file of files) told(file);
  }
  return Promise.resolve(files.every(({ read }) => read.file) ? 0 : 1);
}

export async function importFiles(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, { 'dry-run': { type: 'boolean' } });
  const files = filesOf(positionals);
  const wrong = files.filter(({ read }) => !read.file);
  if (wrong.length > 0) {
    for (const file of wrong) told(file);
    return 1;
  }
  const client = clientOf(values);
  const dryRun = values['dry-run'] ?? false;
  for (const { text } of files) {
    const answer = await client.ask(`/api/policies/import?dryRun=${dryRun}`, importedAnswer, {
      method: 'POST',
      content: { type: 'application/yaml', bytes: new TextEncoder().encode(text) },
    });
    if (values.json) write(jsonOf(answer));
    else write([headOf(answer, dryRun), ...linesOf(answer.changes)].join('\n'));
  }
  return 0;
}

function headOf({ id, version, outcome }: { id: string; version: number; outcome: string }, dryRun: boolean) {
  if (outcome === 'unchanged') return `${id}: is so already, version ${version}.`;
  if (dryRun) return outcome === 'new' ? `${id}: would be made.` : `${id}: version ${version} would change.`;
  return outcome === 'new' ? `${id}: made, version ${version}.` : `${id}: version ${version} from now on.`;
}

function filesOf(names: readonly string[]): readonly Read[] {
  if (names.length === 0) throw new UsageError('name a file, or - for standard input.');
  return names.map(fileNamed);
}

function told(file: Read): void {
  const faults = faultsOf(file);
  const { read, name } = file;
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (!read.file) return;
  const { id, body } = read.file;
  const rules = body.ipsec ? `, ${amountOf(body.ipsec.rules.length, 'rule')} of IPsec` : '';
  write(`${name}: policy ${id}, ${amountOf(body.items.length, 'setting')}${rules}, no fault.`);
}
