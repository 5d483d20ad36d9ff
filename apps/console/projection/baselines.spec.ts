// What is counted of many devices is what is told of each of them, for every setting and each kind of value.
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import type { Setting } from '#device/catalogue/setting';
import { baselinesOf, type BaselineRow } from '#documents/baselines';
import { assessmentFinished } from '#events/assessment';
import { deviceDiscovered } from '#events/device';
import type { SettingResult, SettingValue } from '#events/device-setting';
import { databases, Trial } from '../../../test/support/console.js';
import { schemas } from '../../../libs/answers/answers.js';

/** All of a kind that is short; of numbers the edges; and one that the catalogue does not know. */
function valuesOf({ type, recommended }: Setting): readonly SettingValue[] {
  if (type.type === 'boolean') return [true, false];
  if (type.type === 'choice') return [...type.values, 'a value of tomorrow', 1];
  if (type.type === 'text') return [recommended, '1.2', 'other'];
  const asked = Number(recommended);
  return [...new Set([type.min, asked - 1, asked, asked + 1, type.max, type.max + 1, 0, 0.5]), 'many'];
}

type Ended = Pick<SettingResult, 'outcome' | 'after' | 'unsupported'>;
const endings = (setting: Setting): readonly Ended[] => [
  ...valuesOf(setting).flatMap((after): Ended[] =>
    (['compliant', 'remediated', 'nonCompliant'] as const).map((outcome) => ({ outcome, after })),
  ),
  ...([null, setting.recommended] as const).map((after): Ended => ({ outcome: 'failed', after })),
  { outcome: 'nonCompliant', after: null },
  { outcome: 'unsupported', after: null },
  { outcome: 'unsupported', after: null, unsupported: 'fail' },
];

const resultOf = ({ key, recommended }: Setting, ended: Ended): SettingResult => ({
  ...{ setting: key, title: key, category: '', severity: 'low', policyId: 'site', required: recommended },
  ...{ before: null, detail: null, ...ended },
});

/** For each row of each setting, how often it is right and wrong. */
function countOf(rows: readonly BaselineRow[]): readonly (readonly [string, number, number])[] {
  const counts = Map.groupBy(rows, ({ id }) => id);
  const of = (members: readonly BaselineRow[], verdict: string): number =>
    members.filter((row) => row.verdict === verdict).length;
  return [...counts].map(([id, members]) => [id, of(members, 'right'), of(members, 'wrong')]);
}

// A device for each setting and way it can end: of several settings in a row, the wrong ones would hide the others.
it.each(databases)('all devices together on $name', async ({ open }) => {
  const trial = await Trial.start(await open());
  try {
    const told = [...settingsCatalogue.values()].flatMap((setting) =>
      endings(setting).map((ended) => resultOf(setting, ended)),
    );
    const events = told.flatMap((result, at) => {
      const identity = { ...deviceDiscovered.example.identity, serial: `ROW-${at}` };
      const about = { deviceId: randomUUID(), identity };
      const ended = { ...assessmentFinished.example, ...about, taskId: randomUUID(), changes: [] };
      return [
        trial.event('discovery', deviceDiscovered.draft({ ...deviceDiscovered.example, ...about })),
        trial.event('assessment', assessmentFinished.draft({ ...ended, results: [result] })),
      ];
    });
    await trial.hear(...events);
    const token = await trial.token('viewer');
    const { body } = await trial.ask('GET', '/api/compliance', { token });
    const counted = schemas.Compliance.parse(body).baselines.map(({ id, right, wrong }) => [
      id,
      right,
      wrong,
    ]);
    const rows = told.flatMap((result) => baselinesOf([result], settingsCatalogue));
    expect(counted).toEqual(expect.arrayContaining([...countOf(rows)]));
    expect(counted).toHaveLength(countOf(rows).length);
  } finally {
    await trial.stop();
  }
});
