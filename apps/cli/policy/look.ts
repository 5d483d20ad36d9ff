// list, show, export: policies as they are, and as files.
import { settingsCatalogue } from '#device/catalogue';
import { namedOf, requiredWord } from '#device/catalogue/words';
import { ruleWords } from '#documents/ipsec/words';
import type { PolicyIpsec, PolicyItem } from '#events/policy';
import { jsonOf, printed } from '../printed.js';
import { secondOf } from '../said.js';
import { tableOf } from '../table.js';
import { clientOf, readWords, UsageError } from '../words.js';
import { policiesAnswer, policyAnswer } from './answers.js';
import { write } from './written.js';

export async function list(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, {});
  if (positionals.length > 0) throw new UsageError(`${positionals.join(' ')} was not expected. Try --help.`);
  const { items } = await clientOf(values).ask('/api/policies', policiesAnswer);
  if (values.json) {
    for (const item of items) write(jsonOf(item));
    return 0;
  }
  const columns = ['Id', 'Name', 'Settings', 'Version', 'Changed', 'By'].map((title, at) => ({
    title,
    right: at === 2 || at === 3,
  }));
  const rows = items.map(({ id, version, changedAt, changedBy, body }) => [
    id,
    body.name,
    `${body.items.length}`,
    `${version}`,
    secondOf(changedAt),
    changedBy,
  ]);
  write(tableOf(columns, rows).join('\n'));
  return 0;
}

export async function show(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, {});
  const id = oneOf(positionals, 'the id of a policy, as muster policy list shows it');
  const answer = await clientOf(values).ask(`/api/policies/${id}`, policyAnswer);
  if (values.json) {
    write(jsonOf(answer, 2));
    return 0;
  }
  const { body, version } = answer;
  write(printed(`${body.name} (${id}), version ${version}`));
  const columns = ['Setting', 'Title', 'Required', 'Severity', 'Differs', 'Not supported'];
  write(
    tableOf(
      columns.map((title) => ({ title })),
      body.items.map(rowOf),
    ).join('\n'),
  );
  if (body.ipsec) write(rulesOf(body.ipsec).join('\n'));
  return 0;
}

function rulesOf({ rules, severity, remediate, unsupported }: PolicyIpsec): readonly string[] {
  const differs = remediate ? 'remediate' : 'report only';
  return [
    `IPsec rules: severity ${severity}, differs: ${differs}, not supported: ${unsupported}`,
    ...(rules.length === 0 ? ['  none'] : rules.map((rule) => `  ${printed(ruleWords(rule))}`)),
  ];
}

function rowOf(item: PolicyItem): readonly string[] {
  const known = settingsCatalogue.get(item.setting);
  const required = requiredWord(item, known ? namedOf(known) : null);
  const differs = item.remediate ? 'remediate' : 'report only';
  return [item.setting, known?.title ?? '-', required, item.severity, differs, item.unsupported];
}

export async function exportPolicy(words: readonly string[]): Promise<number> {
  const { values, positionals } = readWords(words, {});
  const id = oneOf(positionals, 'the id of a policy, as muster policy list shows it');
  const response = await clientOf(values).open(`/api/policies/${id}/yaml`, {
    signal: AbortSignal.timeout(15_000),
  });
  process.stdout.write(await response.text());
  return 0;
}

function oneOf([id, ...more]: readonly string[], what: string): string {
  if (id === undefined || more.length > 0) throw new UsageError(`name ${what}.`);
  if (!/^[A-Za-z0-9-]{1,64}$/.test(id)) throw new UsageError(`${id} is not ${what}.`);
  return id;
}
