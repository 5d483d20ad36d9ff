import { X509Certificate } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { selfSigned } from '#pki/self-signed';
import { openLog } from '#runtime/log';
import { until } from '../../../test/support/until.js';
import type { Enrolled } from '../state.js';
import type { Enrolment } from './enrol.js';
import { EstFailed } from './est.js';
import { Keeper } from './keeper.js';

const log = openLog({ level: 'silent', fields: {} });
const certificate = new X509Certificate((await selfSigned({ commonName: 'K-1' })).certificate);
const got: Enrolment = { what: 'enrolled', certificate };
const later = new EstFailed('nobody is there', false);
const keepers: Keeper[] = [];
afterEach(async () => {
  await Promise.all(keepers.splice(0).map((keeper) => keeper.stop()));
});

/** Tries end as `outcomes` say, the last one for ever. */
function keeperOf(
  pace: { firstMs: number; longestMs: number },
  ...outcomes: readonly (Enrolment | Error | null)[]
) {
  const told: Enrolled[] = [];
  const seen = { tries: 0, changed: 0, told };
  const keeper = new Keeper({
    enrol: async () => {
      const outcome = outcomes[Math.min(seen.tries++, outcomes.length - 1)] ?? null;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    tell: async (how) => void told.push(how),
    changed: () => (seen.changed += 1),
    log,
    pace,
  });
  keepers.push(keeper);
  return { keeper, seen };
}

const hour = 3_600_000;

test('a server that cannot be reached is tried again until there is a certificate, and that is told once', async () => {
  const { keeper, seen } = keeperOf({ firstMs: 1, longestMs: hour }, later, later, got, null);
  await keeper.start();
  expect(seen.told[0]).toMatchObject({ state: 'failed', detail: 'nobody is there' });
  await until('it is there', () => seen.changed === 1);
  expect(seen.told.at(-1)?.detail).toMatch(/^enrolled, in force until /);
  expect(seen.tries).toBe(3);
});

test('what is due is looked for again and again', async () => {
  const { keeper, seen } = keeperOf({ firstMs: 1, longestMs: 1 }, null, null, null, got, null);
  await keeper.start();
  await until('the next one is there', () => seen.changed === 1);
});

test('a refusal waits for the longest, and no network makes it shorter; a failure does not', async () => {
  const refused = keeperOf(
    { firstMs: 1, longestMs: hour },
    new EstFailed('the secret was used already', true),
  );
  await refused.keeper.start();
  refused.keeper.wake();
  const slow = keeperOf({ firstMs: hour, longestMs: hour }, later, got, null);
  await slow.keeper.start();
  await until('it waits, and is woken', () => {
    slow.keeper.wake();
    return slow.seen.changed === 1;
  });
  expect(refused.seen.tries).toBe(1);
});

test('a server that asks to come later is heeded', async () => {
  const { keeper, seen } = keeperOf(
    { firstMs: hour, longestMs: hour },
    new EstFailed('later', false, 1),
    got,
    null,
  );
  await keeper.start();
  await until('it came later', () => seen.changed === 1);
});
