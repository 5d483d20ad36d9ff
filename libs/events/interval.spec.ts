import { describe, expect, it } from 'vitest';
import { interval, intervalMs } from './interval.js';
import { settingsBody } from './settings.js';

describe('an interval', () => {
  it.each([
    ['1:0:0:0', 86_400],
    ['0:0:1:0', 60],
    ['0:01:30:05', 5_405],
    ['365:0:0:0', 31_536_000],
  ])('%s is %i seconds', (text, seconds) => {
    expect(interval.parse(text)).toBe(text);
    expect(intervalMs(text)).toBe(seconds * 1000);
  });

  it.each([
    '',
    '1',
    '1:0:0',
    '0:0:0:59',
    '0:0:0:0',
    '365:0:0:1',
    '1:24:0:0',
    '1:0:60:0',
    '1:0:0:60',
    '-1:0:0:0',
    ' 1:0:0:0',
    '1:0:0:0:0',
    '٣:0:0:0',
  ])('%j is none, and what one looks like is said', (text) => {
    const read = settingsBody.safeParse({ autoGroupFilterExecutionFrequency: text });
    const [fault] = read.error?.issues ?? [];
    expect(fault?.path).toEqual(['autoGroupFilterExecutionFrequency']);
    expect(fault?.message).toMatch(/days:hours:minutes:seconds, such as 1:0:0:0 for a day; from .* to /);
  });
});
