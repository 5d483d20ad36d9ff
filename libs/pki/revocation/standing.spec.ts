import { describe, expect, it } from 'vitest';
import { faultOfStanding, together, worstOf, type Standing } from './standing.js';

describe('what follows', () => {
  it.each<[Standing, string | null, string | null]>([
    ['good', null, null],
    ['revoked', 'revoked', 'revoked'],
    ['stale', 'revocationUnknown', null],
    ['absent', 'revocationUnknown', null],
    ['unanswered', 'revocationUnknown', null],
  ])('%s: hard %s, soft %s, off nothing', (standing, hard, soft) => {
    expect(faultOfStanding(standing, 'hard')).toBe(hard);
    expect(faultOfStanding(standing, 'soft')).toBe(soft);
    expect(faultOfStanding(standing, 'off')).toBeNull();
  });
});

describe('of a list and a responder', () => {
  it.each<[Standing, Standing, Standing]>([
    ['good', 'good', 'good'],
    ['good', 'absent', 'good'],
    ['good', 'revoked', 'revoked'],
    ['revoked', 'good', 'revoked'],
    ['revoked', 'absent', 'revoked'],
    ['stale', 'good', 'good'],
    ['stale', 'absent', 'stale'],
    ['stale', 'revoked', 'revoked'],
    ['absent', 'good', 'good'],
    ['absent', 'absent', 'absent'],
    ['absent', 'revoked', 'revoked'],
    ['good', 'unanswered', 'good'],
    ['revoked', 'unanswered', 'revoked'],
    ['stale', 'unanswered', 'unanswered'],
    ['absent', 'unanswered', 'unanswered'],
    ['unanswered', 'absent', 'unanswered'],
  ])('%s and %s are %s', (crl, ocsp, both) => {
    expect(together(crl, ocsp)).toBe(both);
  });
});

it('a chain is what its weakest link is', () => {
  expect(worstOf(['good', 'stale', 'good'])).toBe('stale');
  expect(worstOf(['stale', 'absent'])).toBe('absent');
  expect(worstOf(['absent', 'revoked', 'good'])).toBe('revoked');
  expect(worstOf(['good', 'unanswered'])).toBe('unanswered');
  // Whoever comes again finds the same.
  expect(worstOf(['unanswered', 'absent'])).toBe('absent');
  expect(worstOf(['unanswered', 'stale'])).toBe('stale');
  expect(worstOf(['good'])).toBe('good');
  expect(worstOf([])).toBe('absent');
});
