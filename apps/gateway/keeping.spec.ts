// A device is answered within 5 s, whatever has failed behind the gateway (PROTOCOL.md): the limits in force add up to no more.
// That they are kept, test/faults sees on real processes, with time to spare for a machine that does other things as well.
import { expect, it } from 'vitest';
import { confirmLimitMs } from '#bus/rabbit';
import { patienceAloneMs, patienceMs } from './keeping.js';
import { diskLimitMs } from './spool/spool.js';

const promisedMs = 5_000;

it.each([
  // Either may be tried first.
  { way: 'a broker that does not confirm and a disk that does not answer', ms: patienceMs + diskLimitMs },
  { way: 'a broker that does not confirm, without a spool', ms: patienceAloneMs },
  { way: 'the confirm itself', ms: confirmLimitMs },
])('is done with $way in time', ({ ms }) => {
  expect(ms).toBeLessThanOrEqual(promisedMs);
});
