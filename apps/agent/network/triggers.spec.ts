import { expect, test } from 'vitest';
import { until } from '../../../test/support/until.js';
import { everyPeriod, periodMs, triggerBetween, watchTriggers, type NetworkView } from './triggers.js';

const view = (part: Partial<NetworkView> = {}): NetworkView => ({
  hostname: 'a',
  addresses: ['10.0.0.1'],
  linkUps: 1,
  ...part,
});

test.each([
  { what: 'nothing', before: view(), after: view(), then: null },
  { what: 'link lost', before: view(), after: view({ addresses: [] }), then: null },
  { what: 'link back', before: view({ addresses: [] }), after: view(), then: 'linkUp' },
  { what: 'link flapped between two looks', before: view(), after: view({ linkUps: 2 }), then: 'linkUp' },
  { what: 'address', before: view(), after: view({ addresses: ['10.0.0.2'] }), then: 'ipChanged' },
  { what: 'host name', before: view(), after: view({ hostname: 'b' }), then: 'hostnameChanged' },
])('$what → $then (R5)', ({ before, after, then }) => {
  expect(triggerBetween(before, after)).toBe(then);
});

test('the period is 47 to 48 hours', () => {
  expect(periodMs(0)).toBe(47 * 3_600_000);
  expect(periodMs(1)).toBe(48 * 3_600_000);
});

test('a watch fires on change and on every period, and ends', async () => {
  const fired: string[] = [];
  let now = view();
  const stop = watchTriggers({
    fire: (reason) => fired.push(reason),
    look: () => now,
    lookEveryMs: 5,
    period: { nextMs: () => 20 },
  });
  now = view({ addresses: ['10.0.0.9'] });
  await until(
    'both kinds fired',
    () => fired.includes('ipChanged') && fired.filter((r) => r === 'periodic').length > 1,
  );
  stop();
  expect(fired.filter((reason) => reason === 'ipChanged')).toHaveLength(1);
});

test.each([
  { what: 'begins one when there is none', kept: null, begins: true },
  { what: 'goes on with the one that runs', kept: 30_000, begins: false },
  { what: 'begins another after one that ended while it was off', kept: -1, begins: true },
  { what: 'begins another where the clock was set', kept: 49 * 3_600_000, begins: true },
])('a start $what', ({ kept, begins }) => {
  const at: string[] = [];
  const read = () => (kept === null ? null : new Date(Date.now() + kept).toISOString());
  everyPeriod(() => expect.unreachable(), { due: { read, keep: (one) => at.push(one) } })();
  expect(at).toHaveLength(begins ? 1 : 0);
});

test('a period that ran before a restart ends when it would have ended', async () => {
  let [fired, kept] = [0, new Date(Date.now() + 50).toISOString()];
  const due = { read: () => kept, keep: (at: string) => void (kept = at) };
  const stop = everyPeriod(() => (fired += 1), { due });
  await until('it fired', () => fired > 0);
  stop();
  expect(Date.parse(kept) - Date.now()).toBeGreaterThan(46 * 3_600_000);
});
