// muster compliance: how far devices are from what their policies require.
import * as z from 'zod';
import { settingsCatalogue } from '#device/catalogue';
import { namedOf, requiredWord, valueWord } from '#device/catalogue/words';
import { comparison, settingValue } from '#events/device-setting';
import { jsonOf } from '../printed.js';
import { amountOf, secondOf } from '../said.js';
import { deviceOf } from '../assess/device.js';
import { tableOf } from '../table.js';
import { clientOf, readWords, UsageError } from '../words.js';

const count = z.int().nonnegative();
const score = z.int().nullable();
const ofMany = z.looseObject({
  score,
  devices: count,
  scored: count,
  /** Older consoles do not say it. */
  withoutScore: z.record(z.string(), count).default({}),
  baselines: z.array(z.looseObject({ id: z.string(), right: count, wrong: count })),
});
const asked = z.looseObject({
  required: settingValue,
  compare: comparison.optional(),
  also: z.array(settingValue).optional(),
});
const rowSetting = z.looseObject({
  setting: z.string(),
  outcome: z.string(),
  /** Older consoles say none of these. */
  verdict: z.string().optional(),
  value: settingValue.nullish(),
  asked: asked.nullish(),
});
type RowSetting = z.infer<typeof rowSetting>;
const ofOne = z.looseObject({
  score,
  right: count,
  wrong: count,
  leftOut: count,
  putBackAt: z.string().nullish(),
  baselines: z.array(
    z.looseObject({
      id: z.string(),
      verdict: z.string(),
      settings: z.array(rowSetting),
    }),
  ),
});

export const compliance = {
  help: `muster compliance [--group ID | DEVICE]
  The mean score of all devices, of a group, or of one (serial number or id): 100 is all that its policies require, weighed
  by severity; of how many it is, and why the others have none; and the rows of baselines (DISA STIG, NIST SP 800-53) that
  it answers. A row asks for what the catalogue of settings does, also where a policy requires something else: 100 is not each
  row right. Exit 0: 100 everywhere. Exit 1: something is wrong, or not known: no device at all, or one without a score.
  --group ID           devices of this group`,
  run: async (words: readonly string[]): Promise<number> => {
    const { values, positionals } = readWords(words, { group: { type: 'string' } });
    if (positionals.length > 1 || (positionals.length > 0 && values.group !== undefined))
      throw new UsageError('name one device, or one group, or none.');
    const client = clientOf(values);
    if (positionals.length === 0) {
      const query = values.group === undefined ? '' : `?group=${encodeURIComponent(values.group)}`;
      const answer = await client.ask(`/api/compliance${query}`, ofMany);
      write(values.json ? jsonOf(answer) : linesOfMany(answer).join('\n'));
      return answer.score === 100 && answer.scored === answer.devices ? 0 : 1;
    }
    const { id } = await deviceOf(client, positionals);
    const answer = await client.ask(`/api/devices/${id}/compliance`, ofOne);
    write(values.json ? jsonOf(answer) : linesOfOne(answer).join('\n'));
    return answer.score === 100 ? 0 : 1;
  },
};

const write = (text: string): void => void process.stdout.write(`${text}\n`);

/** What the answer names, in the order in which it is said. */
const reasons = {
  putBack: 'put back since they were last assessed',
  unassessed: 'never assessed',
  notRead: 'not read at the last try',
  nothingCounts: 'with nothing that counts',
} as const;

const scoreWord = (points: number | null): string => (points === null ? 'no score' : `score ${points}`);

/** How many have a score comes before the score: 100 of a few is not 100. */
function headOfMany({ score: points, devices, scored, withoutScore }: z.infer<typeof ofMany>): string {
  if (scored === devices) return `${amountOf(devices, 'device')}, ${scoreWord(points)}`;
  const why = Object.entries(reasons).flatMap(([reason, text]) => {
    const many = withoutScore[reason] ?? 0;
    return many > 0 ? [`${many} ${text}`] : [];
  });
  const have = scored === 1 ? 'has' : 'have';
  const mean = points === null ? '' : `: ${points}`;
  const because = why.length > 0 ? `: ${why.join(', ')}` : '';
  return `${scored} of ${amountOf(devices, 'device')} ${have} a score${mean}\n${devices - scored} without one${because}`;
}

function linesOfMany(answer: z.infer<typeof ofMany>): readonly string[] {
  const { baselines } = answer;
  const head = headOfMany(answer);
  if (baselines.length === 0) return [head];
  const columns = ['BASELINE', 'RIGHT', 'WRONG'].map((title, at) => ({ title, right: at > 0 }));
  const rows = baselines.map(({ id, right, wrong }) => [
    id,
    `${right}`,
    wrong === 0 ? '0' : { text: `${wrong}`, style: 'red' as const },
  ]);
  return [head, '', ...tableOf(columns, rows)];
}

function linesOfOne({ score: points, right, wrong, leftOut, putBackAt, baselines }: z.infer<typeof ofOne>) {
  if (putBackAt) return [`no score: not assessed since it was put back, ${secondOf(putBackAt)}`];
  const head = `${scoreWord(points)}: ${amountOf(right, 'setting')} right, ${wrong} wrong, ${leftOut} not supported`;
  if (baselines.length === 0) return [head];
  const columns = ['BASELINE', 'VERDICT', 'SETTINGS'].map((title) => ({ title }));
  const rows = baselines.map(({ id, verdict, settings }) => [
    id,
    verdict === 'wrong' ? { text: verdict, style: 'red' as const } : verdict,
    settings.map(settingWord).join(', '),
  ]);
  return [head, '', ...tableOf(columns, rows)];
}

/** What the device has, where its policy says one thing of it and the row another. */
function settingWord({ setting, outcome, verdict, value = null, asked: row }: RowSetting): string {
  const word = `${setting} ${outcome}`;
  const byPolicy = outcome === 'compliant' || outcome === 'remediated';
  if (!row || value === null || byPolicy === (verdict === 'right')) return word;
  const known = settingsCatalogue.get(setting);
  const named = known ? namedOf(known) : null;
  return `${word} (it is ${valueWord(value, named)}, asked for is ${requiredWord(row, named)})`;
}
