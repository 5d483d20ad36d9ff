import { describe, expect, it } from 'vitest';
import { meanScore, scoreOf } from '#documents/compliance';
import type { SettingResult } from '#events/device-setting';

type Outcome = SettingResult['outcome'];
const result = (
  setting: string,
  outcome: Outcome,
  more: Partial<Pick<SettingResult, 'severity' | 'unsupported'>> = {},
): SettingResult => ({
  setting,
  title: setting,
  category: '',
  severity: 'medium',
  policyId: 'base',
  required: false,
  before: null,
  after: null,
  outcome,
  detail: null,
  ...more,
});

describe('the score of a device', () => {
  it.each<[string, readonly SettingResult[], number | null]>([
    ['nothing was judged', [], null],
    ['all is right', [result('a', 'compliant'), result('b', 'remediated')], 100],
    ['all is wrong', [result('a', 'nonCompliant'), result('b', 'failed')], 0],
    ['what it lacks is ignored', [result('a', 'unsupported'), result('b', 'compliant')], 100],
    ['it lacks all, and that is ignored', [result('a', 'unsupported')], null],
    ['it lacks what is demanded', [result('a', 'unsupported', { unsupported: 'fail' })], 0],
    [
      'a high one weighs five low ones',
      [
        result('a', 'nonCompliant', { severity: 'high' }),
        ...['b', 'c', 'd', 'e', 'f'].map((key) => result(key, 'compliant', { severity: 'low' })),
      ],
      50,
    ],
    [
      'rounded down: 100 means all of it',
      [
        result('a', 'nonCompliant', { severity: 'low' }),
        ...Array.from({ length: 100 }, (_, at) => result(`k${at}`, 'compliant', { severity: 'high' })),
      ],
      99,
    ],
  ])('%s', (_, results, score) => {
    expect(scoreOf(results)).toBe(score);
  });

  it('of every whole percentage is exact', () => {
    for (let right = 0; right <= 100; right += 1) {
      const results = Array.from({ length: 100 }, (_, at) =>
        result(`k${at}`, at < right ? 'compliant' : 'nonCompliant'),
      );
      expect(scoreOf(results)).toBe(right);
    }
  });
});

describe('the score of many', () => {
  it('is their mean, each device counting the same', () => {
    expect(meanScore([])).toBeNull();
    expect(
      meanScore([
        { score: 100, devices: 3 },
        { score: 50, devices: 1 },
      ]),
    ).toBe(87);
    expect(meanScore([{ score: 100, devices: 10_000 }])).toBe(100);
    expect(
      meanScore([
        { score: 100, devices: 9_999 },
        { score: 99, devices: 1 },
      ]),
    ).toBe(99);
  });
});
