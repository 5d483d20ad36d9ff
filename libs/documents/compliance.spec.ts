import { describe, expect, it } from 'vitest';
import { settingsCatalogue } from '#device/catalogue';
import { baselinesOf, inOrder, meanScore, scoreOf } from '#documents/compliance';
import type { SettingResult } from '#events/device-setting';

type Outcome = SettingResult['outcome'];
const result = (
  setting: string,
  outcome: Outcome,
  more: Partial<Pick<SettingResult, 'severity' | 'unsupported'>> = {},
): SettingResult => ({
  setting,
  title: settingsCatalogue.get(setting)?.title ?? setting,
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

describe('the rows of baselines', () => {
  it('are wrong as soon as one setting is, and left out where the device has none', () => {
    const rows = baselinesOf(
      [
        result('svc.telnet', 'compliant'),
        result('svc.ftp', 'nonCompliant'),
        result('svc.lpd', 'remediated'),
        result('svc.nonIp', 'unsupported'),
        result('not.known', 'failed'),
      ],
      settingsCatalogue,
    );
    expect(rows.map(({ id, verdict, settings }) => [id, verdict, settings.length])).toEqual([
      ['STIG V-6777', 'leftOut', 1],
      ['STIG V-6783', 'wrong', 2],
      ['STIG V-6790', 'right', 1],
      ['NIST CM-7', 'wrong', 4],
      ['NIST SC-8', 'wrong', 2],
    ]);
  });

  it('stand by baseline and number', () => {
    expect(['NIST CM-7', 'STIG V-97711', 'NIST AC-18', 'NIST AC-3', 'STIG V-6783'].toSorted(inOrder)).toEqual(
      ['STIG V-6783', 'STIG V-97711', 'NIST AC-3', 'NIST AC-18', 'NIST CM-7'],
    );
  });
});
